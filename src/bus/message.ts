/** What every bus makes alike: a message that it hands over, and the refusal after it was closed. */
import { HeliosError } from '../protocol/errors.js';
import type { BusMessage } from './bus.js';

/** Reply and headers that nobody gave are absent. */
export function messageOf(
  subject: string,
  body: unknown,
  reply: string | undefined,
  headers: Readonly<Record<string, string>> | undefined,
): BusMessage {
  if (headers === undefined) return reply === undefined ? { subject, body } : { subject, body, reply };
  return reply === undefined ? { subject, body, headers } : { subject, body, reply, headers };
}

export function busClosed(): HeliosError {
  return new HeliosError('CLOSED', 'The bus is closed. Open a new one to send and receive.');
}
