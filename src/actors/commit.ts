/**
 * The end of a durable request at a worker: its outcome is created, which is the commit point, then its event appended.
 * If somebody else was first, theirs is the outcome; its event is appended once more, since whoever created it may have
 * died before: the journal drops what it has. Reports nothing to anybody.
 */
import type { Journal } from '../bus/index.js';
import { HeliosError } from '../protocol/errors.js';
import {
  encodeJson,
  JSON_LIMITS,
  MAX_OUTCOME_VALUE_BYTES,
  type OutcomeMessage,
  type WriteOptions,
} from '../protocol/index.js';
import type { Restored } from '../restore/index.js';
import type { Work } from './work.js';

/** Blocks of a value take at most so many times the bytes of its JSON: what is larger needs no encoding to tell. */
const BLOCKS_TO_JSON_MAX = 16;

export type Timings = Success['timings'];
export type Success = Extract<OutcomeMessage, { readonly state: 'materialized' }>;

/**
 * Creates the outcome and appends its event.
 * @returns the outcome that the request has now: this one, or the one that was there
 * @throws HeliosError `UNAVAILABLE`, `CLOSED`, `TOO_LARGE`: then nothing is known of it, and it may be tried again
 */
export async function commit(journal: Journal, outcome: OutcomeMessage): Promise<OutcomeMessage> {
  const isOurs = await created(journal, outcome);
  if (isOurs.created) return published(journal, isOurs.outcome);
  const theirs = await journal.outcomes.get(outcome.id);
  return theirs === undefined ? outcome : published(journal, theirs);
}

/** The event of an outcome that is there. */
export async function published(journal: Journal, outcome: OutcomeMessage): Promise<OutcomeMessage> {
  await journal.events.append(outcome);
  return outcome;
}

/** Without the value where the journal takes less than an outcome may carry. */
async function created(journal: Journal, outcome: OutcomeMessage) {
  try {
    return { created: await journal.outcomes.create(outcome), outcome };
  } catch (error) {
    if (!HeliosError.is(error, 'TOO_LARGE') || !('value' in outcome)) throw error;
    const { value: _, ...without } = outcome;
    return { created: await journal.outcomes.create(without), outcome: without };
  }
}

/** What every word about a durable request says. @param nowMs milliseconds since 1970, by whoever keeps the journal */
export function about({ message, found }: Work, nowMs: number) {
  const { durable, request, id } = message;
  const object = request.object ?? request.root ?? '';
  return { id: durable?.id ?? id, type: found.type, object, at: new Date(nowMs).toISOString() };
}

/** The outcome of work that went well, without its value. */
export function success(
  work: Work,
  restored: Restored,
  by: { readonly worker: string; readonly nowMs: number },
  timings: Timings,
): Success {
  const { found, attempt } = work;
  const { id, type, object, at } = about(work, by.nowMs);
  const { root } = found;
  const bytes = found.storedBytes(root) || restored.bytes;
  // Field by field: after a spread, each would take microseconds.
  const outcome: Success = {
    id,
    type,
    object,
    at,
    state: 'materialized',
    root,
    bytes,
    worker: by.worker,
    attempt,
    timings,
  };
  return found.version === undefined ? outcome : Object.assign(outcome, { version: found.version.version });
}

/** The outcome with the value in it, where it fits and JSON can say it. */
export function withValue(outcome: Success, value: unknown, toLink: WriteOptions['toLink']): Success {
  if (outcome.bytes > BLOCKS_TO_JSON_MAX * MAX_OUTCOME_VALUE_BYTES) return outcome;
  try {
    const limits = { ...JSON_LIMITS, bytes: MAX_OUTCOME_VALUE_BYTES };
    encodeJson(value, { limits, ...(toLink === undefined ? {} : { toLink }) });
    return { ...outcome, value };
  } catch (error) {
    // It is read by its root, as a larger one is.
    if (HeliosError.is(error, 'TOO_LARGE') || HeliosError.is(error, 'UNSUPPORTED_VALUE')) return outcome;
    throw error;
  }
}

/** How long a call has waited on its way is known to its caller alone. */
export function timingsOf({ message }: Work, restoreUs: number): Timings {
  const { queuedUs: queueUs = 0 } = message;
  return { queueUs, restoreUs, totalUs: queueUs + restoreUs };
}
