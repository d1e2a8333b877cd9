/** Every time that the actors wait for, in one record, so that whoever runs them can set it. Milliseconds. */

export interface Waits {
  /** Between two heartbeats of a worker. */
  readonly beatMs: number;
  /** Heartbeats that may stay out in a row before a worker counts as gone. */
  readonly missedUntilGone: number;
  /** Without progress, with work in hand, after which a beating worker counts as stuck. */
  readonly stuckAfterMs: number;
  /** For which a durable request is the supervisor's that took it; it says "still at it" each third of this. */
  readonly ackWaitMs: number;
  /** Before the first retry, doubled for each further one up to the other. */
  readonly retryMs: number;
  readonly retryMaxMs: number;
  /**
   * For which what nobody waits for may wait for others of its kind: the word that work is done, counts for statecharts.
   * At once, it would take the processor from who has just been answered.
   */
  readonly togetherMs: number;
  /** For which what runs may go on when its process is told to end. */
  readonly drainMs: number;
}

export const DEFAULT_WAITS: Waits = {
  beatMs: 1_000,
  missedUntilGone: 3,
  stuckAfterMs: 30_000,
  ackWaitMs: 30_000,
  retryMs: 20,
  retryMaxMs: 10_000,
  togetherMs: 10,
  drainMs: 10_000,
};
