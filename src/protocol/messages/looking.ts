/**
 * What whoever looks on says to all processes, and what each of them shows. Lost messages do no harm: watching is a
 * lease that is renewed, and whoever notices a gap asks to be told again of all there is.
 */
import * as v from 'valibot';
import { MAX_SUBJECT_LENGTH, MAX_WORKER_NAME_LENGTH } from '../limits.js';
import { either, field, matching, message, record, says, textUpTo } from './field.js';
import { count, isAsked, share, type, worker } from './fields.js';

/** Events a second that one process shows, at most, whatever viewers ask for. */
export const MAX_INSPECT_EVENTS_PER_SECOND = 10_000;

/** Milliseconds that one lease may ask for, at most: a viewer that is gone costs nothing from then on. */
export const MAX_INSPECT_LEASE_MS = 60_000;

/** Events in one message of a process, at most. */
export const MAX_INSPECT_BATCH = 512;

const viewer = matching(/^[A-Za-z0-9_-]{1,64}$/, 'the id of a viewer: 1 to 64 letters, digits, _ and -');
const run = textUpTo(MAX_WORKER_NAME_LENGTH, 'the run of a process');

/** Which requests are shown. Supervisors, workers, pressure and threshold are shown always. */
const filter = record({
  /** Only those for objects of this type. */
  type: v.optional(type),
  /** Only the one of this id, or those for the object of this name. */
  id: v.optional(textUpTo(MAX_SUBJECT_LENGTH, 'an id or a name')),
  /** Those that fail too, with their history, whatever the sample says. */
  failed: v.optional(isAsked, false),
  /** The share of the rest that is shown, each whole or not at all. */
  sample: share,
});
export type InspectFilter = v.InferOutput<typeof filter>;

const watch = record({
  type: v.literal('watch', '"watch" or "unwatch"'),
  viewer,
  /** Milliseconds for which to go on, from when this is heard. */
  leaseMs: field<number>(
    (value) => typeof value === 'number' && value > 0 && value <= MAX_INSPECT_LEASE_MS,
    `milliseconds above 0 and up to ${MAX_INSPECT_LEASE_MS}`,
    { type: 'number', exclusiveMinimum: 0, maximum: MAX_INSPECT_LEASE_MS },
  ),
  filter,
  /** Events a second that each process may show. */
  budget: field<number>(
    (value) => typeof value === 'number' && value >= 1 && value <= MAX_INSPECT_EVENTS_PER_SECOND,
    `events a second, 1 to ${MAX_INSPECT_EVENTS_PER_SECOND}`,
    { type: 'number', minimum: 1, maximum: MAX_INSPECT_EVENTS_PER_SECOND },
  ),
  /** The run of a process that shall tell again of all its actors, `*` for all: something was missed. */
  replay: v.optional(run),
});
const unwatch = record({ type: v.literal('unwatch', '"watch" or "unwatch"'), viewer });

/** Said to all processes: show me, and how much; or: I have seen enough. */
export const inspectControlMessage = message(either((input) => says(input, 'type', 'unwatch'), unwatch, watch));
export type InspectControlMessage = v.InferOutput<typeof inspectControlMessage>;

/**
 * An event as @statelyai/inspect 0.7.2 sends it, but for two things: `definition` is a key of the message's
 * `definitions`, and `to` names the viewers that it is for (all, when absent). What else it has is plain data.
 */
export interface InspectEvent {
  readonly type: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot';
  readonly sessionId: string;
  readonly to?: readonly string[];
  readonly [key: string]: unknown;
}

const EVENT_TYPES: readonly unknown[] = ['@xstate.actor', '@xstate.event', '@xstate.snapshot'];

const events = field<readonly InspectEvent[]>(
  (value) => Array.isArray(value) && value.length <= MAX_INSPECT_BATCH && value.every(isEvent),
  `a list of at most ${MAX_INSPECT_BATCH} events of @statelyai/inspect`,
  {
    ...{ type: 'array', maxItems: MAX_INSPECT_BATCH },
    items: {
      type: 'object',
      properties: {
        type: { type: 'string', enum: EVENT_TYPES },
        sessionId: { type: 'string', minLength: 1, maxLength: MAX_SUBJECT_LENGTH },
        to: { type: 'array', items: { type: 'string' } },
      },
      required: ['type', 'sessionId'],
    },
  },
);

function isEvent(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { type: what, sessionId, to }: { type?: unknown; sessionId?: unknown; to?: unknown } = value;
  if (!EVENT_TYPES.includes(what) || typeof sessionId !== 'string' || sessionId.length > MAX_SUBJECT_LENGTH)
    return false;
  const isAddressed = Array.isArray(to) && to.every((viewer) => typeof viewer === 'string');
  return sessionId !== '' && (to === undefined || isAddressed);
}

const definitions = field<Readonly<Record<string, string>>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === 'string'),
  'a record of texts',
  { type: 'object', additionalProperties: { type: 'string' } },
);

/** What a process has to show, some times a second while somebody watches. */
export const inspectDataMessage = message(
  record({
    process: worker,
    /** Its own each time that a process of this name starts. */
    run,
    /** One more from message to message of a run, so that a gap is seen. */
    batch: count,
    /** What was not shown since the process started, for want of budget: events, and requests with all of theirs. */
    dropped: record({ events: count, requests: count }),
    /** Machines as JSON texts, by the keys that events have as `definition`. */
    definitions: v.optional(definitions),
    events,
  }),
);
export type InspectDataMessage = v.InferOutput<typeof inspectDataMessage>;
