import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEncoder, type Encoder } from '../../src/state/encode.js';
import { GENERATE_AFTER } from '../../src/state/generate.js';

const KEYS = ['a', 'b', 'c', 'd'];

/** An encoder that has made code for records of these keys. */
function practised(keys: readonly string[] = KEYS): Encoder {
  const encoder = createEncoder();
  for (let index = 0; index <= GENERATE_AFTER; index++)
    encoder.value(Object.fromEntries(keys.map((key) => [key, index])));
  return encoder;
}

function rootOf(value: unknown, encoder = createEncoder()): string {
  return encoder.value(value).hash;
}

describe('code made to write the records of a key list', () => {
  const numbers = fc.oneof(fc.double(), fc.integer({ min: -300, max: 300 }), fc.maxSafeInteger(), fc.constant(-0));
  const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 70 }), fc.constantFrom('é'.repeat(63), 'x'.repeat(64)));
  const scalars = fc.oneof(numbers, texts, fc.boolean(), fc.constant(null), fc.date({ noInvalidDate: true }));
  const fields = fc.oneof(scalars, fc.array(scalars, { maxLength: 4 }), fc.record({ a: scalars, b: scalars }));

  it('writes what loops over the keys would', () => {
    const encoder = practised();
    fc.assert(
      fc.property(fc.array(fc.tuple(fields, fields, fields, fields), { maxLength: 5 }), (rows) => {
        const value = rows.map(([d, a, c, b]) => ({ d, a, c, b }));
        expect(rootOf(value, encoder)).toBe(rootOf(value));
      }),
      { numRuns: 500 },
    );
  });

  it('finds room behind whatever stands in a field', () => {
    const keys = ['a', ...Array.from({ length: 20 }, (_, index) => `n${index}`)];
    for (let length = 150; length < 290; length++) {
      const floats = Array.from({ length }, (_, index) => index + 0.5);
      const value = [{ a: floats }, Object.fromEntries(keys.map((key, at) => [key, at === 0 ? floats : at + 0.25]))];
      expect(rootOf(value, practised(keys))).toBe(rootOf(value));
    }
  });

  it('is for plain records alone', () => {
    class Point {
      a = 1;
      b = 2;
      c = 3;
      d = 4;
    }
    const encoder = practised();
    const bare = Object.assign(Object.create(null) as object, new Point());
    expect(rootOf(bare, encoder)).toBe(rootOf(bare));
    expect(rootOf(bare, encoder)).not.toBe(rootOf({ ...bare }, encoder));
    for (const [value, found] of [
      [new Point(), 'an instance of Point'],
      [{ ...bare, c: new Point() }, 'an instance of Point'],
      [{ ...bare, [Symbol('s')]: 1 }, 'a record with a symbol as a key (Symbol(s))'],
      [{ ...bare, c: () => 1 }, 'a function (c)'],
    ] as const) {
      expect(() => encoder.value([value])).toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED_VALUE', details: expect.objectContaining({ found }) }),
      );
    }
  });

  it('leaves out what is undefined, and takes keys that only look as if they were inherited', () => {
    const encoder = practised();
    expect(rootOf({ a: 1, b: undefined, c: 3, d: 4 }, encoder)).toBe(rootOf({ a: 1, c: 3, d: 4 }));
    const keys = ['__proto__', 'constructor', 'toString'];
    const value = Object.fromEntries(keys.map((key) => [key, key]));
    expect(rootOf(value, practised(keys))).toBe(rootOf(value));
  });
});
