/**
 * What actors say to one another, as schemas and the types that follow from them. They hold for the embedded bus, where
 * bodies are handed over as they are, and for the wire. Checked where something foreign comes in, not at every step.
 *
 * Fields that a schema doesn't name are left out of what a check gives back, so that a newer sender is understood by an
 * older receiver; only a policy keeps them. A field that is `undefined` is absent. Fields with a default are always
 * there after a check. References are the business of whoever encodes: a request names a root, an answer holds a value.
 */
import * as v from 'valibot';
import { ERROR_CODES } from './errors.js';
import { isUlid } from './ids.js';
import {
  DEFAULT_PRIORITY,
  DEFAULT_TIMEOUT_MS,
  DEFAULT_URGENCY,
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

const zeroToOne = (isNumberFrom0To1: unknown): boolean =>
  typeof isNumberFrom0To1 === 'number' && isNumberFrom0To1 >= 0 && isNumberFrom0To1 <= 1;
const Share = v.custom<number>(zeroToOne, 'a number from 0 to 1');
const Count = v.custom<number>(
  (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0,
  'a whole number, 0 or more',
);
const Attempt = v.custom<number>(
  (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 1,
  'a whole number, 1 or more',
);
const Duration = v.custom<number>(
  (value) => typeof value === 'number' && value >= 0 && value < Infinity,
  'microseconds, 0 or more',
);
const TimeoutMs = v.custom<number>(
  (value) => typeof value === 'number' && value > 0 && value <= MAX_TIMEOUT_MS,
  `milliseconds above 0 and up to ${MAX_TIMEOUT_MS} (a day)`,
);
const Id = v.custom<string>(isUlid, 'a ULID, 26 characters in upper case');
const Root = v.custom<string>(
  (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
  'a root: 64 hex digits in lower case',
);
const Type = v.custom<string>(
  (value) => typeof value === 'string' && TYPE_NAME_PATTERN.test(value),
  'the name of a type: a-z, 0-9, _ and -',
);
const Name = v.custom<string>(isHeadName, `the name of an object, 1 to ${MAX_HEAD_NAME_BYTES} bytes of UTF-8`);
const Worker = textUpTo(MAX_WORKER_NAME_LENGTH, 'the name of a worker');
const Inbox = textUpTo(MAX_SUBJECT_LENGTH, 'the subject of an inbox');
const Reason = v.custom<string>(
  (value) => typeof value === 'string' && value.length <= MAX_REASON_LENGTH,
  `a text of at most ${MAX_REASON_LENGTH} characters`,
);
const TraceParent = v.custom<string>(
  (value) => typeof value === 'string' && /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(value),
  'a W3C traceparent',
);
const Paths = v.custom<readonly Path[]>(
  (value) => Array.isArray(value) && value.length <= MAX_PATHS && value.every(isPath),
  `a list of at most ${MAX_PATHS} paths, each a text or a list of texts and numbers`,
);
const Instant = v.custom<Date>((value) => value instanceof Date && !Number.isNaN(value.getTime()), 'a Date');

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

/** Whatever isn't a record of this form is refused as "a record". */
const record = <const Entries extends v.ObjectEntries>(entries: Entries) => v.object(entries, 'a record');

// ── Asking and answering ────────────────────────────────────────────────────────────────────────────────────────────

const requestOptions = {
  /** Of a call, when the asker wants to choose it. */
  id: v.optional(Id),
  paths: v.optional(Paths),
  priority: v.optional(Share, DEFAULT_PRIORITY),
  urgency: v.optional(Share, DEFAULT_URGENCY),
  timeoutMs: v.optional(TimeoutMs, DEFAULT_TIMEOUT_MS),
  traceparent: v.optional(TraceParent),
};
const absent = v.optional(v.undefined_('nothing: a request has either object or root and type'));
const RequestByName = record({ object: Name, root: absent, type: v.optional(Type), ...requestOptions });
const RequestByRoot = record({ object: absent, root: Root, type: Type, ...requestOptions });

/** Materialize an object: `{ object: 'agents/7' }` or `{ root, type }`, with options beside it. */
export const RequestMessage = v.lazy((input) => (has(input, 'root') ? RequestByRoot : RequestByName));
export type RequestMessage = v.InferOutput<typeof RequestMessage>;

const WireError = record({
  code: v.picklist(ERROR_CODES, 'an error code of Helios'),
  message: v.string('a text'),
  retryable: v.boolean('true or false'),
});

const Failed = record({ id: Id, state: v.literal('failed', '"failed"'), error: WireError });
const Answered = record({
  id: Id,
  /** Absent, as in every answer that isn't a failure. */
  state: v.optional(v.undefined_('absent or "failed"')),
  value: v.unknown(),
  root: Root,
  version: v.optional(
    record({
      name: Name,
      version: Attempt,
      root: Root,
      type: Type,
      weight: Share,
      at: Instant,
      message: v.optional(v.string('a text')),
    }),
  ),
  mode: v.picklist(['whole', 'view', 'paths'], '"whole", "view" or "paths"'),
  source: v.picklist(['object', 'component', 'block', 'local', 'remote'], 'where the value came from'),
  worker: Worker,
  attempt: Attempt,
  timings: record({ queueUs: Duration, restoreUs: Duration, totalUs: Duration }),
});

/** The answer to a request: a Materialized with its `id`, or `{ id, state: 'failed', error }`. */
export const AnswerMessage = v.lazy((input) => (has(input, 'state') ? Failed : Answered));
export type AnswerMessage = v.InferOutput<typeof AnswerMessage>;

/** Nobody works for this request any more. */
export const CancelMessage = record({ id: Id, reason: v.optional(Reason) });
export type CancelMessage = v.InferOutput<typeof CancelMessage>;

/** Where a request is, for those who watch; its end is an answer. */
export const ProgressMessage = record({
  id: Id,
  state: v.picklist(['queued', 'restoring'], '"queued" or "restoring"'),
  worker: v.optional(Worker),
  attempt: Count,
});
export type ProgressMessage = v.InferOutput<typeof ProgressMessage>;

// ── Between supervisor and worker ───────────────────────────────────────────────────────────────────────────────────

/** What a worker can still take. */
const Credits = record({ count: Count, bytes: Count });

/** A request given to a worker, which answers the asker's inbox itself. */
export const WorkMessage = record({
  id: Id,
  request: RequestMessage,
  attempt: Attempt,
  /** The asker's inbox. */
  answerTo: Inbox,
  /** Milliseconds that are left: no clock of another machine is compared. */
  timeoutMs: TimeoutMs,
});
export type WorkMessage = v.InferOutput<typeof WorkMessage>;

/** What a worker tells the supervisor about work: it has no room for it, or has done it, in whatever way it ended. */
export const WorkerStatus = record({
  id: Id,
  worker: Worker,
  state: v.picklist(['busy', 'done'], '"busy" or "done"'),
  credits: v.optional(Credits),
  /** Why work that is done has failed. */
  error: v.optional(WireError),
});
export type WorkerStatus = v.InferOutput<typeof WorkerStatus>;

/** A worker is alive; `progress` is its main loop's counter, which stands still when the loop is stuck. */
export const HeartbeatMessage = record({
  worker: Worker,
  beat: Count,
  progress: Count,
  /** Requests that it works on. */
  inHand: Count,
  credits: v.optional(Credits),
  /** What it can restore: `type@version`. */
  types: v.array(v.string('type@version'), 'a list of type@version'),
});
export type HeartbeatMessage = v.InferOutput<typeof HeartbeatMessage>;

// ── Memory ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const Level = v.picklist(['normal', 'elevated', 'high', 'critical'], '"normal", "elevated", "high" or "critical"');

/** How short of memory a process is. */
export const PressureMessage = record({
  worker: Worker,
  score: Share,
  /** Change of the score a second. */
  trend: v.pipe(v.number('a number'), v.finite('a finite number')),
  parts: v.record(v.string(), v.number('a number'), 'a record of numbers'),
});
export type PressureMessage = v.InferOutput<typeof PressureMessage>;

/** What all actors follow from now on. Other settings travel along as they are. */
export const PolicyMessage = v.looseObject(
  {
    epoch: v.custom<bigint>((value) => typeof value === 'bigint' && value >= 0n, 'a bigint, 0 or more'),
    level: Level,
    threshold: Share,
  },
  'a record',
);
export type PolicyMessage = v.InferOutput<typeof PolicyMessage>;

function has(input: unknown, key: string): boolean {
  return typeof input === 'object' && input !== null && Reflect.get(input, key) !== undefined;
}
