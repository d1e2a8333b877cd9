/**
 * A message that a consumer gave out, as a delivery: its place, its count and its time are in the subject that it is
 * acknowledged on. Also what other clients of NATS put in; what can't be decoded has a `fault`, and is nobody's fault here.
 */
import type { Msg } from 'nats';
import { HeliosError } from '../../../protocol/errors.js';
import type { Delivery } from '../../journal.js';
import { type ContentOptions, decodeBody, isJson, readHeaders } from '../content.js';
import { NANOS_PER_MILLI } from './api.js';
import type { Channel } from './channel.js';
import { fromKeyHeader, KEY_HEADER } from './key.js';

export interface AckFacts {
  /** How often the message was given out. */
  readonly delivered: number;
  /** In the stream. */
  readonly sequence: number;
  /** Among what this consumer has given out. */
  readonly place: number;
  /** When it was stored, by the server's clock, in milliseconds since 1970. */
  readonly at: number;
}

/**
 * `$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<place>.<time>.<pending>`; servers in domains put two tokens after
 * ACK, and may put one at the end.
 */
export function readAck(reply: string): AckFacts {
  const tokens = reply.split('.');
  const first = tokens.length > 9 ? 6 : 4;
  return {
    delivered: Number(tokens[first]),
    sequence: Number(tokens[first + 1]),
    place: Number(tokens[first + 2]),
    at: Number(tokens[first + 3]) / NANOS_PER_MILLI,
  };
}

/** What a receiver may say, as the server knows it. */
const ACK = Buffer.from('+ACK');
const WORKING = Buffer.from('+WPI');

export function readDelivery(channel: Channel, msg: Msg, options: ContentOptions): Delivery {
  const reply = msg.reply ?? '';
  const { delivered, sequence, at } = readAck(reply);
  let isEnded = false;
  return Object.assign(readContent(msg, options), {
    subject: msg.subject,
    sequence,
    delivered,
    at,
    ack: () => {
      isEnded = true;
      channel.send(reply, ACK);
    },
    nak: (delayMs: number) => {
      if (isEnded) return;
      isEnded = true;
      const delay = Math.ceil(Math.max(0, delayMs)) * NANOS_PER_MILLI;
      channel.send(reply, delay > 0 ? `-NAK ${JSON.stringify({ delay })}` : '-NAK');
    },
    working: () => {
      if (!isEnded) channel.send(reply, WORKING);
    },
  });
}

function readContent(
  msg: Msg,
  options: ContentOptions,
): Pick<Delivery, 'body' | 'fault' | 'key' | 'traceparent' | 'isJson'> {
  let facts: Pick<Delivery, 'key' | 'traceparent' | 'isJson'> = { isJson: false };
  try {
    // nats.js reads them now, and throws for a name that is none.
    if (msg.headers !== undefined) facts = readFacts(readHeaders(msg.headers).headers);
    return Object.assign(facts, { body: decodeBody(msg.data, facts.isJson, options) });
  } catch (error) {
    return { ...facts, body: undefined, fault: faultOf(error) };
  }
}

function readFacts(headers: Readonly<Record<string, string>> = {}): Pick<Delivery, 'key' | 'traceparent' | 'isJson'> {
  const key = headers[KEY_HEADER];
  const { traceparent } = headers;
  const facts = { isJson: isJson(headers) };
  if (key !== undefined && key !== '') Object.assign(facts, { key: fromKeyHeader(key) });
  return traceparent === undefined ? facts : Object.assign(facts, { traceparent });
}

function faultOf(error: unknown): HeliosError {
  if (HeliosError.is(error)) return error;
  const message = `The headers of the message can't be read: ${String(error)}.`;
  return new HeliosError('INVALID_REQUEST', message, { cause: error });
}
