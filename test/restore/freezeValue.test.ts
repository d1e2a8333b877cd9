import { deepStrictEqual } from 'node:assert';
import { describe, expect, it } from 'vitest';
import { MAX_DEPTH } from '../../src/protocol/limits.js';
import { freezeValue } from '../../src/restore/freezeValue.js';
import { type ReferenceHost, StateReference } from '../../src/state/index.js';

const everything = () => ({
  null: null,
  text: 'a',
  numbers: [0, -0, Number.NaN, 1n],
  date: new Date(5),
  map: new Map<unknown, unknown>([
    ['a', { deep: [1] }],
    [{ key: 1 }, 'b'],
  ]),
  set: new Set<unknown>([[1], 2]),
  bytes: new Uint8Array([1, 2]),
  floats: new Float64Array([1.5]),
  view: new DataView(new ArrayBuffer(4), 1, 2),
  bare: Object.assign(Object.create(null), { a: 1 }),
  ['__proto__']: 'own',
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('a frozen value', () => {
  it('equals the original, prototypes too', () => {
    deepStrictEqual(freezeValue(everything()), everything());
  });

  it('is the same for what cannot change', () => {
    for (const value of [null, true, 1, 'a', 1n]) expect(freezeValue(value)).toBe(value);
  });

  it('refuses every change, at every depth', () => {
    const value = freezeValue(everything()) as ReturnType<typeof everything>;
    const [key] = [...value.map.keys()].slice(1);
    const [member] = value.set;
    const write = (to: unknown) => () => Object.assign(Object(to), { 0: 'written' });
    const changes: (() => unknown)[] = [
      write(value),
      write(value.numbers),
      write(value.map.get('a')),
      write(Reflect.get(Object(value.map.get('a')), 'deep')),
      write(key),
      write(member),
      write(value.bare),
      () => value.numbers.push(1),
      () => value.date.setTime(1),
      () => value.map.set('a', 1),
      () => value.map.clear(),
      () => value.set.add(3),
    ];
    for (const change of changes) expect(change).toThrow(TypeError);
    deepStrictEqual(value, everything());
  });

  it('leaves the original open, and does not follow it', () => {
    const original = everything();
    const frozen = freezeValue(original);
    original.numbers.push(2);
    original.map.clear();
    original.date.setTime(7);
    original.bytes.fill(9);
    original.floats.fill(9);
    original.view.setUint8(0, 9);
    deepStrictEqual(frozen, everything());
  });

  it('is made also of what is frozen already', () => {
    const once = freezeValue(everything());
    deepStrictEqual(freezeValue(once), everything());
    expect(freezeValue(Object.freeze(new Map([['a', Object.freeze([1])]])))).toEqual(new Map([['a', [1]]]));
  });

  it('has no undefined in its records, and Uint8Arrays for Buffers', () => {
    deepStrictEqual(freezeValue({ a: undefined, b: Buffer.from('b') }), { b: new Uint8Array([98]) });
  });

  it('holds once what the original held in many places', () => {
    let doubled: unknown = [1];
    for (let level = 0; level < 60; level++) doubled = [doubled, doubled];
    const [left, right] = freezeValue(doubled) as [unknown, unknown];
    expect(left).toBe(right);
  });

  it('holds the references of the original', () => {
    const host = {} as ReferenceHost;
    const label = { type: 'agent', schemaVersion: 1, weight: 1 };
    const reference = new StateReference(host, { part: null, tree: null }, label, null);
    expect((freezeValue([reference]) as unknown[])[0]).toBe(reference);
  });

  it('may be as deep as values may be, and no deeper', () => {
    const nested = (depth: number) => {
      let value: unknown = 1;
      for (let level = 0; level < depth; level++) value = [value];
      return value;
    };
    expect(JSON.stringify(freezeValue(nested(MAX_DEPTH)))).toBe(JSON.stringify(nested(MAX_DEPTH)));
    expect(thrownBy(() => freezeValue(nested(MAX_DEPTH + 1)))).toMatchObject({
      code: 'UNSUPPORTED_VALUE',
      details: { limit: MAX_DEPTH },
    });
  });
});

describe('what is no plain data', () => {
  const cycle: Record<string, unknown> = { list: [] };
  cycle.list = [1, cycle];

  it.each([
    ['a function', { a: [() => {}] }, ['a', 0]],
    ['a symbol', new Map([['a', Symbol('b')]]), ['a']],
    ['an instance', { a: new (class Dog {})() }, ['a']],
    ['undefined in a list', [1, undefined], [1]],
    ['a hole in a list', new Array(2), [0]],
    ['undefined itself', undefined, []],
    ['an invalid Date', [new Date(Number.NaN)], [0]],
    ['a member of a Set', new Set([1, new WeakMap()]), [1]],
    ['a key of a Map', new Map([[/a/, 1]]), ['(a key, an instance of RegExp)']],
    ['a cycle', cycle, ['list', 1]],
  ])('is refused with its path: %s', (_, value, path) => {
    expect(thrownBy(() => freezeValue(value))).toMatchObject({ code: 'UNSUPPORTED_VALUE', details: { path } });
  });
});
