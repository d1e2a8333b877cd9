/**
 * Leaves of a split text or typed array of which some units went and others came: cut anew from the start of the leaf on,
 * until a cut falls where one was before. What comes out are the leaves that the whole would be cut into.
 */
import type { Encoding } from '../encoding.js';
import { ELEMENT_BYTES, KIND_VALUE, NODE_STRING } from '../format.js';
import type { Part } from '../part.js';
import { Cursor } from './cursor.js';
import { roll } from './cutText.js';
import type { Content, TreeEdit, UnitPiece } from './edit.js';
import type { Row } from './grow.js';
import type { Replacement } from './splice.js';
import { Stretches } from './stretch.js';

interface UnitSplice {
  readonly at: number;
  readonly removed: number;
  readonly contents: readonly Content[];
}

export class UnitLeaves {
  readonly plains = new Map<Part, unknown>();
  private readonly splices: readonly UnitSplice[];
  private readonly count: number;
  private filling: LeafFilling;

  constructor(
    private readonly edit: TreeEdit,
    private readonly encoding: Encoding,
  ) {
    this.count = edit.base.count;
    this.splices = splicesOf(edit.units ?? [], this.count);
    this.filling = this.fillingFrom(true);
  }

  replaced(): Replacement[] {
    const { edit, splices } = this;
    const out: Replacement[] = [];
    let next = 0;
    while (next < splices.length) {
      const start = this.startOf(splices[next] as UnitSplice);
      const { cursor, before } = Cursor.atIndex(edit.base, start, edit.load);
      const from = cursor.clone();
      let here: Cursor | null = cursor;
      let leafFrom = before;
      let position = leafFrom;
      this.filling = this.fillingFrom(from.isFirst);
      for (;;) {
        const leafTo: number = leafFrom + here.part.count;
        if (position < leafTo || position === this.count) {
          [position, next] = this.merge(here, leafFrom, leafTo, position, next);
        }
        if (!here.next()) here = null;
        if (here === null) break;
        leafFrom = leafTo;
        if (!this.filling.isAtCut || position !== leafFrom) continue;
        const coming = splices[next];
        if (coming === undefined || !this.isIn(coming, leafFrom + here.part.count)) break;
      }
      this.filling.end();
      out.push({ from, to: here, row: this.filling.row });
    }
    return out;
  }

  private fillingFrom(isFirst: boolean): LeafFilling {
    const { of, type } = this.edit.base;
    return new LeafFilling(this.encoding, of === NODE_STRING ? 0 : (ELEMENT_BYTES[type] ?? 1), isFirst, this.plains);
  }

  /**
   * Where the leaves that a splice changes begin: a leaf before it where two units that make one character now stand on
   * either side of a cut.
   */
  private startOf({ at, removed, contents }: UnitSplice): number {
    const { edit } = this;
    if (edit.base.of !== NODE_STRING || at === 0) return at;
    if (Cursor.atIndex(edit.base, at, edit.load).before !== at) return at;
    const first = contents.length > 0 ? String(contents[0]).charCodeAt(0) : this.unitAt(at + removed);
    return isLow(first) ? at - 1 : at;
  }

  private unitAt(at: number): number {
    if (at >= this.count) return 0;
    const { cursor, before } = Cursor.atIndex(this.edit.base, at, this.edit.load);
    return (this.edit.load(cursor.part) as string).charCodeAt(at - before);
  }

  /** Takes in the units of a leaf from `position` on, as they are now. */
  private merge(here: Cursor, leafFrom: number, leafTo: number, from: number, first: number): [number, number] {
    let position = from;
    let next = first;
    for (;;) {
      const coming = this.splices[next];
      const isHere = coming !== undefined && this.isIn(coming, leafTo);
      if (isHere && coming.at === position) {
        for (const content of coming.contents) this.filling.add(content);
        position += coming.removed;
        next++;
      } else if (position < leafTo) {
        const to = isHere ? coming.at : leafTo;
        const leaf = this.edit.load(here.part) as Content;
        this.filling.add(leaf.slice(position - leafFrom, to - leafFrom));
        position = to;
      } else return [position, next];
    }
  }

  /** Whether a splice begins in the leaf that ends before `leafTo`. What comes behind all belongs to the last one. */
  private isIn({ at }: UnitSplice, leafTo: number): boolean {
    return at < leafTo || (leafTo === this.count && at === leafTo);
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

/** What went and what came, by the place before. */
function splicesOf(pieces: readonly UnitPiece[], count: number): UnitSplice[] {
  const splices: UnitSplice[] = [];
  let at = 0;
  let contents: Content[] = [];
  const close = (to: number) => {
    if (to > at || contents.length > 0) splices.push({ at, removed: to - at, contents });
    contents = [];
  };
  for (const piece of pieces) {
    if ('content' in piece) contents.push(piece.content);
    else {
      close(piece.from);
      at = piece.to;
    }
  }
  close(count);
  return splices;
}
