/**
 * Keys of requests as headers. A key is any text, a header a line of letters: what doesn't fit travels as `=` and
 * base64url, and is read back. Other clients' keys are what they are.
 */

export const KEY_HEADER = 'Nats-Msg-Id';

/** What nats.js and servers carry unchanged, and not our own mark in front. */
const PLAIN = /^[!-<>-~]([ -~]*[!-~])?$/;

export function toKeyHeader(key: string): string {
  return PLAIN.test(key) ? key : `=${Buffer.from(key).toString('base64url')}`;
}

export function fromKeyHeader(header: string): string {
  if (!header.startsWith('=')) return header;
  const key = Buffer.from(header.slice(1), 'base64url').toString();
  return toKeyHeader(key) === header ? key : header;
}
