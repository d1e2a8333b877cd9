/** What becomes of durable requests. Always JSON on the wire; `at` is ISO text there, as people read it. */
import * as v from 'valibot';
import { LANES } from '../subjects.js';
import { either, matching, message, record, says } from './field.js';
import { count, error, id, ordinal, root, timings, worker } from './fields.js';

const at = matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'a time such as 2026-01-31T12:00:00.000Z');
const aboutRequest = {
  id,
  /** Type of the object, `_` where it isn't known. */
  type: v.string('a type or _'),
  /** The name that was asked for, else the root. */
  object: v.string('a name or a root'),
  at,
};

const materialized = record({
  ...aboutRequest,
  state: v.literal('materialized', '"materialized"'),
  root,
  version: v.optional(ordinal),
  /** Of the stored object. */
  bytes: count,
  worker,
  attempt: ordinal,
  timings,
  /** With `includeValue`, where it fits. */
  value: v.optional(v.unknown()),
});
const other = record({
  ...aboutRequest,
  state: v.picklist(['failed', 'cancelled', 'expired'], '"failed", "cancelled" or "expired"'),
  error,
  worker: v.optional(worker),
  attempt: v.optional(count),
});

/** The one terminal record of a durable request; its event is the same message. */
export const outcomeMessage = message(either((input) => says(input, 'state', 'materialized'), materialized, other));
export type OutcomeMessage = v.InferOutput<typeof outcomeMessage>;

/** Progress of a durable request, for those who look on: lost where nobody does. */
export const liveMessage = message(
  record({
    ...aboutRequest,
    state: v.picklist(['queued', 'restoring'], '"queued" or "restoring"'),
    worker: v.optional(worker),
    attempt: count,
  }),
);
export type LiveMessage = v.InferOutput<typeof liveMessage>;

/** A durable request that was given up because workers died of it, kept for whoever looks into it. */
export const deadMessage = message(
  record({
    ...aboutRequest,
    reason: v.literal('poison', '"poison"'),
    error,
    /** Who died of it, in order. */
    workers: v.array(worker, 'a list of workers'),
    lane: v.picklist(LANES, 'one of the four lanes'),
    /** As it was submitted, but for its key. */
    request: v.unknown(),
  }),
);
export type DeadMessage = v.InferOutput<typeof deadMessage>;
