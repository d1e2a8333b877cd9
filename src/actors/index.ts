/** What other rooms may use of the living actors. */
export { type Clock, systemClock, type Timer } from './clock.js';
export type { HeliosEvent, MaterializedEvent, OtherEvent, ProgressEvent, TerminalEvent } from './event.js';
export { type EventFilter, Events, type EventsOptions } from './events.js';
export { FollowedPolicy, type FollowedPolicyOptions } from './followedPolicy.js';
export { type Heart, startHeartbeatThread } from './heartbeat.js';
export { type MemoryReader, memorySettings, openMemoryReader } from './memory.js';
export { PolicyRecord, type PolicyRecordOptions } from './policyRecord.js';
export { PressureActor } from './pressure.js';
export type {
  Ask,
  Known,
  Materialized,
  MaterializeRequest,
  RequestState,
  RequestTap,
  Timings,
} from './request.js';
export { Requests, type RequestsOptions } from './requests.js';
export { type Submission, Submissions, type SubmissionsOptions } from './submissions.js';
export { SupervisorActor } from './supervisor.js';
export { ThresholdActor } from './threshold.js';
export { DEFAULT_WAITS, type Waits } from './waits.js';
export { type Found, WorkerActor, type WorkerActorOptions } from './worker.js';
