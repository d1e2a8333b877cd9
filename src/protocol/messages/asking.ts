/** What askers say and are answered: requests, answers, progress, cancelling. */
import * as v from 'valibot';
import {
  DEFAULT_PRIORITY,
  DEFAULT_TIMEOUT_MS,
  DEFAULT_TTL_MS,
  DEFAULT_URGENCY,
  DEFAULT_WEIGHT,
  MAX_IDEMPOTENCY_KEY_LENGTH,
  MAX_SUBJECT_LENGTH,
} from '../limits.js';
import { either, has, message, record, says, textUpTo } from './field.js';
import {
  chosenId,
  count,
  error,
  id,
  instant,
  isAsked,
  name,
  ordinal,
  paths,
  root,
  share,
  text,
  timeoutMs,
  timings,
  traceparent,
  type,
  worker,
} from './fields.js';

const requestOptions = {
  /** Of a call, when the asker wants to choose it. */
  id: v.optional(chosenId),
  paths: v.optional(paths),
  priority: v.optional(share, DEFAULT_PRIORITY),
  urgency: v.optional(share, DEFAULT_URGENCY),
  timeoutMs: v.optional(timeoutMs, DEFAULT_TIMEOUT_MS),
  /** How likely the branch is that is asked for. */
  weight: v.optional(share, DEFAULT_WEIGHT),
  traceparent: v.optional(traceparent),
};
/** Of calls alone. */
const callOptions = {
  /** The root that the asker has the value of: where it is what was asked for, the answer leaves the value out. */
  known: v.optional(root),
};
/** Of durable requests alone. */
const durableOptions = {
  /** Requests with the same key are one request: data, never a token of a subject. */
  idempotencyKey: v.optional(textUpTo(MAX_IDEMPOTENCY_KEY_LENGTH, 'an idempotency key')),
  /** Milliseconds after the server stored the request; then it expires. */
  ttlMs: v.optional(timeoutMs, DEFAULT_TTL_MS),
  /** Whether the outcome shall carry the value, up to `MAX_OUTCOME_VALUE_BYTES` of JSON. */
  includeValue: v.optional(isAsked, false),
};
const absent = v.optional(v.undefined('nothing: a request has either object, or root and type'));
const byName = { object: name, root: absent, type: v.optional(type), ...requestOptions };
const byRoot = {
  ...{ object: absent, root, type },
  /** Of the stored value; the newest that the worker knows when absent. */
  schemaVersion: v.optional(ordinal),
  ...requestOptions,
};
const namesRoot = (input: unknown) => has(input, 'root');

/** Materialize an object: `{ object: 'agents/7' }` or `{ root, type }`, with options beside it. */
export const requestMessage = message(
  either(namesRoot, record({ ...byRoot, ...callOptions }), record({ ...byName, ...callOptions })),
);
export type RequestMessage = v.InferOutput<typeof requestMessage>;

/** Materialize an object some time: a request with the options of durable ones. */
export const durableMessage = message(
  either(namesRoot, record({ ...byRoot, ...durableOptions }), record({ ...byName, ...durableOptions })),
);
export type DurableMessage = v.InferOutput<typeof durableMessage>;

const failed = record({
  ...{ id, state: v.literal('failed', '"failed"'), error },
  /** Who had it, and how often it was given to a worker; absent when none had it. */
  ...{ worker: v.optional(worker), attempt: v.optional(ordinal) },
});
const materialized = record({
  id,
  state: v.optional(v.literal('materialized', '"materialized" or "failed"')),
  /** Absent where the asker has it (`isKnown`). */
  value: v.optional(v.unknown()),
  /** The value is the whole of what the root names, as it is stored: whoever keeps it may say that it is `known`. */
  isStored: v.optional(isAsked),
  isKnown: v.optional(isAsked),
  root,
  version: v.optional(
    record({ name, version: ordinal, root, type, weight: share, at: instant, message: v.optional(v.string('a text')) }),
  ),
  mode: v.picklist(['whole', 'view', 'paths'], '"whole", "view" or "paths"'),
  source: v.picklist(
    ['object', 'component', 'block', 'local', 'remote'],
    '"object", "component", "block", "local" or "remote"',
  ),
  worker,
  attempt: ordinal,
  timings,
});

/** The answer to a request: a Materialized with its `id`, or `{ id, state: 'failed', error }`. */
export const answerMessage = message(either((input) => says(input, 'state', 'failed'), failed, materialized));
export type AnswerMessage = v.InferOutput<typeof answerMessage>;

/** Where a request is, for those who watch; in one process also for the asker's inbox. Its end is an answer. */
export const progressMessage = message(
  record({
    id,
    state: v.picklist(['queued', 'restoring'], '"queued" or "restoring"'),
    worker: v.optional(worker),
    /** How often the request was given to a worker. */
    attempt: count,
  }),
);
export type ProgressMessage = v.InferOutput<typeof progressMessage>;

/** Nobody waits for this request any more. */
export const cancelMessage = message(
  record({
    id,
    reason: v.optional(text),
    /** Of a call: the inbox that its asker had named. Askers may choose equal ids; its own call alone is then meant. */
    answerTo: v.optional(textUpTo(MAX_SUBJECT_LENGTH, 'the subject of an inbox')),
  }),
);
export type CancelMessage = v.InferOutput<typeof cancelMessage>;
