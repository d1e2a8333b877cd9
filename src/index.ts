/** What a program imports from `helios-materializer`. */
export type {
  HeliosEvent,
  Materialized,
  MaterializedEvent,
  MaterializeRequest,
  OtherEvent,
  ProgressEvent,
  RequestState,
  Submission,
  TerminalEvent,
  Timings,
} from './actors/index.js';
export type { NatsAccess, NatsTls } from './bus/index.js';
export type { Client } from './client.js';
export { Helios } from './helios.js';
export type {
  ConnectOptions,
  DurableOptions,
  EventOptions,
  ListOptions,
  LoadOptions,
  OpenOptions,
  RequestOptions,
  Target,
  UpdateOptions,
} from './options.js';
export type { Decision, Level, Policy, Pressure } from './policy/index.js';
export { ERROR_CODES, type ErrorCode, HeliosError } from './protocol/index.js';
export {
  type AnyObjectType,
  type BuiltInType,
  type Dtype,
  defineConfig,
  defineType,
  type HeliosConfig,
  type ObjectType,
  type Tensor,
  type TypeDefinition,
  type TypeStats,
} from './restore/index.js';
export {
  type Branch,
  type Change,
  type CollectProgress,
  type CollectReport,
  type Conflict,
  type DraftOf,
  type Frozen,
  type FrozenList,
  type FrozenMap,
  type HeadMove,
  type HeldComponent,
  type HoldClass,
  type Path,
  type Root,
  type SharingReport,
  StateReference,
  Superposition,
  type TextDraft,
  textOf,
  type Value,
  type VerifyFinding,
  type Version,
  type WatchFilter,
} from './state/index.js';
export type { BusStats, CacheStats, RequestStats, Stats } from './stats.js';
export type { CollectingOptions, SharingLook, VerifyingOptions } from './upkeep.js';
