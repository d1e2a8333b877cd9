/**
 * The digest of a value that stands in a list or orders a collection (docs/format.md): it decides where a split value is
 * cut. What is a block of its own counts by its hash and is not looked into.
 */

import type { Hash } from '../store/index.js';
import { digestStart, step, takeHash, takeNumber, takeScalar, takeText, takeUnits } from './digest.js';
import type { Encoding } from './encoding.js';
import { FieldsEdit } from './fieldsEdit.js';
import { COST_STRING } from './format.js';
import { byteType, isPlainPrototype, kindOf } from './kind.js';
import { Part } from './part.js';
import { TreeEdit } from './tree/edit.js';
import type { ValueWriter } from './writeValue.js';

export class ValueDigest {
  constructor(
    private readonly encoding: Encoding,
    private readonly order: Pick<ValueWriter, 'entriesOf' | 'membersOf'>,
    private readonly standalone: (value: unknown) => Hash,
  ) {}

  /** Of an element. */
  of(value: unknown): number {
    return this.take(digestStart(), value);
  }

  /** Of a Map's key or a Set's member. */
  ofMember(member: unknown): number {
    return this.takeMember(digestStart(), member);
  }

  private take(hash: number, value: unknown): number {
    if (typeof value === 'string') {
      if (value.length + COST_STRING <= this.encoding.limits.component) return takeText(hash, 5, value);
      return this.takeKnown(hash, value) ?? takeText(hash, 5, value);
    }
    if (typeof value === 'bigint') return this.takeKnown(hash, value) ?? takeScalar(hash, value);
    if (typeof value !== 'object' || value === null) return takeScalar(hash, value);
    if (value instanceof Part) return takeHash(hash, 14, value.hash);
    return this.takeKnown(hash, value) ?? this.takeObject(hash, value);
  }

  private takeKnown(hash: number, value: unknown): number | undefined {
    const { parts } = this.encoding;
    if (parts.size === 0) return undefined;
    const part = parts.get(value);
    return part === undefined ? undefined : takeHash(hash, 14, part.hash);
  }

  private takeMember(hash: number, member: unknown): number {
    if (typeof member !== 'object' || member === null) return takeScalar(hash, member);
    return takeHash(hash, 14, member instanceof Part ? member.hash : this.standalone(member));
  }

  private takeObject(hash: number, value: object): number {
    if (Array.isArray(value)) {
      let h = step(step(hash, 8), value.length);
      for (let index = 0; index < value.length; index++) h = this.take(h, value[index]);
      return h;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || isPlainPrototype(prototype)) {
      return this.takeRecord(hash, value as Readonly<Record<string, unknown>>, prototype === null ? 10 : 9);
    }
    return this.takeOther(hash, value);
  }

  private takeRecord(hash: number, record: Readonly<Record<string, unknown>>, tag: number): number {
    const { keys } = this.encoding.shapes.of(record);
    let h = step(step(hash, tag), keys.length);
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] as string;
      h = this.take(takeUnits(h, key), record[key]);
    }
    return h;
  }

  private takeOther(hash: number, value: object): number {
    switch (kindOf(value)) {
      case 'map': {
        const map = value as ReadonlyMap<unknown, unknown>;
        let h = step(step(hash, 11), map.size);
        for (const [key, item] of this.order.entriesOf(map)) h = this.take(this.takeMember(h, key), item);
        return h;
      }
      case 'set': {
        const set = value as ReadonlySet<unknown>;
        let h = step(step(hash, 12), set.size);
        for (const member of this.order.membersOf(set)) h = this.takeMember(h, member);
        return h;
      }
      case 'date':
        return takeNumber(hash, 6, (value as Date).getTime());
      case 'bytes': {
        const view = value as ArrayBufferView;
        const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
        let h = step(step(step(hash, 7), byteType(view)), bytes.length);
        for (let index = 0; index < bytes.length; index++) h = step(h, bytes[index] as number);
        return h;
      }
      default: {
        if (value instanceof TreeEdit || value instanceof FieldsEdit)
          return this.take(hash, this.encoding.plains.get(value));
        const link = this.encoding.asLink(value);
        if (link === undefined) return hash;
        const h = takeText(takeHash(hash, 13, link.part.hash), 5, link.type);
        return takeNumber(takeNumber(h, 3, link.schemaVersion), 3, link.weight);
      }
    }
  }
}
