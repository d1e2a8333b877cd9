/**
 * Encodes an edited split value from what it was before: leaves that changed are cut anew, from the start of the stretch on
 * until a cut falls where one was before; then the nodes above them likewise, level by level. What comes out is what the
 * whole value would be encoded to.
 */

import { keyCost } from '../cost.js';
import { digestOfKey } from '../digest.js';
import type { ValueDigest } from '../digestValue.js';
import type { Encoding } from '../encoding.js';
import { changedFields, type Fields } from '../fieldsEdit.js';
import { COST_KEY, NODE_ARRAY, NODE_BARE_RECORD, NODE_MAP } from '../format.js';
import { compareKeys } from '../keyOrder.js';
import type { LoadPart, Part } from '../part.js';
import { Cursor } from './cursor.js';
import { ABSENT, type TreeEdit } from './edit.js';
import { type End, isBehind, isOfRecord, markOfEnd, sizeOfEnd } from './ends.js';
import { exchanged } from './exchange.js';
import { grow, type Row, writeNode } from './grow.js';
import { join } from './join.js';
import { TreeNode } from './node.js';
import { type Exchange, patchBlock } from './patchBlock.js';
import { ListLeaves } from './spliceList.js';
import { UnitLeaves } from './spliceUnits.js';
import type { Splitter } from './split.js';
import { Stretches } from './stretch.js';

export interface SpliceTools {
  readonly encoding: Encoding;
  readonly splitter: Splitter;
  readonly digest: ValueDigest;
  /** The cost of a value that stands under a key or at an index of the edited one; checks it and makes its blocks. */
  readonly costOf: (value: unknown, segment: string | number) => number;
  /** Makes the blocks of a value that is likely to be one itself. */
  readonly makeBlock: (value: unknown, segment: string | number) => void;
}

/** What stands on a level in place of some neighbours. */
export interface Replacement {
  readonly from: Cursor;
  /** The first place behind them; null at the end of the level. */
  readonly to: Cursor | null;
  readonly row: Row;
}

/** The edited value as a part; where all of it fits into one leaf, as plain data. */
export function splice(edit: TreeEdit, tools: SpliceTools): Part | { readonly plain: unknown } {
  const patched = exchanged(edit, tools.encoding, tools.makeBlock);
  if (patched !== undefined) return patched;
  const leaves = leavesOf(edit, tools);
  let replacements = leaves.replaced();
  const { of, type, level, children, ends } = edit.base;
  if (replacements.length === 0) {
    const row = { parts: [...children], ends: [...ends] };
    return writeNode(tools.encoding, of, type, level, row, 0, children.length);
  }
  for (let here = 1; ; here++) {
    const above = patchedAbove(replacements, tools.encoding) ?? raise(replacements, of, type, here, tools.encoding);
    if ('parts' in above) return topOf(above, here, edit, leaves, tools);
    replacements = above;
  }
}

function leavesOf(edit: TreeEdit, tools: SpliceTools) {
  if (edit.units !== null) return new UnitLeaves(edit, tools.encoding);
  return edit.pieces === null ? new KeyedLeaves(edit, tools) : new ListLeaves(edit, tools);
}

/** The top of the tree whose level `level` is this row. */
function topOf(
  row: Row,
  level: number,
  edit: TreeEdit,
  leaves: { readonly plains: ReadonlyMap<Part, unknown> },
  tools: SpliceTools,
): Part | { readonly plain: unknown } {
  const { of, type } = edit.base;
  if (row.parts.length > 1) return grow(tools.encoding, of, type, row, level + 1);
  let part = row.parts[0];
  if (part === undefined) return { plain: edit.units === null ? emptyOf(of) : join(of, type, []) };
  for (let here = level; ; here--) {
    if (here > 0 && (part.fresh?.components ?? 0) > 1) return part;
    const below: readonly Part[] = here === 0 ? [] : childrenOf(part, edit.load);
    if (here > 0 && below.length > 1) return part;
    if (here === 0) {
      const plain = leaves.plains.get(part) ?? edit.load(part);
      return { plain: edit.units === null ? plain : join(of, type, [plain]) };
    }
    part = below[0] as Part;
  }
}

function childrenOf(part: Part, load: LoadPart): readonly Part[] {
  if (part.fresh !== null) return part.fresh.children;
  const node = load(part);
  return node instanceof TreeNode ? node.children : [];
}

function emptyOf(of: number): unknown {
  if (of === NODE_ARRAY) return [];
  if (of === NODE_BARE_RECORD) return Object.create(null);
  return of === NODE_MAP ? new Map() : isOfRecord(of) ? {} : new Set();
}

/**
 * The nodes of a level where as many places with the same ends came in the place of others: no cut moves, and the nodes are
 * patched. `undefined` where that is not so.
 */
function patchedAbove(replaced: readonly Replacement[], encoding: Encoding): Replacement[] | Row | undefined {
  const out: Replacement[] = [];
  for (let next = 0; next < replaced.length; ) {
    const { from } = replaced[next] as Replacement;
    const { node } = from;
    const exchanges: Exchange[] = [];
    let { count } = node;
    for (; next < replaced.length; next++) {
      const replacement = replaced[next] as Replacement;
      if (!replacement.from.isInNodeOf(from)) break;
      const added = exchangesOf(replacement);
      if (added === undefined) return undefined;
      for (const exchange of added) {
        exchanges.push(exchange);
        count += exchange.to.count - exchange.from.count;
      }
    }
    const { fresh, height } = node;
    const part = patchBlock(encoding, { value: node, part: null, fresh, count, height }, exchanges);
    if (part === undefined) return undefined;
    if (from.nodes.length === 1) return { parts: [part], ends: [node.ends[node.ends.length - 1]] };
    const above = from.up();
    const to = above.clone();
    out.push({ from: above, to: to.next() ? to : null, row: { parts: [part], ends: [above.end] } });
  }
  return out;
}

function exchangesOf({ from, to, row }: Replacement): readonly Exchange[] | undefined {
  const { node, index } = from;
  const { length } = row.parts;
  if (length === 0 || index + length > node.children.length) return undefined;
  const behind = from.clone();
  const exchanges: Exchange[] = [];
  let isMore = true;
  for (let at = 0; at < length; at++) {
    const key = index + at;
    const exchange = { key, from: node.children[key] as Part, to: row.parts[at] as Part };
    if (!Object.is(node.ends[index + at], row.ends[at]) || exchange.from.height !== exchange.to.height)
      return undefined;
    exchanges.push(exchange);
    isMore = behind.next();
  }
  const isAllReplaced = to === null ? !isMore : isMore && behind.isAt(to);
  return isAllReplaced ? exchanges : undefined;
}

/** The nodes of a level anew, where places below them were replaced; the whole level as a row when it is the top. */
function raise(
  replaced: readonly Replacement[],
  of: number,
  type: number,
  level: number,
  encoding: Encoding,
): Replacement[] | Row {
  const out: Replacement[] = [];
  let next = 0;
  while (next < replaced.length) {
    const { from } = replaced[next] as Replacement;
    const filling = new NodeFilling(encoding, of, type, level);
    let here: Cursor | null = from.first();
    for (;;) {
      const replacement: Replacement | undefined = replaced[next];
      if (replacement !== undefined && here.isAt(replacement.from)) {
        const { row } = replacement;
        for (let index = 0; index < row.parts.length; index++) filling.add(row.parts[index] as Part, row.ends[index]);
        here = replacement.to?.clone() ?? null;
        next++;
      } else {
        filling.add(here.part, here.end);
        if (!here.next()) here = null;
      }
      if (here === null) break;
      if (filling.isAtCut && here.index === 0) {
        const coming: Replacement | undefined = replaced[next];
        if (coming === undefined || !coming.from.isInNodeOf(here)) break;
      }
    }
    filling.end();
    if (from.nodes.length === 1) return filling.row;
    out.push({ from: from.up(), to: here?.up() ?? null, row: filling.row });
  }
  return out;
}

/** Children that come one after another, made into nodes. */
class NodeFilling {
  readonly row: Row = { parts: [], ends: [] };
  private readonly children: Row = { parts: [], ends: [] };
  private readonly stretches: Stretches;
  private from = 0;

  constructor(
    private readonly encoding: Encoding,
    private readonly of: number,
    private readonly type: number,
    private readonly level: number,
  ) {
    this.stretches = new Stretches(encoding.limits, level, false);
  }

  get isAtCut(): boolean {
    return this.from === this.children.parts.length;
  }

  add(part: Part, end: End): void {
    this.children.parts.push(part);
    this.children.ends.push(end);
    if (this.stretches.take(sizeOfEnd(this.of, end), markOfEnd(this.of, end))) this.cut();
  }

  end(): void {
    if (!this.isAtCut) this.cut();
  }

  private cut(): void {
    const { children } = this;
    const to = children.parts.length;
    this.row.parts.push(writeNode(this.encoding, this.of, this.type, this.level, children, this.from, to));
    this.row.ends.push(children.ends[to - 1]);
    this.from = to;
  }
}

interface Leaf {
  readonly part: Part;
  readonly plain: unknown;
}

/** What a leaf of a record or Map has under a key; `undefined` where it has nothing, and in a leaf of a Set. */
function valueIn(leaf: unknown, key: unknown): unknown {
  if (leaf instanceof Map) return leaf.get(key);
  return typeof key === 'string' && Object.hasOwn(leaf as object, key) ? (leaf as Fields)[key] : undefined;
}

/** Leaves of a record, Map or Set that were changed under some keys. */
class KeyedLeaves {
  readonly plains = new Map<Part, unknown>();
  private readonly of: number;
  private readonly keys: readonly unknown[];
  private readonly isRecord: boolean;
  private pendingKeys: unknown[] = [];
  private pending = new Map<unknown, unknown>();
  private row: Row = { parts: [], ends: [] };
  private stretches: Stretches;

  constructor(
    private readonly edit: TreeEdit,
    private readonly tools: SpliceTools,
  ) {
    this.of = edit.base.of;
    this.isRecord = isOfRecord(this.of);
    const keys = [...(edit.changes?.keys() ?? [])];
    this.keys = this.isRecord ? keys.sort() : keys.sort(compareKeys);
    this.stretches = new Stretches(tools.encoding.limits, 0, true);
  }

  replaced(): Replacement[] {
    const { edit, keys } = this;
    const out: Replacement[] = [];
    let next = 0;
    while (next < keys.length) {
      let here: Cursor | null = Cursor.atKey(edit.base, keys[next], edit.load);
      const from = here.clone();
      this.row = { parts: [], ends: [] };
      const behind = this.rewritten(here, next);
      if (behind > next) {
        next = behind;
        out.push({ from, to: here.next() ? here : null, row: this.row });
        continue;
      }
      this.stretches = new Stretches(this.tools.encoding.limits, 0, from.isFirst);
      for (;;) {
        next = this.merge(here, next);
        if (!here.next()) here = null;
        if (here === null) break;
        const isAtOldCut = this.pendingKeys.length === 0 && this.stretches.needsMarks;
        if (isAtOldCut && (next >= keys.length || !this.isIn(keys[next], here))) break;
      }
      if (this.pendingKeys.length > 0) this.cut();
      out.push({ from, to: here, row: this.row });
    }
    return out;
  }

  /**
   * The commonest edit of a leaf: other values of the same cost stand under some of its keys. No cut moves then, and the
   * leaf is written again without measuring what else is in it.
   * @returns the first change that belongs to another leaf; `first` where this leaf is not such a one
   */
  private rewritten(here: Cursor, first: number): number {
    const { keys, edit } = this;
    const leaf = edit.load(here.part);
    const values = new Map<unknown, unknown>();
    let next = first;
    for (; next < keys.length && this.isIn(keys[next], here); next++) {
      const key = keys[next];
      const value = edit.changes?.get(key);
      const before = valueIn(leaf, key);
      if (before === undefined || value === ABSENT || this.costAt(key, before) !== this.costAt(key, value))
        return first;
      values.set(key, value);
    }
    this.put(leaf instanceof Map ? this.mapAgain(leaf, values) : this.recordAgain(leaf as Fields, values), here.end);
    return next;
  }

  private mapAgain(leaf: ReadonlyMap<unknown, unknown>, values: ReadonlyMap<unknown, unknown>): Leaf {
    const map = new Map(leaf);
    for (const [key, value] of values) map.set(key, value);
    return { part: this.tools.splitter.mapLeaf([...map], 0, map.size), plain: map };
  }

  private recordAgain(leaf: Fields, values: ReadonlyMap<unknown, unknown>): Leaf {
    const record = changedFields(leaf, values as ReadonlyMap<string, unknown>);
    return { part: this.tools.splitter.leafOfRecord(Object.freeze(record)), plain: record };
  }

  private put({ part, plain }: Leaf, end: End): void {
    this.plains.set(part, plain);
    this.row.parts.push(part);
    this.row.ends.push(end);
  }

  /** Takes in the entries of a leaf as they are now. Gives the first change that belongs to another one. */
  private merge(here: Cursor, first: number): number {
    const { keys } = this;
    const leaf = this.edit.load(here.part);
    let next = first;
    for (const [key, value] of this.entriesOf(leaf)) {
      while (next < keys.length && this.isBefore(keys[next], key)) this.change(keys[next++]);
      if (next < keys.length && Object.is(keys[next], key)) this.change(keys[next++]);
      else this.add(key, value);
    }
    while (next < keys.length && this.isIn(keys[next], here)) this.change(keys[next++]);
    return next;
  }

  private entriesOf(leaf: unknown): Iterable<readonly [unknown, unknown]> {
    // A record's keys come in JavaScript's order, which is not theirs where some are integers.
    if (this.isRecord) {
      const record = leaf as Readonly<Record<string, unknown>>;
      return Object.keys(record)
        .sort()
        .map((key) => [key, record[key]] as const);
    }
    return (leaf as ReadonlyMap<unknown, unknown>).entries();
  }

  private isBefore(key: unknown, other: unknown): boolean {
    return this.isRecord ? (key as string) < (other as string) : compareKeys(key, other) < 0;
  }

  private isIn(key: unknown, here: Cursor): boolean {
    return !isBehind(this.of, key, here.end) || here.isLast;
  }

  private change(key: unknown): void {
    const value = this.edit.changes?.get(key);
    if (value !== ABSENT) this.add(key, value);
  }

  private add(key: unknown, value: unknown): void {
    let size: number;
    if (this.isRecord) size = (key as string).length + COST_KEY + this.costAt(key, value);
    else if (this.of === NODE_MAP) size = keyCost(key) + this.costAt(key, value);
    else size = keyCost(key);
    this.pendingKeys.push(key);
    this.pending.set(key, value);
    const mark = this.isRecord ? digestOfKey(key as string) : this.tools.digest.ofMember(key);
    if (this.stretches.take(size, mark)) this.cut();
  }

  private costAt(key: unknown, value: unknown): number {
    return this.tools.costOf(value, typeof key === 'string' || typeof key === 'number' ? key : String(key));
  }

  private cut(): void {
    const { splitter } = this.tools;
    const keys = this.pendingKeys;
    let part: Part;
    let plain: unknown;
    if (this.isRecord) {
      const record: Record<string, unknown> = this.of === NODE_BARE_RECORD ? Object.create(null) : {};
      for (const [key, value] of this.pending) {
        if (key !== '__proto__') record[key as string] = value;
        else Object.defineProperty(record, '__proto__', { value, enumerable: true });
      }
      part = splitter.recordLeaf(record, keys as string[], this.of === NODE_BARE_RECORD);
      plain = record;
    } else if (this.of === NODE_MAP) {
      part = splitter.mapLeaf([...this.pending], 0, keys.length);
      plain = this.pending;
    } else {
      part = splitter.setLeaf(keys, 0, keys.length);
      plain = new Set(keys);
    }
    this.put({ part, plain }, keys[keys.length - 1]);
    this.pendingKeys = [];
    this.pending = new Map();
  }
}
