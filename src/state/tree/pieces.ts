/**
 * A split list while it is edited: ranges of the list before, and elements that came. Reads single elements through the
 * tree; a range that is removed is read, what stays is not. The idea is that of a piece table in an editor.
 */
import type { LoadPart } from '../part.js';
import { type Piece, TreeEdit } from './edit.js';
import { gather } from './gather.js';
import { elementOf, leafOfIndex } from './lookup.js';
import type { TreeNode } from './node.js';

/** As in an edit, but elements may still be written to. */
type OpenPiece = { readonly from: number; readonly to: number } | { readonly items: unknown[] };

export class Pieces {
  length: number;
  private readonly node: TreeNode;
  private pieces: OpenPiece[];
  /** Elements of the list before that were drafted or written where they stand, by their index there. */
  private readonly overlay = new Map<number, unknown>();

  constructor(
    private readonly tree: TreeNode | TreeEdit,
    private readonly load: LoadPart,
  ) {
    this.node = tree instanceof TreeEdit ? tree.base : tree;
    const before: readonly Piece[] = (tree instanceof TreeEdit ? tree.pieces : null) ?? [
      { from: 0, to: this.node.count },
    ];
    this.pieces = before.map((piece) => ('items' in piece ? { items: [...piece.items] } : piece));
    this.length = before.reduce((length, piece) => length + sizeOf(piece), 0);
  }

  /** What stands at an index that is in the list: an entry of the tree, or what was put there. */
  get(index: number): unknown {
    const { piece, at } = this.find(index);
    if ('items' in piece) return piece.items[at];
    const stored = piece.from + at;
    return this.overlay.has(stored) ? this.overlay.get(stored) : elementOf(this.node, stored, this.load);
  }

  set(index: number, value: unknown): void {
    const { piece, at } = this.find(index);
    if ('items' in piece) piece.items[at] = value;
    else this.overlay.set(piece.from + at, value);
  }

  /** What stands from an index on, leaf after leaf, not opened. Not to be changed meanwhile. */
  *from(start: number): Generator<unknown, undefined> {
    let before = 0;
    for (const piece of this.pieces) {
      const size = sizeOf(piece);
      const first = Math.max(0, start - before);
      before += size;
      if ('items' in piece) {
        for (let at = first; at < size; at++) yield piece.items[at];
        continue;
      }
      for (let stored = piece.from + first; stored < piece.to; ) {
        const leaf = leafOfIndex(this.node, stored, this.load);
        const elements = leaf === undefined ? [] : (this.load(leaf.part) as readonly unknown[]);
        if (leaf === undefined || elements.length === 0) return;
        for (let { at } = leaf; at < elements.length && stored < piece.to; at++, stored++) {
          yield this.overlay.has(stored) ? this.overlay.get(stored) : elements[at];
        }
      }
    }
  }

  /** Puts elements at the end. */
  append(items: readonly unknown[]): void {
    const last = this.pieces[this.pieces.length - 1];
    if (last !== undefined && 'items' in last) for (const item of items) last.items.push(item);
    else if (items.length > 0) this.pieces.push({ items: [...items] });
    this.length += items.length;
  }

  /** Takes all elements from an index on away. Reads none of them. */
  shorten(length: number): void {
    const pieces: OpenPiece[] = [];
    let before = 0;
    for (const piece of this.pieces) {
      if (before < length) push(pieces, cut(piece, 0, Math.min(sizeOf(piece), length - before)));
      before += sizeOf(piece);
    }
    this.pieces = pieces;
    this.length = length;
  }

  /** Puts elements in the place of others, and gives those. */
  splice(start: number, count: number, items: readonly unknown[]): unknown[] {
    if (count === 0 && start === this.length) {
      this.append(items);
      return [];
    }
    const removed: unknown[] = [];
    for (let index = start; index < start + count; index++) removed.push(this.get(index));
    const pieces: OpenPiece[] = [];
    let from = 0;
    let isPut = items.length === 0;
    const put = () => {
      const last = pieces[pieces.length - 1];
      if (last !== undefined && 'items' in last) last.items.push(...items);
      else pieces.push({ items: [...items] });
      isPut = true;
    };
    for (const piece of this.pieces) {
      const to = from + sizeOf(piece);
      if (from < start) push(pieces, cut(piece, 0, Math.min(to, start) - from));
      if (!isPut && to >= start) put();
      if (to > start + count) push(pieces, cut(piece, Math.max(0, start + count - from), to - from));
      from = to;
    }
    if (!isPut) put();
    this.pieces = pieces;
    this.length += items.length - count;
    return removed;
  }

  /** All elements as the tree had them before this edit. */
  gatheredBefore(): readonly unknown[] {
    const whole = gather(this.node, this.load) as readonly unknown[];
    if (!(this.tree instanceof TreeEdit) || this.tree.pieces === null) return whole;
    return Object.freeze(
      this.tree.pieces.flatMap((piece) => ('items' in piece ? piece.items : whole.slice(piece.from, piece.to))),
    );
  }

  /** All elements as they stand now. */
  gathered(): unknown[] {
    const whole = gather(this.node, this.load) as readonly unknown[];
    const all: unknown[] = [];
    for (const piece of this.pieces) {
      if ('items' in piece) for (const item of piece.items) all.push(item);
      else
        for (let at = piece.from; at < piece.to; at++)
          all.push(this.overlay.has(at) ? this.overlay.get(at) : whole[at]);
    }
    return all;
  }

  /**
   * The edited tree; the one before where nothing came out different.
   * @param settle the final value of what was put at an index
   */
  edited(settle: (index: number, value: unknown) => unknown): TreeNode | TreeEdit {
    const out: Piece[] = [];
    const drafted = [...this.overlay.keys()].sort((a, b) => a - b);
    let index = 0;
    for (const piece of this.pieces) {
      if ('items' in piece) {
        const first = index;
        push(out, { items: piece.items.map((item, at) => settle(first + at, item)) });
      } else {
        let from = piece.from;
        for (const at of drafted) {
          if (at < piece.from || at >= piece.to) continue;
          const value = settle(index + at - piece.from, this.overlay.get(at));
          if (Object.is(value, elementOf(this.node, at, this.load))) continue;
          push(out, { from, to: at });
          push(out, { items: [value] });
          from = at + 1;
        }
        push(out, { from, to: piece.to });
      }
      index += sizeOf(piece);
    }
    if (isSame(out, this.tree instanceof TreeEdit ? this.tree.pieces : null, this.node.count)) return this.tree;
    return new TreeEdit(this.node, null, out, this.load);
  }

  private find(index: number): { readonly piece: OpenPiece; readonly at: number } {
    let before = 0;
    for (const piece of this.pieces) {
      const size = sizeOf(piece);
      if (index < before + size) return { piece, at: index - before };
      before += size;
    }
    throw new RangeError(`no element ${index}`);
  }
}

function sizeOf(piece: Piece): number {
  return 'items' in piece ? piece.items.length : piece.to - piece.from;
}

function cut(piece: OpenPiece, from: number, to: number): OpenPiece {
  return 'items' in piece ? { items: piece.items.slice(from, to) } : { from: piece.from + from, to: piece.from + to };
}

/** Adds a piece, if there is something in it, to the one before where they are one. */
function push(pieces: Piece[], piece: Piece): void {
  if (sizeOf(piece) === 0) return;
  const last = pieces[pieces.length - 1];
  if (last !== undefined && !('items' in last) && !('items' in piece) && last.to === piece.from) {
    pieces[pieces.length - 1] = { from: last.from, to: piece.to };
  } else pieces.push(piece);
}

function isSame(pieces: readonly Piece[], before: readonly Piece[] | null, count: number): boolean {
  const was: readonly Piece[] = before ?? [{ from: 0, to: count }];
  if (pieces.length !== was.length) return false;
  return pieces.every((piece, at) => {
    const other = was[at] as Piece;
    if ('items' in piece) {
      if (!('items' in other) || piece.items.length !== other.items.length) return false;
      return piece.items.every((item, index) => Object.is(item, other.items[index]));
    }
    return !('items' in other) && piece.from === other.from && piece.to === other.to;
  });
}
