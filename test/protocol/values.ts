/** Random values of the value model, and the odd ones that carriers change unasked. */
import fc from 'fast-check';

export const ODD_NUMBERS = [0, -0, Number.NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, 5e-324, 1.5];
export const ODD_TEXTS = [
  '',
  '\ud800',
  'a\udfffb',
  '\udc00\ud800',
  '\ufeff',
  `\ufeff${'a'.repeat(100)}`,
  '\ufffd',
  '\u0000',
  '😀',
  'é'.repeat(70),
  'x'.repeat(40_000),
];
export const ODD_KEYS = [
  '__proto__',
  'constructor',
  'toJSON',
  'hasOwnProperty',
  'length',
  '10',
  '-1',
  '$',
  '$$',
  '$map',
  '$record',
  '$utf16',
  '$date',
  '',
];
const VIEWS = [
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];

const bytes = fc.uint8Array({ maxLength: 24 });
const view = fc
  .tuple(bytes, fc.constantFrom(...VIEWS))
  .map(([data, View]) => new View(Uint8Array.from([...data, ...Array(24 - data.length).fill(0)]).buffer));
const dataView = bytes.map((data) => new DataView(Uint8Array.from([9, ...data]).buffer, 1));
const SHORT_ODD_TEXTS = ODD_TEXTS.filter(({ length }) => length < 1_000);
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom(...SHORT_ODD_TEXTS));

const anyKey = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.constantFrom(...ODD_KEYS, ...SHORT_ODD_TEXTS),
);

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double(),
  fc.constantFrom(...ODD_NUMBERS),
  fc.bigInt(),
  fc.constantFrom(0n, -1n, 2n ** 53n, 2n ** 63n, -(2n ** 64n), 10n ** 60n),
  text,
  fc.date({ noInvalidDate: true, min: new Date(-8.64e15), max: new Date(8.64e15) }),
  bytes,
  view,
  dataView,
);

/** A record with these keys as data, in this order, `__proto__` included. */
export function recordOf(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return record;
}

export const anyValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('list'),
    tie('record'),
    tie('map'),
    tie('set'),
  ),
  list: fc.array(tie('value'), { maxLength: 5 }),
  record: fc.array(fc.tuple(anyKey, tie('value')), { maxLength: 5 }).map(recordOf),
  map: fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
  set: fc.array(tie('value'), { maxLength: 4 }).map((items) => new Set(items)),
})).value;

/** A value nested so deep, with a leaf at the bottom. */
export function nested(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 'leaf';
  for (let level = 0; level < depth; level++) value = wrap(value);
  return value;
}
