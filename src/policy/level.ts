/**
 * The four levels of memory pressure: their order, the scores at which each is entered and left, and how long a score
 * must hold before the level moves. Never looks at a clock. The ladder follows Dask's worker memory thresholds (60 %
 * start letting go, 70 % harder, 80 % pause, 95 % shed), a little earlier, because V8 needs room to collect in; the
 * gap between enter and exit and the slow way down are what keeps a level from fluttering.
 */

export const LEVELS = ['normal', 'elevated', 'high', 'critical'] as const;

export type Level = (typeof LEVELS)[number];

/** Place of a level in the order of severity: 0 for normal to 3 for critical. */
export function severity(level: Level): number {
  return LEVELS.indexOf(level);
}

/** When levels move. Scores from 0 to 1; `exit` of a level lies below its `enter`. */
export interface LevelSettings {
  /** A level is entered at this score or above. Normal has none: it is where one is otherwise. */
  readonly enter: Readonly<Record<Exclude<Level, 'normal'>, number>>;
  /** A level may be left for the next milder one below this score. */
  readonly exit: Readonly<Record<Exclude<Level, 'normal'>, number>>;
  /** Milliseconds for which a score must stay at or above `enter`; critical doesn't wait. Two samples, as a rule. */
  readonly tightenAfterMs: number;
  /** Milliseconds for which a score must stay below `exit`, for each step down. */
  readonly relaxAfterMs: number;
  /** A level isn't left while the score's trend, in 1/s, is above this. More than the noise of a score at rest. */
  readonly risingAbove: number;
}

export const LEVEL_SETTINGS: LevelSettings = {
  enter: { elevated: 0.55, high: 0.7, critical: 0.85 },
  exit: { elevated: 0.45, high: 0.6, critical: 0.75 },
  tightenAfterMs: 100,
  relaxAfterMs: 1_000,
  risingAbove: 0.02,
};
