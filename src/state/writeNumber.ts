/** Numbers as blocks have them (docs/format.md): integers by their size, everything else as a double. */
import { TAG_FLOAT, TAG_INTEGER_SMALL, TAG_NEGATIVE, TAG_POSITIVE } from './format.js';

/** Bytes of the longest number, with its tag. */
export const NUMBER_BYTES = 9;

/** Writes a number where there is room for NUMBER_BYTES. @returns where it ends */
export function writeNumber(bytes: Uint8Array, view: DataView, at: number, value: number): number {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    bytes[at] = TAG_FLOAT;
    return writeFloat(view, at + 1, value);
  }
  if (value < 0) {
    bytes[at] = TAG_NEGATIVE;
    return writeVarint(bytes, at + 1, -1 - value);
  }
  if (value < 128) {
    bytes[at] = TAG_INTEGER_SMALL | value;
    return at + 1;
  }
  bytes[at] = TAG_POSITIVE;
  return writeVarint(bytes, at + 1, value);
}

/** Writes 8 bytes. @returns where they end */
export function writeFloat(view: DataView, at: number, value: number): number {
  view.setFloat64(at, Number.isNaN(value) ? Number.NaN : value, true);
  return at + 8;
}

/** Writes up to 8 bytes. @returns where they end */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let next = at;
  let rest = value;
  while (rest >= 0x80) {
    bytes[next++] = (rest % 0x80) | 0x80;
    rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 0x80);
  }
  bytes[next++] = rest;
  return next;
}
