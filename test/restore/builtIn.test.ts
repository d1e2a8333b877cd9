import { describe, expect, expectTypeOf, it } from 'vitest';
import { BUILT_IN_TYPES, listType, mapType, recordType, setType } from '../../src/restore/builtIn.js';
import { live } from '../../src/restore/live.js';
import { isObjectType } from '../../src/restore/type.js';
import { validate } from '../../src/restore/validate.js';
import type { Value } from '../../src/state/index.js';

const values = {
  record: { a: 1 },
  'record without a prototype': Object.create(null),
  map: new Map([['a', 1]]),
  list: [1],
  set: new Set([1]),
  null: null,
  undefined,
  text: 'a',
  number: 1,
  bigint: 1n,
  boolean: true,
  date: new Date(0),
  bytes: new Uint8Array(1),
  function: () => {},
  instance: new (class Dog {})(),
};

describe('a built-in type', () => {
  it('is a type as any other, frozen', () => {
    expect(BUILT_IN_TYPES.map((type) => type.name)).toEqual(['record', 'map', 'list', 'set']);
    for (const type of BUILT_IN_TYPES) {
      expect(isObjectType(type)).toBe(true);
      expect(Object.isFrozen(type)).toBe(true);
    }
  });

  it.each([
    [recordType, ['record', 'record without a prototype']],
    [mapType, ['map']],
    [listType, ['list']],
    [setType, ['set']],
  ])('takes nothing but its own kind of value at the top, and that as it is: %o', (type, kinds) => {
    for (const [kind, value] of Object.entries(values)) {
      if (kinds.includes(kind)) expect(validate(type, value, 'create')).toBe(value);
      else {
        expect(() => validate(type, value, 'create')).toThrow(
          expect.objectContaining({ code: 'INVALID_VALUE', details: expect.objectContaining({ path: [] }) }),
        );
      }
    }
  });

  it.each([
    [mapType, [], 'The schema of "map" refuses the value to create: a map holds a Map, but got an array.'],
    [
      recordType,
      new Map(),
      'The schema of "record" refuses the value to create: a record holds a record, but got a Map.',
    ],
    [listType, 'abc', 'The schema of "list" refuses the value to create: a list holds an array, but got a string.'],
    [setType, {}, 'The schema of "set" refuses the value to create: a set holds a Set, but got a record.'],
  ])('says what it holds and what came: %o', (type, value, message) => {
    expect(() => validate(type, value, 'create')).toThrow(expect.objectContaining({ message }));
  });

  it('looks at nothing below the top', () => {
    const untouchable = Object.defineProperty([], 0, {
      get: () => {
        throw new Error('touched');
      },
    });
    expect(validate(listType, untouchable, 'edit')).toBe(untouchable);
  });

  it('is held as the same kind, for reading', () => {
    const map = new Map<Value, Value>();
    expectTypeOf(live(mapType, map)).toEqualTypeOf<ReadonlyMap<Value, Value>>();
    expect(live(mapType, map)).toBe(map);
  });
});
