/**
 * What JSON and files say, as the built-in types hold it that JSON has no words for: an object of JSON is a Map, an array
 * a Set, a list of numbers the data of a tensor, a file a text or bytes; and what `helios materialize` prints of them is
 * what it was. Only for these types, asked for by name: of anything else JSON is taken as it stands.
 */
import { isUtf8 } from 'node:buffer';
import { HeliosError } from '../../protocol/errors.js';
import { fromTagged } from '../../protocol/untagged.js';

/** @throws HeliosError `INVALID_REQUEST` for a malformed tag, `INVALID_VALUE` for a file that is no UTF-8 */
export type Fit = (value: unknown) => unknown;

/** Types of which files are taken as they are, unless their names or an option say what is in them. */
export const RAW_TYPES: readonly string[] = ['text', 'blob'];

const DATA: Readonly<Record<string, { from(elements: readonly number[]): ArrayBufferView }>> = {
  ...{ int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array },
  ...{ int32: Int32Array, uint32: Uint32Array, float32: Float32Array, float64: Float64Array },
};
const BIG_DATA: Readonly<Record<string, { from(elements: readonly bigint[]): ArrayBufferView }>> = {
  ...{ int64: BigInt64Array, uint64: BigUint64Array },
};

const FITS: Readonly<Record<string, Fit>> = {
  map: (value) => (isRecord(value) ? new Map(Object.entries(value)) : value),
  set: (value) => (Array.isArray(value) ? new Set<unknown>(value) : value),
  tensor: (value) => (isRecord(value) && Array.isArray(value.data) ? withData(value, value.data) : value),
  text: (value) => (Buffer.isBuffer(value) ? textOf(value) : value),
  blob: (value) => value,
};

/** @param type the name of the type that was asked for, if one was */
export function fitFor(type: string | undefined): Fit {
  const fitted = type !== undefined && Object.hasOwn(FITS, type) ? FITS[type] : undefined;
  if (fitted === undefined) return (value) => value;
  return (value) => fitted(isRecord(value) || Array.isArray(value) ? fromTagged(value, undefined) : value);
}

/** Numbers that its elements can't be are left as they are, for the type to refuse. */
function withData(tensor: Readonly<Record<string, unknown>>, data: readonly unknown[]): unknown {
  const dtype = String(tensor.dtype);
  if (Object.hasOwn(DATA, dtype) && data.every((element) => typeof element === 'number')) {
    return { ...tensor, data: DATA[dtype]?.from(data as readonly number[]) };
  }
  const isWhole = (element: unknown) => typeof element === 'bigint' || Number.isSafeInteger(element);
  if (!Object.hasOwn(BIG_DATA, dtype) || !data.every(isWhole)) return tensor;
  return { ...tensor, data: BIG_DATA[dtype]?.from(data.map((element) => BigInt(element as number | bigint))) };
}

function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  throw new HeliosError('INVALID_VALUE', 'a text is UTF-8, but this is not. Import it with --type blob.');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
