/**
 * What a bus sends over its connection, within bounds: while the connection is away a little is kept for its return and
 * the rest refused (nats.js would drop it at each attempt to reconnect, unasked); while it is there, no more is sent than
 * a server confirms, so that one that has stopped reading doesn't fill our memory. Knows bytes, not what they mean.
 */
import type { MsgHdrs } from 'nats';
import { HeliosError } from '../../protocol/index.js';
import { linkClosed, type NatsLink } from './connection.js';

/** Bytes of messages that are kept while the connection is away, at most. */
export const BUFFERED_BYTES_MAX = 1_048_576;
/** Bytes sent that the server has not confirmed, at most. */
export const UNCONFIRMED_BYTES_MAX = 67_108_864;
/** Bytes after which a confirmation is asked for. */
const CONFIRM_BYTES = 1_048_576;
/** Bytes of a message beside subjects and payload, about: the command's words and figures. */
const COMMAND_BYTES = 32;

/** Headers with the bytes that they take in a message. */
export interface Headers {
  readonly hdrs: MsgHdrs;
  readonly bytes: number;
}

interface Message {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly reply: string | undefined;
  readonly headers: Headers | undefined;
}

export interface Outgoing {
  /** The most bytes that a payload without headers may have. */
  readonly payloadBytesMax: number;
  /**
   * Asks whether a payload could be sent now, with so many bytes of others that will be sent before it.
   * @throws HeliosError as `send`
   */
  check(subject: string, payloadBytes: number, waitingBytes: number): void;
  /** @throws HeliosError `TOO_LARGE` for the server's limit · `UNAVAILABLE` while it is away and enough is kept · `OVERLOADED` · `CLOSED` */
  send(subject: string, payload: Uint8Array, reply: string | undefined, headers: Headers | undefined): void;
  /** Forgets what is kept. @returns how many messages that were */
  close(): number;
}

/** @param onLost is told of each kept message that could not be sent after all */
export function createOutgoing(link: NatsLink, onLost: (error: unknown, subject: string) => void): Outgoing {
  let kept: Message[] = [];
  let keptBytes = 0;
  let sentBytes = 0;
  let confirmedBytes = 0;
  let isConfirming = false;

  const endWatch = link.watch(({ state }) => {
    // What was under way is lost or has arrived: it is no longer in our memory.
    if (state === 'disconnected') confirmedBytes = sentBytes;
    if (state === 'reconnected') sendKept();
  });

  function sendKept(): void {
    const messages = kept;
    kept = [];
    keptBytes = 0;
    for (const { subject, payload, reply, headers } of messages) {
      try {
        // Its limit may be another one than before.
        checkSize(subject, payload.length + (headers?.bytes ?? 0));
        put(subject, payload, reply, headers);
      } catch (error) {
        onLost(error, subject);
      }
    }
  }

  function put(subject: string, payload: Uint8Array, reply: string | undefined, headers: Headers | undefined): void {
    sentBytes += payload.length + (headers?.bytes ?? 0) + COMMAND_BYTES;
    link.connection.publish(subject, payload, {
      ...(reply === undefined ? {} : { reply }),
      ...(headers === undefined ? {} : { headers: headers.hdrs }),
    });
    if (!isConfirming && sentBytes - confirmedBytes > CONFIRM_BYTES) confirm();
  }

  function confirm(): void {
    isConfirming = true;
    const mark = sentBytes;
    const settle = () => {
      isConfirming = false;
    };
    link.connection.flush().then(() => {
      confirmedBytes = Math.max(confirmedBytes, mark);
      settle();
    }, settle);
  }

  function checkSize(subject: string, bytes: number): void {
    if (bytes > link.payloadBytesMax) throw tooLarge(subject, bytes, link.payloadBytesMax);
  }

  function checkRoom(subject: string, bytes: number): void {
    if (link.isClosed) throw linkClosed(link.url);
    if (!link.isUp && keptBytes + bytes > BUFFERED_BYTES_MAX) throw away(subject, link.url);
    if (sentBytes + bytes - confirmedBytes > UNCONFIRMED_BYTES_MAX) throw overloaded(subject, link.url);
  }

  return {
    get payloadBytesMax() {
      return link.payloadBytesMax;
    },
    check(subject, payloadBytes, waitingBytes) {
      checkSize(subject, payloadBytes);
      checkRoom(subject, payloadBytes + waitingBytes);
    },
    send(subject, payload, reply, headers) {
      const bytes = payload.length + (headers?.bytes ?? 0);
      checkSize(subject, bytes);
      checkRoom(subject, bytes);
      if (link.isUp) {
        if (kept.length > 0) sendKept();
        put(subject, payload, reply, headers);
        return;
      }
      kept.push({ subject, payload, reply, headers });
      keptBytes += bytes + subject.length + (reply?.length ?? 0) + COMMAND_BYTES;
    },
    close() {
      endWatch();
      const count = kept.length;
      kept = [];
      keptBytes = 0;
      return count;
    },
  };
}

function tooLarge(subject: string, bytes: number, bytesMax: number): HeliosError {
  const advice = 'Ask for parts by paths, or let the server take more (max_payload)';
  const message = `A message of ${bytes} bytes to ${subject} is more than the NATS server takes (${bytesMax}). ${advice}.`;
  return new HeliosError('TOO_LARGE', message, { details: { subject, bytes, bytesMax } });
}

function away(subject: string, url: string): HeliosError {
  const message = `NATS at ${url} is away, and ${BUFFERED_BYTES_MAX} bytes wait for its return already: the message to ${subject} was not taken. Try again when it is back.`;
  return new HeliosError('UNAVAILABLE', message, { details: { subject, url, bytesMax: BUFFERED_BYTES_MAX } });
}

function overloaded(subject: string, url: string): HeliosError {
  const message = `NATS at ${url} has not confirmed ${UNCONFIRMED_BYTES_MAX} bytes that were sent to it: the message to ${subject} was not taken. Send more slowly, or try again later.`;
  return new HeliosError('OVERLOADED', message, { details: { subject, url, bytesMax: UNCONFIRMED_BYTES_MAX } });
}
