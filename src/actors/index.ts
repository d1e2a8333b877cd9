/** What other rooms may use of the living actors. */
export { type Clock, systemClock, type Timer } from './clock.js';
export { type MemoryReader, openMemoryReader } from './memory.js';
export { PressureActor } from './pressure.js';
export {
  type Ask,
  type Materialized,
  type MaterializeRequest,
  type RequestState,
  Requests,
  type Timings,
} from './request.js';
export { SupervisorActor } from './supervisor.js';
export { ThresholdActor } from './threshold.js';
export { type Found, WorkerActor } from './worker.js';
