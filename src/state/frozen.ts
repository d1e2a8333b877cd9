/**
 * Makes Date, Map and Set refuse change: Object.freeze alone leaves their contents open. The refusals are own
 * properties that are not enumerable, so that prototypes and enumerable properties stay those of a plain one and
 * deep equality holds. A mutator called through a prototype (`Map.prototype.set.call(map, …)`) is out of reach.
 */

import { isRecord } from './kind.js';

function refuse(): never {
  throw new TypeError('This value is frozen: it belongs to a saved state. Copy it, or use edit().');
}

function refusals(names: readonly string[]): PropertyDescriptorMap {
  return Object.fromEntries(names.map((name) => [name, { value: refuse, enumerable: false }]));
}

const MAP_REFUSALS = refusals(['set', 'delete', 'clear']);
const SET_REFUSALS = refusals(['add', 'delete', 'clear']);
const DATE_REFUSALS = refusals(Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set')));

export function frozenMap<K, V>(map: Map<K, V>): ReadonlyMap<K, V> {
  return Object.freeze(Object.defineProperties(map, MAP_REFUSALS));
}

export function frozenSet<V>(set: Set<V>): ReadonlySet<V> {
  return Object.freeze(Object.defineProperties(set, SET_REFUSALS));
}

/**
 * Another object with the same content, frozen, and with no copies of what lies below: for two members of one Map or
 * Set that are equal and come as one object. A reference, or what else is no plain collection, is given back as it is.
 */
export function copyOf(value: object): object {
  if (Array.isArray(value)) return Object.freeze([...value]);
  if (value instanceof Map) return frozenMap(new Map(value));
  if (value instanceof Set) return frozenSet(new Set(value));
  if (value instanceof Date) return frozenDate(new Date(value));
  if (ArrayBuffer.isView(value)) return structuredClone(value);
  if (!isRecord(value)) return value;
  return Object.freeze(
    Object.create(Object.getPrototypeOf(value) as object | null, Object.getOwnPropertyDescriptors(value)),
  );
}

export function frozenDate(date: Date): Date {
  return Object.freeze(Object.defineProperties(date, DATE_REFUSALS));
}
