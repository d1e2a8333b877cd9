/** Single entries of split values: only the blocks on the way are loaded. */
import type { LoadPart, Part } from '../part.js';
import { childOfKey, nodeOf } from './cursor.js';
import { HashedKey } from './ends.js';
import type { TreeNode } from './node.js';

/** The leaf where a key is or belongs. */
export function leafOfKey(top: TreeNode, key: unknown, load: LoadPart): unknown {
  let node = top;
  while (node.level > 1) node = nodeOf(node.children[childOfKey(node, key)] as Part, load);
  return load(node.children[childOfKey(node, key)] as Part);
}

/** What a split record has of its own under a key. */
export function fieldOf(top: TreeNode, key: string, load: LoadPart): unknown {
  const leaf = leafOfKey(top, key, load) as Readonly<Record<string, unknown>>;
  return Object.hasOwn(leaf, key) ? leaf[key] : undefined;
}

/** The element at an index; `undefined` outside of the list. */
export function elementOf(top: TreeNode, index: number, load: LoadPart): unknown {
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
    if (node.level === 1) return (load(part) as readonly unknown[])[rest];
    node = nodeOf(part, load);
  }
}

/** Whether some key of a split Map, or member of a split Set, is a collection: those are the last. */
export function hasHashedKeys(top: TreeNode): boolean {
  return top.ends[top.ends.length - 1] instanceof HashedKey;
}
