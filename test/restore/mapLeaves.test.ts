import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyBytes, mapLeaves } from '../../src/restore/mapLeaves.js';

const plain = {
  a: [1, { b: 'c' }, null],
  map: new Map<unknown, unknown>([[{ key: 1 }, [2]]]),
  set: new Set<unknown>([[1], 'x']),
  when: new Date(0),
};

test('what holds no leaf that changes is the same object', () => {
  expect(copyBytes(plain)).toBe(plain);
  expect(mapLeaves(plain, (leaf) => leaf)).toBe(plain);
  const value = { plain, bytes: Uint8Array.of(1) };
  const copy = copyBytes(value) as typeof value;
  expect(copy).not.toBe(value);
  expect(copy.plain).toBe(plain);
  deepStrictEqual(copy, value);
});

test('every kind of typed array is copied, with its own bytes, wherever it stands', () => {
  const buffer = new Uint8Array(fc.sample(fc.uint8Array({ minLength: 64, maxLength: 64 }), 1)[0] ?? []).buffer;
  const views = [
    new Uint8Array(buffer, 8, 16),
    new Int8Array(buffer, 3, 5),
    new Uint8ClampedArray(buffer, 1, 2),
    new Int16Array(buffer, 2, 3),
    new Uint16Array(buffer, 4),
    new Int32Array(buffer, 4, 2),
    new Uint32Array(buffer, 8),
    new Float32Array(buffer, 12, 2),
    new Float64Array(buffer, 16, 2),
    new BigInt64Array(buffer, 8, 2),
    new BigUint64Array(buffer),
    new DataView(buffer, 5, 7),
  ];
  for (const view of views) {
    const holders = [view, [view], { view }, new Map([[view, view]]), new Set([view])];
    for (const holder of holders) {
      const copy = copyBytes(holder);
      deepStrictEqual(copy, holder);
      expect(copy).not.toBe(holder);
    }
    const copy = copyBytes(view) as ArrayBufferView;
    expect(copy.buffer).not.toBe(view.buffer);
    expect(copy.byteLength).toBe(view.byteLength);
  }
});

test('copies are frozen, keep their prototypes and keys like __proto__', () => {
  const bare = Object.assign(Object.create(null) as object, { bytes: Uint8Array.of(1) });
  const copy = copyBytes({ bare, ['__proto__']: [Uint8Array.of(2)] }) as Record<string, object>;
  expect(Object.isFrozen(copy)).toBe(true);
  expect(Object.getPrototypeOf(copy.bare)).toBe(null);
  expect(Object.keys(copy)).toEqual(['bare', '__proto__']);
  deepStrictEqual(Object.getOwnPropertyDescriptor(copy, '__proto__')?.value, [Uint8Array.of(2)]);
  const map = copyBytes(new Map([['a', Uint8Array.of(1)]])) as Map<string, unknown>;
  expect(() => map.set('b', 1)).toThrow(TypeError);
});
