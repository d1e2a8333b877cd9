/**
 * A text or a typed array as an edit reads and changes it: stretches of what was stored, and contents that came. Single
 * places are read through the tree; what is removed, and what stays, is not read. The idea is that of a piece table in an
 * editor. Typed arrays are bytes here: places count bytes, and are multiples of their element's.
 */
import { NODE_STRING } from '../format.js';
import type { LoadPart } from '../part.js';
import { type Content, TreeEdit, type UnitPiece } from './edit.js';
import { leafOfIndex } from './lookup.js';
import type { TreeNode } from './node.js';

/** Neighbouring units that lie in one block, or came together. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly content: Content;
}

/** New content in the place of as much that was there. */
export interface Overwrite {
  readonly at: number;
  readonly content: Content;
}

export class Units {
  length: number;
  /** `null` for a text that is not split. */
  private readonly node: TreeNode | null;
  private pieces: readonly UnitPiece[];

  constructor(
    private readonly base: TreeNode | TreeEdit | string,
    private readonly load: LoadPart,
  ) {
    this.node = typeof base === 'string' ? null : base instanceof TreeEdit ? base.base : base;
    this.pieces = piecesOf(base);
    this.length = lengthOf(this.pieces);
  }

  /** The segment in which a unit that is there lies. */
  segmentAt(at: number): Segment {
    let before = 0;
    for (const piece of this.pieces) {
      const size = sizeOf(piece);
      if (at >= before + size) before += size;
      else if ('content' in piece) return { from: before, to: before + size, content: piece.content };
      else return this.stored(before, piece.from, piece.to, piece.from + at - before);
    }
    throw new RangeError(`no unit ${at}`);
  }

  /** What is there from one place up to another. */
  slice(from: number, to: number): Content {
    const contents: Content[] = [];
    for (let at = from; at < to; ) {
      const segment = this.segmentAt(at);
      const end = Math.min(to, segment.to);
      contents.push(sliceOf(segment.content, at - segment.from, end - segment.from));
      at = end;
    }
    return joined(contents, this.node === null || this.node.of === NODE_STRING);
  }

  /** Puts content in the place of so many units. */
  splice(at: number, removed: number, content: Content): void {
    const pieces: UnitPiece[] = [];
    let before = 0;
    let isPut = content.length === 0;
    for (const piece of this.pieces) {
      const after = before + sizeOf(piece);
      if (before < at) push(pieces, cut(piece, 0, Math.min(after, at) - before));
      if (!isPut && after >= at) {
        push(pieces, { content });
        isPut = true;
      }
      if (after > at + removed) push(pieces, cut(piece, Math.max(0, at + removed - before), after - before));
      before = after;
    }
    if (!isPut) push(pieces, { content });
    this.pieces = pieces;
    this.length += content.length - removed;
  }

  /** Overwrites many places at once, in order; none of them overlap. */
  overwrite(writes: readonly Overwrite[]): void {
    const pieces: UnitPiece[] = [];
    let next = 0;
    let before = 0;
    let covered = 0;
    for (const piece of this.pieces) {
      const after = before + sizeOf(piece);
      for (;;) {
        const write = writes[next];
        const to = write === undefined || write.at >= after ? after : write.at;
        if (to > covered) {
          push(pieces, cut(piece, covered - before, to - before));
          covered = to;
        }
        if (write === undefined || write.at >= after) break;
        push(pieces, { content: write.content });
        covered = write.at + write.content.length;
        next++;
      }
      before = after;
    }
    this.pieces = pieces;
  }

  /** Makes a text out of this one by what differs at neither end. */
  become(text: string, before: string): void {
    const [from, to] = differing(before, text);
    const added = text.length - before.length;
    if (from < to || added !== 0) this.splice(from, to - from, text.slice(from, to + added));
  }

  /** As it is now; the very same as before when nothing came out different. */
  edited(): TreeNode | TreeEdit | string {
    const { node, base } = this;
    if (node === null) {
      const text = this.slice(0, this.length);
      return text === base ? base : String(text);
    }
    const pieces = this.restored(node);
    if (areSame(pieces, piecesOf(base))) return base;
    return areSame(pieces, piecesOf(node)) ? node : new TreeEdit(node, null, null, this.load, pieces);
  }

  /** Contents that are what was stored in their place, as that again. */
  private restored(node: TreeNode): readonly UnitPiece[] {
    const stored = new Units(node, this.load);
    const pieces: UnitPiece[] = [];
    let at = 0;
    let came: { readonly content: Content }[] = [];
    // What an earlier edit left differs: it was looked at then.
    const known: ReadonlySet<UnitPiece> = new Set(piecesOf(this.base));
    const close = (to: number) => {
      const isSameLength = came.reduce((length, { content }) => length + content.length, at) === to;
      for (const piece of came) {
        const end = at + piece.content.length;
        if (isSameLength && !known.has(piece) && stored.holds(at, piece.content)) push(pieces, { from: at, to: end });
        else pieces.push(piece);
        at = end;
      }
      came = [];
    };
    for (const piece of this.pieces) {
      if ('content' in piece) came.push(piece);
      else {
        close(piece.from);
        push(pieces, piece);
        at = piece.to;
      }
    }
    close(node.count);
    return pieces;
  }

  /** Whether some content stands at a place. Reads up to where it differs. */
  private holds(at: number, content: Content): boolean {
    for (let done = 0; done < content.length; ) {
      const segment = this.segmentAt(at + done);
      const size = Math.min(content.length - done, segment.to - at - done);
      const start = at + done - segment.from;
      if (!isEqual(sliceOf(segment.content, start, start + size), sliceOf(content, done, done + size))) return false;
      done += size;
    }
    return true;
  }

  /** The part of a stored stretch that is in one leaf with the unit `at`. */
  private stored(before: number, from: number, to: number, at: number): Segment {
    const leaf = this.node === null ? undefined : leafOfIndex(this.node, at, this.load);
    if (leaf === undefined) throw new RangeError(`no unit ${at}`);
    const leafFrom = at - leaf.at;
    const start = Math.max(from, leafFrom);
    const end = Math.min(to, leafFrom + leaf.part.count);
    const content = sliceOf(this.load(leaf.part) as Content, start - leafFrom, end - leafFrom);
    return { from: before + start - from, to: before + end - from, content };
  }
}

/** Units of a split text, or bytes of a split typed array, as it is now. */
export function unitsIn(tree: TreeNode | TreeEdit): number {
  return lengthOf(piecesOf(tree));
}

export function isOfText(tree: TreeNode | TreeEdit): boolean {
  return (tree instanceof TreeEdit ? tree.base : tree).of === NODE_STRING;
}

function piecesOf(base: TreeNode | TreeEdit | string): readonly UnitPiece[] {
  if (typeof base === 'string') return base === '' ? [] : [{ content: base }];
  const node = base instanceof TreeEdit ? base.base : base;
  return (base instanceof TreeEdit ? base.units : null) ?? [{ from: 0, to: node.count }];
}

function lengthOf(pieces: readonly UnitPiece[]): number {
  let length = 0;
  for (const piece of pieces) length += sizeOf(piece);
  return length;
}

function sizeOf(piece: UnitPiece): number {
  return 'content' in piece ? piece.content.length : piece.to - piece.from;
}

function cut(piece: UnitPiece, from: number, to: number): UnitPiece {
  if (from === 0 && to === sizeOf(piece)) return piece;
  if ('content' in piece) return { content: sliceOf(piece.content, from, to) };
  return { from: piece.from + from, to: piece.from + to };
}

/** Adds a piece, if there is something in it, to the one before where they are one. Bytes are not copied for that. */
function push(pieces: UnitPiece[], piece: UnitPiece): void {
  if (sizeOf(piece) === 0) return;
  const last = pieces[pieces.length - 1];
  if (last !== undefined && 'from' in last && 'from' in piece && last.to === piece.from) {
    pieces[pieces.length - 1] = { from: last.from, to: piece.to };
  } else if (last !== undefined && 'content' in last && 'content' in piece && typeof last.content === 'string') {
    pieces[pieces.length - 1] = { content: `${last.content}${String(piece.content)}` };
  } else pieces.push(piece);
}

function sliceOf(content: Content, from: number, to: number): Content {
  if (from === 0 && to === content.length) return content;
  return typeof content === 'string' ? content.slice(from, to) : content.subarray(from, to);
}

/** Bytes come as a copy. */
function joined(contents: readonly Content[], isOfText: boolean): Content {
  if (isOfText) return contents.join('');
  const bytes = new Uint8Array(contents.reduce((size, content) => size + content.length, 0));
  let at = 0;
  for (const content of contents) {
    if (typeof content !== 'string') bytes.set(content, at);
    at += content.length;
  }
  return bytes;
}

function isEqual(one: Content, other: Content): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other;
  return Buffer.compare(one, other) === 0;
}

function areSame(pieces: readonly UnitPiece[], others: readonly UnitPiece[]): boolean {
  if (pieces.length !== others.length) return false;
  return pieces.every((piece, at) => {
    const other = others[at] as UnitPiece;
    if ('content' in piece) return 'content' in other && isEqual(piece.content, other.content);
    return 'from' in other && piece.from === other.from && piece.to === other.to;
  });
}

/** Bytes that are compared at once: a multiple of any element's. */
const COMPARED_BYTES = 1_024;

/**
 * What has to be overwritten for bytes to be others of the same length: elements that differ, and what is between those
 * that are near to each other. The contents are copies.
 */
export function overwritesOf(before: Uint8Array, after: Uint8Array, width: number): Overwrite[] {
  const writes: Overwrite[] = [];
  const differs = (at: number) => before[at] !== after[at];
  for (let from = 0; from < before.length; from += COMPARED_BYTES) {
    const to = Math.min(from + COMPARED_BYTES, before.length);
    if (Buffer.compare(before.subarray(from, to), after.subarray(from, to)) === 0) continue;
    let start = from;
    let end = to;
    while (!differs(start)) start++;
    while (!differs(end - 1)) end--;
    start -= start % width;
    end += (width - (end % width)) % width;
    writes.push({ at: start, content: after.slice(start, end) });
  }
  return writes;
}

/** Units that are compared at once: as much as a copy of both costs nothing. */
const COMPARED_UNITS = 4_096;

/** Where a text differs from another: from a place up to another, both of the text before. */
function differing(before: string, after: string): readonly [number, number] {
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  for (let size = COMPARED_UNITS; size >= 1; ) {
    if (from + size > shorter || before.slice(from, from + size) !== after.slice(from, from + size)) size >>= 1;
    else from += size;
  }
  let same = 0;
  for (let size = COMPARED_UNITS; size >= 1; ) {
    const [left, right] = [before.length - same, after.length - same];
    const isSame =
      same + size <= shorter - from && before.slice(left - size, left) === after.slice(right - size, right);
    if (isSame) same += size;
    else size >>= 1;
  }
  return [from, before.length - same];
}
