/**
 * What two split values don't share: blocks of one hash on both sides are left out, level by level, and never loaded. What
 * remains follows the change and not the size.
 */
import { alignSequences } from '../align.js';
import type { LoadPart, Part } from '../part.js';
import { nodeOf } from './cursor.js';
import { join } from './join.js';
import type { TreeNode } from './node.js';

/** Entries of both sides that are not in a leaf that both have, as plain collections of their kind. */
export function unsharedEntries(before: TreeNode, after: TreeNode, load: LoadPart): readonly [unknown, unknown] {
  let left: readonly Part[] = before.children;
  let right: readonly Part[] = after.children;
  let leftLevel = before.level;
  let rightLevel = after.level;
  for (;;) {
    if (leftLevel === rightLevel) [left, right] = [without(left, right), without(right, left)];
    if (leftLevel === 1 && rightLevel === 1) break;
    const isLeftHigher = leftLevel >= rightLevel;
    if (rightLevel >= leftLevel) {
      right = right.flatMap((part) => nodeOf(part, load).children);
      rightLevel--;
    }
    if (isLeftHigher) {
      left = left.flatMap((part) => nodeOf(part, load).children);
      leftLevel--;
    }
  }
  return [join(before.of, before.type, left.map(load)), join(after.of, after.type, right.map(load))];
}

function without(parts: readonly Part[], others: readonly Part[]): readonly Part[] {
  const hashes = new Set(others.map((part) => part.hash));
  return parts.filter((part) => !hashes.has(part.hash));
}

/** Elements of two lists that are not in leaves which both have in the same order. */
export interface ListGap {
  readonly beforeFrom: number;
  readonly before: readonly unknown[];
  readonly afterFrom: number;
  readonly after: readonly unknown[];
}

export function unsharedElements(before: TreeNode, after: TreeNode, load: LoadPart): readonly ListGap[] {
  const gaps: ListGap[] = [];
  const descend = (left: Stretch, right: Stretch): void => {
    if (left.level !== right.level) {
      if (left.level > right.level) descend(opened(left, load), right);
      else descend(left, opened(right, load));
      return;
    }
    for (const [a, b] of differing(left, right)) {
      if (a.level > 1) descend(opened(a, load), opened(b, load));
      else gaps.push({ beforeFrom: a.from, before: elements(a, load), afterFrom: b.from, after: elements(b, load) });
    }
  };
  descend(
    { parts: before.children, level: before.level, from: 0 },
    { parts: after.children, level: after.level, from: 0 },
  );
  return gaps;
}

/** Neighbours on one level; `level` is that of the nodes that they are children of. */
interface Stretch {
  readonly parts: readonly Part[];
  readonly level: number;
  /** Elements before them. */
  readonly from: number;
}

function opened({ parts, level, from }: Stretch, load: LoadPart): Stretch {
  return { parts: parts.flatMap((part) => nodeOf(part, load).children), level: level - 1, from };
}

function elements({ parts }: Stretch, load: LoadPart): readonly unknown[] {
  return parts.flatMap((part) => load(part) as readonly unknown[]);
}

function differing(left: Stretch, right: Stretch): (readonly [Stretch, Stretch])[] {
  const ids = new Map<string, number>();
  const identify = (part: Part) => {
    const id = ids.get(part.hash) ?? ids.size;
    ids.set(part.hash, id);
    return id;
  };
  const gaps = alignSequences(left.parts.map(identify), right.parts.map(identify));
  return gaps.map((gap) => [cut(left, gap.beforeFrom, gap.beforeTo), cut(right, gap.afterFrom, gap.afterTo)]);
}

function cut({ parts, level, from }: Stretch, start: number, end: number): Stretch {
  let before = from;
  for (let index = 0; index < start; index++) before += (parts[index] as Part).count;
  return { parts: parts.slice(start, end), level, from: before };
}
