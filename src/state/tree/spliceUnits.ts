/**
 * Leaves of a split text or typed array of which some units went and others came: cut anew from the start of the leaf on,
 * until a cut falls where one was before. What comes out are the leaves that the whole would be cut into.
 */
import type { Encoding } from '../encoding.js';
import { ELEMENT_BYTES, KIND_VALUE, NODE_STRING } from '../format.js';
import type { Part } from '../part.js';
import { Cursor } from './cursor.js';
import { roll } from './cutText.js';
import type { Content, TreeEdit } from './edit.js';
import type { Row } from './grow.js';
import { type Filling, recut, type Splice, splicesOf } from './recut.js';
import type { Replacement } from './splice.js';
import { Stretches } from './stretch.js';

export class UnitLeaves implements Filling<Content> {
  readonly plains = new Map<Part, unknown>();
  private readonly splices: readonly Splice<Content>[];
  private readonly count: number;
  private filling: LeafFilling;

  constructor(
    private readonly edit: TreeEdit,
    private readonly encoding: Encoding,
  ) {
    this.count = edit.base.count;
    this.splices = splicesOf(edit.units ?? [], this.count, ({ content }) => content);
    this.filling = this.fillingFrom(true);
  }

  replaced(): Replacement[] {
    return recut(this.edit, this.splices, this, (splice) => this.startOf(splice));
  }

  begin(isFirst: boolean): void {
    this.filling = this.fillingFrom(isFirst);
  }

  bring(content: Content): void {
    this.filling.add(content);
  }

  keep(leaf: unknown, from: number, to: number): void {
    this.filling.add((leaf as Content).slice(from, to));
  }

  get isAtCut(): boolean {
    return this.filling.isAtCut;
  }

  end(): Row {
    this.filling.end();
    return this.filling.row;
  }

  private fillingFrom(isFirst: boolean): LeafFilling {
    const { of, type } = this.edit.base;
    return new LeafFilling(this.encoding, of === NODE_STRING ? 0 : (ELEMENT_BYTES[type] ?? 1), isFirst, this.plains);
  }

  /**
   * Where the leaves that a splice changes begin: a leaf before it where two units that make one character now stand on
   * either side of a cut.
   */
  private startOf({ at, removed, portions }: Splice<Content>): number {
    const { edit } = this;
    if (edit.base.of !== NODE_STRING || at === 0) return at;
    if (Cursor.atIndex(edit.base, at, edit.load).before !== at) return at;
    const first = portions.length > 0 ? String(portions[0]).charCodeAt(0) : this.unitAt(at + removed);
    return isLow(first) ? at - 1 : at;
  }

  private unitAt(at: number): number {
    if (at >= this.count) return 0;
    const { cursor, before } = Cursor.atIndex(this.edit.base, at, this.edit.load);
    return (this.edit.load(cursor.part) as string).charCodeAt(at - before);
  }
}

/** Units that come one after another, cut into leaves. */
class LeafFilling {
  readonly row: Row = { parts: [], ends: [] };
  private readonly stretches: Stretches;
  private pending: Content;
  /** Units of `pending` that were looked at. */
  private seen = 0;
  private hash = 0;

  constructor(
    private readonly encoding: Encoding,
    /** Bytes of an element; 0 for a text. */
    private readonly width: number,
    isFirst: boolean,
    private readonly plains: Map<Part, unknown>,
  ) {
    this.stretches = new Stretches(encoding.limits, 0, isFirst);
    this.pending = width === 0 ? '' : new Uint8Array(0);
  }

  /** Whether the next leaf begins as it would have begun before. */
  get isAtCut(): boolean {
    return this.pending.length === 0 && this.stretches.needsMarks;
  }

  add(content: Content): void {
    this.pending = this.pending.length === 0 ? content : concatenated(this.pending, content);
    this.scan(false);
  }

  end(): void {
    this.scan(true);
    if (this.pending.length > 0) this.cut(0, this.pending.length);
  }

  private scan(isLast: boolean): void {
    const from = typeof this.pending === 'string' ? this.scanText(this.pending, isLast) : this.scanBytes(this.pending);
    this.pending = this.pending.slice(from);
    this.seen -= from;
  }

  /** Gives where the leaf that is being filled begins. A text's last unit waits for the next: the two may be one. */
  private scanText(text: string, isLast: boolean): number {
    let from = 0;
    for (let at = this.seen; at < text.length; at = this.seen) {
      const unit = text.charCodeAt(at);
      const isHigh = (unit & 0xfc00) === 0xd800;
      if (isHigh && at === text.length - 1 && !isLast) break;
      this.hash = roll(this.hash, unit);
      let size = 1;
      const second = isHigh ? text.charCodeAt(at + 1) : 0;
      if (isLow(second)) {
        this.hash = roll(this.hash, second);
        size = 2;
      }
      this.seen += size;
      if (!this.stretches.take(size, this.hash)) continue;
      this.cut(from, this.seen);
      from = this.seen;
    }
    return from;
  }

  private scanBytes(bytes: Uint8Array): number {
    let from = 0;
    while (this.seen < bytes.length) {
      for (const to = this.seen + this.width; this.seen < to; this.seen++) {
        this.hash = roll(this.hash, bytes[this.seen] as number);
      }
      if (!this.stretches.take(this.width, this.hash)) continue;
      this.cut(from, this.seen);
      from = this.seen;
    }
    return from;
  }

  private cut(from: number, to: number): void {
    const { encoding } = this;
    const content = this.pending.slice(from, to);
    encoding.begin();
    if (typeof content === 'string') encoding.writer.string(content);
    else encoding.writer.typed(0, content);
    const part = encoding.finish(KIND_VALUE, content.length, 0);
    this.plains.set(part, content);
    this.row.parts.push(part);
    this.row.ends.push(this.hash >>> 0);
    this.hash = 0;
  }
}

function concatenated(one: Content, other: Content): Content {
  if (typeof one === 'string' || typeof other === 'string') return `${String(one)}${String(other)}`;
  const bytes = new Uint8Array(one.length + other.length);
  bytes.set(one);
  bytes.set(other, one.length);
  return bytes;
}

function isLow(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}
