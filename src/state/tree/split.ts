/**
 * Makes a measured value that is a block of its own: one block where it is small, else leaves cut by content and the
 * nodes above them. What comes out depends on the value alone.
 */

import type { Hash } from '../../store/index.js';
import { digestOfKey } from '../digest.js';
import type { ValueDigest } from '../digestValue.js';
import type { Encoding } from '../encoding.js';
import {
  ELEMENT_BYTES,
  KIND_VALUE,
  NODE_ARRAY,
  NODE_BARE_RECORD,
  NODE_BYTES,
  NODE_MAP,
  NODE_RECORD,
  NODE_SET,
  NODE_STRING,
} from '../format.js';
import { sortedKeys } from '../keyOrder.js';
import { byteType, kindOf } from '../kind.js';
import type { Measure } from '../measure.js';
import { Part } from '../part.js';
import type { ValueWriter } from '../writeValue.js';
import { cutBytes, cutText } from './cutText.js';
import { type End, HashedKey } from './ends.js';
import { grow, type Row } from './grow.js';
import { Stretches } from './stretch.js';

export interface SplitTools {
  readonly writer: ValueWriter;
  readonly digest: ValueDigest;
  readonly measure: Pick<Measure, 'costs' | 'costsFrom'>;
  readonly standalone: (value: unknown) => Hash;
}

export class Splitter {
  constructor(
    private readonly encoding: Encoding,
    private readonly tools: SplitTools,
  ) {}

  /**
   * The part of a value that was just measured. Its entries' costs are those that the measure holds.
   * @param height levels of collections in it
   */
  part(value: unknown, height: number): Part {
    const { firstLeaf } = this.encoding.limits;
    if (typeof value === 'string')
      return value.length > firstLeaf ? this.text(value) : this.whole(value, value.length, 0);
    if (typeof value !== 'object' || value === null) return this.whole(value, 1, 0);
    switch (kindOf(value)) {
      case 'array':
        return this.array(value as readonly unknown[], height);
      case 'record':
        return this.record(value as Readonly<Record<string, unknown>>, height);
      case 'map':
        return this.map(value as ReadonlyMap<unknown, unknown>, height);
      case 'set':
        return this.set(value as ReadonlySet<unknown>, height);
      case 'bytes': {
        const view = value as ArrayBufferView;
        return view.byteLength > firstLeaf ? this.bytes(view) : this.whole(value, view.byteLength, 0);
      }
      default:
        return this.whole(value, 1, 0);
    }
  }

  /** One block. */
  whole(value: unknown, count: number, height: number): Part {
    this.encoding.begin();
    this.tools.writer.top(value);
    return this.encoding.finish(KIND_VALUE, count, height);
  }

  private text(text: string): Part {
    const { encoding } = this;
    const leaves: Row = { parts: [], ends: [] };
    let from = 0;
    for (const { to, mark } of cutText(text, encoding.limits)) {
      encoding.begin();
      encoding.writer.string(text.slice(from, to));
      this.push(leaves, encoding.finish(KIND_VALUE, to - from, 0), mark);
      from = to;
    }
    return grow(encoding, NODE_STRING, 0, leaves);
  }

  private bytes(view: ArrayBufferView): Part {
    const { encoding } = this;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const type = byteType(view);
    const cuts = cutBytes(bytes, ELEMENT_BYTES[type] ?? 1, encoding.limits);
    if (cuts.length === 1) return this.whole(view, bytes.length, 0);
    const leaves: Row = { parts: [], ends: [] };
    let from = 0;
    for (const { to, mark } of cuts) {
      encoding.begin();
      encoding.writer.typed(0, bytes.subarray(from, to));
      this.push(leaves, encoding.finish(KIND_VALUE, to - from, 0), mark);
      from = to;
    }
    return grow(encoding, NODE_BYTES, type, leaves);
  }

  private array(array: readonly unknown[], height: number): Part {
    const { length } = array;
    if (this.isSmall(length)) return this.whole(array, length, height);
    const { encoding, tools } = this;
    const { costs, costsFrom } = tools.measure;
    const leaves: Row = { parts: [], ends: [] };
    const stretches = new Stretches(encoding.limits, 0, true);
    let from = 0;
    for (let index = 0; index < length; index++) {
      const mark = stretches.needsMarks ? tools.digest.of(array[index]) : 0;
      const isCut = stretches.take(costs[costsFrom + index] as number, mark);
      if (!isCut && index < length - 1) continue;
      if (from === 0 && index === length - 1) return this.whole(array, length, height);
      const end = from === 0 || !isCut ? tools.digest.of(array[index]) : mark;
      this.push(leaves, this.arrayLeaf(array, from, index + 1), end >>> 0);
      from = index + 1;
    }
    return grow(encoding, NODE_ARRAY, 0, leaves);
  }

  /** A leaf of the elements from one index up to another. */
  arrayLeaf(array: readonly unknown[], from: number, to: number): Part {
    const { encoding, tools } = this;
    encoding.begin();
    tools.writer.startLeaf();
    encoding.writer.arrayStart(to - from);
    for (let index = from; index < to; index++) tools.writer.value(array[index]);
    return encoding.finish(KIND_VALUE, to - from, tools.writer.deepest);
  }

  private record(record: Readonly<Record<string, unknown>>, height: number): Part {
    const keys = Object.keys(record).filter((key) => record[key] !== undefined);
    if (this.isSmall(keys.length)) return this.whole(record, keys.length, height);
    const { encoding } = this;
    const costs = this.costsBy(keys);
    const sorted = sortedKeys(keys);
    const isBare = Object.getPrototypeOf(record) === null;
    const leaves: Row = { parts: [], ends: [] };
    const stretches = new Stretches(encoding.limits, 0, true);
    let from = 0;
    for (let index = 0; index < sorted.length; index++) {
      const key = sorted[index] as string;
      const mark = stretches.needsMarks ? digestOfKey(key) : 0;
      if (!stretches.take(costs.get(key) ?? 0, mark) && index < sorted.length - 1) continue;
      if (from === 0 && index === sorted.length - 1) return this.whole(record, keys.length, height);
      this.push(leaves, this.recordLeaf(record, sorted.slice(from, index + 1), isBare), key);
      from = index + 1;
    }
    return grow(encoding, isBare ? NODE_BARE_RECORD : NODE_RECORD, 0, leaves);
  }

  /** A leaf of some keys of a record, in order. */
  recordLeaf(record: Readonly<Record<string, unknown>>, keys: readonly string[], isBare: boolean): Part {
    const { encoding, tools } = this;
    encoding.begin();
    tools.writer.startLeaf();
    tools.writer.fields(record, encoding.shapes.ofSorted(keys), isBare);
    return encoding.finish(KIND_VALUE, keys.length, tools.writer.deepest);
  }

  /** A leaf of all keys of a record, which is frozen all through. */
  leafOfRecord(record: Readonly<Record<string, unknown>>): Part {
    const { encoding, tools } = this;
    encoding.begin();
    tools.writer.startLeaf();
    const shape = encoding.shapes.of(record);
    tools.writer.fields(record, shape, Object.getPrototypeOf(record) === null);
    return encoding.finish(KIND_VALUE, shape.keys.length, tools.writer.deepest, record);
  }

  private map(map: ReadonlyMap<unknown, unknown>, height: number): Part {
    if (this.isSmall(map.size)) return this.whole(map, map.size, height);
    const { encoding, tools } = this;
    const costs = this.costsBy(map.keys());
    const entries = tools.writer.entriesOf(map);
    const leaves: Row = { parts: [], ends: [] };
    const stretches = new Stretches(encoding.limits, 0, true);
    let from = 0;
    for (let index = 0; index < entries.length; index++) {
      const [key] = entries[index] as readonly [unknown, unknown];
      const mark = stretches.needsMarks ? tools.digest.ofMember(key) : 0;
      if (!stretches.take(costs.get(key) ?? 0, mark) && index < entries.length - 1) continue;
      if (from === 0 && index === entries.length - 1) return this.whole(map, map.size, height);
      this.push(leaves, this.mapLeaf(entries, from, index + 1), this.endOf(key));
      from = index + 1;
    }
    return grow(encoding, NODE_MAP, 0, leaves);
  }

  mapLeaf(entries: readonly (readonly [unknown, unknown])[], from: number, to: number): Part {
    const { encoding, tools } = this;
    encoding.begin();
    tools.writer.startLeaf();
    encoding.writer.mapStart(to - from);
    for (let index = from; index < to; index++) {
      const [key, item] = entries[index] as readonly [unknown, unknown];
      tools.writer.entry(key, item);
    }
    return encoding.finish(KIND_VALUE, to - from, tools.writer.deepest);
  }

  private set(set: ReadonlySet<unknown>, height: number): Part {
    if (this.isSmall(set.size)) return this.whole(set, set.size, height);
    const { encoding, tools } = this;
    const costs = this.costsBy(set);
    const members = tools.writer.membersOf(set);
    const leaves: Row = { parts: [], ends: [] };
    const stretches = new Stretches(encoding.limits, 0, true);
    let from = 0;
    for (let index = 0; index < members.length; index++) {
      const member = members[index];
      const mark = stretches.needsMarks ? tools.digest.ofMember(member) : 0;
      if (!stretches.take(costs.get(member) ?? 0, mark) && index < members.length - 1) continue;
      if (from === 0 && index === members.length - 1) return this.whole(set, set.size, height);
      this.push(leaves, this.setLeaf(members, from, index + 1), this.endOf(member));
      from = index + 1;
    }
    return grow(encoding, NODE_SET, 0, leaves);
  }

  setLeaf(members: readonly unknown[], from: number, to: number): Part {
    const { encoding, tools } = this;
    encoding.begin();
    tools.writer.startLeaf();
    encoding.writer.setStart(to - from);
    for (let index = from; index < to; index++) tools.writer.member(members[index]);
    return encoding.finish(KIND_VALUE, to - from, tools.writer.deepest);
  }

  /** What a node says of a stretch that ends with this key or member. */
  endOf(member: unknown): End {
    if (typeof member !== 'object' || member === null) return member;
    return new HashedKey(member instanceof Part ? member.hash : this.tools.standalone(member));
  }

  /** Whether a collection with so many entries, just measured, is too small to be cut, in whatever order. */
  private isSmall(entries: number): boolean {
    const { costs, costsFrom } = this.tools.measure;
    const { firstLeaf } = this.encoding.limits;
    let size = 0;
    for (let index = 0; index < entries; index++) {
      size += costs[costsFrom + index] as number;
      if (size >= firstLeaf) return false;
    }
    return true;
  }

  private costsBy(keys: Iterable<unknown>): Map<unknown, number> {
    const { costs, costsFrom } = this.tools.measure;
    const by = new Map<unknown, number>();
    let index = costsFrom;
    for (const key of keys) by.set(key, costs[index++] as number);
    return by;
  }

  private push(row: Row, part: Part, end: End): void {
    row.parts.push(part);
    row.ends.push(end);
  }
}
