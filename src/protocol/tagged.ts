/**
 * Writes a value in its tagged form for JSON, within limits. Copies only what needs a tag: a value that JSON can hold
 * as it is comes back itself. Refuses what is no value, and what the other side would refuse.
 */
import { describe } from './describe.js';
import { toErrorForm } from './errorForm.js';
import { HeliosError } from './errors.js';
import type { MessageLimits } from './limits.js';
import { isPlainPrototype, type LinkForm, putKey, unsupported, viewName } from './tags.js';
import { tooLarge } from './tooLarge.js';

export interface WriteOptions {
  /** What an object that isn't plain data links to, if it is a reference. */
  readonly toLink?: (value: object) => LinkForm | undefined;
  readonly limits?: MessageLimits;
}

interface Writing {
  readonly limits: MessageLimits;
  readonly toLink: ((value: object) => LinkForm | undefined) | undefined;
  /** Where the walk is: keys from the top, and the objects that hold them. Only the first `level` count. */
  readonly keys: (string | number)[];
  readonly holders: object[];
  level: number;
  items: number;
}

/**
 * @throws HeliosError `UNSUPPORTED_VALUE` for what is no value (details: `path`) · `TOO_LARGE` beyond the limits
 */
export function toTagged(value: unknown, limits: MessageLimits, toLink: WriteOptions['toLink']): unknown {
  return write({ limits, toLink, keys: [], holders: [], level: 0, items: 0 }, value, 0);
}

/** `depth`: containers around this value on the wire. */
function write(walk: Writing, value: unknown, depth: number): unknown {
  if (++walk.items > walk.limits.items) throw tooLarge('JSON', `more than ${walk.limits.items} values`);
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return writeNumber(value);
    case 'bigint':
      return { $bigint: value.toString() };
    case 'object':
      return value === null ? null : writeObject(walk, value, depth);
    default:
      throw refuse(walk, describe(value));
  }
}

function writeObject(walk: Writing, value: object, depth: number): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return writeArray(walk, enter(walk, value, value.length, depth + 1), depth + 1);
  if (isPlainPrototype(prototype)) return writeRecord(walk, value as Readonly<Record<string, unknown>>, depth + 1);
  if (value instanceof Map && prototype === Map.prototype) return writeMap(walk, value, depth + 3);
  if (value instanceof Set && prototype === Set.prototype) return writeSet(walk, value, depth + 2);
  if (value instanceof Date && prototype === Date.prototype) return writeDate(walk, value);
  if (ArrayBuffer.isView(value)) return writeView(walk, value, depth);
  const link = walk.toLink?.(value);
  if (link !== undefined) return { $ref: { root: link.root, type: link.type } };
  if (HeliosError.is(value)) return write(walk, toErrorForm(value), depth);
  throw refuse(walk, describe(value));
}

function writeNumber(value: number): unknown {
  if (Object.is(value, -0)) return { $number: '-0' };
  return Number.isFinite(value) ? value : { $number: String(value) };
}

function writeArray(walk: Writing, value: readonly unknown[], depth: number): unknown {
  let copy: unknown[] | undefined;
  for (let index = 0; index < value.length; index++) {
    walk.keys[walk.level - 1] = index;
    const item = value[index];
    const written = write(walk, item, depth);
    if (copy === undefined && !Object.is(written, item)) copy = value.slice(0, index);
    copy?.push(written);
  }
  walk.level--;
  return copy ?? value;
}

function writeRecord(walk: Writing, value: Readonly<Record<string, unknown>>, depth: number): unknown {
  const keys = Object.keys(value);
  enter(walk, value, keys.length, depth);
  let copy: Record<string, unknown> | undefined;
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] ?? '';
    const item = value[key];
    walk.keys[walk.level - 1] = key;
    const written = item === undefined ? undefined : write(walk, item, depth);
    if (copy === undefined && (written === undefined || !Object.is(written, item))) copy = firstOf(value, keys, at);
    if (copy !== undefined && written !== undefined) putKey(copy, key, written);
  }
  walk.level--;
  const record = copy ?? value;
  return keys.length <= 1 || copy !== undefined ? escaped(record) : record;
}

function firstOf(value: Readonly<Record<string, unknown>>, keys: readonly string[], count: number) {
  const copy: Record<string, unknown> = {};
  for (const key of keys.slice(0, count)) putKey(copy, key, value[key]);
  return copy;
}

/** A record that would be taken for a tag gets one more `$`. */
function escaped(record: Readonly<Record<string, unknown>>): unknown {
  const keys = Object.keys(record);
  const only = keys[0];
  return keys.length === 1 && only?.startsWith('$') ? { [`$${only}`]: record[only] } : record;
}

function writeMap(walk: Writing, value: ReadonlyMap<unknown, unknown>, depth: number): unknown {
  enter(walk, value, value.size, depth);
  const pairs: unknown[] = [];
  for (const [key, item] of value) {
    walk.keys[walk.level - 1] = typeof key === 'string' || typeof key === 'number' ? key : describe(key);
    pairs.push([write(walk, key, depth), write(walk, item, depth)]);
  }
  walk.level--;
  return { $map: pairs };
}

function writeSet(walk: Writing, value: ReadonlySet<unknown>, depth: number): unknown {
  enter(walk, value, value.size, depth);
  const items: unknown[] = [];
  for (const item of value) {
    walk.keys[walk.level - 1] = items.length;
    items.push(write(walk, item, depth));
  }
  walk.level--;
  return { $set: items };
}

function writeDate(walk: Writing, value: Date): unknown {
  if (Number.isNaN(value.getTime())) throw refuse(walk, 'an invalid Date');
  return { $date: value.toISOString() };
}

function writeView(walk: Writing, view: ArrayBufferView, depth: number): unknown {
  if (!(view.buffer instanceof ArrayBuffer)) throw refuse(walk, 'a view of memory that is shared between threads');
  if (depth + 2 > walk.limits.depth) throw tooLarge('JSON', `nested deeper than ${walk.limits.depth} levels`);
  const name = viewName(view);
  const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64');
  return name === 'Uint8' ? { $bytes: bytes } : { $array: [name, bytes] };
}

/** Notes the container that the walk goes into; gives it back. */
function enter<Container extends object>(walk: Writing, container: Container, width: number, depth: number): Container {
  if (depth > walk.limits.depth) {
    if (walk.holders.slice(0, walk.level).includes(container)) throw refuse(walk, 'part of itself (a cycle)');
    throw tooLarge('JSON', `nested deeper than ${walk.limits.depth} levels`);
  }
  if (width > walk.limits.width)
    throw tooLarge('JSON', `a list or record of ${width} entries (at most ${walk.limits.width})`);
  walk.holders[walk.level++] = container;
  return container;
}

function refuse(walk: Writing, found: string): HeliosError {
  return unsupported(walk.keys.slice(0, walk.level), found);
}
