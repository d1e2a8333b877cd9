/**
 * Checks a value from the top and measures it from the leaves up; what is too big to stand in place is handed over to be
 * made a block of its own, children before parents. Whatever the value model has no place for is refused here, with the
 * path.
 */
import { MAX_DEPTH } from '../protocol/limits.js';
import type { Hash } from '../store/index.js';
import { bigintCost } from './cost.js';
import type { Encoding } from './encoding.js';
import { FieldsEdit } from './fieldsEdit.js';
import {
  COST_BLOCK,
  COST_BYTES,
  COST_COLLECTION,
  COST_CONSTANT,
  COST_DATE,
  COST_KEY,
  COST_NUMBER,
  COST_STRING,
} from './format.js';
import { sortEntries, sortMembers } from './keyOrder.js';
import { describe, isPlainArray, isPlainPrototype, kindOf } from './kind.js';
import { Part } from './part.js';
import { refuseDepth, refuseValue } from './refusal.js';
import type { SmallValue } from './smallValue.js';
import { TreeEdit } from './tree/edit.js';
import { TreeNode } from './tree/node.js';
import { type Exchange, patchBlock } from './tree/patchBlock.js';

/** Makes a measured value a block of its own. */
export type Separate = (value: unknown, height: number) => Part;

/** Encodes a node or an edited split value; what no longer needs to be split is given as plain data. */
export type EncodeTree = (
  tree: TreeNode | TreeEdit,
  costOf: (value: unknown, segment: string | number) => number,
  makeBlock: (value: unknown, segment: string | number) => void,
) => Part | { readonly plain: unknown };

export class Measure {
  /** Levels of collections of the value that was measured last. */
  height = 0;
  /** Costs of the entries of the collection measured last, in the order in which it gives them, from `costsFrom`. */
  readonly costs: number[] = [];
  costsFrom = 0;
  private depthLimit = MAX_DEPTH;
  private readonly path: (string | number)[] = [];
  private readonly ancestors: unknown[] = [];

  constructor(
    private readonly encoding: Encoding,
    private readonly separate: Separate,
    private readonly standalone: (value: unknown) => Hash,
    private readonly encodeTree: EncodeTree,
    private readonly small: SmallValue,
  ) {}

  /**
   * Checks and measures a value; those below it that are too big have their blocks afterwards.
   * @param levels of collections that it may have
   */
  whole(value: unknown, levels: number): void {
    this.depthLimit = levels;
    this.costsFrom = 0;
    this.path.length = 0;
    this.ancestors.length = 0;
    this.value(value, 0);
  }

  /** The cost of a value that stands `depth` levels down. */
  value(value: unknown, depth: number): number {
    this.height = 0;
    switch (typeof value) {
      case 'string': {
        const cost = value.length + COST_STRING;
        return cost > this.encoding.limits.component && depth > 0 ? this.apart(value) : cost;
      }
      case 'number':
        return COST_NUMBER;
      case 'boolean':
        return COST_CONSTANT;
      case 'object':
        break;
      case 'bigint': {
        const cost = bigintCost(value);
        return cost > this.encoding.limits.component && depth > 0 ? this.apart(value) : cost;
      }
      default:
        return this.refuse(value, depth);
    }
    if (value === null) return COST_CONSTANT;
    if (value instanceof Part) return this.known(value, depth);
    const { parts, limits } = this.encoding;
    if (parts.size > 0) {
      const part = parts.get(value);
      if (part !== undefined) return this.known(part, depth);
    }
    const cost = this.object(value, depth);
    return cost > limits.component && depth > 0 ? this.apart(value) : cost;
  }

  private known(part: Part, depth: number): number {
    this.height = part.height;
    if (depth + part.height > this.depthLimit) this.refuseDepth(depth);
    return COST_BLOCK;
  }

  private apart(value: unknown): number {
    const { parts } = this.encoding;
    if (!parts.has(value)) {
      const { height } = this;
      parts.set(value, this.separate(value, height));
      this.height = height;
    }
    return COST_BLOCK;
  }

  private object(value: object, depth: number): number {
    if (Array.isArray(value)) return this.array(value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || isPlainPrototype(prototype)) return this.record(value, depth);
    switch (kindOf(value)) {
      case 'map':
        return this.map(value as ReadonlyMap<unknown, unknown>, depth);
      case 'set':
        return this.set(value as ReadonlySet<unknown>, depth);
      case 'date':
        if (Number.isNaN((value as Date).getTime())) this.refuse(value, depth, 'an invalid Date');
        return COST_DATE;
      case 'bytes':
        return COST_BYTES + (value as ArrayBufferView).byteLength;
      default:
        if (value instanceof FieldsEdit) return this.fields(value, depth);
        if (value instanceof TreeNode || value instanceof TreeEdit) return this.tree(value, depth);
        return this.encoding.asLink(value) === undefined ? this.refuse(value, depth) : COST_BLOCK;
    }
  }

  /** A record of one block: patched where blocks came in the place of blocks, else plain. */
  private fields(edit: FieldsEdit, depth: number): number {
    const { parts, plains } = this.encoding;
    const plain = plains.get(edit);
    if (plain !== undefined) return this.value(plain, depth);
    const patched = this.patched(edit, depth);
    if (patched !== undefined) {
      parts.set(edit, patched);
      return this.known(patched, depth);
    }
    const fields = edit.plain;
    plains.set(edit, fields);
    return this.value(fields, depth);
  }

  private patched({ part, base, changes }: FieldsEdit, depth: number): Part | undefined {
    const exchanges: Exchange[] = [];
    for (const [key, value] of changes) {
      this.path[depth] = key;
      this.exchanged(value, depth + 1);
      const from = base[key];
      const to = value instanceof Part ? value : this.encoding.parts.get(value);
      if (!(from instanceof Part) || to === undefined || from.height !== to.height) return undefined;
      exchanges.push({ key, from, to });
    }
    const count = part.count > 0 ? part.count : Object.keys(base).length;
    const { fresh, height } = part;
    return patchBlock(this.encoding, { value: base, part, fresh, count, height }, exchanges);
  }

  /** A value that stands where a block stood: mostly one again, written in one pass. */
  private exchanged(value: unknown, depth: number): number {
    const { encoding, small } = this;
    const isNew = typeof value === 'object' && value !== null && !(value instanceof Part) && !encoding.parts.has(value);
    const part = isNew ? small.part(value, encoding.limits.component) : undefined;
    if (part === undefined) return this.value(value, depth);
    encoding.parts.set(value, part);
    return this.known(part, depth);
  }

  /** What was split before; its edited leaves and nodes become blocks here. */
  private tree(tree: TreeNode | TreeEdit, depth: number): number {
    const { parts, plains } = this.encoding;
    if (tree instanceof TreeEdit) {
      const plain = plains.get(tree);
      if (plain !== undefined) return this.value(plain, depth);
    }
    const costOf = (value: unknown, segment: string | number) => {
      this.path[depth] = segment;
      return this.value(value, depth + 1);
    };
    const makeBlock = (value: unknown, segment: string | number) => {
      this.path[depth] = segment;
      this.exchanged(value, depth + 1);
    };
    const result = this.encodeTree(tree, costOf, makeBlock);
    if (result instanceof Part) {
      parts.set(tree, result);
      return this.known(result, depth);
    }
    if (tree instanceof TreeEdit) plains.set(tree, result.plain);
    return this.value(result.plain, depth);
  }

  private array(value: readonly unknown[], depth: number): number {
    if (!isPlainArray(value)) this.refuse(value, depth);
    this.enter(value, depth);
    const { costs, costsFrom: from } = this;
    let cost = COST_COLLECTION;
    let height = 0;
    for (let index = 0; index < value.length; index++) {
      this.path[depth] = index;
      const element = value[index];
      if (element === undefined && !(index in value)) this.refuse(element, depth + 1, 'a hole (a sparse array)');
      this.costsFrom = from + index;
      const one = this.value(element, depth + 1);
      costs[from + index] = one;
      cost += one;
      if (this.height > height) height = this.height;
    }
    this.costsFrom = from;
    this.height = height + 1;
    return cost;
  }

  private record(value: object, depth: number): number {
    this.enter(value, depth);
    const symbols = Object.getOwnPropertySymbols(value);
    if (symbols.length > 0) this.refuse(value, depth, `a record with a symbol as a key (${String(symbols[0])})`);
    const record = value as Readonly<Record<string, unknown>>;
    const { costs, costsFrom: from } = this;
    let cost = COST_COLLECTION;
    let height = 0;
    let index = from;
    for (const key of Object.keys(value)) {
      const item = record[key];
      if (item === undefined) continue;
      this.path[depth] = key;
      this.costsFrom = index;
      const one = key.length + COST_KEY + this.value(item, depth + 1);
      costs[index++] = one;
      cost += one;
      if (this.height > height) height = this.height;
    }
    this.costsFrom = from;
    this.height = height + 1;
    return cost;
  }

  private map(value: ReadonlyMap<unknown, unknown>, depth: number): number {
    this.enter(value, depth);
    const { costs, costsFrom: from } = this;
    let cost = COST_COLLECTION;
    let height = 0;
    let index = from;
    let hasObjects = false;
    for (const [key, item] of value) {
      this.path[depth] = typeof key === 'string' || typeof key === 'number' ? key : `(a key, ${describe(key)})`;
      this.costsFrom = index;
      const ofKey = this.member(key, depth + 1);
      if (this.height > height) height = this.height;
      const one = ofKey + this.value(item, depth + 1);
      if (this.height > height) height = this.height;
      costs[index++] = one;
      cost += one;
      if (typeof key === 'object' && key !== null) hasObjects = true;
    }
    this.costsFrom = from;
    const { ordered } = this.encoding;
    if (hasObjects && !ordered.has(value)) ordered.set(value, sortEntries(value, this.standalone));
    this.height = height + 1;
    return cost;
  }

  private set(value: ReadonlySet<unknown>, depth: number): number {
    this.enter(value, depth);
    const { costs, costsFrom: from } = this;
    let cost = COST_COLLECTION;
    let height = 0;
    let index = 0;
    let hasObjects = false;
    for (const member of value) {
      this.path[depth] = index;
      this.costsFrom = from + index;
      const one = this.member(member, depth + 1);
      costs[from + index++] = one;
      cost += one;
      if (this.height > height) height = this.height;
      if (typeof member === 'object' && member !== null) hasObjects = true;
    }
    this.costsFrom = from;
    const { ordered } = this.encoding;
    if (hasObjects && !ordered.has(value)) ordered.set(value, sortMembers(value, this.standalone));
    this.height = height + 1;
    return cost;
  }

  /** Keys of Maps and members of Sets: text and integers stay in the block however long, so that they can be ordered. */
  private member(key: unknown, depth: number): number {
    if (typeof key !== 'string' && typeof key !== 'bigint') return this.value(key, depth);
    this.height = 0;
    return typeof key === 'string' ? key.length + COST_STRING : bigintCost(key);
  }

  private enter(value: object, depth: number): void {
    if (depth >= this.depthLimit) this.refuseDepth(depth);
    this.ancestors[depth] = value;
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
}
