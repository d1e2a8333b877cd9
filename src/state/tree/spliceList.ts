/** Leaves of a split list of which some elements went and others came. */
import type { Part } from '../part.js';
import type { TreeEdit } from './edit.js';
import type { Row } from './grow.js';
import { type Filling, recut, type Splice, splicesOf } from './recut.js';
import type { Replacement, SpliceTools } from './splice.js';
import { Stretches } from './stretch.js';

type Items = readonly unknown[];

export class ListLeaves implements Filling<Items> {
  readonly plains = new Map<Part, unknown>();
  private readonly splices: readonly Splice<Items>[];
  private pending: unknown[] = [];
  private row: Row = { parts: [], ends: [] };
  private stretches: Stretches;
  private mark = 0;

  constructor(
    private readonly edit: TreeEdit,
    private readonly tools: SpliceTools,
  ) {
    this.splices = splicesOf(edit.pieces ?? [], edit.base.count, ({ items }) => items);
    this.stretches = new Stretches(tools.encoding.limits, 0, true);
  }

  replaced(): Replacement[] {
    return recut(this.edit, this.splices, this, ({ at }) => at);
  }

  begin(isFirst: boolean): void {
    this.row = { parts: [], ends: [] };
    this.stretches = new Stretches(this.tools.encoding.limits, 0, isFirst);
  }

  bring(items: Items, at: number): void {
    for (let index = 0; index < items.length; index++) this.add(items[index], at + index);
  }

  keep(leaf: unknown, from: number, to: number, at: number): void {
    const elements = leaf as Items;
    for (let index = from; index < to; index++) this.add(elements[index], at + index - from);
  }

  get isAtCut(): boolean {
    return this.pending.length === 0 && this.stretches.needsMarks;
  }

  end(): Row {
    if (this.pending.length > 0) this.cut();
    return this.row;
  }

  private add(element: unknown, index: number): void {
    const size = this.tools.costOf(element, index);
    this.pending.push(element);
    this.mark = this.tools.digest.of(element);
    if (this.stretches.take(size, this.mark)) this.cut();
  }

  private cut(): void {
    const part = this.tools.splitter.arrayLeaf(this.pending, 0, this.pending.length);
    this.plains.set(part, this.pending);
    this.row.parts.push(part);
    this.row.ends.push(this.mark >>> 0);
    this.pending = [];
  }
}
