/**
 * What comes into a caller's inbox, made sure of: an answer, progress, or word that nobody is there. Bodies of a wire may
 * be anything; what passes has the form of its schema.
 */
import type { Bus, BusMessage } from '../bus/index.js';
import { HeliosError } from '../protocol/errors.js';
import { type AnswerMessage, answerMessage, type ProgressMessage, progressMessage } from '../protocol/index.js';
import { received } from './received.js';

export type Heard = AnswerMessage | ProgressMessage;

/** @throws HeliosError `UNAVAILABLE` when nobody was there to answer · `TOO_LARGE` · `INTERNAL` for what is no answer */
export function readAnswer(bus: Bus, message: BusMessage): Heard {
  if (message.headers?.Status === '503') throw nobody();
  try {
    if (isProgress(message.body)) return received(bus, progressMessage, message);
    return received(bus, answerMessage, message);
  } catch (error) {
    throw unreadable(HeliosError.from(error));
  }
}

export function isProgress(body: unknown): body is ProgressMessage {
  if (typeof body !== 'object' || body === null || !('state' in body)) return false;
  return body.state === 'queued' || body.state === 'restoring';
}

function nobody(): HeliosError {
  return new HeliosError('UNAVAILABLE', 'No supervisor answers. Is one running, and on the same prefix?');
}

function unreadable(cause: HeliosError): HeliosError {
  if (cause.code === 'TOO_LARGE') return cause;
  const text = `The answer makes no sense: ${cause.message} Who answers may be of another version of Helios, or none of it.`;
  return new HeliosError('INTERNAL', text, { cause, details: cause.details });
}
