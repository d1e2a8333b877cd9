/**
 * The priority that a request needs now in order to be materialized, and the decision with its reasons. A request is
 * judged by the pressure that it would bring about: the score now, where its trend leads, and what the object's bytes
 * add. Nothing here refuses the most important: the threshold stays below 1.
 */
import type { Level } from './level.js';
import { effectivePriority } from './priority.js';
import { requireBytes, requireUnit, unit } from './unit.js';

/** Below this score everything passes. */
const FREE_BELOW_SCORE = 0.4;
/** The threshold at a score of 1: what is more important passes at any pressure. */
const HIGHEST_THRESHOLD = 0.95;
/** Seconds that the trend is followed into the future. */
const TREND_AHEAD_S = 2;
/** Share of the way from the score to 1 that the trend may add at most: one wild sample must not shut everybody out. */
const TREND_LIMIT = 0.1;

/** What a level asks for on its own, in a policy: holds until the level is left, also when the score has gone lower. */
export const LEVEL_THRESHOLDS: Readonly<Record<Level, number>> = { normal: 0, elevated: 0.2, high: 0.5, critical: 0.8 };

/** The threshold at a pressure score: 0 up to 0.4, then straight up to 0.95 at 1. */
export function thresholdFor(score: number): number {
  return (HIGHEST_THRESHOLD * unit(score - FREE_BELOW_SCORE)) / (1 - FREE_BELOW_SCORE);
}

export interface Question {
  /** 0 to 1. */
  readonly priority: number;
  /** Bytes of memory that the object will take. */
  readonly estimatedBytes: number;
  /** 0 to 1. */
  readonly urgency: number;
  /** Branch weight; 1, certain, when absent. */
  readonly weight?: number | undefined;
  /** Milliseconds waited so far; 0 when absent. */
  readonly ageMs?: number | undefined;
}

/** What the decision rests on; anything unreadable in it counts as no pressure. */
export interface Situation {
  /** The policy's threshold, 0 to 1. */
  readonly threshold: number;
  readonly score: number;
  /** Change of the score in a second. */
  readonly trend: number;
  /** Bytes that memory has left, when known: an object that takes them all brings the score to 1. */
  readonly freeBytes?: number | undefined;
}

export interface Decision {
  readonly pass: boolean;
  /** The priority that this request needed. */
  readonly threshold: number;
  /**
   * What speaks for the request (positive) and against it: `priority`, `urgency`; `pressure`, `trend`, `size`, `policy`.
   * Their sum is by how much it passes, or falls short.
   */
  readonly terms: Readonly<Record<string, number>>;
}

/**
 * Whether a request may materialize now. More priority or urgency never turns a pass into a refusal; more bytes,
 * pressure, trend or policy never a refusal into a pass. Priority 1 with urgency 1 always passes.
 * @throws HeliosError `INVALID_REQUEST` for an argument out of its range.
 */
export function decide(question: Question, situation: Situation): Decision {
  const priority = requireUnit('priority', question.priority);
  const estimatedBytes = requireBytes('estimatedBytes', question.estimatedBytes);
  const urgency = requireUnit('urgency', question.urgency);

  const score = unit(situation.score);
  const soon = soonAfter(score, situation.trend);
  const filled = Math.max(soon, 1 - (1 - soon) * (1 - shareOf(situation.freeBytes, estimatedBytes)));

  const worth = effectivePriority({ priority, urgency, weight: question.weight, ageMs: question.ageMs });
  const now = thresholdFor(score);
  const later = thresholdFor(soon);
  const after = thresholdFor(filled);
  const threshold = Math.max(after, unit(situation.threshold));
  return {
    pass: worth >= threshold,
    threshold,
    terms: {
      priority,
      urgency: worth - priority,
      pressure: 0 - now,
      trend: now - later,
      size: later - after,
      policy: after - threshold,
    },
  };
}

/** Where the score is led by its trend; a falling one gives no credit. */
function soonAfter(score: number, trend: number): number {
  if (!(trend > 0)) return score;
  const farthest = 1 - (1 - score) * (1 - TREND_LIMIT);
  return Math.max(score, Math.min(farthest, score + trend * TREND_AHEAD_S));
}

/** Share of the free bytes that an object takes, 0 to 1. */
function shareOf(freeBytes: number | undefined, estimatedBytes: number): number {
  if (estimatedBytes === 0 || freeBytes === undefined || Number.isNaN(freeBytes)) return 0;
  return freeBytes > estimatedBytes ? estimatedBytes / freeBytes : 1;
}
