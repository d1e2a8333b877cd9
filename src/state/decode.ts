/**
 * Reads blocks (docs/format.md): the header alone, or the whole block as frozen plain data in which the values given for its
 * children stand where the children belong. It reads one block, never another; what it is given is verified bytes, so
 * a block that does not fit the format is `CORRUPT_BLOCK`.
 */
import { HeliosError } from '../protocol/errors.js';
import { MAX_DEPTH } from '../protocol/limits.js';
import type { Hash } from '../store/index.js';
import {
  ALIGNMENT,
  BYTE_TYPES,
  CHILD_BYTES,
  ELEMENT_BYTES,
  EXTENDED_BARE_RECORD,
  EXTENDED_HASHED,
  EXTENDED_LINK,
  FORMAT,
  KIND_NODE,
  KIND_VALUE,
  NODE_BYTES,
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
import { canGenerate, GENERATE_AFTER, GENERATED_KEYS_MAX } from './generate.js';
import { childAt } from './header.js';
import type { FreshBlock, Link, Part } from './part.js';
import { HashedKey, isOfMembers, isOfRecord } from './tree/ends.js';
import { join } from './tree/join.js';
import { TreeNode } from './tree/node.js';

export interface DecoderOptions {
  /** Makes the reference that a link stands for. */
  readonly fromLink?: (link: Link) => unknown;
}

interface KeyList {
  readonly keys: readonly string[];
  /** Has a key that plain assignment would take for something else. */
  readonly isSpecial: boolean;
  uses: number;
  /** Code that reads a record of these keys, once it is worth it. */
  make: ((block: { read(): unknown }, freeze: typeof Object.freeze) => Readonly<Record<string, unknown>>) | null;
}

/** The key lists of blocks read before, with the bytes and the text that said them. */
interface KnownLists {
  readonly numbers: Uint8Array;
  readonly text: string;
  readonly lists: readonly KeyList[];
  readonly next: KnownLists | undefined;
}

/** Key lists for which code may be made, over a decoder's life: each takes about a kilobyte. */
const GENERATED_MAX = 2_048;

/** Key lists read so far, by their own bytes and text: a population shares few, and reading one again costs. */
const KEY_LISTS_MAX = 8192;
/** A longer one is not worth a look-up. */
const KEY_LISTS_TEXT_MAX = 1024;

/** A commit holds a value one level down. */
const DEPTH_MAX = MAX_DEPTH + 1;

const NO_PARTS: readonly Part[] = Object.freeze([]);
const NO_KEY_LISTS: readonly KeyList[] = [];
const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);

export class Decoder {
  /** By a name; null for those that were met once: only what comes again is worth keeping. */
  readonly keyLists = new Map<number, KnownLists | null>();
  /** How many more key lists code may be made for. */
  generations = canGenerate ? GENERATED_MAX : 0;
  readonly fromLink: (link: Link) => unknown;

  constructor(options: DecoderOptions = {}) {
    this.fromLink = options.fromLink ?? ((link) => link);
  }

  /**
   * Opens a block: its child list is read, its body is not yet. `fresh` is given for a block made in this process.
   * @throws HeliosError `CORRUPT_BLOCK`
   */
  open(hash: Hash, bytes: Uint8Array, fresh: FreshBlock | null = null): OpenBlock {
    return new OpenBlock(this, hash, Buffer.isBuffer(bytes) ? bytes : bufferOf(bytes), fresh);
  }
}

/** One block being read. A cursor moves through it once: header when it is made, body when `value` is called. */
export class OpenBlock {
  readonly kind: number;
  /** Components in the order of their places in the body, then links. */
  readonly children: readonly Part[];
  readonly components: number;
  /** After `value`: whether a typed array stands in this block. Such a value can't be shared: nothing freezes those. */
  hasBytes = false;

  private at: number;
  /** Where the body ends at the latest. */
  private end: number;
  /** Where the next typed array lies. */
  private tailAt: number;
  private keyLists: readonly KeyList[] = NO_KEY_LISTS;
  private text = '';
  private textAt = 0;
  private nextComponent = 0;
  private nextLink: number;
  private depth = 0;
  private given: readonly unknown[] = NO_PARTS;

  constructor(
    private readonly decoder: Decoder,
    readonly hash: Hash,
    /** The whole block, as it was given. */
    readonly bytes: Buffer,
    private readonly fresh: FreshBlock | null,
  ) {
    this.at = 2;
    this.end = bytes.length;
    this.kind = bytes[1] ?? -1;
    if (bytes[0] !== FORMAT) this.corrupt(`has format ${bytes[0]}, this version reads format ${FORMAT}`);
    if (this.kind < KIND_VALUE || this.kind > KIND_NODE) this.corrupt(`is of the unknown kind ${this.kind}`);
    const components = this.varint();
    const links = this.varint();
    const count = components + links;
    this.tailAt = bytes.length - this.varint();
    this.end = this.tailAt;
    if (!(this.tailAt >= this.at) || (this.tailAt < bytes.length && this.tailAt % ALIGNMENT !== 0)) {
      this.corrupt('has a tail of no size that it could have');
    }
    if (count * CHILD_BYTES > this.end - this.at) this.corrupt('is shorter than its child list');
    if (fresh !== null) this.children = fresh.children;
    else if (count === 0) this.children = NO_PARTS;
    else {
      const children: Part[] = new Array(count);
      for (let index = 0; index < count; index++) children[index] = childAt(bytes, this.at + index * CHILD_BYTES);
      this.children = children;
    }
    this.components = components;
    this.nextLink = components;
    this.at += count * CHILD_BYTES;
  }

  /**
   * The block's value, frozen. `components[i]` stands where component i belongs: its value, or its part.
   * Typed arrays in the result are copies.
   */
  value(components: readonly unknown[] = this.children): unknown {
    if (this.kind === KIND_NODE) return this.node(components);
    this.given = components;
    this.readStrings();
    const value = this.read();
    this.checkEnd();
    if (this.nextComponent !== this.components || this.nextLink !== this.children.length) {
      this.corrupt('lists children that its value does not have');
    }
    return value;
  }

  /** A node with its children as parts is a node; with their values, all of them put together. */
  private node(components: readonly unknown[]): unknown {
    this.readStrings();
    const of = this.byte();
    const type = this.byte();
    const level = this.byte();
    if (of > NODE_BYTES || level === 0 || this.components === 0 || this.children.length > this.components) {
      this.corrupt('is a node of no kind that there is');
    }
    const ends: unknown[] = [];
    for (let index = 0; index < this.components; index++) ends.push(this.nodeEnd(of));
    this.checkEnd();
    if (components === this.children) return new TreeNode(of, type, level, this.children, ends, this.fresh);
    const joined = join(of, type, components);
    return joined === undefined ? this.corrupt('is a node of what does not belong together') : joined;
  }

  private nodeEnd(of: number): unknown {
    if (isOfRecord(of)) return this.string(this.varint());
    if (isOfMembers(of)) {
      if (this.bytes[this.at] === TAG_EXTENDED && this.bytes[this.at + 1] === EXTENDED_HASHED) {
        this.at += 34;
        if (this.at > this.end) this.corrupt('ends in the middle of a value');
        return new HashedKey(this.bytes.toString('hex', this.at - 32, this.at));
      }
      return this.read();
    }
    this.at += 4;
    return this.at > this.end ? this.corrupt('ends in the middle of a value') : this.bytes.readUInt32LE(this.at - 4);
  }

  /** Nothing but zero bytes up to a tail, and all of the tail used. */
  private checkEnd(): void {
    const { bytes } = this;
    const isTailUsed = this.tailAt === bytes.length && this.at <= this.end;
    if (
      this.textAt !== this.text.length ||
      !isTailUsed ||
      this.end - this.at >= (this.end < bytes.length ? ALIGNMENT : 1)
    ) {
      this.corrupt('goes on behind its value');
    }
    for (let at = this.at; at < this.end; at++) if (bytes[at] !== 0) this.corrupt('goes on behind its value');
  }

  /** Key lists and the string region, of which the keys' text is the first part. */
  private readStrings(): void {
    const lists = this.varint();
    let listsFrom = 0;
    let listsTo = 0;
    let keyUnits = 0;
    if (lists > 0) {
      const size = this.varint();
      keyUnits = this.varint();
      listsFrom = this.at;
      listsTo = this.at + size;
      this.at = listsTo;
    }
    const units = this.varint();
    if (units > 0) this.text = this.region(units);
    if (keyUnits > units) this.corrupt('has fewer strings than it says');
    if (lists > 0) this.keyLists = this.lists(lists, listsFrom, listsTo, keyUnits);
    this.textAt = keyUnits;
  }

  private region(units: number): string {
    const { bytes } = this;
    const encoding = this.byte();
    const from = this.at;
    let text: string;
    if (encoding === STRINGS_LATIN1) {
      this.at = from + units;
      text = bytes.toString('latin1', from, this.at);
    } else if (encoding === STRINGS_UTF8) {
      const size = this.varint();
      const start = this.at;
      this.at = start + size;
      text = bytes.toString('utf8', start, this.at);
    } else if (encoding === STRINGS_UTF16) {
      this.at = from + units * 2;
      text = bytes.toString('utf16le', from, this.at);
    } else return this.corrupt(`has strings in the unknown encoding ${encoding}`);
    if (text.length !== units) this.corrupt('has fewer strings than it says');
    return text;
  }

  private lists(count: number, from: number, to: number, keyUnits: number): readonly KeyList[] {
    const { decoder, bytes, text } = this;
    const name = nameOf(bytes, from, to, text, keyUnits);
    const first = decoder.keyLists.get(name);
    for (let known = first ?? undefined; known !== undefined; known = known.next) {
      if (known.text.length === keyUnits && isAt(bytes, from, to, known.numbers) && text.startsWith(known.text)) {
        return known.lists;
      }
    }
    const body = this.at;
    this.at = from;
    let textAt = 0;
    const lists: KeyList[] = [];
    for (let list = 0; list < count; list++) {
      const length = this.length();
      const keys: string[] = [];
      for (let index = 0; index < length; index++) {
        const units = this.varint();
        const key = this.text.slice(textAt, textAt + units);
        const before = keys.at(-1);
        if (before !== undefined && before >= key) this.corrupt('has keys that are not in order');
        keys.push(key);
        textAt += units;
      }
      lists.push({ keys, isSpecial: keys.includes('__proto__'), uses: 0, make: null });
    }
    if (this.at !== to || textAt !== keyUnits) this.corrupt('has key lists that do not fit their sizes');
    this.at = body;
    if (to - from + keyUnits > KEY_LISTS_TEXT_MAX) return lists;
    if (decoder.keyLists.size >= KEY_LISTS_MAX) decoder.keyLists.clear();
    if (first === undefined) decoder.keyLists.set(name, null);
    else {
      const numbers = Uint8Array.from(bytes.subarray(from, to));
      const own = ownCopy(text.slice(0, keyUnits));
      const kept = lists.map((list) => ({ ...list, keys: list.keys.map(ownCopy) }));
      decoder.keyLists.set(name, { numbers, text: own, lists: kept, next: first ?? undefined });
    }
    return lists;
  }

  /** @internal The next value. */
  read(): unknown {
    const tag = this.at < this.end ? (this.bytes[this.at++] as number) : this.byte();
    if (tag >= TAG_INTEGER_SMALL) return tag & 0x7f;
    if (tag >= TAG_STRING_SMALL) return this.string(tag & 0x3f);
    if (tag >= TAG_ARRAY_SMALL) return this.array(tag & 0x1f);
    if (tag >= TAG_RECORD_SMALL) return this.record(tag & 0x0f, true);
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

  private string(units: number): string {
    const from = this.textAt;
    this.textAt = from + units;
    if (this.textAt > this.text.length) this.corrupt('has fewer strings than it says');
    return this.text.slice(from, this.textAt);
  }

  private array(length: number): readonly unknown[] {
    this.enter();
    const array: unknown[] = [];
    for (let index = 0; index < length; index++) array.push(this.read());
    this.depth--;
    return Object.freeze(array);
  }

  private generate(keyList: KeyList): void {
    const { keys } = keyList;
    if (this.decoder.generations === 0 || keyList.isSpecial || keys.length > GENERATED_KEYS_MAX) return;
    this.decoder.generations--;
    const fields = keys.map((key) => `${JSON.stringify(key)}:b.read()`);
    keyList.make = new Function('b', 'freeze', `return freeze({${fields.join()}})`) as NonNullable<KeyList['make']>;
  }

  private record(list: number, isPlain: boolean): Readonly<Record<string, unknown>> {
    const keyList = this.keyLists[list];
    if (keyList === undefined) return this.corrupt(`has no key list ${list}`);
    this.enter();
    const { keys } = keyList;
    if (isPlain && keyList.make !== null) {
      const made = keyList.make(this, Object.freeze);
      this.depth--;
      return made;
    }
    if (isPlain && ++keyList.uses === GENERATE_AFTER) this.generate(keyList);
    const record: Record<string, unknown> = isPlain ? {} : (Object.create(null) as Record<string, unknown>);
    if (keyList.isSpecial) {
      for (const key of keys) Object.defineProperty(record, key, { value: this.read(), enumerable: true });
    } else {
      for (let index = 0; index < keys.length; index++) record[keys[index] as string] = this.read();
    }
    this.depth--;
    return Object.freeze(record);
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
    const from = this.at;
    this.at += size;
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

  private enter(): void {
    if (++this.depth > DEPTH_MAX) this.corrupt(`is nested deeper than ${MAX_DEPTH} levels`);
  }

  /** The number of entries of a collection or bytes of an array: never more than there are bytes left. */
  private length(): number {
    const length = this.varint();
    if (length > this.end - this.at) this.corrupt('is shorter than a collection in it');
    return length;
  }

  private byte(): number {
    const value = this.bytes[this.at++];
    return value === undefined || this.at > this.end ? this.corrupt('ends in the middle of a value') : value;
  }

  private varint(): number {
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
    if (at + 8 > this.end) this.corrupt('ends in the middle of a number');
    for (let index = 0; index < 8; index++) floatBytes[index] = this.bytes[at + index] as number;
    this.at = at + 8;
    return float[0] as number;
  }

  private corrupt(what: string): never {
    throw new HeliosError(
      'CORRUPT_BLOCK',
      `Block ${this.hash} ${what}. It was damaged, or written by another program: import its object again.`,
      {
        details: { hash: this.hash },
      },
    );
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A copy of a short string that does not keep the long one alive which it was cut from. */
function ownCopy(text: string): string {
  return Object.keys({ [text]: 0 })[0] ?? text;
}

/** A number for the numbers of key lists and some of their text: the same for the same ones. */
function nameOf(bytes: Uint8Array, from: number, to: number, text: string, units: number): number {
  let name = units;
  const every = Math.max(1, units >> 5);
  for (let at = 0; at < units; at += every) name = (Math.imul(name, 31) + text.charCodeAt(at)) | 0;
  for (let at = from; at < to; at++) name = (Math.imul(name, 31) + (bytes[at] as number)) | 0;
  return name;
}

function isAt(bytes: Uint8Array, from: number, to: number, expected: Uint8Array): boolean {
  if (to - from !== expected.length) return false;
  for (let at = from; at < to; at++) if (bytes[at] !== expected[at - from]) return false;
  return true;
}
