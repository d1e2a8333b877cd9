/**
 * What actors say to one another, as schemas and the types that follow from them. They hold for the embedded bus, where
 * bodies are handed over as they are, and for the wire. Checked where something foreign comes in, not at every step.
 *
 * Fields that a schema doesn't name are left out of what a check gives back, so that a newer sender is understood by an
 * older receiver; only a policy keeps them. A field that is `undefined` is absent. Fields with a default are always
 * there after a check. References are the business of whoever encodes: a request names a root, an answer holds a value.
 */
import * as v from 'valibot';
import { type ErrorForm, isErrorForm } from './errorForm.js';
import {
  DEFAULT_PRIORITY,
  DEFAULT_TIMEOUT_MS,
  DEFAULT_TTL_MS,
  DEFAULT_URGENCY,
  DEFAULT_WEIGHT,
  ID_PATTERN,
  MAX_HEAD_NAME_BYTES,
  MAX_IDEMPOTENCY_KEY_LENGTH,
  MAX_PATHS,
  MAX_REASON_LENGTH,
  MAX_SUBJECT_LENGTH,
  MAX_TIMEOUT_MS,
  MAX_WORKER_NAME_LENGTH,
  TYPE_NAME_PATTERN,
} from './limits.js';
import { checkHeadName } from './names.js';
import type { Path } from './paths.js';
import { LANES } from './subjects.js';

// ── Fields. The message of each is what was expected; `checkMessage` makes a sentence of it. ────────────────────────

const share = v.custom<number>((value) => isBetween(value, 0, 1), 'a number from 0 to 1');
const count = v.custom<number>(
  (value) => Number.isSafeInteger(value) && isBetween(value, 0),
  'a whole number, 0 or more',
);
const ordinal = v.custom<number>(
  (value) => Number.isSafeInteger(value) && isBetween(value, 1),
  'a whole number, 1 or more',
);
const durationUs = v.custom<number>((value) => isBetween(value, 0), 'microseconds, 0 or more');
const timeoutMs = v.custom<number>(
  (value) => value !== 0 && isBetween(value, 0, MAX_TIMEOUT_MS),
  `milliseconds above 0 and up to ${MAX_TIMEOUT_MS} (a day)`,
);
const finite = v.custom<number>((value) => Number.isFinite(value), 'a finite number');
/** What an asker may choose: also a token of subjects. Helios's own are ULIDs. */
const chosenId = matching(ID_PATTERN, 'an id of 1 to 64 letters, digits, _ and -, such as a ULID');
const id = textUpTo(MAX_SUBJECT_LENGTH, 'an id');
const root = matching(/^[0-9a-f]{64}$/, 'a root: 64 hex digits in lower case');
const type = matching(TYPE_NAME_PATTERN, 'the name of a type: a-z, 0-9, _ and -');
const name = v.custom<string>(isHeadName, `the name of an object, 1 to ${MAX_HEAD_NAME_BYTES} bytes of UTF-8`);
const worker = textUpTo(MAX_WORKER_NAME_LENGTH, 'the name of a worker');
const traceparent = matching(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/, 'a W3C traceparent');
const text = v.custom<string>(
  (value) => typeof value === 'string' && value.length <= MAX_REASON_LENGTH,
  `a text of at most ${MAX_REASON_LENGTH} characters`,
);
const paths = v.custom<readonly Path[]>(
  (value) => Array.isArray(value) && value.length <= MAX_PATHS && value.every(isPath),
  `a list of at most ${MAX_PATHS} paths, each a text or a list of texts and numbers`,
);
const instant = v.custom<Date>((value) => value instanceof Date && !Number.isNaN(value.getTime()), 'a Date');
const level = v.picklist(['normal', 'elevated', 'high', 'critical'], '"normal", "elevated", "high" or "critical"');

/** An error as it travels. A HeliosError is one, and stays itself where nothing is encoded. */
const error = v.custom<ErrorForm>(isErrorForm, 'an error of Helios: code, message and retryable');

function isBetween(value: unknown, least: number, most = Number.MAX_VALUE): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

function matching(pattern: RegExp, what: string) {
  return v.custom<string>((value) => typeof value === 'string' && pattern.test(value), what);
}

function textUpTo(length: number, what: string) {
  const isText = (value: unknown) => typeof value === 'string' && value !== '' && value.length <= length;
  return v.custom<string>(isText, `${what}, 1 to ${length} characters`);
}

function isHeadName(value: unknown): boolean {
  try {
    return checkHeadName(value) === value;
  } catch {
    return false;
  }
}

function isPath(value: unknown): boolean {
  if (typeof value === 'string') return true;
  return Array.isArray(value) && value.every((key) => typeof key === 'string' || typeof key === 'number');
}

/** What isn't a record at all is refused as not being one. */
const record = <const Entries extends v.ObjectEntries>(entries: Entries) => v.object(entries, 'a record');

// ── Asking and answering ────────────────────────────────────────────────────────────────────────────────────────────

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
/** Of durable requests alone. */
const durableOptions = {
  /** Requests with the same key are one request: data, never a token of a subject. */
  idempotencyKey: v.optional(textUpTo(MAX_IDEMPOTENCY_KEY_LENGTH, 'an idempotency key')),
  /** Milliseconds after the server stored the request; then it expires. */
  ttlMs: v.optional(timeoutMs, DEFAULT_TTL_MS),
  /** Whether the outcome shall carry the value, up to `MAX_OUTCOME_VALUE_BYTES` of JSON. */
  includeValue: v.optional(v.boolean('true or false'), false),
};
const absent = v.optional(v.undefined('nothing: a request has either object, or root and type'));
const byName = { object: name, root: absent, type: v.optional(type), ...requestOptions };
const byRoot = {
  ...{ object: absent, root, type },
  /** Of the stored value; the newest that the worker knows when absent. */
  schemaVersion: v.optional(ordinal),
  ...requestOptions,
};
const requestByName = record(byName);
const requestByRoot = record(byRoot);
const durableByName = record({ ...byName, ...durableOptions });
const durableByRoot = record({ ...byRoot, ...durableOptions });

/** Materialize an object: `{ object: 'agents/7' }` or `{ root, type }`, with options beside it. */
export const requestMessage = v.lazy((input) => (has(input, 'root') ? requestByRoot : requestByName));
export type RequestMessage = v.InferOutput<typeof requestMessage>;

/** Materialize an object some time: a request with the options of durable ones. */
export const durableMessage = v.lazy((input) => (has(input, 'root') ? durableByRoot : durableByName));
export type DurableMessage = v.InferOutput<typeof durableMessage>;

const failed = record({
  ...{ id, state: v.literal('failed', '"failed"'), error },
  /** Who had it, and how often it was given to a worker; absent when none had it. */
  ...{ worker: v.optional(worker), attempt: v.optional(ordinal) },
});
const materialized = record({
  id,
  state: v.optional(v.literal('materialized', '"materialized" or "failed"')),
  value: v.unknown(),
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
  /** As whoever answers has measured them: no clocks are compared. */
  timings: record({ queueUs: durationUs, restoreUs: durationUs, totalUs: durationUs }),
});

/** The answer to a request: a Materialized with its `id`, or `{ id, state: 'failed', error }`. */
export const answerMessage = v.lazy((input) => (isFailed(input) ? failed : materialized));
export type AnswerMessage = v.InferOutput<typeof answerMessage>;

/** Where a request is, for those who watch; in one process also for the asker's inbox. Its end is an answer. */
export const progressMessage = record({
  id,
  state: v.picklist(['queued', 'restoring'], '"queued" or "restoring"'),
  worker: v.optional(worker),
  /** How often the request was given to a worker. */
  attempt: count,
});
export type ProgressMessage = v.InferOutput<typeof progressMessage>;

/** Nobody waits for this request any more. */
export const cancelMessage = record({ id, reason: v.optional(text) });
export type CancelMessage = v.InferOutput<typeof cancelMessage>;

// ── Between supervisor and worker ───────────────────────────────────────────────────────────────────────────────────

/** What a worker can still take. */
const credits = record({ count, bytes: count });

/** A request given to a worker, which answers the asker's inbox itself. */
export const workMessage = record({
  /** What supervisor and worker call it by. */
  id,
  request: requestMessage,
  attempt: ordinal,
  /** The asker's inbox. */
  answerTo: textUpTo(MAX_SUBJECT_LENGTH, 'the subject of an inbox'),
  /** Milliseconds that are left: no clock of another machine is compared. */
  timeoutMs,
  /** The asker takes answers in batches. */
  takesBatches: v.optional(v.boolean('true or false')),
  /** The asker speaks JSON, and is answered so. */
  isJson: v.optional(v.boolean('true or false')),
  /** Of a durable request: the worker commits its outcome, and answers nobody else. */
  durable: v.optional(
    record({
      /** The request's own id. `id` above is that of this attempt's work alone where they differ. */
      id,
      /** Token of the type in subjects, `_` where the asker didn't know it. */
      type: v.string('a type or _'),
      includeValue: v.boolean('true or false'),
    }),
  ),
});
export type WorkMessage = v.InferOutput<typeof workMessage>;

/**
 * What a worker tells the supervisor: it can't take this work (no room, or a type that it doesn't know), it is done with
 * it (the asker has its answer, the durable request its outcome), or it failed at the work of a durable request.
 */
export const workerStatus = record({
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
});
export type WorkerStatus = v.InferOutput<typeof workerStatus>;

/** A worker is alive, or says good-bye. */
export const heartbeatMessage = record({
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
});
export type HeartbeatMessage = v.InferOutput<typeof heartbeatMessage>;

// ── What became of durable requests. Always JSON on the wire; `at` is ISO text there, as people read it. ─────────────

const at = matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'a time such as 2026-01-31T12:00:00.000Z');
const aboutRequest = {
  id,
  /** Type of the object, `_` where it isn't known. */
  type: v.string('a type or _'),
  /** The name that was asked for, else the root. */
  object: v.string('a name or a root'),
  at,
};

const terminalMaterialized = record({
  ...aboutRequest,
  state: v.literal('materialized', '"materialized"'),
  root,
  version: v.optional(ordinal),
  /** Of the stored object. */
  bytes: count,
  worker,
  attempt: ordinal,
  timings: record({ queueUs: durationUs, restoreUs: durationUs, totalUs: durationUs }),
  /** With `includeValue`, where it fits. */
  value: v.optional(v.unknown()),
});
const terminalOther = record({
  ...aboutRequest,
  state: v.picklist(['failed', 'cancelled', 'expired'], '"failed", "cancelled" or "expired"'),
  error,
  worker: v.optional(worker),
  attempt: v.optional(count),
});

/** The one terminal record of a durable request; its event is the same message. */
export const outcomeMessage = v.lazy((input) =>
  Reflect.get(Object(input), 'state') === 'materialized' ? terminalMaterialized : terminalOther,
);
export type OutcomeMessage = v.InferOutput<typeof outcomeMessage>;

/** Progress of a durable request, for those who look on: lost where nobody does. */
export const liveMessage = record({
  ...aboutRequest,
  state: v.picklist(['queued', 'restoring'], '"queued" or "restoring"'),
  worker: v.optional(worker),
  attempt: count,
});
export type LiveMessage = v.InferOutput<typeof liveMessage>;

/** A durable request that was given up because workers died of it, kept for whoever looks into it. */
export const deadMessage = record({
  ...aboutRequest,
  reason: v.literal('poison', '"poison"'),
  error,
  /** Who died of it, in order. */
  workers: v.array(worker, 'a list of workers'),
  lane: v.picklist(LANES, 'one of the four lanes'),
  /** As it was submitted, but for its key. */
  request: v.unknown(),
});
export type DeadMessage = v.InferOutput<typeof deadMessage>;

// ── Memory ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** How short of memory a process is. */
export const pressureMessage = record({
  worker,
  level,
  score: share,
  /** Change of the score a second. */
  trend: finite,
  parts: v.record(v.string(), finite, 'a record of numbers'),
});
export type PressureMessage = v.InferOutput<typeof pressureMessage>;

/** What all actors follow from now on. Other settings travel along as they are. */
export const policyMessage = v.looseObject(
  {
    epoch: v.custom<bigint>((value) => typeof value === 'bigint' && value >= 0n, 'a bigint, 0 or more'),
    level,
    threshold: share,
  },
  'a record',
);
export type PolicyMessage = v.InferOutput<typeof policyMessage>;

function has(input: unknown, key: string): boolean {
  return typeof input === 'object' && input !== null && Reflect.get(input, key) !== undefined;
}

function isFailed(input: unknown): boolean {
  return has(input, 'state') && Reflect.get(Object(input), 'state') === 'failed';
}
