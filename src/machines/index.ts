/**
 * The statecharts of Helios, as anyone may open them in Stately's tools: pure definitions, brought to life elsewhere.
 */
export { compileMachine } from './compile.js';
export { type PressureContext, type PressureEvent, pressureMachine } from './pressure.js';
export {
  MAX_ATTEMPTS,
  type RequestContext,
  type RequestEvent,
  type RequestInput,
  type RequestOutput,
  requestMachine,
} from './request.js';
export { type SupervisorContext, type SupervisorEvent, supervisorMachine } from './supervisor.js';
export { type ThresholdContext, type ThresholdEvent, type ThresholdInput, thresholdMachine } from './threshold.js';
export { type WorkerContext, type WorkerEvent, workerMachine } from './worker.js';
export {
  MISSED_UNTIL_GONE,
  STUCK_AFTER_MS,
  type WorkerViewContext,
  type WorkerViewEvent,
  type WorkerViewInput,
  workerViewMachine,
} from './workerView.js';
