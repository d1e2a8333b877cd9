/** Edited split values are what the whole would be encoded to. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEncoder } from '../../src/state/encode.js';
import type { Limits } from '../../src/state/format.js';
import { ABSENT, type Piece, TreeEdit } from '../../src/state/tree/edit.js';
import { gathered } from '../../src/state/tree/gather.js';
import { entryOf } from '../../src/state/tree/lookup.js';
import { TreeNode } from '../../src/state/tree/node.js';
import { createForest } from './forest.js';

/** Two or three entries a leaf, two or three children a node. */
const SMALL: Limits = { component: 60, firstLeaf: 70, stretchMax: 280, likelihood: 70 ** 4 / 2 ** 32 };
const RUNS = { numRuns: Number(process.env.SPLICE_RUNS ?? 3_000) };

const item: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.integer() },
  { weight: 3, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 9 }) },
  { weight: 1, arbitrary: fc.record({ a: fc.integer(), b: fc.string({ maxLength: 40 }) }) },
);

function forest() {
  return createForest(createEncoder({ limits: SMALL }));
}

describe('an edited list', () => {
  it('has the root of the list as a whole', () => {
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 120 }),
        fc.array(fc.record({ at: fc.nat(), removed: fc.nat({ max: 30 }), items: fc.array(item, { maxLength: 5 }) }), {
          minLength: 1,
          maxLength: 4,
        }),
        (list, edits) => {
          const { encoder, plant, shallow } = forest();
          const base = shallow(plant(list));
          if (!(base instanceof TreeNode)) return;
          const pieces: Piece[] = [];
          const after: unknown[] = [];
          let from = 0;
          for (const { at, removed, items } of edits
            .map((e) => ({ ...e, at: e.at % (list.length + 1) }))
            .sort((a, b) => a.at - b.at)) {
            const to = Math.max(from, at);
            if (to > from) pieces.push({ from, to });
            after.push(...list.slice(from, to), ...items);
            if (items.length > 0) pieces.push({ items });
            from = Math.min(list.length, to + removed);
          }
          if (from < list.length) pieces.push({ from, to: list.length });
          after.push(...list.slice(from));
          if (pieces.length === 1 && list.length === after.length) return;
          const edited = new TreeEdit(base, null, pieces, shallow);
          expect(encoder.value(edited).hash).toBe(encoder.value(after).hash);
          expect(encoder.value([edited, 1]).hash).toBe(encoder.value([after, 1]).hash);
        },
      ),
      RUNS,
    );
  });
});

describe('an edited record, Map or Set', () => {
  const key = fc.oneof(fc.string({ maxLength: 6 }), fc.nat({ max: 300 }).map(String), fc.constant('__proto__'));
  const changes = fc.array(fc.tuple(key, fc.option(item, { nil: ABSENT, freq: 2 })), { minLength: 1, maxLength: 8 });
  it('has the root of the whole', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, item), { maxLength: 120 }),
        changes,
        fc.constantFrom('record', 'bare', 'map', 'set'),
        fc.boolean(),
        (entries, edits, kind, swaps) => {
          const { encoder, plant, shallow } = forest();
          const make = (map: ReadonlyMap<string, unknown>): unknown => {
            if (kind === 'map') return new Map(map);
            if (kind === 'set') return new Set(map.keys());
            const record = (kind === 'bare' ? Object.create(null) : {}) as object;
            for (const [k, value] of map) Object.defineProperty(record, k, { value, enumerable: true });
            return record;
          };
          const before = new Map(entries);
          const base = shallow(plant(make(before)));
          if (!(base instanceof TreeNode)) return;
          const after = new Map(before);
          const some = new Map(
            swaps && entries[0] !== undefined
              ? edits.map(([, value], i) => [entries[(i * 7) % entries.length]?.[0] ?? '', value])
              : edits,
          );
          for (const [k, value] of some)
            if (value === ABSENT) after.delete(k);
            else after.set(k, value);
          const edited = new TreeEdit(base, some, null, shallow);
          expect(encoder.value(edited).hash).toBe(encoder.value(make(after)).hash);
          expect(encoder.value({ x: edited }).hash).toBe(encoder.value({ x: make(after) }).hash);
          if (kind === 'record')
            for (const [k, v] of before)
              expect(encoder.value(gathered(entryOf(base, k, shallow), shallow)).hash).toBe(encoder.value(v).hash);
        },
      ),
      RUNS,
    );
  });
});
