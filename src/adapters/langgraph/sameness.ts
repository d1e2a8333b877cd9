/** Whether a live value still is what it was encoded to: compared where it lies, without making anything. */
import { isDeepStrictEqual } from 'node:util';
import { MARK } from './marks.js';

export function isSame(live: unknown, encoded: unknown): boolean {
  if (Object.is(live, encoded)) return true;
  if (live === undefined) return isUndefined(encoded);
  if (typeof live !== 'object' || live === null || typeof encoded !== 'object' || encoded === null) return false;
  if (Array.isArray(live)) return Array.isArray(encoded) && isSameList(live, encoded);
  const prototype: unknown = Object.getPrototypeOf(live);
  if (prototype !== Object.prototype && prototype !== null) {
    if (live instanceof Map) return isSameList([...live].flat(), partsOf(encoded, 'entries'));
    if (live instanceof Set) return isSameList([...live], partsOf(encoded, 'members'));
    return isDeepStrictEqual(live, encoded);
  }
  if (Object.hasOwn(live, MARK)) return isDeepStrictEqual(live, encoded);
  if (Object.hasOwn(encoded, MARK)) return isSameOrdered(live, encoded as Readonly<Record<string, unknown>>);
  return isSameRecord(live, encoded, Object.keys(encoded));
}

function isSameList(live: readonly unknown[], encoded: readonly unknown[]): boolean {
  if (live.length !== encoded.length) return false;
  for (let index = 0; index < live.length; index++) if (!isSame(live[index], encoded[index])) return false;
  return true;
}

function isSameOrdered(live: object, encoded: Readonly<Record<string, unknown>>): boolean {
  const { order, value } = encoded;
  if (encoded[MARK] !== 'ordered' || !Array.isArray(order) || typeof value !== 'object' || value === null) return false;
  const keys = Object.keys(value);
  return isSameRecord(
    live,
    value,
    order.map((place) => keys[place as number] as string),
  );
}

function isSameRecord(live: object, encoded: object, keys: readonly string[]): boolean {
  const own = Object.keys(live);
  if (own.length !== keys.length || Object.getPrototypeOf(live) !== Object.getPrototypeOf(encoded)) return false;
  for (let index = 0; index < own.length; index++) {
    const key = own[index] as string;
    if (key !== keys[index]) return false;
    if (!isSame(Reflect.get(live, key), Reflect.get(encoded, key))) return false;
  }
  return true;
}

/** What an encoded Map or Set is made of, one after another; nothing of what is none. */
function partsOf(encoded: object, marked: 'entries' | 'members'): readonly unknown[] {
  if (encoded instanceof Map) return [...encoded].flat();
  if (encoded instanceof Set) return [...encoded];
  const parts: unknown = Reflect.get(encoded, marked);
  const isMarked = Reflect.get(encoded, MARK) === (marked === 'entries' ? 'map' : 'set');
  if (!isMarked || !Array.isArray(parts)) return NOTHING;
  return marked === 'entries' ? parts.flat() : parts;
}

/** Of no value: nothing is the same as it. */
const NOTHING: readonly unknown[] = [Symbol('nothing')];

function isUndefined(encoded: unknown): boolean {
  return typeof encoded === 'object' && encoded !== null && Reflect.get(encoded, MARK) === 'undefined';
}
