/**
 * What a request is worth now, from 0 to 1: the order of the queue, and what is held against the threshold. Comes out
 * of the caller's priority, the weight of the branch that is asked for, urgency, and the time already waited, so that
 * nothing starves. Never reads a clock.
 */
import { unit } from './unit.js';

/** What is known of a request's worth. All but `ageMs` from 0 to 1; what is out of range is brought into it. */
export interface Worth {
  readonly priority: number;
  readonly urgency: number;
  /** Branch weight; 1, certain, when absent. */
  readonly weight?: number | undefined;
  /** Milliseconds waited so far; 0 when absent. */
  readonly ageMs?: number | undefined;
}

/** Full urgency lifts by half of this, none lowers by half of it; the default of 0.5 does nothing. */
const URGENCY_SPAN = 0.2;
/** What is left of the priority of a branch of weight 0: still worth something, since somebody asked for it. */
const UNLIKELY_SHARE = 0.5;
/** Milliseconds after which a waiting request has made half of its way to 1: well within the default timeout of 30 s. */
export const AGE_HALFWAY_MS = 10_000;

/**
 * The priority that counts, from 0 to 1; never falls when priority, urgency, weight or age rises.
 *
 * Age closes the gap between the base `b` and 1 by `ageMs / (ageMs + AGE_HALFWAY_MS)`. So a request that waits passes
 * any fixed priority `p` below 1 after `AGE_HALFWAY_MS * (p - b) / (1 - p)` milliseconds, and never passes 1.
 */
export function effectivePriority({ priority, urgency, weight = 1, ageMs = 0 }: Worth): number {
  const likely = unit(priority) * (UNLIKELY_SHARE + (1 - UNLIKELY_SHARE) * unit(weight));
  const base = unit(likely + URGENCY_SPAN * (unit(urgency) - 0.5));
  const gapLeft = ageMs > 0 ? AGE_HALFWAY_MS / (ageMs + AGE_HALFWAY_MS) : 1;
  // The larger of the two, since rounding alone must not take from a request what it had before it waited.
  return Math.max(base, 1 - (1 - base) * gapLeft);
}
