/** What other rooms may use of the living actors. */
export { type Clock, systemClock, type Timer } from './clock.js';
export { FollowedPolicy, type FollowedPolicyOptions } from './followedPolicy.js';
export { type MemoryReader, openMemoryReader } from './memory.js';
export { PolicyRecord, type PolicyRecordOptions } from './policyRecord.js';
export { PressureActor } from './pressure.js';
export type {
  Ask,
  Materialized,
  MaterializeRequest,
  RequestState,
  Timings,
} from './request.js';
export { Requests, type RequestsOptions } from './requests.js';
export { SupervisorActor } from './supervisor.js';
export { ThresholdActor } from './threshold.js';
export { type Found, WorkerActor } from './worker.js';
