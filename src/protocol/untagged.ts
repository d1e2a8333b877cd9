/**
 * Reads a tagged form back into the value, in place: arrays and records of the decoded message are reused. Depth and
 * width were checked before decoding. A tag that it doesn't know is refused rather than kept, so that tags can be added.
 */
import { describe, quote } from './describe.js';
import { HeliosError } from './errors.js';
import { TYPE_NAME_PATTERN } from './limits.js';
import { formatPath } from './paths.js';
import { type Carrier, findViewType, type LinkForm, putKey } from './tags.js';

export interface ReadOptions {
  /** The reference that a link stands for; without it links are refused. */
  readonly fromLink?: (link: LinkForm) => unknown;
}

interface Reading {
  readonly carrier: Carrier;
  readonly fromLink: ReadOptions['fromLink'];
  readonly keys: (string | number)[];
}

/** @throws HeliosError `INVALID_REQUEST` (details: `path`) for a malformed or unknown tag */
export function fromTagged(written: unknown, carrier: Carrier, fromLink: ReadOptions['fromLink']): unknown {
  return read({ carrier, fromLink, keys: [] }, written, 0);
}

function read(walk: Reading, written: unknown, depth: number): unknown {
  if (typeof written === 'object' && written !== null) {
    if (Array.isArray(written)) return readArray(walk, written, depth);
    if (ArrayBuffer.isView(written)) return walk.carrier.readBytes(written);
    if (written instanceof Date) return written;
    return readRecord(walk, written as Record<string, unknown>, depth);
  }
  if (typeof written === 'number' && !walk.carrier.hasUtf8Only && !Number.isFinite(written)) {
    throw malformed(walk, depth, 'a number beyond those of IEEE 754 doubles', 'a number of at most 1.8e308');
  }
  // Other languages write any integer in 64 bits: only what a number can't hold stays a bigint.
  if (typeof written === 'bigint') return isSafe(written) ? Number(written) : written;
  return written;
}

function isSafe(value: bigint): boolean {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER);
}

function readArray(walk: Reading, written: unknown[], depth: number): unknown[] {
  for (let index = 0; index < written.length; index++) {
    walk.keys[depth] = index;
    written[index] = read(walk, written[index], depth + 1);
  }
  return written;
}

function readRecord(walk: Reading, written: Record<string, unknown>, depth: number): unknown {
  const keys = Object.keys(written);
  const only = keys[0];
  if (keys.length === 1 && only?.startsWith('$')) {
    walk.keys[depth] = only;
    return readTag(walk, only, written[only], depth + 1);
  }
  for (const key of keys) {
    walk.keys[depth] = key;
    const before = written[key];
    const after = read(walk, before, depth + 1);
    if (after !== before) putKey(written, key, after);
  }
  return written;
}

function readTag(walk: Reading, tag: string, inner: unknown, depth: number): unknown {
  if (tag.startsWith('$$')) return { [tag.slice(1)]: read(walk, inner, depth) };
  switch (tag) {
    case '$bigint':
      return readBigint(walk, inner, depth);
    case '$bytes':
      return walk.carrier.readBytes(inner) ?? fail(walk, depth, inner, 'bytes, in JSON as base64 with its padding');
    case '$array':
      return readView(walk, inner, depth);
    case '$date':
      return readDate(walk, inner, depth);
    case '$map':
      return new Map(readPairs(walk, inner, depth));
    case '$set':
      return new Set(readArray(walk, asArray(walk, inner, depth, 'an array of members'), depth));
    case '$number':
      return readNumber(walk, inner, depth);
    case '$ref':
      return readLink(walk, inner, depth);
  }
  if (walk.carrier.hasUtf8Only && tag === '$utf16') return readUtf16(walk, inner, depth);
  if (walk.carrier.hasUtf8Only && tag === '$record') return readRecordOfPairs(walk, inner, depth);
  const advice = `a tag of this format; a record with this one key is written {${quote(`$${tag}`)}: …}`;
  throw malformed(walk, depth - 1, `the tag ${quote(tag)}`, advice);
}

function readBigint(walk: Reading, inner: unknown, depth: number): bigint {
  if (typeof inner === 'string' && /^-?\d+$/.test(inner)) return BigInt(inner);
  return fail(walk, depth, inner, 'decimal digits in a text');
}

function readNumber(walk: Reading, inner: unknown, depth: number): number {
  if (inner === '-0' || inner === 'NaN' || inner === 'Infinity' || inner === '-Infinity') return Number(inner);
  return fail(walk, depth, inner, '"NaN", "Infinity", "-Infinity" or "-0"');
}

const ISO_DATE = /^(\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

function readDate(walk: Reading, inner: unknown, depth: number): Date {
  if (typeof inner === 'string' && ISO_DATE.test(inner)) {
    const date = new Date(inner);
    if (!Number.isNaN(date.getTime())) return date;
  }
  return fail(walk, depth, inner, 'an ISO 8601 date with its time zone, such as 2024-02-29T12:00:00.000Z');
}

function readView(walk: Reading, inner: unknown, depth: number): ArrayBufferView {
  const [name, written, ...more] = asArray(walk, inner, depth, 'the name of a typed array and its bytes');
  const type = findViewType(name);
  const bytes = walk.carrier.readBytes(written);
  if (type === undefined || bytes === undefined || more.length > 0 || bytes.length % type.unit !== 0) {
    return fail(walk, depth, inner, 'the name of a typed array, such as "Float64", and bytes for whole elements of it');
  }
  return type.make(bytes.buffer);
}

function readLink(walk: Reading, inner: unknown, depth: number): unknown {
  const expected = '{ root: 64 hex digits, type: the name of a type }';
  if (typeof inner !== 'object' || inner === null || !('root' in inner) || !('type' in inner)) {
    return fail(walk, depth, inner, expected);
  }
  const { root, type } = inner;
  if (typeof root !== 'string' || !/^[0-9a-f]{64}$/.test(root)) return fail(walk, depth, root, expected);
  if (typeof type !== 'string' || !TYPE_NAME_PATTERN.test(type)) return fail(walk, depth, type, expected);
  if (walk.fromLink === undefined) throw malformed(walk, depth - 1, 'a link', 'no links here');
  return walk.fromLink({ root, type });
}

function readUtf16(walk: Reading, inner: unknown, depth: number): string {
  const bytes = walk.carrier.readBytes(inner);
  if (bytes === undefined || bytes.length % 2 !== 0)
    return fail(walk, depth, inner, 'UTF-16 text, little-endian, as bytes');
  return Buffer.from(bytes.buffer).toString('utf16le');
}

function readRecordOfPairs(walk: Reading, inner: unknown, depth: number): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [key, item] of readPairs(walk, inner, depth)) {
    if (typeof key !== 'string') return fail(walk, depth, key, 'keys that are texts');
    putKey(record, key, item);
  }
  return record;
}

function readPairs(walk: Reading, inner: unknown, depth: number): [unknown, unknown][] {
  return asArray(walk, inner, depth, 'an array of pairs').map((pair, index) => {
    walk.keys[depth] = index;
    if (!Array.isArray(pair) || pair.length !== 2) return fail(walk, depth + 1, pair, 'a key and a value in an array');
    return [read(walk, pair[0], depth + 1), read(walk, pair[1], depth + 1)];
  });
}

function asArray(walk: Reading, inner: unknown, depth: number, expected: string): unknown[] {
  return Array.isArray(inner) ? inner : fail(walk, depth, inner, expected);
}

function fail(walk: Reading, depth: number, found: unknown, expected: string): never {
  throw malformed(walk, depth, describe(found), expected);
}

function malformed(walk: Reading, depth: number, found: string, expected: string): HeliosError {
  const path = walk.keys.slice(0, depth);
  const place = formatPath(path.map((key) => ({ kind: 'key', key })));
  const where = place === '' ? 'The message' : `The message at ${place}`;
  return new HeliosError('INVALID_REQUEST', `${where} is ${found}; expected ${expected}.`, { details: { path } });
}
