import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  BUILT_IN_TYPES,
  blobType,
  listType,
  logType,
  mapType,
  RESERVED_TYPE_NAMES,
  recordType,
  setType,
  tensorType,
  textType,
} from '../../src/restore/builtIn.js';
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
  buffer: Buffer.of(1),
  floats: new Float32Array(1),
  tensor: { dtype: 'float32', shape: [1], data: new Float32Array(1) },
  function: () => {},
  instance: new (class Dog {})(),
};

describe('a built-in type', () => {
  it('is a type as any other, frozen', () => {
    const names = ['record', 'map', 'list', 'set', 'text', 'blob', 'tensor', 'log'];
    expect(BUILT_IN_TYPES.map((type) => type.name)).toEqual(names);
    expect([...RESERVED_TYPE_NAMES]).toEqual(names);
    for (const type of BUILT_IN_TYPES) {
      expect(isObjectType(type)).toBe(true);
      expect(Object.isFrozen(type)).toBe(true);
    }
  });

  it.each([
    [recordType, ['record', 'record without a prototype', 'tensor']],
    [mapType, ['map']],
    [listType, ['list']],
    [setType, ['set']],
    [textType, ['text']],
    [blobType, ['bytes', 'buffer']],
    [tensorType, ['tensor']],
    [logType, ['list']],
  ])('takes nothing but its own kind of value at the top, and that as it is: %o', (type, kinds) => {
    for (const [kind, value] of Object.entries(values)) {
      if (kinds.includes(kind)) expect(validate(type, value, 'create')).toBe(value);
      else {
        expect(() => validate(type, value, 'create')).toThrow(
          expect.objectContaining({ code: 'INVALID_VALUE', details: expect.objectContaining({ operation: 'create' }) }),
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
    [textType, 5, 'The schema of "text" refuses the value to create: a text holds a string, but got a number.'],
    [blobType, 'ab', 'The schema of "blob" refuses the value to create: a blob holds bytes, but got a string.'],
    [
      blobType,
      new Int8Array(1),
      'The schema of "blob" refuses the value to create: a blob holds a Uint8Array, but got a Int8Array.',
    ],
    [logType, new Set(), 'The schema of "log" refuses the value to create: a log holds an array, but got a Set.'],
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
