/**
 * A place on one level of a tree: the way down to it from the top. It loads the nodes that it goes through and no leaf.
 */
import type { LoadPart, Part } from '../part.js';
import { type End, isBehind } from './ends.js';
import { TreeNode } from './node.js';

export class Cursor {
  private constructor(
    private readonly load: LoadPart,
    /** From the top down; the place is the child `at` of the last one. */
    readonly nodes: TreeNode[],
    readonly at: number[],
  ) {}

  /** At the leaf where a key is, or belongs. */
  static atKey(top: TreeNode, key: unknown, load: LoadPart): Cursor {
    const cursor = new Cursor(load, [], []);
    for (let node = top; ; ) {
      const index = childOfKey(node, key);
      cursor.nodes.push(node);
      cursor.at.push(index);
      if (node.level === 1) return cursor;
      node = nodeOf(node.children[index] as Part, load);
    }
  }

  /** At the leaf where an index is; at the last one for an index behind all. `before` says the entries before it. */
  static atIndex(top: TreeNode, index: number, load: LoadPart): { readonly cursor: Cursor; readonly before: number } {
    const cursor = new Cursor(load, [], []);
    let before = 0;
    for (let node = top; ; ) {
      const { children } = node;
      let child = 0;
      while (child < children.length - 1 && before + (children[child] as Part).count <= index) {
        before += (children[child] as Part).count;
        child++;
      }
      cursor.nodes.push(node);
      cursor.at.push(child);
      if (node.level === 1) return { cursor, before };
      node = nodeOf(children[child] as Part, load);
    }
  }

  get node(): TreeNode {
    return this.nodes[this.nodes.length - 1] as TreeNode;
  }

  get index(): number {
    return this.at[this.at.length - 1] as number;
  }

  get part(): Part {
    return this.node.children[this.index] as Part;
  }

  get end(): End {
    return this.node.ends[this.index];
  }

  /** Whether it is the first place of its level. */
  get isFirst(): boolean {
    return this.at.every((index) => index === 0);
  }

  get isLast(): boolean {
    return this.nodes.every((node, depth) => this.at[depth] === node.children.length - 1);
  }

  clone(): Cursor {
    return new Cursor(this.load, [...this.nodes], [...this.at]);
  }

  /** The node that the place is in, as a place one level up. */
  up(): Cursor {
    return new Cursor(this.load, this.nodes.slice(0, -1), this.at.slice(0, -1));
  }

  /** The first place in the same node. */
  first(): Cursor {
    const first = this.clone();
    first.at[first.at.length - 1] = 0;
    return first;
  }

  isAt(other: Cursor): boolean {
    return this.at.every((index, depth) => index === other.at[depth]);
  }

  isInNodeOf(other: Cursor): boolean {
    for (let depth = 0; depth < this.at.length - 1; depth++) if (this.at[depth] !== other.at[depth]) return false;
    return true;
  }

  /** Moves to the next place of the level; false when there is none. */
  next(): boolean {
    let depth = this.at.length - 1;
    while (depth >= 0 && (this.at[depth] as number) >= (this.nodes[depth] as TreeNode).children.length - 1) depth--;
    if (depth < 0) return false;
    this.at[depth] = (this.at[depth] as number) + 1;
    for (let below = depth + 1; below < this.at.length; below++) {
      const above = this.nodes[below - 1] as TreeNode;
      this.nodes[below] = nodeOf(above.children[this.at[below - 1] as number] as Part, this.load);
      this.at[below] = 0;
    }
    return true;
  }
}

/** The child in whose stretch a key is, or belongs: the last one for a key behind all. */
export function childOfKey(node: TreeNode, key: unknown): number {
  const { ends, of } = node;
  let low = 0;
  let high = ends.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBehind(of, key, ends[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function nodeOf(part: Part, load: LoadPart): TreeNode {
  const value = load(part);
  if (value instanceof TreeNode) return value;
  throw new TypeError(`block ${part.hash} is no node`);
}
