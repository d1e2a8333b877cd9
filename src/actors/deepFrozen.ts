/**
 * Freezes a value that was decoded from a message, so that it refuses change as one of this process does: Map, Set and
 * Date too. Typed arrays stay open, since they are the receiver's own; references are what they were.
 */
import { frozenDate, frozenMap, frozenSet } from '../state/index.js';

/** The same value. Depth is that of a message, which its limits keep well below the stack's. */
export function deepFrozen<T>(value: T): T {
  freeze(value);
  return value;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) {
    const record = value as Readonly<Record<string, unknown>>;
    const keys = Object.keys(record);
    for (let at = 0; at < keys.length; at++) freeze(record[keys[at] ?? '']);
    Object.freeze(value);
  } else if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) freeze(value[at]);
    Object.freeze(value);
  } else if (value instanceof Map) {
    for (const [key, item] of value) {
      freeze(key);
      freeze(item);
    }
    frozenMap(value);
  } else if (value instanceof Set) {
    for (const item of value) freeze(item);
    frozenSet(value);
  } else if (value instanceof Date) frozenDate(value);
}
