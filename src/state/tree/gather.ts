/**
 * Split values as if they weren't: all leaves of a tree put together, with parts where the blocks of their entries begin.
 * For those who need all of a collection anyway.
 */
import { type LoadPart, Part } from '../part.js';
import { join } from './join.js';
import { TreeNode } from './node.js';

/** The value of a tree or part, its own block loaded, and all of its leaves where it is split. */
export function gathered(tree: unknown, load: LoadPart): unknown {
  const value = tree instanceof Part ? load(tree) : tree;
  return value instanceof TreeNode ? gather(value, load) : value;
}

/** All leaves of a split value put together. */
export function gather(node: TreeNode, load: LoadPart): unknown {
  const leaves: unknown[] = [];
  collect(node, load, leaves);
  return join(node.of, node.type, leaves);
}

function collect(node: TreeNode, load: LoadPart, leaves: unknown[]): void {
  for (const child of node.children) {
    const value = load(child);
    if (value instanceof TreeNode) collect(value, load, leaves);
    else leaves.push(value);
  }
}
