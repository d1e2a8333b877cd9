/**
 * Tells what a JavaScript value is in the value model, the same way for everything that walks values: encoder, draft,
 * diff. It looks at one value and never below it.
 */
import { types } from 'node:util';
import { BYTE_TYPES } from './format.js';

export type Kind =
  | 'null'
  | 'boolean'
  | 'number'
  | 'bigint'
  | 'string'
  | 'date'
  | 'bytes'
  | 'array'
  | 'record'
  | 'map'
  | 'set'
  | 'undefined'
  | 'other';

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || isPlainPrototype(prototype);
}

/** An array of this realm or another, and of no class that extends Array: only Array.prototype is an array itself. */
export function isPlainArray(value: readonly unknown[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Array.prototype || Array.isArray(prototype);
}

/** Null, or the Object.prototype of another realm (a vm context, an iframe). */
export function isPlainPrototype(prototype: unknown): boolean {
  if (prototype === null) return true;
  if (typeof prototype !== 'object') return false;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

export function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case 'boolean':
      return 'boolean';
    case 'number':
      return 'number';
    case 'bigint':
      return 'bigint';
    case 'string':
      return 'string';
    case 'undefined':
      return 'undefined';
    case 'object':
      break;
    default:
      return 'other';
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return isPlainArray(value) ? 'array' : 'other';
  if (isRecord(value)) return 'record';
  if (types.isMap(value)) return isExactly(value, 'Map') && !hidesItsOwn(value) ? 'map' : 'other';
  if (types.isSet(value)) return isExactly(value, 'Set') && !hidesItsOwn(value) ? 'set' : 'other';
  if (types.isDate(value)) return isExactly(value, 'Date') ? 'date' : 'other';
  if (ArrayBuffer.isView(value)) return byteType(value) < 0 ? 'other' : 'bytes';
  return 'other';
}

/** An instance of the built-in class itself, of this realm or another, and of no class that extends it. */
function isExactly(value: object, name: string): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof prototype !== 'object' || prototype === null) return false;
  const above: unknown = Object.getPrototypeOf(prototype);
  return className(prototype) === name && above !== null && Object.getPrototypeOf(above) === null;
}

/** Whether properties of its own stand before those that tell its size and contents: the block would be none. */
function hidesItsOwn(value: object): boolean {
  if (ArrayBuffer.isView(value)) {
    return Object.hasOwn(value, 'byteLength') || Object.hasOwn(value, 'byteOffset') || Object.hasOwn(value, 'buffer');
  }
  if (!types.isMap(value) && !types.isSet(value)) return false;
  return Object.hasOwn(value, 'size') || Object.hasOwn(value, Symbol.iterator);
}

/** Whether the memory of a view was given away, or has shrunk below it: it looks empty, or can't be asked at all. */
function isCutOff(view: ArrayBufferView): boolean {
  try {
    if (view.byteLength > 0) return false;
    if (!(view instanceof DataView)) Reflect.apply(TYPED_ARRAY_SLICE, view, [0, 0]);
    return false;
  } catch {
    return true;
  }
}

const TYPED_ARRAY_SLICE: () => unknown = Reflect.get(Object.getPrototypeOf(Uint8Array.prototype), 'slice');

/** Index in BYTE_TYPES, or -1: Buffer counts as Uint8Array; a view on shared memory and a subclass are none of ours. */
export function byteType(view: ArrayBufferView): number {
  if (types.isSharedArrayBuffer(view.buffer) || hidesItsOwn(view) || isCutOff(view)) return -1;
  if (Buffer.isBuffer(view)) return 0;
  const name = className(Object.getPrototypeOf(view) as object);
  return BYTE_TYPES.findIndex((type) => type.name === name);
}

function className(prototype: object): string {
  const made: unknown = Reflect.get(prototype, 'constructor');
  return typeof made === 'function' ? made.name : '';
}

/** How a value that the model has no place for is called in a message. */
export function describe(value: unknown): string {
  if (types.isProxy(value)) return 'a proxy';
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'function':
      return `a function${value.name === '' ? '' : ` (${value.name})`}`;
    case 'symbol':
      return `a symbol (${value.toString()})`;
    case 'object':
      break;
    default:
      return `a ${typeof value}`;
  }
  if (value === null) return 'null';
  if (ArrayBuffer.isView(value) && types.isSharedArrayBuffer(value.buffer)) return 'a view on shared memory';
  if (ArrayBuffer.isView(value) && isCutOff(value)) return 'a view on memory that was given away, or has shrunk';
  if (hidesItsOwn(value)) return 'a collection or typed array that hides its own size';
  const prototype: unknown = Object.getPrototypeOf(value);
  const name = typeof prototype === 'object' && prototype !== null ? className(prototype) : '';
  return name === '' ? 'an object with a prototype of its own' : `an instance of ${name}`;
}
