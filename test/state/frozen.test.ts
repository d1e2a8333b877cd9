import { deepStrictEqual } from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { copyOf, frozenDate, frozenMap, frozenSet } from '../../src/state/frozen.js';

describe('frozen Maps, Sets and Dates', () => {
  it('refuse each of their mutators, and say what to do', () => {
    const map = frozenMap(new Map([['a', 1]])) as Map<string, number>;
    const set = frozenSet(new Set(['a'])) as Set<string>;
    const date = frozenDate(new Date(0));
    expect(() => map.set('b', 2)).toThrow('This value is frozen: it belongs to a saved state. Copy it, or use edit().');
    for (const attempt of [
      () => map.delete('a'),
      () => map.clear(),
      () => set.add('b'),
      () => set.delete('a'),
      () => set.clear(),
    ]) {
      expect(attempt).toThrow(TypeError);
    }
    const setters = Object.getOwnPropertyNames(Date.prototype).filter((name) => /^set/.test(name));
    expect(setters.length).toBeGreaterThan(14);
    for (const name of setters) {
      const setter: unknown = Reflect.get(date, name);
      expect(() => typeof setter === 'function' && setter.call(date, 5)).toThrow(TypeError);
    }
    deepStrictEqual([map, set, date], [new Map([['a', 1]]), new Set(['a']), new Date(0)]);
  });

  it('take no property, and let none of their refusals be removed', () => {
    for (const value of [frozenMap(new Map()), frozenSet(new Set()), frozenDate(new Date(0))]) {
      expect(Object.isFrozen(value)).toBe(true);
      expect(() => Object.assign(value, { extra: 1 })).toThrow(TypeError);
      for (const name of Object.getOwnPropertyNames(value)) expect(Reflect.deleteProperty(value, name)).toBe(false);
    }
  });

  it('look like ordinary ones: prototypes, own enumerable keys, copies', () => {
    const map = frozenMap(new Map([['a', 1]]));
    expect(Object.keys(map)).toEqual([]);
    expect(Object.getPrototypeOf(map)).toBe(Map.prototype);
    expect(structuredClone(map)).toEqual(new Map([['a', 1]]));
    expect(new Map(map).set('b', 2).size).toBe(2);
    expect(new Date(frozenDate(new Date(7))).setTime(8)).toBe(8);
  });
});

describe('a copy of a member', () => {
  it('is equal, frozen, another object, and shares what lies below', () => {
    const below = Object.freeze([1]);
    const bare: object = Object.assign(Object.create(null) as object, { below });
    const special = JSON.parse('{"__proto__":1}') as object;
    for (const value of [[below], { below }, bare, special, new Map([[below, below]]), new Set([below]), new Date(5)]) {
      const copy = copyOf(value);
      expect(copy).not.toBe(value);
      deepStrictEqual(copy, value);
      expect(Object.isFrozen(copy)).toBe(true);
    }
    expect(Reflect.get(copyOf({ below }), 'below')).toBe(below);
  });

  it('has bytes of its own', () => {
    const bytes = new Uint8Array([1, 2]);
    const copy = copyOf(bytes);
    deepStrictEqual(copy, bytes);
    bytes.fill(9);
    deepStrictEqual(copy, new Uint8Array([1, 2]));
  });

  it('of a reference is the reference', () => {
    class Reference {}
    const reference = new Reference();
    expect(copyOf(reference)).toBe(reference);
  });
});
