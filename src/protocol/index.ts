/** What other rooms may use of the protocol. Rooms below the bus may use errors, limits, names and paths alone. */
export { brief } from './brief.js';
export { checkMessage } from './checkMessage.js';
export { decodeMessage, encodeMessage } from './codec.js';
export { describe, quote } from './describe.js';
export { durableId } from './durableId.js';
export { type ErrorForm, fromErrorForm, toErrorForm } from './errorForm.js';
export { ERROR_CODES, type ErrorCode, HeliosError, type HeliosErrorOptions } from './errors.js';
export { createIds, type IdOptions, isUlid } from './ids.js';
export { decodeJson, encodeJson } from './json.js';
export * from './limits.js';
export {
  type AnswerMessage,
  answerMessage,
  type CancelMessage,
  cancelMessage,
  type DeadMessage,
  type DurableMessage,
  deadMessage,
  durableMessage,
  type HeartbeatMessage,
  heartbeatMessage,
  type InspectControlMessage,
  type InspectDataMessage,
  type InspectEvent,
  type InspectFilter,
  inspectControlMessage,
  inspectDataMessage,
  type LiveMessage,
  liveMessage,
  MAX_INSPECT_BATCH,
  MAX_INSPECT_EVENTS_PER_SECOND,
  MAX_INSPECT_LEASE_MS,
  type OutcomeMessage,
  outcomeMessage,
  type PolicyMessage,
  type PressureMessage,
  type ProgressMessage,
  policyMessage,
  policyRecord,
  pressureMessage,
  progressMessage,
  type RequestMessage,
  requestMessage,
  type WorkerStatus,
  type WorkMessage,
  workerStatus,
  workMessage,
} from './messages.js';
export { checkHeadName, checkTypeName, checkWorkerName, didYouMean, nearest } from './names.js';
export { formatPath, isConcrete, type Path, parsePath, type Segment } from './paths.js';
export { serviceErrorHeaders } from './serviceError.js';
export {
  ANY_TYPE,
  createSubjects,
  DEFAULT_PREFIX,
  fromToken,
  LANES,
  type Lane,
  laneOf,
  type Subjects,
  toToken,
} from './subjects.js';
export type { WriteOptions } from './tagged.js';
export type { LinkForm } from './tags.js';
export type { ReadOptions } from './untagged.js';
