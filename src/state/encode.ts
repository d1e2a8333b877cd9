/**
 * Turns a value into blocks (format 0, docs/format.md). One walk measures and checks every value from the leaves up
 * and makes blocks of those above the limit; a second writes one block. What is written depends on the value alone:
 * never on the order of keys, on what was encoded before, or on how the value was edited into being.
 */
import { MAX_DEPTH } from '../protocol/limits.js';
import { type Hash, hashOf } from '../store/index.js';
import { BlockWriter } from './blockWriter.js';
import {
  COMPONENT_LIMIT,
  COST_BLOCK,
  COST_BYTES,
  COST_COLLECTION,
  COST_CONSTANT,
  COST_DATE,
  COST_KEY,
  COST_NUMBER,
  COST_STRING,
  EXTENDED_BARE_RECORD,
  EXTENDED_LINK,
  KIND_COMMIT,
  KIND_VALUE,
  TAG_EXTENDED,
} from './format.js';
import { sortEntries, sortMembers } from './keyOrder.js';
import { byteType, describe, isPlainArray, isPlainPrototype, kindOf } from './kind.js';
import { type Link, Part } from './part.js';
import { refuseDepth, refuseValue } from './refusal.js';
import { ShapeBook } from './shape.js';

export interface Encoder {
  /**
   * Encodes a value; parts that stand in it are kept as they are. The part returned holds every block that is new.
   * @throws HeliosError `UNSUPPORTED_VALUE` (details: `path`, `found`) for what the value model has no place for.
   */
  value(value: unknown): Part;
  /** Bytes of the blocks that the last value encoded was made of, without those that were there before. */
  readonly newBytes: number;
  /** Encodes a commit record. Its `root` is a part and stays one. */
  commit(record: object): Part;
}

export interface EncoderOptions {
  /** Recognises a reference inside a value. */
  readonly asLink?: (value: object) => Link | undefined;
}

export function createEncoder(options: EncoderOptions = {}): Encoder {
  const encoding = new Encoding(options.asLink ?? (() => undefined));
  return {
    value: (value) => encoding.encode(value, KIND_VALUE),
    commit: (record) => encoding.encode(record, KIND_COMMIT),
    get newBytes() {
      return encoding.newBytes;
    },
  };
}

class Encoding {
  private readonly writer = new BlockWriter();
  private readonly shapes = new ShapeBook();
  /** Values of this run that are blocks of their own, with their parts; strings by themselves. */
  private readonly parts = new Map<unknown, Part>();
  private readonly path: (string | number)[] = [];
  private readonly ancestors: unknown[] = [];
  /** Hashes of collections that order Maps and Sets, and the Maps and Sets that they put in order. */
  private readonly hashes = new Map<object, Hash>();
  private readonly ordered = new Map<object, readonly unknown[]>();
  /** Height of the value that `measure` measured last. */
  private height = 0;
  /** How deep the value may be that is measured: a commit holds a value one level down. */
  private depthLimit = MAX_DEPTH;
  private running = false;
  newBytes = 0;

  constructor(private readonly asLink: (value: object) => Link | undefined) {}

  encode(value: unknown, kind: number): Part {
    if (!this.running) this.newBytes = 0;
    if (value instanceof Part && kind === KIND_VALUE) return value;
    if (this.running) return new Encoding(this.asLink).encode(value, kind);
    this.running = true;
    this.depthLimit = kind === KIND_COMMIT ? MAX_DEPTH + 1 : MAX_DEPTH;
    try {
      this.measure(value, 0);
      return this.parts.get(value) ?? this.block(value, kind, this.height);
    } finally {
      this.running = false;
      this.parts.clear();
      this.hashes.clear();
      this.ordered.clear();
      this.ancestors.length = 0;
      this.path.length = 0;
    }
  }

  /** Checks a value and what is below it, makes blocks of the values below it that are too big, returns its cost. */
  private measure(value: unknown, depth: number): number {
    this.height = 0;
    switch (typeof value) {
      case 'string': {
        const cost = value.length + COST_STRING;
        return cost > COMPONENT_LIMIT && depth > 0 ? this.separate(value) : cost;
      }
      case 'number':
        return COST_NUMBER;
      case 'boolean':
        return COST_CONSTANT;
      case 'object':
        break;
      case 'bigint': {
        const cost = COST_BYTES + bigintBytes(value);
        return cost > COMPONENT_LIMIT && depth > 0 ? this.separate(value) : cost;
      }
      default:
        return this.refuse(value, depth);
    }
    if (value === null) return COST_CONSTANT;
    if (value instanceof Part) {
      this.height = value.height;
      if (depth + value.height > this.depthLimit) this.refuseDepth(depth);
      return COST_BLOCK;
    }
    if (this.parts.size > 0) {
      const known = this.parts.get(value);
      if (known !== undefined) {
        this.height = known.height;
        if (depth + known.height > this.depthLimit) this.refuseDepth(depth);
        return COST_BLOCK;
      }
    }
    const cost = this.measureObject(value, depth);
    if (cost > COMPONENT_LIMIT && depth > 0) return this.separate(value);
    return cost;
  }

  private measureObject(value: object, depth: number): number {
    if (Array.isArray(value)) return this.measureArray(value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || isPlainPrototype(prototype)) return this.measureRecord(value, depth);
    switch (kindOf(value)) {
      case 'map':
        return this.measureMap(value as ReadonlyMap<unknown, unknown>, depth);
      case 'set':
        return this.measureSet(value as ReadonlySet<unknown>, depth);
      case 'date':
        if (Number.isNaN((value as Date).getTime())) this.refuse(value, depth, 'an invalid Date');
        return COST_DATE;
      case 'bytes':
        return COST_BYTES + (value as ArrayBufferView).byteLength;
      default:
        return this.asLink(value) === undefined ? this.refuse(value, depth) : COST_BLOCK;
    }
  }

  private measureArray(value: readonly unknown[], depth: number): number {
    if (!isPlainArray(value)) this.refuse(value, depth);
    this.enter(value, depth);
    let cost = COST_COLLECTION;
    let height = 0;
    for (let index = 0; index < value.length; index++) {
      this.path[depth] = index;
      const element = value[index];
      if (element === undefined && !(index in value)) this.refuse(element, depth + 1, 'a hole (a sparse array)');
      cost += this.measure(element, depth + 1);
      if (this.height > height) height = this.height;
    }
    this.height = height + 1;
    return cost;
  }

  private measureRecord(value: object, depth: number): number {
    this.enter(value, depth);
    const symbols = Object.getOwnPropertySymbols(value);
    if (symbols.length > 0) this.refuse(value, depth, `a record with a symbol as a key (${String(symbols[0])})`);
    let cost = COST_COLLECTION;
    let height = 0;
    const record = value as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(value)) {
      const item = record[key];
      if (item === undefined) continue;
      this.path[depth] = key;
      cost += key.length + COST_KEY + this.measure(item, depth + 1);
      if (this.height > height) height = this.height;
    }
    this.height = height + 1;
    return cost;
  }

  private measureMap(value: ReadonlyMap<unknown, unknown>, depth: number): number {
    this.enter(value, depth);
    let cost = COST_COLLECTION;
    let height = 0;
    let hasObjects = false;
    for (const [key, item] of value) {
      this.path[depth] = typeof key === 'string' || typeof key === 'number' ? key : `(a key, ${describe(key)})`;
      cost += this.measureKey(key, depth + 1);
      if (this.height > height) height = this.height;
      cost += this.measure(item, depth + 1);
      if (this.height > height) height = this.height;
      if (typeof key === 'object' && key !== null) hasObjects = true;
    }
    if (hasObjects && !this.ordered.has(value)) this.ordered.set(value, sortEntries(value, this.hashOfMember));
    this.height = height + 1;
    return cost;
  }

  private measureSet(value: ReadonlySet<unknown>, depth: number): number {
    this.enter(value, depth);
    let cost = COST_COLLECTION;
    let height = 0;
    let index = 0;
    let hasObjects = false;
    for (const member of value) {
      this.path[depth] = index++;
      cost += this.measureKey(member, depth + 1);
      if (this.height > height) height = this.height;
      if (typeof member === 'object' && member !== null) hasObjects = true;
    }
    if (hasObjects && !this.ordered.has(value)) this.ordered.set(value, sortMembers(value, this.hashOfMember));
    this.height = height + 1;
    return cost;
  }

  /** Keys of Maps and members of Sets: text and numbers stay in the block however long, so that they can be ordered. */
  private measureKey(key: unknown, depth: number): number {
    if (typeof key === 'string') {
      this.height = 0;
      return key.length + COST_STRING;
    }
    if (typeof key === 'bigint') {
      this.height = 0;
      return COST_BYTES + bigintBytes(key);
    }
    return this.measure(key, depth);
  }

  private enter(value: object, depth: number): void {
    if (depth >= this.depthLimit) this.refuseDepth(depth);
    this.ancestors[depth] = value;
  }

  /** Makes a value below the top a block of its own; the one that holds it counts it as a reference. */
  private separate(value: unknown): number {
    if (!this.parts.has(value)) this.parts.set(value, this.block(value, KIND_VALUE, this.height));
    return COST_BLOCK;
  }

  private refuse(value: unknown, depth: number, found = describe(value)): never {
    refuseValue(this.path.slice(0, depth), found);
  }

  /** Too deep: mostly a value that holds itself, which is then said at the place where it comes again. */
  private refuseDepth(depth: number): never {
    const { ancestors } = this;
    for (let index = 1; index < depth; index++) {
      if (ancestors.indexOf(ancestors[index]) < index) this.refuse(null, index, 'a cycle (a value that holds itself)');
    }
    refuseDepth(this.path.slice(0, depth));
  }

  private block(value: unknown, kind: number, height: number): Part {
    const { writer } = this;
    writer.begin();
    this.shapes.trim();
    this.write(value, true);
    const block = writer.finish(kind);
    this.newBytes += block.length;
    return new Part(hashOf(block), writer.totalBytes, countOf(value), height, {
      block,
      children: writer.children,
      components: writer.components,
    });
  }

  private write(value: unknown, top = false): void {
    const { writer } = this;
    switch (typeof value) {
      case 'string':
        if (!top && this.writePart(value, value.length + COST_STRING)) return;
        return writer.string(value);
      case 'number':
        return writer.number(value);
      case 'boolean':
        return writer.boolean(value);
      case 'bigint':
        if (!top && this.writePart(value, COMPONENT_LIMIT + 1)) return;
        return writer.bigint(value);
      case 'object':
        break;
      default:
        return this.refuse(value, 0);
    }
    if (value === null) return writer.null();
    if (value instanceof Part) return writer.component(value);
    if (!top && this.writePart(value, COMPONENT_LIMIT + 1)) return;
    if (Array.isArray(value)) {
      writer.arrayStart(value.length);
      for (let index = 0; index < value.length; index++) this.write(value[index]);
      return;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || isPlainPrototype(prototype)) {
      return this.writeRecord(value as Readonly<Record<string, unknown>>, prototype === null);
    }
    this.writeOther(value);
  }

  /** Writes a reference to the value's own block, if it has one. */
  private writePart(value: unknown, cost: number): boolean {
    if (cost <= COMPONENT_LIMIT || this.parts.size === 0) return false;
    const part = this.parts.get(value);
    if (part === undefined) return false;
    this.writer.component(part);
    return true;
  }

  private writeRecord(record: Readonly<Record<string, unknown>>, isBare: boolean): void {
    const { writer } = this;
    if (isBare) writer.bytes2(TAG_EXTENDED, EXTENDED_BARE_RECORD);
    const shape = this.shapes.of(record);
    writer.recordStart(shape, isBare);
    const { keys } = shape;
    for (let index = 0; index < keys.length; index++) this.write(record[keys[index] as string]);
  }

  private writeOther(value: object): void {
    const { writer } = this;
    switch (kindOf(value)) {
      case 'map': {
        const map = value as ReadonlyMap<unknown, unknown>;
        writer.mapStart(map.size);
        for (const [key, item] of this.entriesOf(map)) {
          this.write(key, isInlineKey(key));
          this.write(item);
        }
        return;
      }
      case 'set': {
        const set = value as ReadonlySet<unknown>;
        writer.setStart(set.size);
        const members = this.ordered.get(set) ?? sortMembers(set, this.hashOfMember);
        for (const member of members) this.write(member, isInlineKey(member));
        return;
      }
      case 'date':
        return writer.date((value as Date).getTime());
      case 'bytes': {
        const view = value as ArrayBufferView;
        return writer.typed(byteType(view), view);
      }
      default: {
        const link = this.asLink(value);
        if (link === undefined) return this.refuse(value, 0);
        writer.bytes2(TAG_EXTENDED, EXTENDED_LINK);
        writer.link(link);
      }
    }
  }

  private entriesOf(map: ReadonlyMap<unknown, unknown>): readonly (readonly [unknown, unknown])[] {
    const ordered = this.ordered.get(map) as readonly (readonly [unknown, unknown])[] | undefined;
    return ordered ?? sortEntries(map, this.hashOfMember);
  }

  /**
   * The hash of a value encoded by itself: the order of members that have no order of their own. Needed, and found,
   * only while their Map or Set is measured: then everything below them is, and no block is being written.
   */
  private readonly hashOfMember = (value: unknown): Hash => {
    if (typeof value !== 'object' || value === null) return this.block(value, KIND_VALUE, 0).hash;
    const known = this.hashes.get(value);
    if (known !== undefined) return known;
    const hash = this.parts.get(value)?.hash ?? this.block(value, KIND_VALUE, 0).hash;
    this.hashes.set(value, hash);
    return hash;
  };
}

function isInlineKey(key: unknown): boolean {
  return typeof key === 'string' || typeof key === 'bigint';
}

function bigintBytes(value: bigint): number {
  return value.toString(16).length >> 1;
}

function countOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (Array.isArray(value)) return value.length;
  switch (kindOf(value)) {
    case 'record':
      return Object.values(value as object).filter((item) => item !== undefined).length;
    case 'map':
    case 'set':
      return (value as ReadonlySet<unknown>).size;
    case 'bytes':
      return (value as ArrayBufferView).byteLength;
    default:
      return 1;
  }
}
