/** What a worker is made of and held to. */
import type { Bus, Journal } from '../bus/index.js';
import type { Subjects, WorkMessage, WriteOptions } from '../protocol/index.js';
import type { TypeMetrics } from '../restore/index.js';
import type { BlockStore } from '../store/index.js';
import type { Clock } from './clock.js';
import type { Heart } from './heartbeat.js';
import type { Found } from './work.js';

export interface WorkerActorOptions {
  readonly name: string;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly blocks: BlockStore;
  /** Looks a request's object up. @throws HeliosError `UNKNOWN_OBJECT`, `UNKNOWN_TYPE`, `INVALID_REQUEST` */
  readonly find: (request: WorkMessage['request']) => Found;
  readonly metrics: TypeMetrics;
  /** Types it knows now (`type@version`), told to supervisors. */
  readonly types: () => readonly string[];
  /** Where outcomes of durable requests are committed; without one it takes none of them. */
  readonly journal?: Journal;
  /** Who tells supervisors how it is; absent, it beats on the bus each `beatMs`. */
  readonly heart?: Heart;
  /** The id of its store, told to supervisors. */
  readonly store?: string;
  /** Milliseconds; 1,000 when absent. */
  readonly beatMs?: number;
  /** Milliseconds (see `Waits`); that of `DEFAULT_WAITS` when absent. */
  readonly togetherMs?: number;
  /** Requests that it takes at a time; 256 when absent. */
  readonly credits?: number;
  /** Bytes in memory that restorations may take together now; `undefined` sets no limit. */
  readonly creditBytes?: () => number | undefined;
  /**
   * Whether it answers `UNKNOWN_TYPE` itself, being the only worker there is; else it says `busy` with the type, and the
   * supervisor looks for one that knows it. True on an embedded bus when absent.
   */
  readonly answersUnknownType?: boolean;
  /** How a reference inside a value travels. */
  readonly toLink?: WriteOptions['toLink'];
  /** Hears of what goes wrong where nobody waits for it. */
  readonly onError?: (error: unknown) => void;
}
