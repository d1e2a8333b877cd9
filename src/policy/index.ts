/** The arithmetic of memory and importance: pure functions over plain data. What other rooms may use of it. */
export { cacheBudgetBytes, type MemorySettings } from './budget.js';
export { clusterLevel, type LevelCounts } from './clusterLevel.js';
export { LEVEL_SETTINGS, LEVELS, type Level, type LevelSettings, severity } from './level.js';
export { affinity, type Candidate, placed, placementHash } from './placement.js';
export { draftPolicy, initialPolicy, type Policy, type PolicyDraft, tighter } from './policy.js';
export { type MemoryReading, type Pressure, pressureScore, type ScoreSample, trend } from './pressure.js';
export { AGE_HALFWAY_MS, effectivePriority, type Worth } from './priority.js';
export {
  type Decision,
  decide,
  LEVEL_THRESHOLDS,
  type Question,
  type Situation,
  thresholdFor,
} from './threshold.js';
