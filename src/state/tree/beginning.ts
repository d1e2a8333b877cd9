/**
 * Whether a list begins with all of another one: what has only been appended to. Blocks that both have in the same place
 * are passed over, so that the cost follows what is behind them.
 */
import type { LoadPart, Part } from '../part.js';
import { nodeOf } from './cursor.js';
import { type Piece, TreeEdit } from './edit.js';
import { TreeNode } from './node.js';
import { Pieces } from './pieces.js';

/** A list as it stands in a tree: of one block, split, or split and edited. */
export type ListTree = readonly unknown[] | TreeNode | TreeEdit;

/**
 * The index of the first element of `before` that is not in its place in `after`; -1 where all are.
 * @param isSame whether two elements are, which may be parts; asked only about those that are not one object
 */
export function firstNotKept(
  before: ListTree,
  after: ListTree,
  load: LoadPart,
  isSame: (one: unknown, other: unknown) => boolean,
): number {
  if (before instanceof TreeNode && after instanceof TreeNode) return firstOfNodes(before, after, load, isSame);
  if (before !== after && isLonger(before, after)) return -1;
  return firstOfElements(elementsOf(before, load), elementsOf(after, load), isSame);
}

function firstOfElements(
  before: readonly unknown[],
  after: readonly unknown[],
  isSame: (one: unknown, other: unknown) => boolean,
): number {
  return before.findIndex((element, at) => {
    if (at >= after.length) return true;
    return !Object.is(element, after[at]) && !isSame(element, after[at]);
  });
}

interface Place {
  readonly part: Part;
  /** 0 for a leaf. */
  readonly level: number;
}

function firstOfNodes(
  before: TreeNode,
  after: TreeNode,
  load: LoadPart,
  isSame: (one: unknown, other: unknown) => boolean,
): number {
  const left = placesIn(before);
  const right = placesIn(after);
  let at = 0;
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    const other = right.pop();
    if (other === undefined) return at;
    if (one.level === other.level && one.part.hash === other.part.hash) at += one.part.count;
    else if (one.level > 0 || other.level > 0) {
      if (one.level >= other.level) left.push(...placesIn(nodeOf(one.part, load)));
      else left.push(one);
      if (other.level >= one.level) right.push(...placesIn(nodeOf(other.part, load)));
      else right.push(other);
    } else {
      const elements = load(one.part) as readonly unknown[];
      const first = firstOfElements(elements, load(other.part) as readonly unknown[], isSame);
      if (first >= 0) return at + first;
      at += elements.length;
    }
  }
  return -1;
}

/** The first is the last, to be taken first. */
function placesIn({ children, level }: TreeNode): Place[] {
  return children.map((part) => ({ part, level: level - 1 })).reverse();
}

/** Whether both come of one stored list, and the pieces of one begin the other: no element needs to be looked at then. */
function isLonger(before: ListTree, after: ListTree): boolean {
  if (Array.isArray(before) || Array.isArray(after)) return false;
  const [one, other] = [piecesOf(before as TreeNode | TreeEdit), piecesOf(after as TreeNode | TreeEdit)];
  if (one.base !== other.base) return false;
  return one.pieces.every((piece, at) => {
    const next = other.pieces[at];
    if (next === undefined) return false;
    if ('from' in piece) return 'from' in next && piece.from === next.from && piece.to === next.to;
    if (!('items' in next) || (at < one.pieces.length - 1 && piece.items.length !== next.items.length)) return false;
    return piece.items.every((item, index) => Object.is(item, next.items[index]));
  });
}

function piecesOf(tree: TreeNode | TreeEdit): { readonly base: TreeNode; readonly pieces: readonly Piece[] } {
  if (tree instanceof TreeNode) return { base: tree, pieces: [{ from: 0, to: tree.count }] };
  return { base: tree.base, pieces: tree.pieces ?? [] };
}

function elementsOf(list: ListTree, load: LoadPart): readonly unknown[] {
  return list instanceof TreeNode || list instanceof TreeEdit ? new Pieces(list, load).gathered() : list;
}
