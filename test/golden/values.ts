/**
 * The states of the golden store, as code: every kind of value and of block there is. What is written here has to come out
 * of store/ for ever; whoever changes a value breaks that. More can be added under other names, with a store of its own.
 */

import * as v from 'valibot';
import { defineType } from '../../src/index.js';

/** Of states that are of no built-in type. */
export const valueType = defineType({ name: 'value', schema: v.unknown() });

/** Each with the type that it is saved as. */
export interface GoldenState {
  readonly type: string;
  readonly value: unknown;
}

export function goldenStates(): Readonly<Record<string, GoldenState>> {
  return {
    'scalars/all': { type: 'record', value: scalars() },
    'scalars/null': { type: 'value', value: null },
    'scalars/true': { type: 'value', value: true },
    'scalars/a-number': { type: 'value', value: -0 },
    'scalars/a-bigint': { type: 'value', value: -(3n ** 400n) },
    'scalars/a-text': { type: 'value', value: '\ud83e and \udd8a apart, 🦊 together' },
    'scalars/a-date': { type: 'value', value: new Date(-8.64e15) },
    'empty/record': { type: 'record', value: {} },
    'empty/list': { type: 'list', value: [] },
    'empty/all': { type: 'record', value: empty() },
    'bytes/of-every-type': { type: 'record', value: typedArrays() },
    'bytes/beside-others': {
      type: 'record',
      value: { name: 'clip', samples: new Int16Array([1, -2, 3]), rate: 44_100 },
    },
    'collections/keys-of-every-kind': { type: 'value', value: keysOfEveryKind() },
    'collections/members-of-every-kind': { type: 'value', value: new Set(keysOfEveryKind().keys()) },
    'collections/bare': {
      type: 'value',
      value: bare([
        ['within', bare([['n', 1]])],
        ['__proto__', 'a field'],
      ]),
    },
    'collections/odd-keys': { type: 'record', value: oddKeys() },
    'collections/more-keys-than-are-shared': { type: 'record', value: record(40, (n) => n) },
    'collections/deep': { type: 'record', value: deep() },
    'split/record': { type: 'record', value: record(320, sentence) },
    'split/bare-record': { type: 'value', value: bare(Object.entries(record(150, sentence))) },
    'split/list': { type: 'list', value: Array.from({ length: 700 }, (_, n) => ({ n, text: sentence(n) })) },
    'split/map': {
      type: 'value',
      value: new Map(Array.from({ length: 300 }, (_, n) => [n % 2 ? n : `k${n}`, sentence(n)])),
    },
    'split/map-of-objects': { type: 'value', value: new Map(Array.from({ length: 120 }, (_, n) => [{ n }, [n, n]])) },
    'split/set': { type: 'value', value: new Set(Array.from({ length: 1_500 }, (_, n) => n * 7)) },
    'split/set-of-objects': { type: 'value', value: new Set(Array.from({ length: 120 }, (_, n) => [n, sentence(n)])) },
    'split/text': { type: 'text', value: text(14_000) },
    'split/text-of-wide-letters': { type: 'text', value: '狐🦊'.repeat(2_000) },
    'split/bytes': { type: 'blob', value: Uint8Array.from({ length: 15_000 }, (_, at) => noise(at) & 0xff) },
    'split/floats': { type: 'value', value: Float64Array.from({ length: 1_200 }, (_, at) => noise(at) / 1_000) },
    'split/within-others': { type: 'record', value: within() },
    'types/tensor': {
      type: 'tensor',
      value: { dtype: 'float32', shape: [2, 3], data: Float32Array.from([1, 2, 3, 4, 5, 6]) },
    },
    'types/log': { type: 'log', value: Array.from({ length: 150 }, (_, n) => ({ at: n, what: sentence(n) })) },
  };
}

/** Values right at the limits of the format, of no store: their roots alone are told. */
export function edgeValues(): Readonly<Record<string, unknown>> {
  return {
    'a text that stays in its holder': { text: 'x'.repeat(1_534) },
    'a text that is a component': { text: 'x'.repeat(1_535) },
    'a bigint that stays in its holder': { big: 16n ** 3_063n },
    'a bigint that is a component': { big: 16n ** 3_065n },
    'bytes that stay in their holder': { bytes: new Uint8Array(1_532) },
    'bytes that are a component': { bytes: new Uint8Array(1_533) },
    'a text of one block': 'x'.repeat(3_072),
    'a text of two': 'x'.repeat(3_073),
    'bytes of one block': new Uint8Array(3_072),
    'bytes of two': new Uint8Array(3_073),
    'a list of 31': Array.from({ length: 31 }, (_, n) => n),
    'a list of 32': Array.from({ length: 32 }, (_, n) => n),
    'a record of 32 keys': record(32, (n) => n),
    'a record of 33 keys': record(33, (n) => n),
    'seventeen key lists': Array.from({ length: 17 }, (_, n) => ({ [`k${n}`]: n })),
    'equal key lists of many keys': [record(33, (n) => n), record(33, (n) => -n)],
    'a list that never cuts': Array.from({ length: 40 }, () => 'the same element again and again '.repeat(8)),
    'a list of one size': Array.from({ length: 400 }, () => null),
  };
}

function scalars(): unknown {
  return {
    constants: [null, true, false],
    integers: [0, 1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -1, -128, -(2 ** 53) + 1],
    doubles: [-0, 0.1, 2 ** 53, -(2 ** 53), 1e300, Number.MIN_VALUE, Number.MAX_VALUE],
    'no numbers': [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    bigints: [0n, 1n, -1n, 255n, 256n, -256n, 2n ** 64n, -(2n ** 64n), 7n ** 1_000n],
    texts: ['', 'a', 'x'.repeat(63), 'x'.repeat(64), 'naïve', '狐', '🦊', '\0\n"', '\ufeff', '\ud83e', '\udd8a\ud83e'],
    dates: [new Date(0), new Date(-1), new Date(8.64e15), new Date(951_782_400_000)],
  };
}

function empty(): unknown {
  return {
    record: {},
    bare: bare([]),
    list: [],
    map: new Map(),
    set: new Set(),
    text: '',
    bytes: new Uint8Array(0),
    'within a list': [[], {}, new Map([['', new Set()]])],
    '': null,
  };
}

function typedArrays(): unknown {
  return {
    Uint8Array: Uint8Array.of(0, 1, 255),
    Int8Array: Int8Array.of(-128, 127),
    Uint8ClampedArray: Uint8ClampedArray.of(0, 255),
    Int16Array: Int16Array.of(-32_768, 1, 32_767),
    Uint16Array: Uint16Array.of(65_535),
    Int32Array: Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
    Uint32Array: Uint32Array.of(2 ** 32 - 1),
    Float32Array: Float32Array.of(1.5, -0, Number.POSITIVE_INFINITY),
    Float64Array: Float64Array.of(0.1, Number.MIN_VALUE),
    BigInt64Array: BigInt64Array.of(-(2n ** 63n), 1n),
    BigUint64Array: BigUint64Array.of(2n ** 64n - 1n),
    DataView: new DataView(Uint8Array.of(1, 2, 3).buffer),
    empty: new Float64Array(0),
  };
}

function keysOfEveryKind(): Map<unknown, unknown> {
  return new Map<unknown, unknown>([
    [null, 'null'],
    [false, 'false'],
    [true, 'true'],
    [-1.5, 'negative'],
    [7, 'seven'],
    [Number.NaN, 'no number'],
    [-3n, 'bigint'],
    ['', 'no text'],
    ['狐', 'fox'],
    [new Date(0), 'a date'],
    [{ x: 1 }, 'a record'],
    [{ x: 1 }, 'another like it'],
    [[1, [2]], 'a list'],
    [new Map([[{}, []]]), 'a map'],
    [new Set(['a']), 'a set'],
    [Uint8Array.of(1, 2), 'bytes'],
    ['long '.repeat(600), 'a long text'],
    [5n ** 3_000n, 'a long bigint'],
  ]);
}

function oddKeys(): unknown {
  const keys = [
    '',
    '0',
    '1',
    '10',
    '9',
    '-1',
    '01',
    '1.5',
    '4294967294',
    '4294967295',
    'a.b',
    '*',
    '$ref',
    '"',
    '\ud83e',
  ];
  const fields = [...keys, '__proto__', 'constructor', 'toString', 'toJSON', 'then', 'length', 'é', '狐'];
  return plain(fields.map((key, n) => [key, n]));
}

function deep(): unknown {
  let value: unknown = 'the end';
  for (let level = 0; level < 990; level++)
    value = level % 3 === 0 ? [value] : level % 3 === 1 ? { down: value } : new Map([['down', value]]);
  return { down: value };
}

function within(): unknown {
  const same = { name: 'a component that stands in two places', text: sentence(1).repeat(60) };
  return {
    people: record(25, (n) => ({ n, biography: sentence(n).repeat(40), friends: [n + 1, n + 2] })),
    first: same,
    second: { again: same },
    notes: text(5_000),
    picture: Uint8Array.from({ length: 5_000 }, (_, at) => noise(at) & 0xff),
    visited: new Set(Array.from({ length: 400 }, (_, n) => `place ${n}`)),
    big: 11n ** 4_000n,
  };
}

function record(size: number, made: (n: number) => unknown): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: size }, (_, n) => [`key-${String(n).padStart(4, '0')}`, made(n)]));
}

function bare(entries: readonly (readonly [string, unknown])[]): object {
  return fields(Object.create(null) as object, entries);
}

function plain(entries: readonly (readonly [string, unknown])[]): object {
  return fields({}, entries);
}

function fields(made: object, entries: readonly (readonly [string, unknown])[]): object {
  const property = { enumerable: true, writable: true, configurable: true };
  for (const [key, value] of entries) Object.defineProperty(made, key, { value, ...property });
  return made;
}

const WORDS = 'fox river stone lantern owl harbour winter bread salt road'.split(' ');

function sentence(n: number): string {
  return Array.from({ length: 5 }, (_, at) => WORDS[noise(n * 5 + at) % WORDS.length]).join(' ');
}

function text(units: number): string {
  let made = '';
  for (let n = 0; made.length < units; n++) made += `${sentence(n)}${n % 50 === 0 ? ' – é 🦊' : ''}\n`;
  return made;
}

/** The same 31 bits for a number in every process. */
function noise(seed: number): number {
  let h = Math.imul(seed + 1, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 1;
}
