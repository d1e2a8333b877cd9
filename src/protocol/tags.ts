/**
 * The tagged form: how a value of the value model is written with nothing but what a carrier (JSON, MessagePack) has.
 * What it lacks becomes a record of one key that begins with `$`; a record of the user's that looks like one gets one
 * more `$`. This file holds what writing (tagged.ts) and reading (untagged.ts) share; it walks nothing.
 */

/** A reference inside a value, as it travels: a link by root. */
export interface LinkForm {
  /** 64 hex digits. */
  readonly root: string;
  readonly type: string;
}

/** What a carrier has of its own. Everything else is tagged, alike in all. */
export interface Carrier {
  readonly name: string;
  /** The number itself, or its tag. */
  writeNumber(value: number): unknown;
  /** The text itself, or its tag. */
  writeText(value: string): unknown;
  /** Whether a key can be carried; a record with one that can't be travels as `$record`. */
  isPlainKey(key: string): boolean;
  writeDate(value: Date): unknown;
  /** Bytes inside a tag. */
  writeBytes(value: Uint8Array): unknown;
  /** The bytes, or undefined when it isn't what `writeBytes` gives. What comes back is nobody else's. */
  readBytes(written: unknown): Uint8Array<ArrayBuffer> | undefined;
  /** Whether bytes need no tag (else `$bytes`). */
  readonly hasBytes: boolean;
  /** Whether text may not be UTF-16 as it is, so that `$utf16` and `$record` are read. */
  readonly hasUtf8Only: boolean;
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

export function findViewType(name: unknown): ViewType | undefined {
  return VIEW_TYPES.find((type) => type.name === name);
}

/** Sets a key as data, also `__proto__`. */
export function putKey(record: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') record[key] = value;
  else Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
}
