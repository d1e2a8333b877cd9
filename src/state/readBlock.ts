/**
 * Moves through one block after another (docs/format.md): numbers, and values as frozen plain data. It looks at nothing
 * but the bytes, and refuses those that do not fit the format; whoever it serves knows what a block is.
 */
import { MAX_DEPTH } from '../protocol/limits.js';
import type { Hash } from '../store/index.js';
import { corruptBlock } from './corruptBlock.js';
import type { Decoder } from './decode.js';
import {
  ALIGNMENT,
  BYTE_TYPES,
  ELEMENT_BYTES,
  EXTENDED_BARE_RECORD,
  EXTENDED_LINK,
  TAG_ARRAY,
  TAG_ARRAY_SMALL,
  TAG_BIGINT,
  TAG_BYTES,
  TAG_COMPONENT,
  TAG_DATE,
  TAG_EXTENDED,
  TAG_FALSE,
  TAG_FLOAT,
  TAG_INTEGER_SMALL,
  TAG_MAP,
  TAG_NEGATIVE,
  TAG_NULL,
  TAG_POSITIVE,
  TAG_RECORD,
  TAG_RECORD_SMALL,
  TAG_SET,
  TAG_STRING,
  TAG_STRING_SMALL,
  TAG_TRUE,
} from './format.js';
import { copyOf, frozenDate, frozenMap, frozenSet } from './frozen.js';
import { GENERATE_AFTER, GENERATED_KEYS_MAX } from './generate.js';
import type { KeyList } from './keyLists.js';
import { makeRecordOf } from './makeRecord.js';
import type { Part } from './part.js';
import { readStrings } from './readStrings.js';

/** A commit holds a value one level down. */
const DEPTH_MAX = MAX_DEPTH + 1;

const NO_BYTES = Buffer.alloc(0);
const NO_PARTS: readonly Part[] = Object.freeze([]);
const NO_KEY_LISTS: readonly KeyList[] = [];

export class BlockReader {
  bytes: Buffer = NO_BYTES;
  /** On the bytes, once there was a double in them: making one costs as much as reading several. */
  viewed: DataView | null = null;
  at = 0;
  /** Where what is read ends at the latest: the tail lies behind it. */
  end = 0;
  /** All strings of the block, keys first. */
  text = '';
  textAt = 0;
  children: readonly Part[] = NO_PARTS;
  /** How many of the children are components. */
  components = 0;
  keyLists: readonly KeyList[] = NO_KEY_LISTS;
  /** What stands in the places of the components. */
  given: readonly unknown[] = NO_PARTS;
  /** Whether a typed array was read. */
  hasBytes = false;

  private hash: Hash = '';
  /** Where the next typed array lies. */
  private tailAt = 0;
  private nextComponent = 0;
  private nextLink = 0;
  private depth = 0;

  constructor(readonly decoder: Decoder) {}

  /** Starts at the first byte of a block. */
  begin(hash: Hash, bytes: Buffer): void {
    this.hash = hash;
    this.bytes = bytes;
    this.viewed = null;
    this.at = 0;
    this.end = bytes.length;
  }

  /** Goes on behind the child list of the block. */
  beginBody(at: number, end: number, children: readonly Part[], components: number, given: readonly unknown[]): void {
    this.at = at;
    this.end = end;
    this.tailAt = end;
    this.textAt = 0;
    this.children = children;
    this.components = components;
    this.given = given;
    this.nextComponent = 0;
    this.nextLink = components;
    this.depth = 0;
    this.hasBytes = false;
  }

  /** Holds nothing of a block any more. */
  letGo(): void {
    this.bytes = NO_BYTES;
    this.viewed = null;
    this.text = '';
    this.keyLists = NO_KEY_LISTS;
    this.children = NO_PARTS;
    this.given = NO_PARTS;
  }

  /** Key lists, strings and the one value of a block. */
  wholeValue(): unknown {
    readStrings(this);
    const value = this.read();
    this.checkEnd();
    if (this.nextComponent !== this.components || this.nextLink !== this.children.length) {
      this.corrupt('lists children that its value does not have');
    }
    return value;
  }

  /** Nothing but zero bytes up to a tail, and all of the tail used. */
  checkEnd(): void {
    const { bytes, end } = this;
    const isTailUsed = this.tailAt === bytes.length && this.at <= end;
    if (this.textAt !== this.text.length || !isTailUsed || end - this.at >= (end < bytes.length ? ALIGNMENT : 1)) {
      this.corrupt('goes on behind its value');
    }
    for (let at = this.at; at < end; at++) if (bytes[at] !== 0) this.corrupt('goes on behind its value');
  }

  // ── Values ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The next value. */
  read(): unknown {
    const tag = this.at < this.end ? (this.bytes[this.at++] as number) : this.byte();
    if (tag >= TAG_INTEGER_SMALL) return tag & 0x7f;
    if (tag >= TAG_STRING_SMALL) return this.string(tag & 0x3f);
    if (tag >= TAG_ARRAY_SMALL) return this.array(tag & 0x1f);
    if (tag >= TAG_RECORD_SMALL) return this.record(tag & 0x0f, true);
    return this.other(tag);
  }

  private other(tag: number): unknown {
    switch (tag) {
      case TAG_NULL:
        return null;
      case TAG_FALSE:
        return false;
      case TAG_TRUE:
        return true;
      case TAG_POSITIVE:
        return this.varint();
      case TAG_NEGATIVE:
        return -1 - this.varint();
      case TAG_FLOAT:
        return this.float64();
      case TAG_STRING:
        return this.string(this.varint());
      case TAG_BIGINT:
        return this.bigint();
      case TAG_DATE:
        return this.date();
      case TAG_BYTES:
        return this.typed();
      case TAG_ARRAY:
        return this.array(this.length());
      case TAG_RECORD:
        return this.record(this.varint(), true);
      case TAG_COMPONENT:
        return this.component();
      case TAG_MAP:
        return this.map();
      case TAG_SET:
        return this.set();
      case TAG_EXTENDED:
        return this.extended();
      default:
        return this.corrupt(`has the unknown tag ${tag}`);
    }
  }

  string(units: number): string {
    const from = this.textAt;
    this.textAt = from + units;
    if (this.textAt > this.text.length) this.lacksText();
    return this.text.substring(from, this.textAt);
  }

  private array(length: number): readonly unknown[] {
    this.enter();
    const array: unknown[] = [];
    for (let index = 0; index < length; index++) array.push(this.read());
    this.depth--;
    return Object.freeze(array);
  }

  private record(list: number, isPlain: boolean): Readonly<Record<string, unknown>> {
    const keyList = this.keyLists[list];
    if (keyList === undefined) return this.corrupt(`has no key list ${list}`);
    this.enter();
    const { make } = keyList;
    const record = isPlain && make !== null ? make(this) : this.recordOf(keyList, isPlain);
    this.depth--;
    return record;
  }

  private recordOf(keyList: KeyList, isPlain: boolean): Readonly<Record<string, unknown>> {
    const { keys, isSpecial } = keyList;
    if (isPlain && ++keyList.uses === GENERATE_AFTER) this.generate(keyList);
    const record: Record<string, unknown> = isPlain ? {} : (Object.create(null) as Record<string, unknown>);
    if (isSpecial) {
      for (const key of keys) Object.defineProperty(record, key, { value: this.read(), enumerable: true });
    } else {
      for (let index = 0; index < keys.length; index++) record[keys[index] as string] = this.read();
    }
    return Object.freeze(record);
  }

  private generate(keyList: KeyList): void {
    const { keys, isSpecial } = keyList;
    if (this.decoder.generations === 0 || isSpecial || keys.length > GENERATED_KEYS_MAX) return;
    this.decoder.generations--;
    keyList.make = makeRecordOf(keys);
  }

  private map(): ReadonlyMap<unknown, unknown> {
    const size = this.length();
    this.enter();
    const map = new Map<unknown, unknown>();
    for (let index = 0; index < size; index++) {
      const key = this.member(map);
      map.set(key, this.read());
    }
    this.depth--;
    return frozenMap(map);
  }

  private set(): ReadonlySet<unknown> {
    const size = this.length();
    this.enter();
    const set = new Set<unknown>();
    for (let index = 0; index < size; index++) set.add(this.member(set));
    this.depth--;
    return frozenSet(set);
  }

  /** A Map's key or a Set's member. Two of equal content may have been given as one object, but both must stay. */
  private member(known: ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>): unknown {
    const member = this.read();
    if (!known.has(member)) return member;
    if (typeof member !== 'object' || member === null) return this.corrupt('has a Map or Set with a member twice');
    return copyOf(member);
  }

  private component(): unknown {
    if (this.nextComponent >= this.components) this.corrupt('refers to more components than it lists');
    return this.given[this.nextComponent++];
  }

  private extended(): unknown {
    const tag = this.byte();
    if (tag === EXTENDED_BARE_RECORD) return this.record(this.varint(), false);
    if (tag !== EXTENDED_LINK) return this.corrupt(`has the unknown extended tag ${tag}`);
    const part = this.children[this.nextLink++];
    const type = this.read();
    const schemaVersion = this.read();
    const weight = this.read();
    if (
      part === undefined ||
      typeof type !== 'string' ||
      typeof schemaVersion !== 'number' ||
      typeof weight !== 'number'
    ) {
      return this.corrupt('has a link that does not say what it links to');
    }
    return this.decoder.fromLink({ part, type, schemaVersion, weight });
  }

  private date(): Date {
    const date = new Date(this.float64());
    return Number.isNaN(date.getTime()) ? this.corrupt('has a date that is none') : frozenDate(date);
  }

  private bigint(): bigint {
    const sizeAndSign = this.varint();
    const size = Math.floor(sizeAndSign / 2);
    if (size === 0 || size > this.end - this.at) this.corrupt('has an integer of no size');
    const from = this.skip(size);
    const magnitude = BigInt(`0x${this.bytes.toString('hex', from, this.at)}`);
    return sizeAndSign % 2 === 1 ? -magnitude : magnitude;
  }

  private typed(): ArrayBufferView {
    const type = this.byte();
    const View = BYTE_TYPES[type];
    if (View === undefined) return this.corrupt(`has bytes of the unknown type ${type}`);
    const size = this.varint();
    if (size % (ELEMENT_BYTES[type] ?? 1) !== 0) this.corrupt('has a typed array that ends in the middle');
    if (size > this.bytes.length - this.tailAt) this.corrupt('is shorter than a typed array in it');
    this.hasBytes = true;
    const copy = new Uint8Array(size);
    if (size > 0) {
      const from = this.end + Math.ceil((this.tailAt - this.end) / ALIGNMENT) * ALIGNMENT;
      for (let at = this.tailAt; at < from; at++)
        if (this.bytes[at] !== 0) this.corrupt('has something between its typed arrays');
      this.tailAt = from + size;
      if (this.tailAt > this.bytes.length) this.corrupt('is shorter than a typed array in it');
      copy.set(this.bytes.subarray(from, this.tailAt));
    }
    return View === Uint8Array ? copy : new View(copy.buffer);
  }

  // ── Numbers and places ──────────────────────────────────────────────────────────────────────────────────────────

  private enter(): void {
    if (++this.depth > DEPTH_MAX) this.corrupt(`is nested deeper than ${MAX_DEPTH} levels`);
  }

  /** The number of entries of a collection or bytes of an array: never more than there are bytes left. */
  length(): number {
    const length = this.varint();
    if (length > this.end - this.at) this.corrupt('is shorter than a collection in it');
    return length;
  }

  byte(): number {
    const value = this.bytes[this.at++];
    return value === undefined || this.at > this.end ? this.endsEarly() : value;
  }

  /** Goes on behind so many bytes. @returns where they begin */
  skip(bytes: number): number {
    const { at } = this;
    this.at = at + bytes;
    return this.at > this.end ? this.endsEarly() : at;
  }

  varint(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let factor = 0x80; ; factor *= 0x80) {
      const next = this.byte();
      value += (next & 0x7f) * factor;
      if (next < 0x80) return value;
      if (factor > Number.MAX_SAFE_INTEGER) this.corrupt('has a number that is too long');
    }
  }

  private float64(): number {
    const { at } = this;
    this.at = at + 8;
    return this.at > this.end ? this.corrupt('ends in the middle of a number') : this.view().getFloat64(at, true);
  }

  view(): DataView {
    const { bytes } = this;
    this.viewed ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.viewed;
  }

  endsEarly(): never {
    return this.corrupt('ends in the middle of a value');
  }

  lacksText(): never {
    return this.corrupt('has fewer strings than it says');
  }

  corrupt(what: string): never {
    return corruptBlock(this.hash, what);
  }
}
