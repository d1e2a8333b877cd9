/**
 * The policy: one numbered record that all actors follow. A level and the memory there is give a draft; committing
 * gives it its epoch. A draft follows from the level alone, not from the score within it, so that a policy changes only
 * when a level does. Plain data; commits nothing itself.
 */
import { cacheBudgetBytes, type MemorySettings } from './budget.js';
import { type Level, severity } from './level.js';
import { LEVEL_THRESHOLDS } from './threshold.js';

export interface Policy {
  /** Number of the change that made it; 0 is what a process starts with. */
  readonly epoch: bigint;
  readonly level: Level;
  /** The priority that a request needs at least, 0 to 1. */
  readonly threshold: number;
  /** What decoded objects may take in the cache. */
  readonly cacheBudgetBytes: number;
}

/** A policy that has not been committed. */
export type PolicyDraft = Omit<Policy, 'epoch'>;

export function draftPolicy(level: Level, memory: MemorySettings): PolicyDraft {
  return { level, threshold: LEVEL_THRESHOLDS[level], cacheBudgetBytes: cacheBudgetBytes(memory, level) };
}

/** What a process follows before anything has been measured. */
export function initialPolicy(memory: MemorySettings): Policy {
  return { epoch: 0n, ...draftPolicy('normal', memory) };
}

/**
 * The tighter of two policies, setting by setting: the cluster's and one's own, in any order, any number of times. The
 * epoch is the newer one.
 */
export function tighter(a: Policy, b: Policy): Policy {
  return {
    epoch: (a.epoch > b.epoch ? a : b).epoch,
    level: severity(a.level) > severity(b.level) ? a.level : b.level,
    threshold: Math.max(a.threshold, b.threshold),
    cacheBudgetBytes: Math.min(a.cacheBudgetBytes, b.cacheBudgetBytes),
  };
}
