/** The figures that a Helios tells of itself: plain counters, gathered from the rooms that count them. */
import type { SharedStats, TypeStats } from './restore/index.js';

export interface Stats {
  readonly store: { readonly blocks: number; readonly bytes: number };
  /** By type: how many objects were restored or found in the cache, and how long restoring took. */
  readonly types: Readonly<Record<string, TypeStats>>;
  /** Bytes of blocks that references hold and nobody has saved; they count in the memory budget. */
  readonly unsavedBytes: number;
  readonly cache: CacheStats;
  /** Components that several of the objects in memory hold: decoded once, and counted once. */
  readonly shared: SharedStats;
  readonly requests: RequestStats;
  readonly bus: BusStats;
}

/** Messages between actors since the start, as this process has them. */
export interface BusStats {
  readonly published: number;
  /** Times that somebody here got one. */
  readonly delivered: number;
  /** Answers that came when nobody waited for them any more. */
  readonly late: number;
  /** Receivers that threw. */
  readonly failed: number;
  /** Embedded: those that nobody received. */
  readonly unheard?: number;
  /** Over NATS: those that travelled in batches, the batches, what could not be decoded, and what could not be sent. */
  readonly batched?: number;
  readonly batches?: number;
  readonly faulty?: number;
  readonly lost?: number;
}

export interface CacheStats {
  readonly budgetBytes: number;
  readonly bytes: number;
  readonly entries: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
}

export interface RequestStats {
  /** Now: not ended, waiting for a worker, with a worker. */
  readonly open: number;
  readonly queued: number;
  readonly dispatched: number;
  /** Restorations under way now. */
  readonly restoring: number;
  /** Since the start: objects built out of blocks for requests, and requests that joined another's restoration. */
  readonly restorations: number;
  readonly joined: number;
  /** Blocks read from the store since the start. */
  readonly storeReads: number;
}
