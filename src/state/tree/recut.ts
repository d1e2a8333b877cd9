/**
 * Leaves of a list, text or typed array of which some stretches went and others came: each is filled anew from the leaf in
 * which it begins, until a cut falls where one was before. What leaves are made of, and where they are cut, is the
 * filling's business.
 */
import { Cursor } from './cursor.js';
import type { TreeEdit } from './edit.js';
import type { Row } from './grow.js';
import type { Replacement } from './splice.js';

/** A stretch that went, by the place before, and what came there, in portions. */
export interface Splice<T> {
  readonly at: number;
  readonly removed: number;
  readonly portions: readonly T[];
}

/** Fills leaves with what comes one after another. */
export interface Filling<T> {
  /** New leaves begin, perhaps the first of all. */
  begin(isFirst: boolean): void;
  /** Takes in what came; `at` is its place before. */
  bring(portion: T, at: number): void;
  /** Takes in what stayed: of a leaf, from one place in it to another; `at` is its place before. */
  keep(leaf: unknown, from: number, to: number, at: number): void;
  /** Whether the next leaf begins as it would have begun before. */
  readonly isAtCut: boolean;
  end(): Row;
}

interface Stayed {
  readonly from: number;
  readonly to: number;
}

/** What went and what came, out of pieces that stayed and such that came. */
export function splicesOf<P extends object, T>(
  pieces: readonly (P | Stayed)[],
  count: number,
  portionOf: (came: P) => T,
): Splice<T>[] {
  const splices: Splice<T>[] = [];
  let at = 0;
  let portions: T[] = [];
  const close = (to: number) => {
    if (to > at || portions.length > 0) splices.push({ at, removed: to - at, portions });
    portions = [];
  };
  for (const piece of pieces) {
    if (!hasStayed(piece)) portions.push(portionOf(piece));
    else {
      close(piece.from);
      at = piece.to;
    }
  }
  close(count);
  return splices;
}

function hasStayed<P extends object>(piece: P | Stayed): piece is Stayed {
  return 'from' in piece;
}

/**
 * The leaves in place of those that the splices change.
 * @param startOf where the leaves begin that a splice changes: at it, or before
 */
export function recut<T extends { readonly length: number }>(
  edit: TreeEdit,
  splices: readonly Splice<T>[],
  filling: Filling<T>,
  startOf: (splice: Splice<T>) => number,
): Replacement[] {
  const { count } = edit.base;
  /** Whether a splice begins in the leaf that ends before `leafTo`. What comes behind all belongs to the last one. */
  const isIn = (splice: Splice<T> | undefined, leafTo: number): splice is Splice<T> =>
    splice !== undefined && (splice.at < leafTo || (leafTo === count && splice.at === leafTo));
  const out: Replacement[] = [];
  let next = 0;
  while (next < splices.length) {
    const { cursor, before } = Cursor.atIndex(edit.base, startOf(splices[next] as Splice<T>), edit.load);
    const from = cursor.clone();
    let here: Cursor | null = cursor;
    let leafFrom = before;
    let position = leafFrom;
    filling.begin(from.isFirst);
    for (;;) {
      const leafTo: number = leafFrom + here.part.count;
      let leaf: unknown;
      // The leaf from `position` on, as it is now.
      for (;;) {
        const coming = splices[next];
        const isHere = isIn(coming, leafTo);
        if (isHere && coming.at === position) {
          let at = position;
          for (const portion of coming.portions) {
            filling.bring(portion, at);
            at += portion.length;
          }
          position += coming.removed;
          next++;
        } else if (position < leafTo) {
          const to = isHere ? coming.at : leafTo;
          leaf ??= edit.load(here.part);
          filling.keep(leaf, position - leafFrom, to - leafFrom, position);
          position = to;
        } else break;
      }
      if (!here.next()) here = null;
      if (here === null) break;
      leafFrom = leafTo;
      if (filling.isAtCut && position === leafFrom && !isIn(splices[next], leafFrom + here.part.count)) break;
    }
    out.push({ from, to: here, row: filling.end() });
  }
  return out;
}
