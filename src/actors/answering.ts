/**
 * How whoever asked is answered: in batches where it takes them, in JSON where it speaks that, with the headers of the
 * NATS services convention where it isn't one of ours. An answer that can't travel becomes one that says so.
 */
import type { Bus, PublishOptions } from '../bus/index.js';
import { HeliosError } from '../protocol/errors.js';
import {
  type AnswerMessage,
  type ErrorForm,
  type ProgressMessage,
  serviceErrorHeaders,
  toErrorForm,
  type WorkMessage,
} from '../protocol/index.js';

/** The header that makes a message JSON. */
export const JSON_HEADERS = Object.freeze({ 'Content-Type': 'application/json' });

/** In JSON, for whoever looks on. */
export const TRAILING: PublishOptions = { headers: JSON_HEADERS, trails: true };
/** With others that go the same way. */
export const TOGETHER: PublishOptions = { coalesce: true };
const AS_JSON: PublishOptions = { headers: JSON_HEADERS };

interface Asked extends Pick<WorkMessage, 'answerTo' | 'takesBatches' | 'isJson'> {
  readonly request: { readonly id?: string | undefined };
}

export interface Asker {
  readonly inbox: string;
  /** What it calls its request. */
  readonly id: string;
  readonly sending: PublishOptions | undefined;
  readonly isForeign: boolean;
}

/** Of what a supervisor heard, or a worker was given. */
export function askerOf(bus: Bus, { request, answerTo, takesBatches, isJson }: Asked): Asker {
  const id = request.id ?? lastToken(answerTo);
  if (bus.kind === 'embedded') return { inbox: answerTo, id, sending: undefined, isForeign: false };
  const isForeign = takesBatches !== true;
  if (isJson === true) return { inbox: answerTo, id, sending: AS_JSON, isForeign };
  // The place of an answer in a batch is told by its id: it must be that of the inbox.
  const sending = !isForeign && answerTo.endsWith(`.${id}`) ? TOGETHER : undefined;
  return { inbox: answerTo, id, sending, isForeign };
}

/** Not to foreign askers: what they call a request takes the first message for the answer. */
export function tellProgress(bus: Bus, { inbox, sending, isForeign }: Asker, progress: ProgressMessage): void {
  if (!isForeign) bus.publish(inbox, progress, sending);
}

/** Sends an answer; one that is too large for a message, or holds what none can carry, becomes a failure that says so. */
export function answer(bus: Bus, asker: Asker, message: Exclude<AnswerMessage, { readonly error: ErrorForm }>): void {
  try {
    bus.publish(asker.inbox, message, asker.sending);
  } catch (error) {
    const { worker, attempt } = message;
    answerFailure(bus, asker, unsendable(HeliosError.from(error)), { worker, attempt });
  }
}

export function answerFailure(
  bus: Bus,
  { inbox, id, sending, isForeign }: Asker,
  error: HeliosError,
  by: { readonly worker?: string; readonly attempt?: number } = {},
): void {
  // In one process the error stays what it is, with its cause.
  const form = bus.kind === 'embedded' ? error : toErrorForm(error);
  const message: AnswerMessage = { id, state: 'failed', error: form, ...by };
  if (!isForeign) return bus.publish(inbox, message, sending);
  bus.publish(inbox, message, { headers: { ...sending?.headers, ...serviceErrorHeaders(form) } });
}

/** @throws the error itself when it isn't about the answer */
function unsendable(error: HeliosError): HeliosError {
  const { code, message, details } = error;
  if (code !== 'TOO_LARGE' && code !== 'UNSUPPORTED_VALUE') throw error;
  const why = code === 'TOO_LARGE' ? 'is too large for a message' : 'holds what no message can carry';
  const text = `The object was restored, but ${why}: ${message} Ask for the parts that you need with paths.`;
  return new HeliosError(code, text, { details, cause: error });
}

function lastToken(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}
