/** Outcomes, events and dead letters as JSON, which they always are here, and checked when they are read. */
import {
  checkMessage,
  type DeadMessage,
  deadMessage,
  decodeJson,
  encodeJson,
  HeliosError,
  type OutcomeMessage,
  outcomeMessage,
} from '../../../protocol/index.js';
import type { ContentOptions } from '../content.js';

export const CONTENT_TYPE = 'Content-Type';
export const JSON_TYPE = 'application/json';

/** Of outcomes that were created just now: their events say the same. */
const written = new WeakMap<OutcomeMessage, string>();

/** @throws HeliosError `UNSUPPORTED_VALUE` · `TOO_LARGE` */
export function writeOutcome(outcome: OutcomeMessage, options: ContentOptions): string {
  const known = written.get(outcome);
  if (known !== undefined) return known;
  const text = encodeJson(outcome, options);
  written.set(outcome, text);
  return text;
}

/** @throws HeliosError `INVALID_REQUEST` for what somebody else put there, and what is none */
export function readOutcome(data: Uint8Array, subject: string, options: ContentOptions): OutcomeMessage {
  return read(subject, () => checkMessage(outcomeMessage, decodeJson(data, options)));
}

export function readDead(data: Uint8Array, subject: string, options: ContentOptions): DeadMessage {
  return read(subject, () => checkMessage(deadMessage, decodeJson(data, options)));
}

function read<Message>(subject: string, decode: () => Message): Message {
  try {
    return decode();
  } catch (error) {
    const { code, message } = HeliosError.from(error);
    const text = `What is stored at ${subject} is none of Helios's, or of another version: ${message}`;
    throw new HeliosError(code, text, { details: { subject }, cause: error });
  }
}
