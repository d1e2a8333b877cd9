/**
 * Puts the values of a node's children together again: what the split value was before it was cut. Frozen like everything
 * that comes out of blocks.
 */
import {
  BYTE_TYPES,
  NODE_ARRAY,
  NODE_BARE_RECORD,
  NODE_BYTES,
  NODE_MAP,
  NODE_RECORD,
  NODE_SET,
  NODE_STRING,
} from '../format.js';
import { copyOf, frozenMap, frozenSet } from '../frozen.js';
import { isRecord } from '../kind.js';

/** `undefined` where a child is of another kind than it has to be. */
export function join(of: number, type: number, values: readonly unknown[]): unknown {
  switch (of) {
    case NODE_RECORD:
      return joinRecords(values, {});
    case NODE_BARE_RECORD:
      return joinRecords(values, Object.create(null) as Record<string, unknown>);
    case NODE_ARRAY:
      return joinArrays(values);
    case NODE_MAP:
      return joinMaps(values);
    case NODE_SET:
      return joinSets(values);
    case NODE_STRING:
      return values.every((value) => typeof value === 'string') ? values.join('') : undefined;
    case NODE_BYTES:
      return joinBytes(values, type);
    default:
      return undefined;
  }
}

function joinRecords(values: readonly unknown[], record: Record<string, unknown>): unknown {
  for (const value of values) {
    if (!isRecord(value)) return undefined;
    for (const key of Object.keys(value)) {
      if (key !== '__proto__') record[key] = value[key];
      else Object.defineProperty(record, key, { value: value[key], enumerable: true });
    }
  }
  return Object.freeze(record);
}

function joinArrays(values: readonly unknown[]): unknown {
  const array: unknown[] = [];
  for (const value of values) {
    if (!Array.isArray(value)) return undefined;
    for (let index = 0; index < value.length; index++) array.push(value[index]);
  }
  return Object.freeze(array);
}

/** Two keys of equal content may have come as one object: both stay. */
function joinMaps(values: readonly unknown[]): unknown {
  const map = new Map<unknown, unknown>();
  for (const value of values) {
    if (!(value instanceof Map)) return undefined;
    for (const [key, item] of value) map.set(apart(map, key), item);
  }
  return frozenMap(map);
}

function joinSets(values: readonly unknown[]): unknown {
  const set = new Set<unknown>();
  for (const value of values) {
    if (!(value instanceof Set)) return undefined;
    for (const member of value) set.add(apart(set, member));
  }
  return frozenSet(set);
}

function apart(holder: { has(key: unknown): boolean }, key: unknown): unknown {
  return typeof key === 'object' && key !== null && holder.has(key) ? copyOf(key) : key;
}

/** Children are bytes, or what a node below has made of them already. */
function joinBytes(values: readonly unknown[], type: number): unknown {
  const View = BYTE_TYPES[type];
  if (View === undefined || !values.every((value) => ArrayBuffer.isView(value))) return undefined;
  const views = values as readonly ArrayBufferView[];
  const bytes = new Uint8Array(views.reduce((size, view) => size + view.byteLength, 0));
  let at = 0;
  for (const view of views) {
    bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), at);
    at += view.byteLength;
  }
  return View === Uint8Array ? bytes : new View(bytes.buffer);
}
