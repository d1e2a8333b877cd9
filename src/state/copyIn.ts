/**
 * Copies what a recipe brought into the tree: checked, frozen, and shared with nobody. Drafts that stand in it give
 * their own values, links stay as they are. The encoder refuses the same things in the same words.
 */

import type { Settling } from './draftSettling.js';
import { isObject } from './draftSlot.js';
import { BYTE_TYPES } from './format.js';
import { frozenDate, frozenMap, frozenSet } from './frozen.js';
import { byteType, describe, kindOf } from './kind.js';

/** @throws HeliosError `UNSUPPORTED_VALUE` with the path, for what the value model has no place for. */
export function copyIn(value: unknown, settling: Settling): unknown {
  if (isObject(value)) return copyObject(value, settling);
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') settling.refuse(describe(value));
  return value;
}

function copyObject(value: object, settling: Settling): unknown {
  const { edit } = settling;
  const slot = edit.slotBehind(value);
  if (slot !== undefined) return slot.settle(settling);
  if (edit.isLink(value)) return value;
  const origin = edit.originOf(value);
  if (origin !== undefined) return settling.borrowed(origin);
  const kind = kindOf(value);
  if (kind === 'date') return copyOfDate(value as Date, settling);
  if (kind === 'bytes') return copyOfBytes(value as ArrayBufferView);
  const known = settling.known(value);
  if (known !== undefined) return known;
  switch (kind) {
    case 'array':
      settling.begin(value);
      return settling.end(value, copyArray(value as readonly unknown[], settling));
    case 'record':
      settling.begin(value);
      return settling.end(value, copyRecord(value as Readonly<Record<string, unknown>>, settling));
    case 'map':
      settling.begin(value);
      return settling.end(value, copyMap(value as ReadonlyMap<unknown, unknown>, settling));
    case 'set':
      settling.begin(value);
      return settling.end(value, copySet(value as ReadonlySet<unknown>, settling));
    default:
      return settling.refuse(describe(value));
  }
}

export function copyOfDate(date: Date, settling: Settling): Date {
  const timeMs = date.getTime();
  if (Number.isNaN(timeMs)) settling.refuse('an invalid Date');
  return frozenDate(new Date(timeMs));
}

/** A copy on a buffer of its own; a Buffer gives a Uint8Array, as it does when stored. */
export function copyOfBytes(view: ArrayBufferView): ArrayBufferView {
  const copy = new Uint8Array(view.byteLength);
  copy.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  const View = BYTE_TYPES[byteType(view)] ?? Uint8Array;
  return View === Uint8Array ? copy : new View(copy.buffer);
}

/** How a Map's key is called in a path. */
export function keySegment(key: unknown): string | number {
  if (typeof key === 'string' || typeof key === 'number') return key;
  return `(a key, ${isObject(key) ? 'an object' : describe(key)})`;
}

/** Sets an own property, whatever its name. */
export function setField(record: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') record[key] = value;
  else Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
}

function copyArray(array: readonly unknown[], settling: Settling): readonly unknown[] {
  const { path } = settling;
  const copy: unknown[] = [];
  for (let index = 0; index < array.length; index++) {
    path.push(index);
    const item = array[index];
    if (item === undefined && !(index in array)) settling.refuse('a hole (a sparse array)');
    copy.push(copyIn(item, settling));
    path.pop();
  }
  return Object.freeze(copy);
}

function copyRecord(record: Readonly<Record<string, unknown>>, settling: Settling): Readonly<Record<string, unknown>> {
  const { path } = settling;
  const symbols = Object.getOwnPropertySymbols(record);
  if (symbols.length > 0) settling.refuse(`a key that is a symbol (${String(symbols[0])})`);
  const copy: Record<string, unknown> = Object.getPrototypeOf(record) === null ? Object.create(null) : {};
  for (const key of Object.keys(record)) {
    const item = record[key];
    if (item === undefined) continue;
    path.push(key);
    setField(copy, key, copyIn(item, settling));
    path.pop();
  }
  return Object.freeze(copy);
}

function copyMap(map: ReadonlyMap<unknown, unknown>, settling: Settling): ReadonlyMap<unknown, unknown> {
  const { path } = settling;
  const copy = new Map<unknown, unknown>();
  for (const [key, item] of map) {
    path.push(keySegment(key));
    copy.set(copyIn(key, settling), copyIn(item, settling));
    path.pop();
  }
  return frozenMap(copy);
}

function copySet(set: ReadonlySet<unknown>, settling: Settling): ReadonlySet<unknown> {
  const { path } = settling;
  const copy = new Set<unknown>();
  for (const member of set) {
    path.push(copy.size);
    copy.add(copyIn(member, settling));
    path.pop();
  }
  return frozenSet(copy);
}
