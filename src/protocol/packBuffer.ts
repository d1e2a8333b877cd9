/**
 * Where MessagePack is written: texts, numbers, dates, bytes and the headers of lists and maps, each in its shortest
 * form, as msgpackr writes them. One buffer serves many messages, one behind another, and is left to them when it is
 * full: no byte is written twice once it was given out. Knows tokens, not values.
 */
import type { PackKey } from './packKeys.js';
import { hasLoneSurrogate } from './text.js';
import { tooLarge } from './tooLarge.js';

/** Bytes of a buffer that messages share; a larger message has one of its own. */
const SHARED_BYTES = 16_384;
/** Letters of a text up to which writing it here is quicker than asking the runtime; a header of one byte holds them. */
const SHORT_LENGTH = 20;
/** Letters of a text from which on its bytes are counted before there is room made for them. */
const LONG_LENGTH = 16_384;
/** Bytes of UTF-8 that a letter takes, at most. */
const LETTER_BYTES = 3;
/** Bytes of the longest token without what follows it. */
const HEADER_BYTES = 5;
/** Bytes of the longest number or date. */
const SCALAR_BYTES = 15;
/** More room than is needed may be asked for, but not more than this: whoever has it left may still be within limits. */
const SPARE_BYTES = LONG_LENGTH * LETTER_BYTES;

/** Decoders of UTF-8 may drop a byte order mark from the front of a text. */
const BYTE_ORDER_MARK = 0xfeff;

const NO_BYTES: Buffer = Buffer.alloc(0);
const NO_VIEW = new DataView(new ArrayBuffer(0));

export class PackBuffer {
  private bytes = NO_BYTES;
  /** Of the same memory. */
  private view = NO_VIEW;
  private start = 0;
  private at = 0;
  private bytesMax = 0;

  begin(bytesMax: number): void {
    this.at = this.start;
    this.bytesMax = bytesMax;
  }

  /** What was written since `begin`. */
  finish(): Uint8Array {
    const whole = new Uint8Array(this.bytes.buffer, this.start, this.at - this.start);
    this.start = this.at;
    if (this.bytes.length > SHARED_BYTES) {
      this.bytes = NO_BYTES;
      this.view = NO_VIEW;
      this.start = 0;
    }
    return whole;
  }

  /** Bytes written since `begin`. */
  get length(): number {
    return this.at - this.start;
  }

  token(token: number): void {
    this.reserve(1);
    this.bytes[this.at++] = token;
  }

  /** @returns false for a text that UTF-8 doesn't hold as it is; nothing is written then */
  text(text: string): boolean {
    const { length } = text;
    if (length > SHORT_LENGTH) return this.longText(text);
    this.reserve(length + 1);
    const { bytes } = this;
    const start = this.at + 1;
    let seen = 0;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      seen |= code;
      bytes[start + index] = code;
    }
    if (seen >= 0x80) return this.longText(text);
    bytes[this.at] = 0xa0 | length;
    this.at = start + length;
    return true;
  }

  private longText(text: string): boolean {
    const { length } = text;
    this.reserve(HEADER_BYTES + (length < LONG_LENGTH ? length * LETTER_BYTES : Buffer.byteLength(text)));
    // As long as its letters, if they are ASCII.
    const guess = textHeaderBytes(length);
    const start = this.at + guess;
    const written = this.bytes.write(text, start);
    if (written !== length && (text.charCodeAt(0) === BYTE_ORDER_MARK || hasLoneSurrogate(text))) return false;
    const size = textHeaderBytes(written);
    if (size !== guess) this.bytes.copyWithin(this.at + size, start, start + written);
    if (size === 1) this.bytes[this.at++] = 0xa0 | written;
    else this.header(TEXT, written, size - 1);
    this.at += written;
    return true;
  }

  key({ bytes, words }: PackKey): void {
    const { length } = words;
    this.reserve(length * 4);
    const { view, at } = this;
    for (let index = 0; index < length; index++) view.setUint32(at + index * 4, words[index] ?? 0);
    this.at = at + bytes.length;
  }

  /** Any number; -0 becomes 0. */
  number(value: number): void {
    this.reserve(SCALAR_BYTES);
    if (value >>> 0 === value) {
      if (value < 0x80) this.bytes[this.at++] = value;
      else this.header(UNSIGNED, value, value < 0x100 ? 1 : value < 0x10000 ? 2 : 4);
    } else if (value >> 0 === value) {
      if (value >= -0x20) this.bytes[this.at++] = value;
      else this.header(SIGNED, value, value >= -0x80 ? 1 : value >= -0x8000 ? 2 : 4);
    } else this.double(value);
  }

  date(timeMs: number): void {
    this.reserve(SCALAR_BYTES);
    const { bytes } = this;
    const seconds = Math.floor(timeMs / 1_000);
    const nanoseconds = (timeMs - seconds * 1_000) * 1_000_000;
    if (nanoseconds === 0 && seconds >= 0 && seconds < 0x100000000) {
      bytes[this.at++] = 0xd6;
      bytes[this.at++] = TIMESTAMP;
    } else if (seconds >= 0 && seconds < 0x400000000) {
      bytes[this.at++] = 0xd7;
      bytes[this.at++] = TIMESTAMP;
      this.integer(nanoseconds * 4 + Math.floor(seconds / 0x100000000), 4);
    } else {
      bytes[this.at++] = 0xc7;
      bytes[this.at++] = 12;
      bytes[this.at++] = TIMESTAMP;
      this.integer(nanoseconds, 4);
      this.integer(Math.floor(seconds / 0x100000000), 4);
    }
    this.integer(seconds, 4);
  }

  binary(from: Uint8Array): void {
    const { length } = from;
    this.reserve(HEADER_BYTES + length);
    this.header(BINARY, length, length < 0x100 ? 1 : length < 0x10000 ? 2 : 4);
    this.bytes.set(from, this.at);
    this.at += length;
  }

  array(count: number): void {
    this.reserve(HEADER_BYTES);
    this.count(SHORT_ARRAY, ARRAY, count);
  }

  map(count: number): void {
    this.reserve(HEADER_BYTES);
    this.count(SHORT_MAP, MAP, count);
  }

  /** The map that was begun after so many bytes has another number of entries than was said. */
  recount(position: number, said: number, count: number): void {
    this.reserve(HEADER_BYTES);
    const end = this.at;
    const start = this.start + position;
    const before = start + countHeaderBytes(said);
    const after = start + countHeaderBytes(count);
    if (after !== before) this.bytes.copyWithin(after, before, end);
    this.at = start;
    this.count(SHORT_MAP, MAP, count);
    this.at = end - before + after;
  }

  private count(short: number, long: number, count: number): void {
    if (count < 16) this.bytes[this.at++] = short | count;
    else if (count < 0x10000) this.header(long - 1, count, 2);
    else this.header(long - 1, count, 4);
  }

  /** A token of a family of three, for 1, 2 and 4 bytes, and these bytes. */
  private header(token: number, value: number, size: number): void {
    this.bytes[this.at++] = token + (size >> 1);
    this.integer(value, size);
  }

  private integer(value: number, size: number): void {
    if (size === 1) this.bytes[this.at] = value;
    else if (size === 2) this.view.setUint16(this.at, value);
    else this.view.setUint32(this.at, value);
    this.at += size;
  }

  private double(value: number): void {
    this.bytes[this.at] = 0xcb;
    this.view.setFloat64(this.at + 1, value);
    this.at += 9;
  }

  private reserve(count: number): void {
    if (this.at + count > this.bytes.length) this.grow(count);
  }

  private grow(count: number): void {
    const needed = this.length + count;
    if (needed > this.bytesMax + SPARE_BYTES) throw tooLarge('MessagePack', `more than ${this.bytesMax} bytes`);
    const wider = Buffer.allocUnsafeSlow(needed <= SHARED_BYTES ? SHARED_BYTES : needed * 2);
    this.bytes.copy(wider, 0, this.start, this.at);
    this.at -= this.start;
    this.start = 0;
    this.bytes = wider;
    this.view = new DataView(wider.buffer, wider.byteOffset, wider.length);
  }
}

/** Tokens: the first of a family of three sizes. */
const BINARY = 0xc4;
const UNSIGNED = 0xcc;
const SIGNED = 0xd0;
const TEXT = 0xd9;
const ARRAY = 0xdc;
const MAP = 0xde;
const SHORT_MAP = 0x80;
const SHORT_ARRAY = 0x90;
/** The type of the extension for dates: -1. */
const TIMESTAMP = 0xff;

function textHeaderBytes(length: number): number {
  if (length < 32) return 1;
  if (length < 0x100) return 2;
  return length < 0x10000 ? 3 : 5;
}

function countHeaderBytes(count: number): number {
  if (count < 16) return 1;
  return count < 0x10000 ? 3 : 5;
}
