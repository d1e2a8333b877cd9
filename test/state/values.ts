/**
 * Arbitrary values of the whole value model, for property tests: every kind, the edges of each, nested, and now and
 * then big enough to be several blocks. Also what a property needs beside them: clones, the same value in another
 * order, and edited values.
 */
import fc from 'fast-check';
import { BYTE_TYPES, COMPONENT_LIMIT } from '../../src/state/format.js';
import type { Value } from '../../src/state/value.js';

type Entries = readonly (readonly [string, Value])[];

const numbers: fc.Arbitrary<number> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.integer({ min: -130, max: 130 }),
  fc.maxSafeInteger(),
  fc.constantFrom(
    ...[0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE, Number.MAX_VALUE],
    ...[127, 128, 0x3fff, 0x4000].flatMap((edge) => [edge, -edge, -edge - 1]),
    ...[2 ** 31, 2 ** 32, 2 ** 53].flatMap((edge) => [edge - 1, edge, edge + 1, -edge, 1 - edge, -edge - 1]),
  ),
);

const bigints: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt(),
  fc.bigInt({ min: -300n, max: 300n }),
  fc.constantFrom(0n, 255n, 256n, -255n, -256n, 2n ** 64n, -(2n ** 64n), 2n ** 40_000n, -(2n ** 8_192n) + 1n),
);

/** UTF-16 units as they come: with surrogates that have lost their other half. */
const unpaired = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7f0, max: 0xe010 })), { maxLength: 6 })
  .map((units) => String.fromCharCode(...units));

const latin1 = fc
  .array(fc.integer({ min: 0, max: 0xff }), { maxLength: 8 })
  .map((units) => String.fromCharCode(...units));

/** Texts that need each of the three encodings, around the length that a tag holds, and longer than a component. */
const texts: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: latin1 },
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  { weight: 2, arbitrary: unpaired },
  { weight: 1, arbitrary: fc.constantFrom('', '\ufeffmark', '\ud800', '\udc00\ud83d', '\n', '\0', '漢字'.repeat(5)) },
  { weight: 1, arbitrary: fc.integer({ min: 60, max: 70 }).map((length) => 'x'.repeat(length)) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: COMPONENT_LIMIT - 4, max: COMPONENT_LIMIT + 4 }).map((length) => 'ö'.repeat(length)),
  },
  { weight: 1, arbitrary: fc.constantFrom('漢'.repeat(1_100), '🦊'.repeat(600), '\udfff'.repeat(1_100)) },
);

/** Keys that an object has by nature, that JavaScript orders first, that paths must quote. */
export const keys: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'id', 'name', 'hp', 'é', 'z') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', 'then', 'toJSON'),
  },
  { weight: 2, arbitrary: fc.constantFrom('', '0', '1', '10', '9', '-1', '01', '1.5', '4294967294', '4294967295') },
  { weight: 1, arbitrary: fc.constantFrom('a.b', 'a[0]', '*', '$ref', '"', '\n') },
  { weight: 2, arbitrary: texts },
);

const dates: fc.Arbitrary<Date> = fc.oneof(
  fc.date({ noInvalidDate: true }),
  fc.constantFrom(0, -1, 8.64e15, -8.64e15, 951_782_400_000).map((timeMs) => new Date(timeMs)),
);

/** Views of every type: with an offset, on a part of a larger buffer, empty, and Node's pooled Buffers. */
const byteViews: fc.Arbitrary<ArrayBufferView> = fc
  .record({
    type: fc.constantFrom(...BYTE_TYPES),
    bytes: fc.uint8Array({ maxLength: 40 }),
    offset: fc.constantFrom(0, 8, 16),
    large: fc.integer({ min: 0, max: 12 }),
  })
  .map(({ type, bytes, offset, large }) => {
    const length = large === 0 ? 2 * COMPONENT_LIMIT : bytes.length - (bytes.length % 8);
    const whole = new ArrayBuffer(offset + length + 8);
    new Uint8Array(whole, offset, length).set(bytes.subarray(0, length));
    const View = type as unknown as new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView;
    const elementBytes = 'BYTES_PER_ELEMENT' in type ? Number(type.BYTES_PER_ELEMENT) : 1;
    return new View(whole, offset, length / elementBytes);
  });

/** Numbers, texts and what else has no parts. */
const scalars: fc.Arbitrary<Value> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(null, true, false) },
  { weight: 3, arbitrary: numbers },
  { weight: 1, arbitrary: bigints },
  { weight: 4, arbitrary: texts },
  { weight: 1, arbitrary: dates },
  { weight: 1, arbitrary: byteViews },
);

/** Makes a record as a program would have to: `__proto__` as a key of its own. */
export function recordOf(entries: Entries, prototype: object | null = Object.prototype): Record<string, Value> {
  const record: Record<string, Value> = Object.create(prototype);
  for (const [key, value] of entries) {
    Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return record;
}

const nested = fc.letrec<{ value: Value; collection: Value; array: Value; record: Value; map: Value; set: Value }>(
  (tie) => ({
    value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalars, tie('collection')),
    collection: fc.oneof(tie('array'), tie('record'), tie('record'), tie('map'), tie('set')),
    array: fc.oneof(
      { weight: 5, arbitrary: fc.array(tie('value'), { maxLength: 6 }) },
      { weight: 1, arbitrary: fc.array(numbers, { minLength: 30, maxLength: 34 }) },
      { weight: 1, arbitrary: tie('value').map((value) => [value, [value], { same: value }]) },
    ),
    record: fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .tuple(fc.array(fc.tuple(keys, tie('value')), { maxLength: 6 }), fc.integer({ min: 0, max: 5 }))
          .map(([entries, bare]) => recordOf(entries, bare === 0 ? null : Object.prototype)),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.integer({ min: 31, max: 34 }), tie('value'))
          .map(([size, value]) => recordOf(Array.from({ length: size }, (_, index) => [`key${index}`, value]))),
      },
    ),
    map: fc
      .array(fc.tuple(tie('value'), tie('value')), { maxLength: 5 })
      .map((entries) => new Map(entries.flatMap(([key, value], index) => twice(key, value, index === 1)))),
    set: fc
      .array(tie('value'), { maxLength: 5 })
      .map(
        (members) => new Set(members.flatMap((member, index) => (index === 1 ? [member, clone(member)] : [member]))),
      ),
  }),
);

function twice(key: Value, value: Value, isTwice: boolean): [Value, Value][] {
  return isTwice
    ? [
        [key, value],
        [clone(key), [value]],
      ]
    : [[key, value]];
}

/** Values of every kind, some of many blocks. */
export const values: fc.Arbitrary<Value> = nested.value;

/** The same, but collections only. */
export const collections: fc.Arbitrary<Value> = nested.collection;

/** A copy that shares no object with the original; views become views on buffers of their own. */
export function clone(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(clone);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [clone(key), clone(item)]));
  if (value instanceof Set) return new Set([...value].map(clone));
  if (value instanceof Date) return new Date(value);
  if (ArrayBuffer.isView(value)) return structuredClone(value);
  const prototype = Object.getPrototypeOf(value) as object | null;
  return recordOf(
    entriesOf(value).map(([key, item]) => [key, clone(item)]),
    prototype,
  );
}

/** The same value, its keys, entries and members put in at another order, at every level. */
export function reordered(value: Value, random: () => number): Value {
  if (typeof value !== 'object' || value === null) return value;
  const again = (item: Value) => reordered(item, random);
  if (Array.isArray(value)) return value.map(again);
  if (value instanceof Map) {
    return new Map(shuffled([...value], random).map(([key, item]) => [again(key), again(item)]));
  }
  if (value instanceof Set) return new Set(shuffled([...value], random).map(again));
  if (value instanceof Date || ArrayBuffer.isView(value)) return value;
  return recordOf(
    shuffled(entriesOf(value), random).map(([key, item]) => [key, again(item)]),
    Object.getPrototypeOf(value) as object | null,
  );
}

/** A record's entries; a key with undefined is none. */
function entriesOf(record: object): [string, Value][] {
  return Object.entries(record).filter(([, item]) => item !== undefined);
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const keyed = items.map((item) => ({ item, at: random() }));
  return keyed.sort((a, b) => a.at - b.at).map((one) => one.item);
}

/** A value and what it became after a few random edits anywhere in it. */
export const editedPairs: fc.Arbitrary<readonly [before: Value, after: Value]> = fc
  .tuple(
    collections,
    fc.array(fc.tuple(fc.infiniteStream(fc.nat()), fc.oneof(scalars, values)), { minLength: 1, maxLength: 4 }),
  )
  .map(([before, edits]) => {
    let after = clone(before);
    for (const [choices, value] of edits) after = edited(after, () => choices.next().value ?? 0, clone(value));
    return [before, after];
  });

/** One edit: walks down a few levels as `choose` says and puts in, replaces or removes there. Changes `tree` itself. */
function edited(tree: Value, choose: () => number, value: Value): Value {
  if (Array.isArray(tree)) return editedArray(tree, choose, value);
  if (tree instanceof Map) {
    const key = [...tree.keys()][choose() % (tree.size + 1)];
    if (key === undefined) tree.set(choose() % 2 === 0 ? 'new' : clone(value), value);
    else if (choose() % 3 === 0) tree.delete(key);
    else tree.set(key, edited(tree.get(key) ?? null, choose, value));
    return tree;
  }
  if (tree instanceof Set) {
    const member = [...tree][choose() % (tree.size + 1)];
    if (member === undefined || choose() % 2 === 0) tree.add(value);
    else tree.delete(member);
    return tree;
  }
  if (typeof tree !== 'object' || tree === null || tree instanceof Date || ArrayBuffer.isView(tree)) return value;
  const record = tree as Record<string, Value>;
  const names = [...Object.keys(record), 'added'];
  const key = names[choose() % names.length] ?? 'added';
  if (choose() % 4 === 0) Reflect.deleteProperty(record, key);
  else {
    const next = Object.hasOwn(record, key) ? edited(record[key] ?? null, choose, value) : value;
    Object.defineProperty(record, key, { value: next, enumerable: true, writable: true, configurable: true });
  }
  return record;
}

function editedArray(list: Value[], choose: () => number, value: Value): Value[] {
  const index = choose() % (list.length + 1);
  const item = list[index];
  const how = choose() % 5;
  if (how === 0 || item === undefined) list.splice(index, 0, value);
  else if (how === 1) list.splice(index, 1);
  else if (how === 2) list.splice(choose() % list.length, 0, ...list.splice(index, 1));
  else list[index] = edited(item, choose, value);
  return list;
}
