/**
 * An error in the headers of an answer, as the NATS services convention has it: for askers in any language, who need
 * not look into the body to see that it is one.
 */
import type { ErrorForm } from './errorForm.js';
import type { ErrorCode } from './errors.js';

/** Characters of the error in a header, at most: headers count against the server's limit, the body has it all. */
const MAX_HEADER_ERROR_LENGTH = 200;

/** What HTTP would say, where it has a word for it; else 500. */
const STATUS: Partial<Readonly<Record<ErrorCode, string>>> = {
  INVALID_REQUEST: '400',
  UNSUPPORTED_VALUE: '400',
  INVALID_VALUE: '400',
  UNKNOWN_TYPE: '404',
  UNKNOWN_OBJECT: '404',
  UNKNOWN_PATH: '404',
  MISSING_BLOCK: '404',
  CONFLICT: '409',
  STALE_REFERENCE: '409',
  TOO_LARGE: '413',
  CANCELLED: '499',
  OVERLOADED: '503',
  UNAVAILABLE: '503',
  NOT_LOCAL: '503',
  CLOSED: '503',
  DEADLINE_EXCEEDED: '504',
  STORE_FULL: '507',
};

/** The headers `Nats-Service-Error` (code and message, on one line) and `Nats-Service-Error-Code` (as HTTP has them). */
export function serviceErrorHeaders({ code, message }: ErrorForm): Readonly<Record<string, string>> {
  const line = `${code}: ${message}`.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  const text = line.length <= MAX_HEADER_ERROR_LENGTH ? line : `${line.slice(0, MAX_HEADER_ERROR_LENGTH - 1)}…`;
  return { 'Nats-Service-Error': text, 'Nats-Service-Error-Code': STATUS[code] ?? '500' };
}
