/**
 * Reads MessagePack of the dialect that Helios speaks straight into values, in one pass: tokens, texts and dates here,
 * tags in packTags.ts. Every length is held against the bytes that are left before anything is made of it. The dialect:
 * keys of maps are texts and none is `__proto__` (tags carry other maps), text is UTF-8, the only extension is the
 * timestamp. What comes out shares no memory with the bytes. Limits on the whole are checked as it goes, so that a few
 * bytes can't ask for much memory.
 */
import { HeliosError } from './errors.js';
import { MESSAGE_LIMITS, type MessageLimits } from './limits.js';
import { PACK_KEY_LENGTH_MAX, PACK_KEYS_MAX, PackKey } from './packKeys.js';
import { readTag } from './packTags.js';
import { shortText } from './packText.js';
import { tooLarge } from './tooLarge.js';
import type { ReadOptions } from './untagged.js';

/** Bytes of a text up to which making it here is quicker than asking the runtime. */
const SHORT_BYTES_MAX = 16;

const MAX_NANOSECONDS = 999_999_999;
/** The last second that a Date can hold, and the negative of the first. */
const MAX_SECONDS = 8_640_000_000_000;

const NO_BYTES: Buffer = Buffer.alloc(0);
const float64 = new Float64Array(1);
const float64Bytes = new Uint8Array(float64.buffer);
const float32 = new Float32Array(1);
const float32Bytes = new Uint8Array(float32.buffer);
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class PackReader {
  /** Where the walk is: keys from the top, of which the first `depth` count. */
  readonly path: (string | number)[] = [];
  depth = 0;
  at = 0;
  fromLink: ReadOptions['fromLink'];
  private bytes = NO_BYTES;
  private end = 0;
  private itemsLeft = 0;
  private limits = MESSAGE_LIMITS;
  private readonly noKey = PackKey.none();
  /** The key whose value is being read. */
  private parent = this.noKey;
  /** The last key met of each hash. */
  private readonly keys: PackKey[] = new Array<PackKey>(PACK_KEYS_MAX).fill(this.noKey);

  /** Takes up the bytes from `start` on, within the limits from there. Whoever has read them says so by `finish`. */
  begin(bytes: Buffer, start: number, limits: MessageLimits, fromLink: ReadOptions['fromLink']): void {
    this.bytes = bytes;
    this.end = bytes.length;
    this.at = start;
    this.depth = 0;
    this.parent = this.noKey;
    this.itemsLeft = limits.items;
    this.limits = limits;
    this.fromLink = fromLink;
  }

  /** Lets go of the bytes. */
  finish(): void {
    this.bytes = NO_BYTES;
    this.end = 0;
    this.fromLink = undefined;
  }

  /**
   * The message that takes all the bytes that are left.
   * @throws HeliosError `INVALID_REQUEST` · `TOO_LARGE`
   */
  last(): unknown {
    this.checkSize(this.end - this.at);
    const value = this.value();
    if (this.at !== this.end) throw this.malformed('more bytes than one value');
    return value;
  }

  /** The message that begins here; `at` is where it ends. */
  next(): unknown {
    const start = this.at;
    const value = this.value();
    this.checkSize(this.at - start);
    return value;
  }

  private checkSize(bytes: number): void {
    if (bytes > this.limits.bytes) throw tooLarge('MessagePack', `${bytes} bytes (at most ${this.limits.bytes})`);
  }

  /** The value that begins here. */
  value(): unknown {
    if (--this.itemsLeft < 0) throw tooLarge('MessagePack', `more than ${this.limits.items} values`);
    const token = this.byte();
    if (token < 0x80) return token;
    if (token >= 0xe0) return token - 0x100;
    if (token < 0x90) return this.map(token & 0x0f);
    if (token < 0xa0) return this.array(token & 0x0f);
    if (token < 0xc0) return this.text(token & 0x1f);
    switch (token) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4: // bin 8, 16, 32
      case 0xc5:
      case 0xc6:
        return this.copy(this.unsigned(1 << (token - 0xc4)));
      case 0xca:
        return this.float(float32Bytes, float32);
      case 0xcb:
        return this.float(float64Bytes, float64);
      case 0xcc: // uint 8, 16, 32
      case 0xcd:
      case 0xce:
        return this.unsigned(1 << (token - 0xcc));
      case 0xcf: // uint 64
        return this.integer64(this.unsigned(4), this.unsigned(4));
      case 0xd0: // int 8, 16, 32
        return (this.unsigned(1) << 24) >> 24;
      case 0xd1:
        return (this.unsigned(2) << 16) >> 16;
      case 0xd2:
        return this.unsigned(4) | 0;
      case 0xd3: // int 64
        return this.integer64(this.unsigned(4) | 0, this.unsigned(4));
      case 0xc7: // ext 8
        return this.date(this.unsigned(1));
      case 0xd6: // fixext 4, 8
        return this.date(4);
      case 0xd7:
        return this.date(8);
      case 0xd9: // str 8, 16, 32
      case 0xda:
      case 0xdb:
        return this.text(this.unsigned(1 << (token - 0xd9)));
      case 0xdc: // array 16, 32
      case 0xdd:
        return this.array(this.unsigned(2 << (token - 0xdc)));
      case 0xde: // map 16, 32
      case 0xdf:
        return this.map(this.unsigned(2 << (token - 0xde)));
      default: // never used, ext 16, ext 32, fixext 1, 2, 16
        throw this.malformed(
          `the byte 0x${token.toString(16)}, which Helios has no use for (the only extension is -1, dates)`,
        );
    }
  }

  /** The text, if one begins here; else nothing is read. */
  textIfNext(): string | undefined {
    const token = this.bytes[this.at] ?? 0;
    if ((token < 0xa0 || token >= 0xc0) && (token < 0xd9 || token > 0xdb)) return undefined;
    const text = this.value();
    return typeof text === 'string' ? text : undefined;
  }

  /** A copy of the bytes, if some begin here; else nothing is read. */
  bytesIfNext(): Uint8Array<ArrayBuffer> | undefined {
    const token = this.bytes[this.at] ?? 0;
    if (token < 0xc4 || token > 0xc6) return undefined;
    if (--this.itemsLeft < 0) throw tooLarge('MessagePack', `more than ${this.limits.items} values`);
    this.at++;
    return this.copy(this.unsigned(1 << (token - 0xc4)));
  }

  /** The number of entries of the array, if one begins here: the walk is then in it, one deeper. */
  enterIfArray(): number | undefined {
    const token = this.bytes[this.at] ?? 0;
    const isShort = token >= 0x90 && token < 0xa0;
    if (!isShort && token !== 0xdc && token !== 0xdd) return undefined;
    if (--this.itemsLeft < 0) throw tooLarge('MessagePack', `more than ${this.limits.items} values`);
    this.at++;
    const count = isShort ? token & 0x0f : this.unsigned(2 << (token - 0xdc));
    this.enter(count, count);
    return count;
  }

  private map(count: number): unknown {
    this.enter(count, count * 2);
    const level = this.depth - 1;
    const record: Record<string, unknown> = {};
    const { parent } = this;
    let key = this.noKey;
    for (let index = 0; index < count; index++) {
      key = index === 0 ? this.firstKey(parent) : this.key(key);
      const { text } = key;
      this.path[level] = text;
      this.parent = key;
      if (count === 1 && key.isTagLike) return this.tagged(text);
      record[text] = this.value();
    }
    this.depth--;
    return record;
  }

  private tagged(key: string): unknown {
    const value = readTag(this, key);
    this.depth--;
    return value;
  }

  private array(count: number): unknown[] {
    this.enter(count, count);
    const level = this.depth - 1;
    const { parent } = this;
    const array: unknown[] = [];
    for (let index = 0; index < count; index++) {
      this.path[level] = index;
      this.parent = parent;
      array.push(this.value());
    }
    this.depth--;
    return array;
  }

  /** Notes an array or map that begins: each entry takes at least a byte, a map's two. */
  private enter(width: number, bytes: number): void {
    const { limits } = this;
    if (this.depth >= limits.depth) throw tooLarge('MessagePack', `nested deeper than ${limits.depth} levels`);
    if (width > limits.width)
      throw tooLarge('MessagePack', `a list or map of ${width} entries (at most ${limits.width})`);
    if (bytes > this.end - this.at) throw this.cutOff();
    this.depth++;
  }

  /** The key that begins here, behind another one. */
  private key(before: PackKey): PackKey {
    const likely = before.next;
    if (this.isNext(likely.bytes)) return likely;
    const key = this.find();
    before.next = key;
    return key;
  }

  private firstKey(parent: PackKey): PackKey {
    const likely = parent.inner;
    if (this.isNext(likely.bytes)) return likely;
    const key = this.find();
    parent.inner = key;
    return key;
  }

  /** Goes behind these bytes, if they come next. */
  private isNext(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    const { length } = expected;
    if (length > this.end - at) return false;
    for (let index = 0; index < length; index++) {
      if (bytes[at + index] !== expected[index]) return false;
    }
    this.at = at + length;
    return true;
  }

  private find(): PackKey {
    const { bytes, at } = this;
    const token = this.byte();
    const length = token >= 0xa0 && token < 0xc0 ? token & 0x1f : this.longKeyLength(token);
    if (length > PACK_KEY_LENGTH_MAX) return new PackKey(this.checkedKey(length), this.noKey.bytes);
    const start = this.at;
    this.skip(length);
    let hash = length;
    for (let index = start; index < this.at; index++) hash = (Math.imul(hash, 31) + (bytes[index] ?? 0)) | 0;
    const slot = (hash ^ (hash >>> 10)) & (PACK_KEYS_MAX - 1);
    const known = this.keys[slot] ?? this.noKey;
    this.at = at;
    if (this.isNext(known.bytes)) return known;
    this.at = start;
    const text = this.checkedKey(length);
    // Taken from a record, it is the copy that the runtime has for keys.
    const own = Object.keys({ [text]: 0 })[0] ?? text;
    const key = new PackKey(own, Uint8Array.from(bytes.subarray(at, this.at)));
    this.keys[slot] = key;
    return key;
  }

  private checkedKey(length: number): string {
    const key = this.text(length);
    if (key !== '__proto__') return key;
    throw this.malformed('a map with the key "__proto__"; such a record is written {"$record": [[key, value], …]}');
  }

  private longKeyLength(token: number): number {
    if (token >= 0xd9 && token <= 0xdb) return this.unsigned(1 << (token - 0xd9));
    throw this.malformed('a map with a key that is no text; such a map is written {"$map": [[key, value], …]}');
  }

  private text(length: number): string {
    const start = this.at;
    this.skip(length);
    if (length <= SHORT_BYTES_MAX) {
      const short = shortText(this.bytes, start, length);
      if (short !== undefined) return short;
    }
    const text = this.bytes.toString(undefined, start, this.at);
    // What stands for bytes that are no UTF-8, if it isn't there itself.
    return text.includes('\ufffd') ? this.strictText(start) : text;
  }

  private strictText(start: number): string {
    try {
      return strictUtf8.decode(this.bytes.subarray(start, this.at));
    } catch {
      throw this.malformed('text that is not UTF-8');
    }
  }

  private copy(length: number): Uint8Array<ArrayBuffer> {
    const start = this.at;
    this.skip(length);
    const copy = new Uint8Array(length);
    copy.set(this.bytes.subarray(start, this.at));
    return copy;
  }

  private date(length: number): Date {
    const type = this.byte();
    if (type !== 0xff || (length !== 4 && length !== 8 && length !== 12)) {
      throw this.malformed('an extension other than -1 (a date of 4, 8 or 12 bytes)');
    }
    if (length === 4) return new Date(this.unsigned(4) * 1_000);
    const first = this.unsigned(4);
    const nanoseconds = length === 8 ? first >>> 2 : first;
    const high = length === 8 ? first & 3 : this.unsigned(4) | 0;
    const seconds = high * 0x100000000 + this.unsigned(4);
    const isBeyond = Math.abs(seconds) > MAX_SECONDS || (seconds === MAX_SECONDS && nanoseconds > 0);
    if (isBeyond || nanoseconds > MAX_NANOSECONDS) throw this.malformed('a date beyond those that a Date can hold');
    return new Date(seconds * 1_000 + nanoseconds / 1_000_000);
  }

  private float(into: Uint8Array, floats: Float32Array | Float64Array): number {
    const last = into.length - 1;
    const start = this.at;
    this.skip(into.length);
    for (let index = 0; index <= last; index++) into[last - index] = this.bytes[start + index] ?? 0;
    return floats[0] ?? 0;
  }

  /** Other languages write any integer in 64 bits: only what a number can't hold stays a bigint. */
  private integer64(high: number, low: number): number | bigint {
    const value = high * 0x100000000 + low;
    if (Number.isSafeInteger(value)) return value;
    return (BigInt(high) << 32n) | BigInt(low);
  }

  /** A big-endian number of 1, 2 or 4 bytes. */
  private unsigned(size: number): number {
    const { bytes, at } = this;
    if (size > this.end - at) throw this.cutOff();
    this.at = at + size;
    const first = bytes[at] ?? 0;
    if (size === 1) return first;
    const second = bytes[at + 1] ?? 0;
    if (size === 2) return (first << 8) | second;
    return ((first << 24) | (second << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
  }

  private byte(): number {
    if (this.at >= this.end) throw this.cutOff();
    return this.bytes[this.at++] ?? 0;
  }

  private skip(length: number): void {
    if (length > this.end - this.at) throw this.cutOff();
    this.at += length;
  }

  private cutOff(): HeliosError {
    return this.malformed('bytes that end before the value does');
  }

  private malformed(found: string): HeliosError {
    const message = `The message is not MessagePack as Helios reads it: near byte ${this.at} it has ${found}.`;
    return new HeliosError('INVALID_REQUEST', message, { details: { position: this.at } });
  }
}
