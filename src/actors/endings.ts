/**
 * How a durable request ends that does not end well: its outcome, its dead letter, the events that bring its chart there,
 * and the errors that say why. Makes words, sends none.
 */
import type { RequestEvent } from '../machines/index.js';
import { HeliosError } from '../protocol/errors.js';
import {
  type DeadMessage,
  fromErrorForm,
  MAX_REASON_LENGTH,
  type OutcomeMessage,
  toErrorForm,
} from '../protocol/index.js';
import type { Held } from './held.js';

export type Ending = Extract<OutcomeMessage, { readonly state: 'failed' | 'cancelled' | 'expired' }>;

/** @param at now, as the keeper of the journal has it, as ISO text */
export function endingOf(held: Held, state: Ending['state'], error: HeliosError, at: string): Ending {
  const { id, type, object, item } = held;
  const { code, message, retryable, retryAfterMs, details } = error;
  return {
    ...{ id, type: item?.need.type ?? type, object, at, state },
    error: toErrorForm({
      ...{ code, message: message.slice(0, MAX_REASON_LENGTH), retryable, details },
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    }),
    ...(item?.worker == null ? {} : { worker: item.worker.name }),
    ...(item === null ? {} : { attempt: item.attempt }),
  };
}

/** The events that bring a request's chart to the state of its outcome, from wherever it is; the first that fits does. */
export function endOf(outcome: OutcomeMessage): RequestEvent[] {
  if (outcome.state === 'materialized') return [{ type: 'RESTORED', result: undefined }];
  const error = fromErrorForm(outcome.error);
  if (outcome.state === 'cancelled') return [{ type: 'CANCEL', error }];
  if (outcome.state === 'expired') return [{ type: 'EXPIRE', error }];
  // At a worker a failure that may pass leads back into the queue, from where it is refused.
  return [
    { type: 'FAIL', error },
    { type: 'REFUSE', error },
  ];
}

/** What is kept of one that was given up, as its outcome says. */
export function letterOf({ lane, request }: Held, outcome: Ending, workers: readonly string[]): DeadMessage {
  const { id, type, object, at, error } = outcome;
  const { idempotencyKey: _, ...submitted } = request ?? { idempotencyKey: undefined };
  return { id, type, object, at, error, reason: 'poison', workers: [...workers], lane, request: submitted };
}

export function isPoison(outcome: OutcomeMessage): outcome is Ending {
  return outcome.state === 'failed' && outcome.error.details?.reason === 'poison';
}

export function expired(ttlMs: number): HeliosError {
  const text = `The request had ${ttlMs} ms from when it was stored, and they were over before it was done. Give it a longer ttlMs, or a higher priority.`;
  return new HeliosError('DEADLINE_EXCEEDED', text);
}

export function lostWith(worker: string): HeliosError {
  return new HeliosError('UNAVAILABLE', `The worker ${worker} went away with the request.`, { details: { worker } });
}

export function passing(error: HeliosError): HeliosError {
  return new HeliosError('UNAVAILABLE', error.message, { details: error.details, cause: error });
}
