import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { preview } from '../../../src/cli/screen/preview.js';

describe('preview', () => {
  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [-0, '-0'],
    [1.5, '1.5'],
    [12n, '12n'],
    ['a\n"b"', '"a\\n\\"b\\""'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Uint8Array(3), '<3 bytes>'],
    [[], '[]'],
    [{}, '{}'],
    [[1, [2]], '[1, [2]]'],
    [{ a: 1, 'b.c': { d: true } }, '{a: 1, "b.c": {d: true}}'],
    [new Set([1]), 'Set{1}'],
    [
      new Map<unknown, unknown>([
        ['k', 1],
        [2, {}],
      ]),
      'Map{"k" => 1, 2 => {}}',
    ],
    [{ a: { b: { c: { d: 1 }, e: [1, 2], f: [] } } }, '{a: {b: {c: {… 1}, e: [… 2], f: []}}}'],
    [{ root: 'f'.repeat(64), type: 'agent', materialize: () => {} }, '→ agent ffffffffffff'],
  ])('shows %o as %s', (value, expected) => expect(preview(value, 60)).toBe(expected));

  it('shows the first of many, and how many more there are', () => {
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    expect(preview(numbers, 40)).toBe('[0, 1, 2, 3, 4, 5, 6, 7, 8, … 91 more]');
  });

  it('is never longer than asked, whatever the value, and holds nothing that a terminal acts on', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
        (value) => {
          const shown = preview(value, 30);
          expect(shown).not.toMatch(/\p{Cc}/u);
          expect(shown.replace(/\\u[0-9a-f]{4}|\\[nt]/g, '.').length).toBeLessThanOrEqual(30);
        },
      ),
    );
  });

  it('looks at no more of a large value than it shows', () => {
    let looks = 0;
    const counting = new Proxy(
      Array.from({ length: 1_000_000 }, () => 'text'),
      {
        get: (target, key, receiver): unknown => {
          looks++;
          return Reflect.get(target, key, receiver);
        },
      },
    );
    preview(counting, 60);
    expect(looks).toBeLessThan(100);
  });
});
