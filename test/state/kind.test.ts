import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { BYTE_TYPES } from '../../src/state/format.js';
import { byteType, describe as described, isRecord, type Kind, kindOf } from '../../src/state/kind.js';

describe('kinds', () => {
  class Agent {}
  class Ledger extends Map {}
  class List extends Array {}
  const sameName = { Map: class extends Map {} };
  const cases: [Kind, string, unknown][] = [
    ['null', 'null', null],
    ['boolean', 'true', true],
    ['number', 'NaN', Number.NaN],
    ['bigint', '1n', 1n],
    ['string', "''", ''],
    ['undefined', 'undefined', undefined],
    ['date', 'new Date(0)', new Date(0)],
    ['array', '[]', []],
    ['record', '({})', {}],
    ['record', 'Object.create(null)', Object.create(null)],
    ['map', 'new Map()', new Map()],
    ['set', 'new Set()', new Set()],
    ['bytes', 'new Uint8Array(1)', new Uint8Array(1)],
    ['bytes', 'new DataView(new ArrayBuffer(1))', new DataView(new ArrayBuffer(1))],
    ['other', '(() => 1)', () => 1],
    ['other', 'Symbol()', Symbol('s')],
    ['other', '/x/', /x/],
    ['other', 'new (class Agent {})()', new Agent()],
    ['other', 'new (class Ledger extends Map {})()', new Ledger()],
    ['other', 'new (class Tags extends Set {})()', new (class extends Set {})()],
    ['other', 'new (class List extends Array {})()', new List()],
    ['other', 'new (class Day extends Date {})()', new (class extends Date {})()],
    ['other', 'new (class Map extends globalThis.Map {})()', new sameName.Map()],
    ['other', 'new ArrayBuffer(1)', new ArrayBuffer(1)],
    ['other', 'new Uint8Array(new SharedArrayBuffer(1))', new Uint8Array(new SharedArrayBuffer(1))],
    ['other', 'Object.create({})', Object.create({})],
    ['other', 'Object.create(Object.create(null))', Object.create(Object.create(null))],
    ['other', 'Object.create(Map.prototype)', Object.create(Map.prototype)],
    ['other', 'Object.create(() => 1)', Object.create(() => 1)],
  ];

  it.each(cases)('%s: %s, here and in another realm', (kind, source, value) => {
    expect(kindOf(value)).toBe(kind);
    expect(kindOf(runInNewContext(source))).toBe(kind);
    expect(isRecord(value)).toBe(kind === 'record');
  });

  it('see a Map whose prototype was taken away as what it is not: no Map', () => {
    expect(kindOf(Object.setPrototypeOf(new Map(), {}))).toBe('other');
    expect(kindOf(Object.setPrototypeOf(new Date(), Object.create({ constructor: 5 })))).toBe('other');
  });
});

describe('bytes', () => {
  it('of each type have their number in the format', () => {
    const names = BYTE_TYPES.map((type) => type.name);
    expect(names).toEqual([
      ...['Uint8Array', 'Int8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array'],
      ...['Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array', 'DataView'],
    ]);
    for (const [index, type] of BYTE_TYPES.entries()) {
      expect(byteType(new type(new ArrayBuffer(8)))).toBe(index);
      expect(byteType(runInNewContext(`new ${type.name}(new ArrayBuffer(8))`) as ArrayBufferView)).toBe(index);
    }
    expect(byteType(Buffer.alloc(1))).toBe(0);
  });

  it('of another class, or on shared memory, have none', () => {
    class Pixels extends Uint8ClampedArray {}
    expect(byteType(new Pixels(1))).toBe(-1);
    expect(byteType(new DataView(new SharedArrayBuffer(1)))).toBe(-1);
  });
});

describe('descriptions', () => {
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a number', 1],
    ['a function', () => 1],
    ['a function (walk)', function walk() {}],
    ['a symbol (Symbol(s))', Symbol('s')],
    ['a proxy', new Proxy({}, {})],
    ['a view on shared memory', new Int8Array(new SharedArrayBuffer(1))],
    ['an instance of Date', new Date(0)],
    ['an object with a prototype of its own', Object.create({ constructor: undefined })],
    ['an object with a prototype of its own', Object.create(null)],
  ])('%s', (text, value) => {
    expect(described(value)).toBe(text);
  });
});
