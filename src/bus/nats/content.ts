/**
 * Bodies and headers as NATS carries them: MessagePack, or JSON where the header `Content-Type: application/json` says
 * so; no payload is no body. Headers are texts with one value a name. Sends and receives nothing.
 */
import type { MsgHdrs } from 'nats';
import type { ReadOptions, WriteOptions } from '../../protocol/index.js';
import { decodeJson, decodeMessage, describe, encodeJson, encodeMessage, HeliosError } from '../../protocol/index.js';
import type { Headers } from './outgoing.js';

export type ContentOptions = Pick<WriteOptions, 'toLink'> & Pick<ReadOptions, 'fromLink'>;

/** Marks a message that is a list of messages. */
const BATCH_HEADER = 'Helios-Batch';
/** The whole header block of our own batches. */
const BATCH_BLOCK = Buffer.from(`NATS/1.0\r\n${BATCH_HEADER}: 1\r\n\r\n`);

const EMPTY = new Uint8Array(0);

/** @throws HeliosError `UNSUPPORTED_VALUE` · `TOO_LARGE` */
export function encodeBody(body: unknown, isJson: boolean, options: ContentOptions): Uint8Array {
  if (body === undefined) return EMPTY;
  return isJson ? Buffer.from(encodeJson(body, options)) : encodeMessage(body, options);
}

/** @throws HeliosError `INVALID_REQUEST` · `TOO_LARGE` */
export function decodeBody(payload: Uint8Array, isJson: boolean, options: ContentOptions): unknown {
  if (payload.length === 0) return undefined;
  return isJson ? decodeJson(payload, options) : decodeMessage(payload, options);
}

/** Names of headers differ in case from client to client. */
export function isJson(headers: Readonly<Record<string, string>> | undefined): boolean {
  if (headers === undefined) return false;
  for (const name of Object.keys(headers)) {
    if (name.toLowerCase() === 'content-type') return /^application\/json\s*(;|$)/i.test(headers[name] ?? '');
  }
  return false;
}

/** Bytes of a header block beside names and values, and of each header. */
const BLOCK_BYTES = 'NATS/1.0\r\n\r\n'.length;
const LINE_BYTES = ': \r\n'.length;

/** @throws HeliosError `INVALID_REQUEST` for what is no header */
export function writeHeaders(record: Readonly<Record<string, string>>, newHeaders: () => MsgHdrs): Headers | undefined {
  const hdrs = newHeaders();
  let bytes = BLOCK_BYTES;
  for (const [name, value] of Object.entries(record)) {
    // nats.js takes what would break the block, such as an empty name, or letters that one byte doesn't hold.
    if (!/^[!-9;-~]+$/.test(name) || typeof value !== 'string' || /[\r\n]/.test(value)) {
      const message = `A header has a name of ASCII letters and a text of one line; got ${describe(name)}: ${describe(value)}.`;
      throw new HeliosError('INVALID_REQUEST', message);
    }
    hdrs.append(name, value);
    bytes += name.length + Buffer.byteLength(value.trim()) + LINE_BYTES;
  }
  return bytes === BLOCK_BYTES ? undefined : { hdrs, bytes };
}

/** The headers of a batch. */
export function batchHeaders(newHeaders: () => MsgHdrs): Headers {
  const hdrs = newHeaders();
  hdrs.append(BATCH_HEADER, '1');
  return { hdrs: encodedOnce(hdrs), bytes: BATCH_BLOCK.length };
}

/** Headers that are sent again and again, encoded once: nats.js would do it anew for each message (4 µs of one that is alone). */
export function encodedOnce(hdrs: MsgHdrs & { encode?: () => Uint8Array }): MsgHdrs {
  const block = hdrs.encode?.();
  return block === undefined ? hdrs : Object.defineProperty(hdrs, 'encode', { value: () => block });
}

/**
 * Whether this payload lies behind the header block of our own batches, which then needs no reading (10 µs of a message
 * that is alone). What lies in front of a payload without headers ends in one line break, or in nothing.
 */
export function isOwnBatch(payload: Uint8Array): boolean {
  const start = payload.byteOffset - BATCH_BLOCK.length;
  return start >= 0 && BATCH_BLOCK.equals(new Uint8Array(payload.buffer, start, BATCH_BLOCK.length));
}

/** What came, with `Status` for the server's own messages, and without the mark of a batch. Undefined when nothing is left. */
export function readHeaders(hdrs: MsgHdrs): {
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly isBatch: boolean;
} {
  let isBatch = false;
  const entries: [string, string][] = hdrs.code > 0 ? [['Status', String(hdrs.code)]] : [];
  for (const [name, values] of hdrs) {
    if (name.toLowerCase() === BATCH_HEADER_LOWER) isBatch = true;
    else entries.push([name, values[0] ?? '']);
  }
  // Not by assignment: a header may be called __proto__.
  return { headers: entries.length === 0 ? undefined : Object.fromEntries(entries), isBatch };
}

const BATCH_HEADER_LOWER = BATCH_HEADER.toLowerCase();
