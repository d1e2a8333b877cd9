/**
 * A durable request out of a delivery, which anybody may have put in: its id, whatever else is wrong with it, and the
 * request itself or why it is none. Decides nothing about it.
 */
import type { Delivery } from '../bus/index.js';
import { HeliosError } from '../protocol/errors.js';
import {
  ANY_TYPE,
  checkMessage,
  type DurableMessage,
  durableId,
  durableMessage,
  ID_PATTERN,
  type Lane,
  MAX_IDEMPOTENCY_KEY_LENGTH,
  type RequestMessage,
  TYPE_NAME_PATTERN,
} from '../protocol/index.js';
import { objectOf } from './item.js';
import { typed } from './typed.js';

export interface DurableRead {
  readonly id: string;
  /** As it is in subjects: `_` where nobody said. */
  readonly type: string;
  /** The name that was asked for, else the root. */
  readonly object: string;
  readonly request: DurableMessage | undefined;
  /** Why it is no request. */
  readonly error: HeliosError | undefined;
}

export interface ReadDurableOptions {
  readonly prefix: string;
  /** When the queue was made, as its keeper says. */
  readonly created: string;
  /** BLAKE3 in hex. */
  readonly hash: (bytes: Uint8Array) => string;
}

/** What a request that names no priority is worth, by the lane that it was put into. */
const LANE_PRIORITIES: Readonly<Record<Lane, number>> = {
  ...{ urgent: 0.95, high: 0.75, normal: 0.5, background: 0.15 },
};

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

export function readDurable(lane: Lane, delivery: Delivery, options: ReadDurableOptions): DurableRead {
  const { body, fault, subject, key, sequence, traceparent } = delivery;
  const { prefix, created, hash } = options;
  const idempotencyKey = textIn(body, 'idempotencyKey', isKey) ?? key;
  const of = { prefix, idempotencyKey, id: textIn(body, 'id', isId), streamCreated: created, sequence };
  const id = durableId(of, hash);
  try {
    if (fault !== undefined) throw fault;
    const checked = typed(checkMessage(durableMessage, body), subject);
    // What was checked is a record of its own.
    const request = has(body, 'priority') ? checked : Object.assign(checked, { priority: LANE_PRIORITIES[lane] });
    if (request.traceparent === undefined && TRACEPARENT.test(traceparent ?? ''))
      Object.assign(request, { traceparent });
    return { id, type: request.type ?? ANY_TYPE, object: objectOf(request), request, error: undefined };
  } catch (error) {
    const token = subject.slice(subject.lastIndexOf('.') + 1);
    const object = textIn(body, 'object', isName) ?? textIn(body, 'root', isName) ?? '_';
    const type = TYPE_NAME_PATTERN.test(token) ? token : ANY_TYPE;
    return { id, type, object, request: undefined, error: unreadable(HeliosError.from(error)) };
  }
}

/** What a worker is told of it. */
export function workRequestOf(message: DurableMessage): RequestMessage {
  const { idempotencyKey: _, ttlMs: __, includeValue: ___, ...request } = message;
  return request;
}

/** It may be of a code that tells of an error of our own; to whoever sent it, it is a bad request or too large. */
function unreadable(error: HeliosError): HeliosError {
  if (error.code === 'INVALID_REQUEST' || error.code === 'TOO_LARGE') return error;
  return new HeliosError('INVALID_REQUEST', error.message, { details: error.details, cause: error });
}

const isId = (text: string) => ID_PATTERN.test(text);
const isKey = (text: string) => text !== '' && text.length <= MAX_IDEMPOTENCY_KEY_LENGTH;
const isName = (text: string) => text !== '' && text.length <= MAX_IDEMPOTENCY_KEY_LENGTH;

function has(body: unknown, field: string): boolean {
  return typeof body === 'object' && body !== null && Reflect.get(body, field) !== undefined;
}

function textIn(body: unknown, field: string, isGood: (text: string) => boolean): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const value: unknown = Reflect.get(body, field);
  return typeof value === 'string' && isGood(value) ? value : undefined;
}
