/** The values whose roots two processes compare: the same ones from the same seed, some of them of very many blocks. */
import fc from 'fast-check';
import type { Value } from '../../src/state/value.js';
import { values } from '../state/values.js';

const SMALL_ONES = 120;
const LARGE_ONES = 4;

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
const items: fc.Arbitrary<Value> = fc.oneof(words, fc.integer(), fc.record({ n: fc.integer(), text: words }));
const size = { minLength: 200, maxLength: 1_500, size: 'max' } as const;
const large: fc.Arbitrary<Value> = fc.oneof(
  fc.array(items, size),
  fc.array(fc.tuple(words, items), size).map((entries) => Object.fromEntries(entries) as Value),
  fc.array(fc.tuple(fc.oneof(words, fc.integer()), items), size).map((entries) => new Map(entries) as Value),
  fc.array(fc.oneof(words, fc.integer()), size).map((members) => new Set(members) as Value),
);

export function drawn(seed: number): readonly Value[] {
  return [...fc.sample(values, { seed, numRuns: SMALL_ONES }), ...fc.sample(large, { seed, numRuns: LARGE_ONES })];
}
