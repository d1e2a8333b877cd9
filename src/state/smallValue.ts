/**
 * Writes a value that fits into one block in a single pass, measuring while it writes: what most objects are. It gives up
 * at whatever is unusual (a part that has to be a block of its own, a Map, a link, something that is no value): then the
 * value is measured and checked first, as any other. What it writes is what the long way would.
 */

import { types } from 'node:util';
import type { BlockWriter } from './blockWriter.js';
import { emitOf } from './emit.js';
import type { Encoding } from './encoding.js';
import { COST_COLLECTION, COST_CONSTANT, COST_DATE, COST_KEY, COST_NUMBER, COST_STRING, KIND_VALUE } from './format.js';
import { canGenerate, GENERATE_AFTER, GENERATED_KEYS_MAX, GENERATED_MAX } from './generate.js';
import type { Part } from './part.js';
import type { Shape } from './shape.js';

/** Deeper values are left to the long way, which sees those that hold themselves. */
const SMALL_DEPTH_MAX = 64;

export class SmallValue {
  private readonly writer: BlockWriter;
  /** @internal */
  cost = 0;
  /** @internal Units below which a text has a tag of its own and stays in the block. */
  readonly shortUnits: number;
  private depth = 0;
  private height = 0;
  /** How many more key lists code may be made for. */
  private generations = canGenerate ? GENERATED_MAX : 0;
  private readonly component: number;
  private readonly total: number;

  constructor(private readonly encoding: Encoding) {
    this.writer = encoding.writer;
    this.component = encoding.limits.component;
    this.shortUnits = Math.min(64, this.component - COST_STRING + 1);
    this.total = Math.max(encoding.limits.firstLeaf, encoding.limits.component);
  }

  /**
   * The block of a record or array; `undefined` when it has to go the long way.
   * @param above the cost that it must have more than: else it would not be a block of its own
   */
  part(value: object, above = 0): Part | undefined {
    const part = this.written(value, above);
    if (part === undefined) this.encoding.abandon();
    return part;
  }

  private written(value: object, above: number): Part | undefined {
    let count: number;
    this.cost = 0;
    this.depth = 0;
    this.height = 0;
    this.encoding.begin();
    if (Array.isArray(value)) {
      if (Object.getPrototypeOf(value) !== Array.prototype || !this.array(value)) return undefined;
      count = value.length;
    } else {
      const shape = this.record(value as Readonly<Record<string, unknown>>);
      if (shape === undefined) return undefined;
      count = shape.keys.length;
    }
    // Where the entries come to this size the value may have to be split.
    if (this.cost <= above || this.cost - COST_COLLECTION >= this.encoding.limits.firstLeaf) return undefined;
    return this.encoding.finish(KIND_VALUE, count, this.height, value);
  }

  /** @internal False when it gave up. What is frequent is short, so that the engine puts it where it is called. */
  value(value: unknown): boolean {
    if (typeof value === 'number') {
      this.cost += COST_NUMBER;
      this.writer.number(value);
      return true;
    }
    return typeof value === 'string' ? this.string(value) : this.other(value);
  }

  private string(value: string): boolean {
    const cost = value.length + COST_STRING;
    if (cost > this.component) return false;
    this.cost += cost;
    this.writer.string(value);
    return true;
  }

  private other(value: unknown): boolean {
    if (typeof value === 'boolean') {
      this.cost += COST_CONSTANT;
      this.writer.boolean(value);
      return true;
    }
    if (typeof value !== 'object') return false;
    if (value === null) {
      this.cost += COST_CONSTANT;
      this.writer.null();
      return true;
    }
    const before = this.cost;
    if (before > this.total || this.depth > SMALL_DEPTH_MAX) return false;
    if (Array.isArray(value)) {
      if (Object.getPrototypeOf(value) !== Array.prototype || !this.array(value)) return false;
    } else if (this.record(value as Readonly<Record<string, unknown>>) === undefined) {
      return this.cost === before && Object.getPrototypeOf(value) === Date.prototype && this.date(value as Date);
    }
    return this.cost - before <= this.component;
  }

  private date(date: Date): boolean {
    if (!types.isDate(date)) return false;
    const timeMs = date.getTime();
    if (Number.isNaN(timeMs)) return false;
    this.cost += COST_DATE;
    this.writer.date(timeMs);
    return true;
  }

  private array(array: readonly unknown[]): boolean {
    const { length } = array;
    if (length > this.total) return false;
    if (++this.depth > this.height) this.height = this.depth;
    this.cost += COST_COLLECTION;
    this.writer.arrayStart(length);
    for (let index = 0; index < length; index++) if (!this.value(array[index])) return false;
    this.depth--;
    return true;
  }

  /** `undefined` when it is no record, and nothing was written then, or when it gave up in it. */
  private record(record: Readonly<Record<string, unknown>>): Shape | undefined {
    const shape = this.encoding.shapes.ofAll(record);
    if (shape === null || shape.cost > this.total) return undefined;
    const { emit } = shape;
    // What code was made for it looks at that itself.
    if (emit === null && Object.getPrototypeOf(record) !== Object.prototype) return undefined;
    // An edit has looked for them when it copied what was brought.
    if (!this.encoding.isSettled && Object.getOwnPropertySymbols(record).length > 0) return undefined;
    if (++this.depth > this.height) this.height = this.depth;
    this.cost += COST_COLLECTION + shape.cost;
    this.writer.recordStart(shape, false);
    if (emit !== null) {
      if (!emit(this, this.writer, record)) return undefined;
    } else if (!this.fields(record, shape)) return undefined;
    this.depth--;
    return shape;
  }

  private fields(record: Readonly<Record<string, unknown>>, shape: Shape): boolean {
    const { keys } = shape;
    if (++shape.uses === GENERATE_AFTER) this.generate(shape);
    for (let index = 0; index < keys.length; index++) if (!this.value(record[keys[index] as string])) return false;
    return true;
  }

  private generate(shape: Shape): void {
    const { keys } = shape;
    if (this.generations === 0 || keys.length === 0 || keys.length > GENERATED_KEYS_MAX) return;
    this.generations--;
    shape.emit = emitOf(keys);
  }
}

/** What a record's keys cost beside its values. */
export function costOfKeys(keys: readonly string[]): number {
  let cost = 0;
  for (const key of keys) cost += key.length + COST_KEY;
  return cost;
}
