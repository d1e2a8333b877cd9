/**
 * Freezes a value that was decoded from a message, so that it refuses change as one of this process does: Map, Set and
 * Date too. Typed arrays stay open, since they are the receiver's own; references are what they were.
 */
import { frozenDate, frozenMap, frozenSet } from '../state/index.js';

/** Bytes in memory, about: of a record or list with nothing in it, of each entry, of a Map's or Set's entries more. */
const CONTAINER_BYTES = 32;
const ENTRY_BYTES = 16;
const KEYED_ENTRY_BYTES = 40;
/** Of a text or a bigint with nothing in it, and of a character. */
const TEXT_BYTES = 24;
const CHARACTER_BYTES = 2;

/**
 * Freezes a value, and says how many bytes of memory it takes, about; `undefined` when something in it stays open to
 * change. Depth is that of a message, which its limits keep well below the stack's.
 */
export function deepFreeze(value: unknown): number | undefined {
  const bytes = freeze(value);
  return Number.isNaN(bytes) ? undefined : bytes;
}

/** Bytes besides those of the entry that holds it; NaN for what stays open. */
function freeze(value: unknown): number {
  if (typeof value === 'string') return TEXT_BYTES + CHARACTER_BYTES * value.length;
  if (typeof value === 'bigint') return TEXT_BYTES;
  if (typeof value !== 'object' || value === null) return 0;
  const prototype: unknown = Object.getPrototypeOf(value);
  let bytes = CONTAINER_BYTES;
  if (prototype === Object.prototype) {
    const record = value as Readonly<Record<string, unknown>>;
    const keys = Object.keys(record);
    for (let at = 0; at < keys.length; at++) bytes += ENTRY_BYTES + freeze(record[keys[at] ?? '']);
    Object.freeze(value);
  } else if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) bytes += ENTRY_BYTES + freeze(value[at]);
    Object.freeze(value);
  } else if (value instanceof Map) {
    for (const [key, item] of value) bytes += KEYED_ENTRY_BYTES + freeze(key) + freeze(item);
    frozenMap(value);
  } else if (value instanceof Set) {
    for (const item of value) bytes += KEYED_ENTRY_BYTES + freeze(item);
    frozenSet(value);
  } else if (value instanceof Date) frozenDate(value);
  else return Number.NaN;
  return bytes;
}
