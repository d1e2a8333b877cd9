/**
 * A split value with changes that are not encoded yet: what an edit leaves in a tree in place of the node it changed.
 * Frozen by convention; many references may hold one.
 */
import type { LoadPart } from '../part.js';
import type { TreeNode } from './node.js';

/** Stands for an entry that went. */
export const ABSENT: unique symbol = Symbol('absent');

/** Elements of the list before, or elements that are new. The former come in order and overlap nowhere. */
export type Piece = { readonly from: number; readonly to: number } | { readonly items: readonly unknown[] };

/** Units of a text, or bytes, of the value before, or such that are new. The former come in order and overlap nowhere. */
export type UnitPiece = { readonly from: number; readonly to: number } | { readonly content: Content };
export type Content = string | Uint8Array;

export class TreeEdit {
  constructor(
    readonly base: TreeNode,
    /** Of a record, Map or Set: what is under a key now, or ABSENT. None of the keys is a collection. */
    readonly changes: ReadonlyMap<unknown, unknown> | null,
    /** Of a list: what it is made of now. */
    readonly pieces: readonly Piece[] | null,
    readonly load: LoadPart,
    /** Of a text or a typed array: what it is made of now. */
    readonly units: readonly UnitPiece[] | null = null,
  ) {}

  /** What the next edit has to carry on: entries and pieces that are not encoded yet. */
  get weight(): number {
    const { changes, pieces, units } = this;
    if (pieces === null) return changes?.size ?? units?.length ?? 0;
    let weight = 0;
    for (const piece of pieces) weight += 'items' in piece ? piece.items.length : 1;
    return weight;
  }
}
