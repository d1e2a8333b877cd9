/**
 * The frame of a batch: a MessagePack array around items that were written one by one, and where an item ends that
 * can't be decoded, so that it harms no other. Decodes and judges nothing else.
 */
import { HeliosError } from './errors.js';
import { tooLarge } from './tooLarge.js';

/** The bytes in front of the items of an array: 16-bit lengths suffice for any batch. */
export function packArrayHeader(count: number): Uint8Array {
  return count < 16 ? Uint8Array.of(0x90 | count) : Uint8Array.of(0xdc, count >> 8, count & 0xff);
}

/**
 * How many items the array has, and where the first one begins.
 * @throws HeliosError `INVALID_REQUEST` for what is no array, or too short for its items · `TOO_LARGE` beyond `countMax`
 */
export function countOfItems(bytes: Uint8Array, countMax: number): { readonly count: number; readonly start: number } {
  const first = bytes[0] ?? 0;
  const isShort = first >= 0x90 && first < 0xa0;
  const lengthBytes = isShort ? 0 : lengthOfArrayLength(first);
  if (lengthBytes === undefined || bytes.length < 1 + lengthBytes) throw malformed('an array of items');
  const count = isShort ? first & 0x0f : readLength(viewOf(bytes), 1, lengthBytes);
  if (count > countMax) throw tooLarge('MessagePack', `a batch of ${count} items (at most ${countMax})`);
  const start = 1 + lengthBytes;
  if (count > bytes.length - start) throw malformed('an array whose items are whole');
  if (count === 0 && bytes.length > start) throw malformed('an array and nothing behind it');
  return { count, start };
}

/** Where the item that begins at `start` ends: where the bytes end, when it is cut off. */
export function endOfItem(bytes: Uint8Array, start: number): number {
  return Math.min(bytes.length, endOfValue(viewOf(bytes), start));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function lengthOfArrayLength(token: number): number | undefined {
  if (token === 0xdc) return 2;
  return token === 0xdd ? 4 : undefined;
}

/** Where the value that begins at `start` ends; beyond the end of the bytes when it is cut off. */
function endOfValue(view: DataView, start: number): number {
  let at = start;
  for (let pending = 1; pending > 0; pending--) {
    if (at >= view.byteLength) return view.byteLength + 1;
    const token = view.getUint8(at++);
    if (token < 0x80 || token >= 0xe0) continue;
    if (token < 0x90) pending += 2 * (token & 0x0f);
    else if (token < 0xa0) pending += token & 0x0f;
    else if (token < 0xc0) at += token & 0x1f;
    else {
      const { fixed, lengthBytes, kind } = SHAPES[token - 0xc0] ?? NOTHING;
      if (lengthBytes > 0 && at + lengthBytes > view.byteLength) return view.byteLength + 1;
      const length = lengthBytes === 0 ? 0 : readLength(view, at, lengthBytes);
      at += fixed + lengthBytes;
      if (kind === 'bytes') at += length;
      else pending += kind === 'map' ? 2 * length : length;
    }
  }
  return at;
}

interface Shape {
  /** Bytes behind the token that are always there, the length itself not counted. */
  readonly fixed: number;
  readonly lengthBytes: number;
  readonly kind: 'bytes' | 'array' | 'map';
}

const NOTHING: Shape = { fixed: 0, lengthBytes: 0, kind: 'bytes' };
const fixed = (count: number): Shape => ({ ...NOTHING, fixed: count });
const long = (lengthBytes: number, kind: Shape['kind'], extra = 0): Shape => ({ fixed: extra, lengthBytes, kind });

/** By token, from 0xc0: nil, bool, bin, ext, float, integers, fixext, str, array, map. */
const SHAPES: readonly Shape[] = [
  ...[NOTHING, NOTHING, NOTHING, NOTHING],
  ...[long(1, 'bytes'), long(2, 'bytes'), long(4, 'bytes')],
  ...[long(1, 'bytes', 1), long(2, 'bytes', 1), long(4, 'bytes', 1)],
  ...[fixed(4), fixed(8)],
  ...[fixed(1), fixed(2), fixed(4), fixed(8), fixed(1), fixed(2), fixed(4), fixed(8)],
  ...[fixed(2), fixed(3), fixed(5), fixed(9), fixed(17)],
  ...[long(1, 'bytes'), long(2, 'bytes'), long(4, 'bytes')],
  ...[long(2, 'array'), long(4, 'array'), long(2, 'map'), long(4, 'map')],
];

function readLength(view: DataView, at: number, size: number): number {
  if (size === 1) return view.getUint8(at);
  return size === 2 ? view.getUint16(at) : view.getUint32(at);
}

function malformed(expected: string): HeliosError {
  return new HeliosError('INVALID_REQUEST', `A batch in MessagePack is ${expected}; what came is not.`);
}
