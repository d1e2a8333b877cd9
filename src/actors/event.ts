/** What became of durable requests, and where they are on the way, as those who look on see it. Plain data. */
import type { ErrorForm } from '../protocol/errorForm.js';
import type { LiveMessage, OutcomeMessage } from '../protocol/index.js';
import type { Root, Value } from '../state/index.js';
import { deepFreeze } from './deepFreeze.js';
import type { Timings } from './request.js';

interface About {
  /** Of the request. */
  readonly id: string;
  /** Of the object, `_` where it isn't known. */
  readonly type: string;
  /** The name that was asked for, else the root. */
  readonly object: string;
  /** By the clock of whoever saw it happen. */
  readonly at: Date;
  /** A place among the terminal events: reading on `after` it misses none that follow this one. */
  readonly cursor: string;
}

/** The request waits, or a worker has it. Told while it happens, and kept nowhere. */
export type ProgressEvent = {
  [State in 'queued' | 'restoring']: About & {
    readonly state: State;
    readonly worker?: string;
    /** How often it was given to a worker. */
    readonly attempt: number;
  };
}['queued' | 'restoring'];

export interface MaterializedEvent extends About {
  readonly state: 'materialized';
  readonly root: Root;
  /** The number of the version that the name pointed at, when it was asked for by name. */
  readonly version?: number;
  /** Of the stored object. */
  readonly bytes: number;
  readonly worker: string;
  readonly attempt: number;
  readonly timings: Timings;
  /** With `includeValue`, where it fits into an outcome. Deep-frozen. */
  readonly value?: Value;
}

export type OtherEvent = {
  [State in 'failed' | 'cancelled' | 'expired']: About & {
    readonly state: State;
    readonly error: Pick<ErrorForm, 'code' | 'message' | 'retryable'>;
    /** Who had it last, and how often it was given to a worker. */
    readonly worker?: string;
    readonly attempt?: number;
  };
}['failed' | 'cancelled' | 'expired'];

/** Terminal events are at least once, outcomes exactly once. */
export type HeliosEvent = ProgressEvent | TerminalEvent;
export type TerminalEvent = MaterializedEvent | OtherEvent;

export const PROGRESS_STATES: readonly string[] = ['queued', 'restoring'] satisfies ProgressEvent['state'][];
export const TERMINAL_STATES: readonly string[] = [
  'materialized',
  'failed',
  'cancelled',
  'expired',
] satisfies TerminalEvent['state'][];

export function progressEvent({ state, worker, attempt, ...rest }: LiveMessage, cursor: string): ProgressEvent {
  return Object.freeze({
    ...aboutOf(rest, cursor),
    state,
    ...(worker === undefined ? {} : { worker }),
    attempt,
  });
}

export function terminalEvent(message: OutcomeMessage, cursor: string): TerminalEvent {
  if (message.state === 'materialized') {
    const { state, root, version, bytes, worker, attempt, timings, value } = message;
    deepFreeze(value);
    const { id, type, object, at } = aboutOf(message, cursor);
    const { queueUs, restoreUs, totalUs } = timings;
    // Field by field: after a spread, each would take microseconds.
    const event: MaterializedEvent = {
      id,
      type,
      object,
      at,
      cursor,
      state,
      root: root as Root,
      bytes,
      worker,
      attempt,
      timings: Object.freeze({ queueUs, restoreUs, totalUs }),
    };
    if (version !== undefined) Object.assign(event, { version });
    if (value !== undefined) Object.assign(event, { value });
    return Object.freeze(event);
  }
  const { state, worker, attempt } = message;
  const { code, message: text, retryable } = message.error;
  return Object.freeze({
    ...aboutOf(message, cursor),
    ...{ state, error: Object.freeze({ code, message: text, retryable }) },
    ...(worker === undefined ? {} : { worker }),
    ...(attempt === undefined ? {} : { attempt }),
  });
}

function aboutOf(message: Pick<OutcomeMessage, 'id' | 'type' | 'object' | 'at'>, cursor: string): About {
  const { id, type, object, at } = message;
  return { id, type, object, at: new Date(at), cursor };
}
