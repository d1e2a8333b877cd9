/**
 * The tagged form: how a value of the value model is written with nothing but what a carrier (JSON, MessagePack) has.
 * What it lacks becomes a record of one key that begins with `$`; a record of the user's that looks like one gets one
 * more `$`. This file holds what the walks of both carriers share (tagged.ts and untagged.ts, packWriter.ts and
 * packReader.ts): what stands in a tag, and how what is none is refused. It walks nothing.
 */
import { HeliosError } from './errors.js';
import { TYPE_NAME_PATTERN } from './limits.js';
import { formatPath } from './paths.js';

/** A reference inside a value, as it travels: a link by root. */
export interface LinkForm {
  /** 64 hex digits. */
  readonly root: string;
  readonly type: string;
}

/** What a tag holds, for whoever wrote another thing. */
export const EXPECTED = {
  bigint: 'decimal digits in a text',
  number: '"NaN", "Infinity", "-Infinity" or "-0"',
  date: 'an ISO 8601 date with its time zone, such as 2024-02-29T12:00:00.000Z',
  view: 'the name of a typed array, such as "Float64", and bytes for whole elements of it',
  pairs: 'an array of pairs',
  pair: 'a key and a value in an array',
  members: 'an array of members',
  link: '{ root: 64 hex digits, type: the name of a type }',
} as const;

export function bigintOf(text: unknown): bigint | undefined {
  return typeof text === 'string' && /^-?\d+$/.test(text) ? BigInt(text) : undefined;
}

export function numberOf(text: unknown): number | undefined {
  return text === '-0' || text === 'NaN' || text === 'Infinity' || text === '-Infinity' ? Number(text) : undefined;
}

const ISO_DATE = /^(\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

export function dateOf(text: unknown): Date | undefined {
  if (typeof text !== 'string' || !ISO_DATE.test(text)) return undefined;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** @param refuse throws for what is wrong in it */
export function linkOf(inner: unknown, refuse: (found: unknown) => never): LinkForm {
  if (typeof inner !== 'object' || inner === null || !('root' in inner) || !('type' in inner)) return refuse(inner);
  const { root, type } = inner;
  if (typeof root !== 'string' || !/^[0-9a-f]{64}$/.test(root)) return refuse(root);
  if (typeof type !== 'string' || !TYPE_NAME_PATTERN.test(type)) return refuse(type);
  return { root, type };
}

interface ViewType {
  readonly name: string;
  /** Bytes of one element. */
  readonly unit: number;
  make(buffer: ArrayBuffer): ArrayBufferView;
}

/** Typed arrays but Uint8Array, which is `$bytes`. Elements are little-endian, as on every machine Node runs on. */
const VIEW_TYPES: readonly ViewType[] = [
  { name: 'Int8', unit: 1, make: (buffer) => new Int8Array(buffer) },
  { name: 'Uint8Clamped', unit: 1, make: (buffer) => new Uint8ClampedArray(buffer) },
  { name: 'Int16', unit: 2, make: (buffer) => new Int16Array(buffer) },
  { name: 'Uint16', unit: 2, make: (buffer) => new Uint16Array(buffer) },
  { name: 'Int32', unit: 4, make: (buffer) => new Int32Array(buffer) },
  { name: 'Uint32', unit: 4, make: (buffer) => new Uint32Array(buffer) },
  { name: 'Float32', unit: 4, make: (buffer) => new Float32Array(buffer) },
  { name: 'Float64', unit: 8, make: (buffer) => new Float64Array(buffer) },
  { name: 'BigInt64', unit: 8, make: (buffer) => new BigInt64Array(buffer) },
  { name: 'BigUint64', unit: 8, make: (buffer) => new BigUint64Array(buffer) },
  { name: 'DataView', unit: 1, make: (buffer) => new DataView(buffer) },
];

/** The name of a view's type in `$array`: `Float64` for a Float64Array. */
export function viewName(view: ArrayBufferView): string {
  return view instanceof DataView
    ? 'DataView'
    : Object.prototype.toString.call(view).slice('[object '.length, -'Array]'.length);
}

/** A view of all these bytes, which must be nobody else's. */
export function viewOf(name: unknown, bytes: Uint8Array<ArrayBuffer>): ArrayBufferView | undefined {
  const type = VIEW_TYPES.find((known) => known.name === name);
  return type === undefined || bytes.length % type.unit !== 0 ? undefined : type.make(bytes.buffer);
}

/** Sets a key as data, also `__proto__`. */
export function putKey(record: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') record[key] = value;
  else Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Also the Object.prototype of another realm, and none. */
export function isPlainPrototype(prototype: unknown): boolean {
  if (prototype === Object.prototype || prototype === null) return true;
  if (typeof prototype !== 'object') return false;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

/** The refusal of what came and is no tagged form. */
export function malformedTag(path: readonly (string | number)[], found: string, expected: string): HeliosError {
  const place = formatPath(path.map((key) => ({ kind: 'key', key })));
  const where = place === '' ? 'The message' : `The message at ${place}`;
  return new HeliosError('INVALID_REQUEST', `${where} is ${found}; expected ${expected}.`, { details: { path } });
}

/** Keys of a path that a message shows; a cycle's would be hundreds. */
const SHOWN_KEYS = 16;

/** The refusal of what is to be sent and is no value. */
export function unsupported(path: readonly (string | number)[], found: string): HeliosError {
  const shown = path.slice(0, SHOWN_KEYS);
  const place = formatPath(shown.map((key) => ({ kind: 'key', key })));
  const below = path.length > SHOWN_KEYS ? ' and below' : '';
  const where = place === '' ? 'the value itself' : `what is at ${place}${below}`;
  const message = `Messages hold plain data only, but ${where} is ${found}. Leave it out, or turn it into plain data.`;
  return new HeliosError('UNSUPPORTED_VALUE', message, { details: { path: shown, found } });
}
