/**
 * Where a sequence of entries is cut (docs/format.md, "Which values are split"). A stretch ends by its own content from
 * its start on, so that two sequences that agree from some cut on agree in all that follows.
 */
import { atLevel } from '../digest.js';
import type { Limits } from '../format.js';

export class Stretches {
  /** Size of the stretch that is being filled. */
  size = 0;

  constructor(
    private readonly limits: Limits,
    /** 0 for the entries of leaves. */
    private readonly level: number,
    /** Whether what comes next is the first stretch of its level. */
    private isFirst: boolean,
  ) {}

  /** Takes an entry in. Says whether the stretch ends with it. */
  take(size: number, mark: number): boolean {
    const before = this.size;
    const after = before + size;
    if (!this.ends(before, after, mark)) {
      this.size = after;
      return false;
    }
    this.isFirst = false;
    this.size = 0;
    return true;
  }

  private ends(before: number, after: number, mark: number): boolean {
    if (this.level === 0 && this.isFirst) return after >= this.limits.firstLeaf;
    // A node has two children at least, whatever the size of their ends: else a tree would have no top.
    if (this.level > 0 && before === 0) return false;
    if (after >= this.limits.stretchMax) return true;
    const difference = after * after * after * after - before * before * before * before;
    return atLevel(mark, this.level) * this.limits.likelihood < difference;
  }

  /** Whether marks count for the stretch that is being filled. */
  get needsMarks(): boolean {
    return !(this.isFirst && this.level === 0);
  }
}
