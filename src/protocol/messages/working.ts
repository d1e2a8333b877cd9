/** What supervisors and workers say to one another. */
import * as v from 'valibot';
import { MAX_SUBJECT_LENGTH } from '../limits.js';
import { requestMessage } from './asking.js';
import { message, record, textUpTo } from './field.js';
import { count, credits, durationUs, error, id, isAsked, ordinal, timeoutMs, type, worker } from './fields.js';

/** A request given to a worker, which answers the asker's inbox itself. */
export const workMessage = message(
  record({
    /** What supervisor and worker call it by. */
    id,
    request: requestMessage,
    attempt: ordinal,
    /** The asker's inbox. */
    answerTo: textUpTo(MAX_SUBJECT_LENGTH, 'the subject of an inbox'),
    /** Milliseconds that are left: no clock of another machine is compared. */
    timeoutMs,
    /** How long it has waited for its turn, as the supervisor has measured it. */
    queuedUs: v.optional(durationUs),
    /** The asker takes answers in batches. */
    takesBatches: v.optional(isAsked),
    /** The asker speaks JSON, and is answered so. */
    isJson: v.optional(isAsked),
    /** Of a durable request: the worker commits its outcome, and answers nobody else. */
    durable: v.optional(
      record({
        /** The request's own id. `id` above is that of this attempt's work alone where they differ. */
        id,
        /** Token of the type in subjects, `_` where the asker didn't know it. */
        type: v.string('a type or _'),
        includeValue: isAsked,
      }),
    ),
  }),
);
export type WorkMessage = v.InferOutput<typeof workMessage>;

/**
 * What a worker tells the supervisor: it can't take this work (no room, or a type that it doesn't know), it is done with
 * it (the asker has its answer, the durable request its outcome), or it failed at the work of a durable request.
 */
export const workerStatus = message(
  record({
    id,
    worker,
    state: v.picklist(['busy', 'done', 'failed'], '"busy", "done" or "failed"'),
    /** Of the work that this is about: a late report about an earlier attempt is told apart by it. */
    attempt: ordinal,
    /** Why it is busy, when another worker may know the type: the type that the object turned out to be of. */
    type: v.optional(type),
    /** Of `failed`. */
    error: v.optional(error),
    credits: v.optional(credits),
  }),
);
export type WorkerStatus = v.InferOutput<typeof workerStatus>;

/** A worker is alive, or says good-bye. */
export const heartbeatMessage = message(
  record({
    worker,
    /** Draining workers take nothing more; gone ones have ended, and whoever saw it may say so for them. */
    state: v.optional(v.picklist(['ready', 'draining', 'gone'], '"ready", "draining" or "gone"'), 'ready'),
    /** The id of its store: who has another store can't serve the same objects. */
    store: v.optional(v.string('the id of a store')),
    /** What it speaks: `WIRE_VERSION`. */
    wire: v.optional(ordinal),
    beat: count,
    /** A count of what its main loop has done, which stands still when the loop is stuck. */
    progress: count,
    /** Requests that it works on. */
    inHand: count,
    credits: v.optional(credits),
    /** What it can restore: `type@version`. */
    types: v.array(v.string('type@version'), 'a list of type@version'),
  }),
);
export type HeartbeatMessage = v.InferOutput<typeof heartbeatMessage>;
