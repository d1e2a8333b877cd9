import { expect, it, describe as suite } from 'vitest';
import { describe, quote } from '../../src/protocol/describe.js';

class Account {}

suite('what came instead', () => {
  it.each<[unknown, string]>([
    ['a"b', 'the text "a\\"b"'],
    ['x'.repeat(100), `the text "${'x'.repeat(60)}…"`],
    [-0, '-0'],
    [Number.NaN, 'NaN'],
    [10n, '10n'],
    [10n ** 100n, `1${'0'.repeat(59)}…n`],
    [null, 'null'],
    [undefined, 'undefined'],
    [true, 'true'],
    [() => 1, 'a function'],
    [Symbol('secret'), 'a symbol'],
    [[1, 2, 3], 'an array of 3'],
    [new Map([[1, 2]]), 'a Map of 1'],
    [new Set([1, 2]), 'a Set of 2'],
    [new Date(0), 'the Date 1970-01-01T00:00:00.000Z'],
    [new Date(Number.NaN), 'an invalid Date'],
    [{ a: 1 }, 'a record'],
    [Object.create(null), 'a record'],
    [new Account(), 'a Account'],
    [new Uint8Array(2), 'a Uint8Array'],
    [new (class {})(), 'an object of a class'],
    [Object.create({ constructor: 7 }), 'an object of a class'],
    [Object.create(Object.create(null)), 'an object of a class'],
  ])('%# is described in short', (value, text) => {
    expect(describe(value)).toBe(text);
  });

  it('calls nothing of the value', () => {
    const trap = {
      get constructor(): never {
        throw new Error('called');
      },
      toString: () => {
        throw new Error('called');
      },
    };
    expect(describe(trap)).toBe('a record');
    expect(describe(Object.create(trap))).toBe('an object of a class');
  });

  it('quotes names with escapes', () => {
    expect(quote('a\n"b"')).toBe('"a\\n\\"b\\""');
  });
});
