/**
 * What came over the wire, as messages of the bus: decoded within limits, batches split into what was put in, want of
 * responders told to each item of a batch. What can't be decoded becomes a message with `fault`; nothing is thrown, and
 * nothing that one message holds harms another one. Calls nobody.
 */
import type { Msg, MsgHdrs } from 'nats';
import { type DecodedItem, decodeItems } from '../../protocol/codec.js';
import { decodeJson, HeliosError, ID_PATTERN, MAX_BATCH } from '../../protocol/index.js';
import type { BusMessage } from '../bus.js';
import { checkSubject } from '../subject.js';
import { prefixOf } from './batches.js';
import { type ContentOptions, decodeBody, isJson, isOwnBatch, readHeaders } from './content.js';

type HeaderRecord = BusMessage['headers'];

const NO_RESPONDERS_CODE = 503;
const NO_RESPONDERS = { Status: '503' };

export interface IncomingOptions extends ContentOptions {
  /** The replies of the items of a batch of ours. */
  readonly repliesOf: (batchReply: string) => readonly string[] | undefined;
}

/** The messages that one of NATS stands for, in order; at least one, but for an empty batch. */
export function readMessage(msg: Msg, options: IncomingOptions): BusMessage[] {
  const { subject, data } = msg;
  if (isOwnBatch(data)) return batch(subject, msg.reply, data, undefined, options);
  let hdrs: MsgHdrs | undefined;
  try {
    // nats.js reads them now, and throws for a name that is none.
    hdrs = msg.headers;
  } catch (error) {
    const text = `The headers of the message can't be read: ${String(error)}.`;
    return [faulty(subject, msg.reply, undefined, new HeliosError('INVALID_REQUEST', text, { cause: error }))];
  }
  if (hdrs === undefined) return [single(subject, msg.reply, data, undefined, options)];
  if (hdrs.code === NO_RESPONDERS_CODE && data.length === 0) return noResponders(subject, options);
  const { headers, isBatch } = readHeaders(hdrs);
  if (isBatch) return batch(subject, msg.reply, data, headers, options);
  return [single(subject, msg.reply, data, headers, options)];
}

function noResponders(subject: string, { repliesOf }: IncomingOptions): BusMessage[] {
  const replies = repliesOf(subject) ?? [subject];
  return replies.map((reply) => ({ subject: reply, body: undefined, headers: NO_RESPONDERS }));
}

function single(
  subject: string,
  reply: string | undefined,
  data: Uint8Array,
  headers: HeaderRecord,
  options: IncomingOptions,
): BusMessage {
  let body: unknown;
  try {
    if (reply) checkSubject(reply);
    body = decodeBody(data, isJson(headers), options);
  } catch (error) {
    return faulty(subject, reply, headers, error);
  }
  return message(subject, body, reply, headers);
}

function batch(
  subject: string,
  reply: string | undefined,
  data: Uint8Array,
  headers: HeaderRecord,
  options: IncomingOptions,
): BusMessage[] {
  try {
    // The place of the id: in the reply, where there is one.
    const prefix = prefixOf(reply ? checkSubject(reply) : subject);
    if (prefix === '') throw unsplittable('whose reply (or else subject) ends in a token for the id of an item');
    const items = isJson(headers) ? jsonItems(data, options) : decodeItems(data, MAX_BATCH, options);
    return items.map((item) => itemMessage(item, prefix, subject, reply, headers));
  } catch (error) {
    return [faulty(subject, reply, headers, error)];
  }
}

function jsonItems(data: Uint8Array, options: ContentOptions): DecodedItem[] {
  const list = decodeJson(data, options);
  if (!Array.isArray(list)) throw unsplittable('that is an array');
  if (list.length > MAX_BATCH) throw unsplittable(`of at most ${MAX_BATCH} items`);
  return list.map((body: unknown) => ({ body }));
}

function itemMessage(
  item: DecodedItem,
  prefix: string,
  subject: string,
  reply: string | undefined,
  headers: HeaderRecord,
): BusMessage {
  if ('error' in item) return faulty(subject, reply, headers, item.error);
  const { body } = item;
  const id: unknown = typeof body === 'object' && body !== null && 'id' in body ? body.id : undefined;
  if (typeof id !== 'string' || !ID_PATTERN.test(id)) {
    return faulty(subject, reply, headers, unsplittable('whose items have an id of letters, digits, _ and -'));
  }
  if (reply) {
    // Field by field: after a spread, each would take microseconds.
    const place = `${prefix}.${id}`;
    if (headers === undefined) return { subject, body, reply: place, takesBatches: true };
    return { subject, body, reply: place, headers, takesBatches: true };
  }
  return message(`${prefix}.${id}`, body, undefined, headers);
}

function message(subject: string, body: unknown, reply: string | undefined, headers: HeaderRecord): BusMessage {
  if (headers === undefined) return reply ? { subject, body, reply } : { subject, body };
  return reply ? { subject, body, reply, headers } : { subject, body, headers };
}

/** A reply that nobody can publish to is left out: it may be the very fault. */
function faulty(subject: string, reply: string | undefined, headers: HeaderRecord, error: unknown): BusMessage {
  let answerTo: string | undefined;
  try {
    if (reply) answerTo = checkSubject(reply);
  } catch {
    // `error` says so, or says what is wrong besides.
  }
  return { ...message(subject, undefined, answerTo, headers), fault: HeliosError.from(error) };
}

function unsplittable(expected: string): HeliosError {
  return new HeliosError('INVALID_REQUEST', `A message with the header Helios-Batch is one ${expected}.`);
}
