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
  DEFAULT_URGENCY,
  DEFAULT_WEIGHT,
  ID_PATTERN,
  MAX_HEAD_NAME_BYTES,
  MAX_PATHS,
  MAX_REASON_LENGTH,
  MAX_SUBJECT_LENGTH,
  MAX_TIMEOUT_MS,
  MAX_WORKER_NAME_LENGTH,
  TYPE_NAME_PATTERN,
} from './limits.js';
import { checkHeadName } from './names.js';
import type { Path } from './paths.js';

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

/** Materialize an object: `{ object: 'agents/7' }` or `{ root, type }`, with options beside it. */
export const requestMessage = v.lazy((input) => (has(input, 'root') ? requestByRoot : requestByName));
export type RequestMessage = v.InferOutput<typeof requestMessage>;

const failed = record({ id, state: v.literal('failed', '"failed"'), error });
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
});
export type WorkMessage = v.InferOutput<typeof workMessage>;

/** What a worker tells the supervisor: it has no room for this work, or it is done with it, however that ended. */
export const workerStatus = record({
  id,
  worker,
  state: v.picklist(['busy', 'done'], '"busy" or "done"'),
  credits: v.optional(credits),
});
export type WorkerStatus = v.InferOutput<typeof workerStatus>;

/** A worker is alive. */
export const heartbeatMessage = record({
  worker,
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
