/**
 * Writes values into the block that is being written. What has become a block of its own before is written as a
 * component; everything else in place. It checks nothing: that was done when the value was measured.
 */

import type { Hash } from '../store/index.js';
import type { Encoding } from './encoding.js';
import { FieldsEdit } from './fieldsEdit.js';
import { COST_STRING, EXTENDED_BARE_RECORD, EXTENDED_LINK } from './format.js';
import { sortEntries, sortMembers } from './keyOrder.js';
import { byteType, describe, isPlainPrototype, kindOf } from './kind.js';
import { Part } from './part.js';
import { refuseValue } from './refusal.js';
import type { Shape } from './shape.js';
import { TreeEdit } from './tree/edit.js';

export class ValueWriter {
  /** Levels of collections in what was written since `startLeaf`, the leaf itself included. */
  deepest = 0;
  private depth = 0;

  constructor(
    private readonly encoding: Encoding,
    /** The hash of a value encoded by itself: the order of members that have no order of their own. */
    private readonly standalone: (value: unknown) => Hash,
  ) {}

  /** A leaf's entries come next. */
  startLeaf(): void {
    this.depth = 1;
    this.deepest = 1;
  }

  /** The value itself, also when it is a block of its own elsewhere: it is the one that is being written. */
  top(value: unknown): void {
    const { writer } = this.encoding;
    switch (typeof value) {
      case 'string':
        return writer.string(value);
      case 'bigint':
        return writer.bigint(value);
      case 'object':
        return value === null || value instanceof Part ? this.value(value) : this.object(value);
      default:
        return this.value(value);
    }
  }

  value(value: unknown): void {
    const { writer, limits } = this.encoding;
    switch (typeof value) {
      case 'string':
        if (value.length + COST_STRING > limits.component && this.component(value)) return;
        return writer.string(value);
      case 'number':
        return writer.number(value);
      case 'boolean':
        return writer.boolean(value);
      case 'bigint':
        if (this.component(value)) return;
        return writer.bigint(value);
      case 'object':
        break;
      default:
        return refuseValue([], describe(value));
    }
    if (value === null) return writer.null();
    if (value instanceof Part) return this.part(value);
    if (this.component(value)) return;
    this.object(value);
  }

  /** A record's values under the keys of a shape. */
  fields(record: Readonly<Record<string, unknown>>, shape: Shape, isBare: boolean): void {
    const { writer } = this.encoding;
    if (isBare) writer.extended(EXTENDED_BARE_RECORD);
    writer.recordStart(shape, isBare);
    const { keys } = shape;
    for (let index = 0; index < keys.length; index++) this.value(record[keys[index] as string]);
  }

  entry(key: unknown, item: unknown): void {
    this.member(key);
    this.value(item);
  }

  /** A Map's key or a Set's member: text and integers stay in the block however long, so that they can be ordered. */
  member(member: unknown): void {
    const { writer } = this.encoding;
    if (typeof member === 'string') return writer.string(member);
    if (typeof member === 'bigint') return writer.bigint(member);
    this.value(member);
  }

  entriesOf(map: ReadonlyMap<unknown, unknown>): readonly (readonly [unknown, unknown])[] {
    const ordered = this.encoding.ordered.get(map) as readonly (readonly [unknown, unknown])[] | undefined;
    return ordered ?? sortEntries(map, this.standalone);
  }

  membersOf(set: ReadonlySet<unknown>): readonly unknown[] {
    return this.encoding.ordered.get(set) ?? sortMembers(set, this.standalone);
  }

  /** Writes a reference to the value's own block, if it has one. */
  private component(value: unknown): boolean {
    const { parts } = this.encoding;
    if (parts.size === 0) return false;
    const part = parts.get(value);
    if (part === undefined) return false;
    this.encoding.writer.isAsRead = false;
    this.part(part);
    return true;
  }

  private part(part: Part): void {
    if (this.depth + part.height > this.deepest) this.deepest = this.depth + part.height;
    this.encoding.writer.component(part);
  }

  private object(value: object): void {
    if (Array.isArray(value)) {
      const { length } = value;
      this.enter();
      this.encoding.writer.arrayStart(length);
      for (let index = 0; index < length; index++) this.value(value[index]);
      this.depth--;
      return;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || isPlainPrototype(prototype)) {
      const record = value as Readonly<Record<string, unknown>>;
      this.enter();
      this.fields(record, this.encoding.shapes.of(record), prototype === null);
      this.depth--;
      return;
    }
    this.other(value);
  }

  private enter(): void {
    if (++this.depth > this.deepest) this.deepest = this.depth;
  }

  private other(value: object): void {
    const { writer } = this.encoding;
    switch (kindOf(value)) {
      case 'map': {
        const map = value as ReadonlyMap<unknown, unknown>;
        this.enter();
        writer.mapStart(map.size);
        for (const [key, item] of this.entriesOf(map)) this.entry(key, item);
        this.depth--;
        return;
      }
      case 'set': {
        const set = value as ReadonlySet<unknown>;
        this.enter();
        writer.setStart(set.size);
        for (const member of this.membersOf(set)) this.member(member);
        this.depth--;
        return;
      }
      case 'date':
        return writer.date((value as Date).getTime());
      case 'bytes': {
        const view = value as ArrayBufferView;
        return writer.typed(byteType(view), view);
      }
      default: {
        if (value instanceof TreeEdit || value instanceof FieldsEdit) {
          writer.isAsRead = false;
          return this.value(this.encoding.plains.get(value));
        }
        const link = this.encoding.asLink(value);
        if (link === undefined) return refuseValue([], describe(value));
        writer.extended(EXTENDED_LINK);
        writer.link(link);
      }
    }
  }
}
