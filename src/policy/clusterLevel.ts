/**
 * The level that a cluster is said to be on, out of the levels of its workers: the upper median. One overloaded worker
 * doesn't close the whole cluster (it is full for its own account, and others get its work); when half of them are short
 * of memory, all are treated so, since that work has nowhere to go. Of two, the worse one counts.
 */
import { LEVELS, type Level } from './level.js';

/** How many workers are on each level. */
export type LevelCounts = Readonly<Record<Level, number>>;

/** The upper median; `undefined` of nobody. */
export function clusterLevel(counts: LevelCounts): Level | undefined {
  const total = LEVELS.reduce((sum, level) => sum + counts[level], 0);
  let passed = 0;
  for (const level of LEVELS) {
    passed += counts[level];
    if (passed > total / 2) return level;
  }
  return undefined;
}
