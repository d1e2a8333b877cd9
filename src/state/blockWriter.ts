/**
 * Writes one block: tags and numbers into a body, strings, key lists and typed arrays aside, and puts header, child list,
 * shapes, string region, body and tail together at the end. One writer serves many blocks, one after another.
 */
import {
  ALIGNMENT,
  CHILD_BYTES,
  EXTENDED_HASHED,
  FORMAT,
  STRINGS_LATIN1,
  STRINGS_UTF8,
  STRINGS_UTF16,
  TAG_ARRAY,
  TAG_ARRAY_SMALL,
  TAG_BIGINT,
  TAG_BYTES,
  TAG_COMPONENT,
  TAG_DATE,
  TAG_EXTENDED,
  TAG_FALSE,
  TAG_MAP,
  TAG_NULL,
  TAG_RECORD,
  TAG_RECORD_SMALL,
  TAG_SET,
  TAG_STRING,
  TAG_STRING_SMALL,
  TAG_TRUE,
} from './format.js';
import { CHILD_BYTES_MAX, writeChild, writeLinked } from './header.js';
import type { Link, Part } from './part.js';
import type { Shape } from './shape.js';
import { NUMBER_BYTES, writeFloat, writeNumber, writeVarint } from './writeNumber.js';

/** The buffer that blocks are written in: how it starts, and above what size it is let go after a block. */
const FIRST_BYTES = 4096;
const KEPT_BYTES = 1 << 20;
/** Up to here a loop copies quicker than the engine's own way, which makes a view first. */
const SHORT_HEADER = 96;

const NOT_LATIN1 = /[\u0100-\uffff]/;

const NO_PARTS: readonly Part[] = Object.freeze([]);

export class BlockWriter {
  // What code made for key lists (emit.ts) moves on.
  /** @internal */
  body = Buffer.allocUnsafeSlow(FIRST_BYTES);
  /** @internal */
  view = new DataView(this.body.buffer);
  /** @internal Where the next byte goes. */
  at = 0;
  /** @internal All strings of the body so far. */
  text = '';
  /** Those of the block are the first `shapeCount`. */
  private readonly shapes: Shape[] = [];
  private shapeCount = 0;
  /** Counts blocks: a shape knows by it whether it has its number in this one. */
  private serial = 0;
  private componentParts: Part[] = [];
  private links: Part[] = [];
  private typedArrays: ArrayBufferView[] = [];
  private tailBytes = 0;
  private regionBytes = 0;
  /**
   * Whether the block holds nothing that reading makes anew (Maps, Sets, typed arrays, links) or in another form: then what
   * was written is what reading gives.
   */
  isAsRead = true;

  begin(): void {
    this.at = 0;
    this.text = '';
    this.isAsRead = true;
    this.shapeCount = 0;
    this.serial++;
    if (this.componentParts.length > 0) this.componentParts = [];
    if (this.links.length > 0) this.links = [];
    if (this.typedArrays.length > 0) this.typedArrays = [];
    this.tailBytes = 0;
  }

  get components(): number {
    return this.componentParts.length;
  }

  /** Components, then links, as in the child list. */
  get children(): readonly Part[] {
    // The list is used again as long as nothing is in it.
    if (this.componentParts.length === 0 && this.links.length === 0) return NO_PARTS;
    return this.links.length === 0 ? this.componentParts : [...this.componentParts, ...this.links];
  }

  null(): void {
    this.byte(TAG_NULL);
  }

  boolean(value: boolean): void {
    this.byte(value ? TAG_TRUE : TAG_FALSE);
  }

  number(value: number): void {
    this.reserve(NUMBER_BYTES);
    this.at = writeNumber(this.body, this.view, this.at, value);
  }

  bigint(value: bigint): void {
    this.byte(TAG_BIGINT);
    const isNegative = value < 0n;
    const hex = (isNegative ? -value : value).toString(16);
    const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
    this.varint(bytes.length * 2 + (isNegative ? 1 : 0));
    this.raw(bytes);
  }

  string(value: string): void {
    if (value.length < 64) this.byte(TAG_STRING_SMALL | value.length);
    else {
      this.byte(TAG_STRING);
      this.varint(value.length);
    }
    this.text += value;
  }

  date(timeMs: number): void {
    this.byte(TAG_DATE);
    this.reserve(8);
    this.at = writeFloat(this.view, this.at, timeMs);
  }

  typed(type: number, view: ArrayBufferView): void {
    this.isAsRead = false;
    this.byte(TAG_BYTES);
    this.byte(type);
    this.varint(view.byteLength);
    if (view.byteLength === 0) return;
    this.typedArrays.push(view);
    this.tailBytes = aligned(this.tailBytes) + view.byteLength;
  }

  arrayStart(length: number): void {
    if (length < 32) return this.byte(TAG_ARRAY_SMALL | length);
    this.byte(TAG_ARRAY);
    this.varint(length);
  }

  mapStart(size: number): void {
    this.isAsRead = false;
    this.byte(TAG_MAP);
    this.varint(size);
  }

  setStart(size: number): void {
    this.isAsRead = false;
    this.byte(TAG_SET);
    this.varint(size);
  }

  recordStart(shape: Shape, isBare: boolean): void {
    if (shape.writtenIn !== this.serial) {
      shape.writtenIn = this.serial;
      shape.number = this.shapeCount;
      this.shapes[this.shapeCount++] = shape;
    }
    const index = shape.number;
    if (index < 16 && !isBare) return this.byte(TAG_RECORD_SMALL | index);
    if (!isBare) this.byte(TAG_RECORD);
    this.varint(index);
  }

  component(part: Part): void {
    this.byte(TAG_COMPONENT);
    this.componentParts.push(part);
  }

  link(link: Link): void {
    this.links.push(link.part);
    this.string(link.type);
    this.number(link.schemaVersion);
    this.number(link.weight);
  }

  /** A Map's key or a Set's member that is no collection. */
  scalar(value: unknown): void {
    switch (typeof value) {
      case 'string':
        return this.string(value);
      case 'number':
        return this.number(value);
      case 'bigint':
        return this.bigint(value);
      case 'boolean':
        return this.boolean(value);
      default:
        return this.null();
    }
  }

  /** A tag of two bytes: of a bare record, a link, a hashed key. */
  extended(tag: number): void {
    this.isAsRead = false;
    this.bytes2(TAG_EXTENDED, tag);
  }

  private bytes2(first: number, second: number): void {
    this.byte(first);
    this.byte(second);
  }

  /** Bytes of the finished block and of all component blocks below it. */
  totalBytes = 0;

  finish(kind: number): Buffer {
    const body = this.at;
    // The header is written behind the body in the same buffer, then both are copied out in their right order.
    this.bytes2(FORMAT, kind);
    this.varint(this.componentParts.length);
    this.varint(this.links.length);
    this.varint(this.tailBytes);
    for (const part of this.componentParts) this.child(part);
    for (const part of this.links) this.linked(part);
    const text = this.keyLists();
    const encoding = this.region(text);
    const header = this.at - body;
    const start = header + this.regionBytes;
    const bytes = start + body;
    const block = this.tailBytes === 0 ? Buffer.allocUnsafe(bytes) : this.withTail(bytes);
    if (header <= SHORT_HEADER) for (let at = 0; at < header; at++) block[at] = this.body[body + at] as number;
    else block.set(new Uint8Array(this.body.buffer, body, header));
    block.write(text, header, this.regionBytes, encoding);
    block.set(new Uint8Array(this.body.buffer, 0, body), start);
    this.totalBytes = block.length;
    for (const part of this.componentParts) this.totalBytes += part.bytes;
    this.totalBytes = Math.min(this.totalBytes, CHILD_BYTES_MAX);
    if (this.body.length > KEPT_BYTES) this.use(Buffer.allocUnsafeSlow(FIRST_BYTES));
    return block;
  }

  /** A block with its tail in place, each typed array at a multiple of 8 bytes. */
  private withTail(bytes: number): Buffer {
    const from = aligned(bytes);
    const block = Buffer.alloc(from + this.tailBytes);
    let at = from;
    for (const view of this.typedArrays) {
      block.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), at);
      at = aligned(at + view.byteLength);
    }
    return block;
  }

  /** Begins the body of a node. */
  node(of: number, type: number, level: number): void {
    this.bytes2(of, type);
    this.byte(level);
  }

  /** The key that a child's stretch of a record ends with. */
  endKey(key: string): void {
    this.varint(key.length);
    this.text += key;
  }

  /** The key or member that a child's stretch ends with where that is a collection: its root. */
  endHash(hash: Uint8Array): void {
    this.extended(EXTENDED_HASHED);
    this.raw(hash);
  }

  /** The mark that a child's stretch ends with. */
  endMark(mark: number): void {
    this.reserve(4);
    this.body.writeUInt32LE(mark >>> 0, this.at);
    this.at += 4;
  }

  nodeChild(part: Part): void {
    this.componentParts.push(part);
  }

  /** Writes the numbers of the key lists. @returns their text and behind it that of the body */
  private keyLists(): string {
    const { shapes, shapeCount } = this;
    this.varint(shapeCount);
    if (shapeCount === 0) return this.text;
    let size = 0;
    let text = '';
    for (let index = 0; index < shapeCount; index++) {
      const shape = shapes[index] as Shape;
      size += shape.numbers.length;
      text += shape.text;
    }
    this.varint(size);
    this.varint(text.length);
    this.reserve(size);
    for (let index = 0; index < shapeCount; index++) {
      const { numbers } = shapes[index] as Shape;
      for (let at = 0; at < numbers.length; at++) this.body[this.at++] = numbers[at] as number;
    }
    return text + this.text;
  }

  private child(part: Part): void {
    this.reserve(CHILD_BYTES);
    writeChild(this.body, this.at, part);
    this.at += CHILD_BYTES;
  }

  private linked(part: Part): void {
    this.reserve(CHILD_BYTES);
    writeLinked(this.body, this.at, part);
    this.at += CHILD_BYTES;
  }

  /** What a block says of its strings, all as one: the first of three encodings that keeps every unit. */
  private region(text: string): 'latin1' | 'utf8' | 'utf16le' {
    const { length } = text;
    this.regionBytes = length;
    this.varint(length);
    if (length === 0) return 'latin1';
    // At once where the engine holds the text a byte a unit: then nothing in it can match.
    if (!NOT_LATIN1.test(text)) {
      this.byte(STRINGS_LATIN1);
      return 'latin1';
    }
    const utf8Bytes = text.isWellFormed() ? Buffer.byteLength(text) : Number.POSITIVE_INFINITY;
    if (utf8Bytes < length * 2) {
      this.byte(STRINGS_UTF8);
      this.varint(utf8Bytes);
      this.regionBytes = utf8Bytes;
      return 'utf8';
    }
    this.byte(STRINGS_UTF16);
    this.regionBytes = length * 2;
    return 'utf16le';
  }

  private byte(value: number): void {
    if (this.at === this.body.length) this.reserve(1);
    this.body[this.at++] = value;
  }

  private varint(value: number): void {
    this.reserve(8);
    this.at = writeVarint(this.body, this.at, value);
  }

  private raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.body.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** @internal Room for so many bytes more. */
  reserve(bytes: number): void {
    if (this.at + bytes <= this.body.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.body.length * 2, this.at + bytes));
    this.body.copy(larger, 0, 0, this.at);
    this.use(larger);
  }

  private use(body: Buffer<ArrayBuffer>): void {
    this.body = body;
    this.view = new DataView(body.buffer);
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
