/** Single entries of split values: only the blocks on the way are loaded. */
import type { LoadPart, Part } from '../part.js';
import { childOfKey, nodeOf } from './cursor.js';
import { HashedKey, isOfRecord } from './ends.js';
import type { TreeNode } from './node.js';

/** The leaf where a key is or belongs, as a part. */
export function leafPartOfKey(top: TreeNode, key: unknown, load: LoadPart): Part {
  let node = top;
  while (node.level > 1) node = nodeOf(node.children[childOfKey(node, key)] as Part, load);
  return node.children[childOfKey(node, key)] as Part;
}

/** The leaf where a key is or belongs. */
export function leafOfKey(top: TreeNode, key: unknown, load: LoadPart): unknown {
  return load(leafPartOfKey(top, key, load));
}

/** All leaves, from left to right. Loads the nodes above them. */
export function* leavesOf(top: TreeNode, load: LoadPart): Generator<Part, undefined> {
  for (const child of top.children) {
    if (top.level === 1) yield child;
    else yield* leavesOf(nodeOf(child, load), load);
  }
}

/** What a split record or Map has under a key; true for a member of a split Set. Nothing is under a collection. */
export function entryOf(top: TreeNode, key: unknown, load: LoadPart): unknown {
  if (!isScalar(key) || (isOfRecord(top.of) && typeof key !== 'string')) return undefined;
  const leaf = leafOfKey(top, key, load);
  if (leaf instanceof Map) return leaf.get(key);
  if (leaf instanceof Set) return leaf.has(key) ? true : undefined;
  const record = leaf as Readonly<Record<string, unknown>>;
  return Object.hasOwn(record, key as string) ? record[key as string] : undefined;
}

/** What can be a key of a tree that is read by key. */
export function isScalar(key: unknown): boolean {
  switch (typeof key) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return true;
    default:
      return key === null;
  }
}

/** The leaf where the element of an index is, and the index in it; `undefined` outside of the list. */
export function leafOfIndex(top: TreeNode, index: number, load: LoadPart): { part: Part; at: number } | undefined {
  if (!(index >= 0)) return undefined;
  let node = top;
  let rest = index;
  for (;;) {
    const { children } = node;
    let child = 0;
    for (; child < children.length; child++) {
      const { count } = children[child] as Part;
      if (rest < count) break;
      rest -= count;
    }
    const part = children[child];
    if (part === undefined) return undefined;
    if (node.level === 1) return { part, at: rest };
    node = nodeOf(part, load);
  }
}

/** The element at an index; `undefined` outside of the list. */
export function elementOf(top: TreeNode, index: number, load: LoadPart): unknown {
  const leaf = leafOfIndex(top, index, load);
  return leaf === undefined ? undefined : (load(leaf.part) as readonly unknown[])[leaf.at];
}

/** Whether some key of a split Map, or member of a split Set, is a collection: those are the last. */
export function hasHashedKeys(top: TreeNode): boolean {
  return top.ends[top.ends.length - 1] instanceof HashedKey;
}
