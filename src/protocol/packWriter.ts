/**
 * Writes a value as MessagePack in one walk, within limits, tagging what MessagePack lacks (tags.ts) or what decoders
 * change: -0, halves of surrogate pairs, the key `__proto__`. Refuses what is no value, and what the other side would
 * refuse. Never changes the value.
 */
import { describe } from './describe.js';
import { toErrorForm } from './errorForm.js';
import { HeliosError } from './errors.js';
import { MESSAGE_LIMITS, type MessageLimits } from './limits.js';
import { PackBuffer } from './packBuffer.js';
import { PACK_KEY_LENGTH_MAX, PACK_KEYS_MAX, PackKey } from './packKeys.js';
import type { WriteOptions } from './tagged.js';
import { isPlainPrototype, unsupported, viewName } from './tags.js';
import { tooLarge } from './tooLarge.js';

const FALSE = 0xc2;
const TRUE = 0xc3;
const NULL = 0xc0;

export class PackWriter {
  private readonly buffer = new PackBuffer();
  private readonly keyBuffer = new PackBuffer();
  private readonly keys = new Map<string, PackKey>();
  private readonly noKey = PackKey.none();
  /** The key whose value is being written. */
  private parent = this.noKey;
  /** Where the walk is: keys from the top, and the objects that hold them. Only the first `level` count. */
  private readonly path: (string | number)[] = [];
  private readonly holders: (object | undefined)[] = [];
  private level = 0;
  private itemsLeft = 0;
  private limits = MESSAGE_LIMITS;
  private toLink: WriteOptions['toLink'];
  /** Whether somebody gave keys to all records at once: they are no data. */
  private hasInherited = false;

  /** @throws HeliosError `UNSUPPORTED_VALUE` for what is no value (details: `path`) · `TOO_LARGE` beyond the limits */
  write(value: unknown, limits: MessageLimits, toLink: WriteOptions['toLink']): Uint8Array {
    this.limits = limits;
    this.toLink = toLink;
    this.parent = this.noKey;
    this.itemsLeft = limits.items;
    this.hasInherited = hasKeys(Object.prototype);
    this.buffer.begin(limits.bytes);
    try {
      this.value(value, 0);
    } finally {
      // What a walk that was broken off was in.
      while (this.level > 0) this.leave();
      this.toLink = undefined;
    }
    const { length } = this.buffer;
    if (length > limits.bytes) throw tooLarge('MessagePack', `${length} bytes (at most ${limits.bytes})`);
    return this.buffer.finish();
  }

  /** `depth`: arrays and maps around this value on the wire. */
  private value(value: unknown, depth: number): void {
    this.spend(1);
    switch (typeof value) {
      case 'string':
        if (!this.buffer.text(value)) this.utf16(value, depth);
        return;
      case 'number':
        if (value === 0 && Object.is(value, -0)) this.tagged('$number', '-0', depth);
        else this.buffer.number(value);
        return;
      case 'boolean':
        return this.buffer.token(value ? TRUE : FALSE);
      case 'bigint':
        return this.tagged('$bigint', value.toString(), depth);
      case 'object':
        if (value === null) this.buffer.token(NULL);
        else this.object(value, depth);
        return;
      default:
        throw this.refuse(describe(value));
    }
  }

  private object(value: object, depth: number): void {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (Array.isArray(value)) return this.array(value, depth + 1);
    if (prototype === Object.prototype || prototype === null) {
      return this.record(value as Readonly<Record<string, unknown>>, depth + 1);
    }
    if (isPlainPrototype(prototype)) return this.record({ ...value }, depth + 1);
    if (value instanceof Map && prototype === Map.prototype) return this.map(value, depth);
    if (value instanceof Set && prototype === Set.prototype) return this.set(value, depth);
    if (value instanceof Date && prototype === Date.prototype) return this.date(value);
    if (ArrayBuffer.isView(value)) return this.view(value, depth);
    const link = this.toLink?.(value);
    if (link !== undefined) return this.link(link.root, link.type, depth);
    if (HeliosError.is(value)) return this.value(toErrorForm(value), depth);
    throw this.refuse(describe(value));
  }

  private array(value: readonly unknown[], depth: number): void {
    const { length } = value;
    this.enter(value, length, depth);
    this.buffer.array(length);
    const { parent } = this;
    for (let index = 0; index < length; index++) {
      this.path[this.level - 1] = index;
      this.parent = parent;
      this.value(value[index], depth);
    }
    this.leave();
  }

  private record(value: Readonly<Record<string, unknown>>, depth: number): void {
    const { buffer } = this;
    const count = this.countKeys(value);
    if (count === undefined) return this.recordOfPairs(value, depth - 1);
    this.enter(value, count, depth);
    const place = this.level - 1;
    const position = buffer.length;
    buffer.map(count);
    let written = 0;
    let key = this.noKey;
    const { parent } = this;
    for (const name in value) {
      if (this.hasInherited && !Object.hasOwn(value, name)) continue;
      key = key === this.noKey ? this.firstKey(parent, name) : this.key(key, name);
      const item = value[name];
      if (item === undefined) continue;
      this.path[place] = name;
      this.parent = key;
      if (key.isTagLike && isOnly(value)) buffer.text(`$${name}`);
      else buffer.key(key);
      this.value(item, depth);
      written++;
    }
    if (written !== count) buffer.recount(position, count, written);
    this.leave();
  }

  /** How many keys a record has; undefined when one of them is none that MessagePack can carry. */
  private countKeys(value: object): number | undefined {
    let count = 0;
    let key = this.noKey;
    for (const name in value) {
      if (this.hasInherited && !Object.hasOwn(value, name)) continue;
      key = count === 0 ? this.firstKey(this.parent, name) : this.key(key, name);
      if (key === this.noKey) return undefined;
      count++;
    }
    return count;
  }

  /** The key of this name that comes behind another one; `noKey` for a name that MessagePack can't carry. */
  private key(before: PackKey, name: string): PackKey {
    const likely = before.next;
    if (likely.text === name && likely !== this.noKey) return likely;
    const key = this.keys.get(name) ?? this.newKey(name);
    before.next = key;
    return key;
  }

  /** The first key of a record under another one. */
  private firstKey(parent: PackKey, name: string): PackKey {
    const likely = parent.inner;
    if (likely.text === name && likely !== this.noKey) return likely;
    const key = this.keys.get(name) ?? this.newKey(name);
    parent.inner = key;
    return key;
  }

  private newKey(name: string): PackKey {
    this.keyBuffer.begin(this.limits.bytes);
    if (name === '__proto__' || !this.keyBuffer.text(name)) return this.noKey;
    const key = new PackKey(name, Uint8Array.from(this.keyBuffer.finish()));
    if (name.length > PACK_KEY_LENGTH_MAX) return key;
    if (this.keys.size >= PACK_KEYS_MAX) this.keys.clear();
    this.keys.set(name, key);
    return key;
  }

  /** `depth` of the record itself, here as in what follows. */
  private recordOfPairs(value: Readonly<Record<string, unknown>>, depth: number): void {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    this.enter(value, entries.length, depth + 3);
    this.tag('$record', depth, 3);
    this.spend(1 + 2 * entries.length);
    this.buffer.array(entries.length);
    for (const [key, item] of entries) {
      this.path[this.level - 1] = key;
      this.buffer.array(2);
      if (!this.buffer.text(key)) this.utf16(key, depth + 3);
      this.value(item, depth + 3);
    }
    this.leave();
  }

  private map(value: ReadonlyMap<unknown, unknown>, depth: number): void {
    const { size } = value;
    this.enter(value, size, depth + 3);
    this.tag('$map', depth, 3);
    this.spend(1 + size);
    this.buffer.array(size);
    for (const [key, item] of value) {
      this.path[this.level - 1] = typeof key === 'string' || typeof key === 'number' ? key : describe(key);
      this.buffer.array(2);
      this.value(key, depth + 3);
      this.value(item, depth + 3);
    }
    this.leave();
  }

  private set(value: ReadonlySet<unknown>, depth: number): void {
    const { size } = value;
    this.enter(value, size, depth + 2);
    this.tag('$set', depth, 2);
    this.spend(1);
    this.buffer.array(size);
    let index = 0;
    for (const item of value) {
      this.path[this.level - 1] = index++;
      this.value(item, depth + 2);
    }
    this.leave();
  }

  private date(value: Date): void {
    const timeMs = value.getTime();
    if (Number.isNaN(timeMs)) throw this.refuse('an invalid Date');
    this.buffer.date(timeMs);
  }

  private view(view: ArrayBufferView, depth: number): void {
    if (!(view.buffer instanceof ArrayBuffer)) throw this.refuse('a view of memory that is shared between threads');
    const name = viewName(view);
    if (name !== 'Uint8') {
      this.tag('$array', depth, 2);
      this.spend(3);
      this.buffer.array(2);
      this.buffer.text(name);
    }
    this.buffer.binary(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  }

  private link(root: string, type: string, depth: number): void {
    this.tag('$ref', depth, 2);
    this.value({ root, type }, depth + 1);
  }

  private utf16(text: string, depth: number): void {
    this.tag('$utf16', depth, 1);
    this.spend(1);
    this.buffer.binary(Buffer.from(text, 'utf16le'));
  }

  private tagged(tag: string, text: string, depth: number): void {
    this.tag(tag, depth, 1);
    this.spend(1);
    this.buffer.text(text);
  }

  /** Begins a tag, which with what is in it takes so many levels. */
  private tag(tag: string, depth: number, levels: number): void {
    if (depth + levels > this.limits.depth) throw this.tooDeep();
    this.buffer.map(1);
    this.buffer.text(tag);
  }

  /** Notes the container that the walk goes into. */
  private enter(container: object, width: number, depth: number): void {
    if (depth > this.limits.depth) {
      if (this.holders.includes(container)) throw this.refuse('part of itself (a cycle)');
      throw this.tooDeep();
    }
    if (width > this.limits.width) {
      throw tooLarge('MessagePack', `a list or record of ${width} entries (at most ${this.limits.width})`);
    }
    this.holders[this.level++] = container;
  }

  private leave(): void {
    this.holders[--this.level] = undefined;
  }

  private spend(items: number): void {
    this.itemsLeft -= items;
    if (this.itemsLeft < 0) throw tooLarge('MessagePack', `more than ${this.limits.items} values`);
  }

  private tooDeep(): HeliosError {
    return tooLarge('MessagePack', `nested deeper than ${this.limits.depth} levels`);
  }

  private refuse(found: string): HeliosError {
    return unsupported(this.path.slice(0, this.level), found);
  }
}

/** Whether a record has one entry: it would be taken for a tag, if its key looks like one. */
function isOnly(record: Readonly<Record<string, unknown>>): boolean {
  let count = 0;
  for (const key of Object.keys(record)) {
    if (record[key] !== undefined && ++count > 1) return false;
  }
  return true;
}

function hasKeys(record: object): boolean {
  for (const _ in record) return true;
  return false;
}
