/** A node of a split value as it was read: its children, and where the stretch of each ends. */
import type { FreshBlock, Part } from '../part.js';
import type { End } from './ends.js';

export class TreeNode {
  constructor(
    /** What it is of: one of the NODE_ constants. */
    readonly of: number,
    /** The type of the typed array; 0 for anything else. */
    readonly type: number,
    /** Levels above the leaves. */
    readonly level: number,
    readonly children: readonly Part[],
    readonly ends: readonly End[],
    /** The block itself, if it was made here. */
    readonly fresh: FreshBlock | null = null,
  ) {}

  /** Entries, units or bytes below. */
  get count(): number {
    let count = 0;
    for (const child of this.children) count += child.count;
    return count;
  }

  get height(): number {
    let height = 0;
    for (const child of this.children) if (child.height > height) height = child.height;
    return height;
  }
}
