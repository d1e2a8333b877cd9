/** What users of Helios test with. */
export { forcePressure } from './forcedPressure.js';
export { createManualClock, type ManualClock } from './manualClock.js';
