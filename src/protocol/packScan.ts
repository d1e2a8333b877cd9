/**
 * Looks over the bytes of a MessagePack message before they are decoded: that they are one whole value of the dialect
 * that Helios speaks, within the limits. Every length is held against the bytes that are left before anything is made
 * of it. Decodes nothing. The dialect: keys of maps are texts and none is `__proto__` (tags carry other maps), text is
 * UTF-8, the only extension is the timestamp: msgpackr's own ones make functions, errors and pointers.
 */
import { HeliosError } from './errors.js';
import type { MessageLimits } from './limits.js';
import { tooLarge } from './tooLarge.js';

interface Scan {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly limits: MessageLimits;
  /** For each open array or map, from the outermost: what is still to come, keys and values counted alike. */
  readonly left: number[];
  readonly isMap: boolean[];
  at: number;
  items: number;
  /** Whether the key that comes next is the only one of its map. */
  isOnlyKey: boolean;
  needsReading: boolean;
  hasMark: boolean;
}

export interface PackFindings {
  /** Whether the decoded message must be read for tags, bytes and 64-bit integers (else it is the value already). */
  readonly needsReading: boolean;
  /** Whether a longer text begins with a byte order mark, which msgpackr drops where it runs without its native part. */
  readonly hasMark: boolean;
}

/** @throws HeliosError `INVALID_REQUEST` (details: `position`) · `TOO_LARGE` */
export function scanPack(bytes: Uint8Array, limits: MessageLimits): PackFindings {
  if (bytes.length > limits.bytes) throw tooLarge('MessagePack', `${bytes.length} bytes (at most ${limits.bytes})`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = { isOnlyKey: false, needsReading: false, hasMark: false };
  const scan: Scan = { bytes, view, limits, left: [], isMap: [], at: 0, items: 0, ...flags };
  scanValue(scan);
  let depth = scan.left.length - 1;
  while (depth >= 0) {
    const left = scan.left[depth] ?? 0;
    if (left === 0) {
      scan.left.pop();
      scan.isMap.pop();
      depth--;
      continue;
    }
    scan.left[depth] = left - 1;
    if (scan.isMap[depth] === true && left % 2 === 0) scanKey(scan);
    else scanValue(scan);
    depth = scan.left.length - 1;
  }
  if (scan.at !== bytes.length) throw malformed(scan, 'more bytes than one value');
  return { needsReading: scan.needsReading, hasMark: scan.hasMark };
}

function scanValue(scan: Scan): void {
  if (++scan.items > scan.limits.items) throw tooLarge('MessagePack', `more than ${scan.limits.items} values`);
  const token = scan.bytes[scan.at++];
  if (token === undefined) throw cutOff(scan);
  if (token < 0x80 || token >= 0xe0) return;
  if (token < 0x90) return enter(scan, token & 0x0f, true);
  if (token < 0xa0) return enter(scan, token & 0x0f, false);
  if (token < 0xc0) return scanText(scan, token & 0x1f);
  switch (token) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return;
    case 0xc4: // bin 8, 16, 32
    case 0xc5:
    case 0xc6:
      scan.needsReading = true;
      return skip(scan, readLength(scan, 1 << (token - 0xc4)));
    case 0xca: // float 32
      return skip(scan, 4);
    case 0xcb: // float 64
      return skip(scan, 8);
    case 0xcc: // uint 8, 16, 32
    case 0xcd:
    case 0xce:
      return skip(scan, 1 << (token - 0xcc));
    case 0xd0: // int 8, 16, 32
    case 0xd1:
    case 0xd2:
      return skip(scan, 1 << (token - 0xd0));
    case 0xcf: // uint 64
    case 0xd3: // int 64
      scan.needsReading = true;
      return skip(scan, 8);
    case 0xc7: // ext 8
      return scanTimestamp(scan, readLength(scan, 1));
    case 0xd6: // fixext 4, 8
    case 0xd7:
      return scanTimestamp(scan, token === 0xd6 ? 4 : 8);
    case 0xd9: // str 8, 16, 32
    case 0xda:
    case 0xdb:
      return scanText(scan, readLength(scan, 1 << (token - 0xd9)));
    case 0xdc: // array 16, 32
    case 0xdd:
      return enter(scan, readLength(scan, 2 << (token - 0xdc)), false);
    case 0xde: // map 16, 32
    case 0xdf:
      return enter(scan, readLength(scan, 2 << (token - 0xde)), true);
    default: // never used, ext 16, ext 32, fixext 1, 2, 16
      throw malformed(
        scan,
        `the byte 0x${token.toString(16)}, which Helios has no use for (the only extension is -1, dates)`,
      );
  }
}

const DOLLAR = 0x24;
const PROTO = [...'__proto__'].map((character) => character.charCodeAt(0));

function scanKey(scan: Scan): void {
  const token = scan.bytes[scan.at++];
  if (token === undefined) throw cutOff(scan);
  const length = token >= 0xa0 && token < 0xc0 ? token & 0x1f : longKeyLength(scan, token);
  const start = scan.at;
  scanText(scan, length);
  if (scan.isOnlyKey && scan.bytes[start] === DOLLAR) scan.needsReading = true;
  scan.isOnlyKey = false;
  if (length !== PROTO.length || !PROTO.every((code, index) => scan.bytes[start + index] === code)) return;
  throw malformed(scan, 'a map with the key "__proto__"; such a record is written {"$record": [[key, value], …]}');
}

function longKeyLength(scan: Scan, token: number): number {
  if (token >= 0xd9 && token <= 0xdb) return readLength(scan, 1 << (token - 0xd9));
  throw malformed(scan, 'a map with a key that is no text; such a map is written {"$map": [[key, value], …]}');
}

/** Notes an array or map that begins: each entry takes at least a byte, a map's two. */
function enter(scan: Scan, width: number, isMap: boolean): void {
  const { limits } = scan;
  if (scan.left.length + 1 > limits.depth) throw tooLarge('MessagePack', `nested deeper than ${limits.depth} levels`);
  if (width > limits.width)
    throw tooLarge('MessagePack', `a list or map of ${width} entries (at most ${limits.width})`);
  const count = isMap ? width * 2 : width;
  if (count > scan.bytes.length - scan.at) throw cutOff(scan);
  scan.left.push(count);
  scan.isMap.push(isMap);
  scan.isOnlyKey = isMap && width === 1;
}

/** Bytes of text up to which msgpackr's JavaScript keeps a byte order mark. */
const MARK_KEPT_LENGTH = 64;

function scanText(scan: Scan, length: number): void {
  const start = scan.at;
  skip(scan, length);
  const { bytes } = scan;
  let seen = 0;
  for (let at = start; at < scan.at; at++) seen |= bytes[at] ?? 0;
  if (seen < 0x80) return;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(start, scan.at));
    if (length > MARK_KEPT_LENGTH && text.startsWith('\ufeff')) scan.hasMark = true;
  } catch {
    throw malformed(scan, 'text that is not UTF-8');
  }
}

const MAX_NANOSECONDS = 999_999_999;
/** The last second that a Date can hold, and the negative of the first. */
const MAX_SECONDS = 8_640_000_000_000;

function scanTimestamp(scan: Scan, length: number): void {
  const type = scan.bytes[scan.at];
  skip(scan, 1 + length);
  const start = scan.at - length;
  if (type !== 0xff || (length !== 4 && length !== 8 && length !== 12)) {
    throw malformed(scan, 'an extension other than -1 (a date of 4, 8 or 12 bytes)');
  }
  if (length === 4) return;
  const nanoseconds = length === 8 ? scan.view.getUint32(start) >>> 2 : scan.view.getUint32(start);
  const seconds = length === 8 ? 0 : Number(scan.view.getBigInt64(start + 4));
  const isPast = Math.abs(seconds) > MAX_SECONDS || (seconds === MAX_SECONDS && nanoseconds > 0);
  if (nanoseconds > MAX_NANOSECONDS || isPast) throw malformed(scan, 'a date beyond those that a Date can hold');
}

/** A big-endian length of 1, 2 or 4 bytes. */
function readLength(scan: Scan, size: number): number {
  const start = scan.at;
  skip(scan, size);
  if (size === 1) return scan.view.getUint8(start);
  return size === 2 ? scan.view.getUint16(start) : scan.view.getUint32(start);
}

function skip(scan: Scan, length: number): void {
  if (length > scan.bytes.length - scan.at) throw cutOff(scan);
  scan.at += length;
}

function cutOff(scan: Scan): HeliosError {
  return malformed(scan, 'bytes that end before the value does');
}

function malformed(scan: Scan, found: string): HeliosError {
  const message = `The message is not MessagePack as Helios reads it: near byte ${scan.at} it has ${found}.`;
  return new HeliosError('INVALID_REQUEST', message, { details: { position: scan.at } });
}
