/**
 * The bus over NATS: puts together what sends, what gathers batches, and what reads messages, on a connection that it
 * shares and never closes. Whoever receives checks bodies: anybody may have sent them.
 *
 * Differs from the embedded one where a wire must: bodies arrive as copies, after the call that published them; what is
 * published while the connection breaks may be lost; want of responders is told to the publisher's own subscriptions.
 */
import { randomUUID } from 'node:crypto';
import type { Msg, NatsError } from 'nats';
import { HeliosError } from '../../protocol/index.js';
import type { Bus, BusMessage, PublishOptions, Subscription } from '../bus.js';
import { busClosed } from '../message.js';
import { createReplies } from '../replies.js';
import { checkPattern, checkQueue, checkSubject } from '../subject.js';
import { createBatches, lastTokenOf } from './batches.js';
import { linkClosed, type NatsLink } from './connection.js';
import { batchHeaders, type ContentOptions, encodeBody, encodedOnce, isJson, writeHeaders } from './content.js';
import { readMessage } from './incoming.js';
import { createOutgoing, type Headers } from './outgoing.js';

export interface NatsBusOptions extends ContentOptions {
  readonly link: NatsLink;
  /**
   * Takes what a handler throws, or what the promise of an async one rejects with, and why a message that was taken
   * could not be sent after all. Must not throw itself.
   */
  readonly onError: (error: unknown, message: BusMessage) => void;
  /** Milliseconds after which `flush` and `close` wait no longer for the server; 10,000 when absent. */
  readonly flushTimeoutMs?: number;
}

export interface NatsBusCounters {
  /** Messages published, each item of a batch one. */
  readonly published: number;
  /** Messages sent in batches, and the batches. */
  readonly batched: number;
  readonly batches: number;
  /** Times that a handler was called. */
  readonly delivered: number;
  /** Answers that came when nobody waited for them any more. */
  readonly late: number;
  /** Handlers that threw. */
  readonly failed: number;
  /** Messages that came and could not be decoded. */
  readonly faulty: number;
  /** Messages that were taken and could not be sent after all. */
  readonly lost: number;
}

export interface NatsBus extends Bus {
  readonly counters: NatsBusCounters;
}

const FLUSH_TIMEOUT_MS = 10_000;

export function createNatsBus(options: NatsBusOptions): NatsBus {
  const { link, onError, flushTimeoutMs = FLUSH_TIMEOUT_MS } = options;
  const counters = { published: 0, batched: 0, batches: 0, delivered: 0, late: 0, failed: 0, faulty: 0, lost: 0 };
  const ownInbox = `_INBOX.${randomUUID().replaceAll('-', '')}`;
  const replies = createReplies({ inbox: ownInbox, subscribe, onLate: () => counters.late++ });
  const subscriptions = new Set<{ unsubscribe(): void }>();
  const fixed = new WeakMap<object, Headers>();
  const headersOfBatch = batchHeaders(link.newHeaders);
  const outgoing = createOutgoing(link, (error, subject) => lose(error, subject, 1));
  const batches = createBatches({
    send: (subject, payload, reply) => {
      counters.batches++;
      outgoing.send(subject, payload, reply, headersOfBatch);
    },
    onLost: lose,
    payloadBytesMax: () => outgoing.payloadBytesMax - headersOfBatch.bytes,
  });
  const reading = { ...options, repliesOf: batches.repliesOf };
  let isClosed = false;
  let inboxes = 0;

  function checkOpen(): void {
    if (isClosed) throw busClosed();
    if (link.isClosed) throw linkClosed(link.url);
  }

  function report(error: unknown, message: BusMessage): void {
    try {
      onError(error, message);
    } catch {
      // There is nobody left to tell; the counters have it.
    }
  }

  function lose(error: unknown, subject: string, count: number): void {
    counters.lost += count;
    report(error, { subject, body: undefined });
  }

  function fail(error: unknown, message: BusMessage): void {
    counters.failed++;
    report(error, message);
  }

  function call(handler: (message: BusMessage) => void, message: BusMessage): void {
    counters.delivered++;
    if (message.fault !== undefined) counters.faulty++;
    try {
      const result: unknown = handler(message);
      if (result instanceof Promise) result.catch((error: unknown) => fail(error, message));
    } catch (error) {
      fail(error, message);
    }
  }

  /** Those that can't change are written once. */
  function headersOf(headers: Readonly<Record<string, string>>): Headers | undefined {
    const known = fixed.get(headers);
    if (known !== undefined) return known;
    const written = writeHeaders(headers, link.newHeaders);
    if (written === undefined || !Object.isFrozen(headers)) return written;
    const once = { hdrs: encodedOnce(written.hdrs), bytes: written.bytes };
    fixed.set(headers, once);
    return once;
  }

  function send(subject: string, body: unknown, { reply, headers, coalesce, trails }: PublishOptions): void {
    checkOpen();
    checkSubject(subject);
    const inJson = isJson(headers);
    const payload = encodeBody(body, inJson, options);
    if (coalesce === true && headers === undefined && isItem(body, reply ?? subject)) {
      outgoing.check(subject, payload.length + ITEM_BYTES, batches.waitingBytes);
      batches.add(subject, reply, payload);
      counters.batched++;
    } else {
      const written = headers && headersOf(headers);
      if (trails === true) {
        outgoing.check(subject, payload.length + (written?.bytes ?? 0), batches.waitingBytes);
        batches.trail(subject, () => outgoing.send(subject, payload, reply, written));
      } else {
        batches.flushBefore(subject);
        outgoing.send(subject, payload, reply, written);
      }
    }
    counters.published++;
  }

  function subscribe(
    subject: string,
    handler: (message: BusMessage) => void,
    { queue }: { readonly queue?: string } = {},
  ): Subscription {
    checkOpen();
    checkPattern(subject);
    if (queue !== undefined) checkQueue(queue);
    let isActive = true;
    const callback = (error: NatsError | null, msg: Msg) => {
      if (error !== null) return report(notPermitted(subject, error), { subject, body: undefined });
      for (const message of readMessage(msg, reading)) {
        if (isActive) call(handler, message);
      }
    };
    const inner = link.connection.subscribe(subject, { callback, ...(queue === undefined ? {} : { queue }) });
    const subscription = {
      subject,
      unsubscribe() {
        if (!isActive) return;
        isActive = false;
        subscriptions.delete(subscription);
        if (!link.isClosed) inner.unsubscribe();
      },
    };
    subscriptions.add(subscription);
    return subscription;
  }

  return {
    kind: 'nats',
    counters,
    publish(subject, body, published = {}) {
      if (published.reply !== undefined) checkSubject(published.reply);
      send(subject, body, published);
    },
    subscribe,
    async request(subject, body, wait) {
      checkOpen();
      return replies.await(subject, wait, (reply) => send(subject, body, { reply }));
    },
    inbox: () => `${ownInbox}-${(inboxes++).toString(36)}`,
    async flush() {
      checkOpen();
      batches.flush();
      await link.flush(flushTimeoutMs);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      batches.flush();
      for (const subscription of [...subscriptions]) subscription.unsubscribe();
      replies.close(busClosed());
      counters.lost += outgoing.close();
      // Whoever closes wants to have ended, not to hear of a server that is away.
      if (link.isUp) await link.flush(flushTimeoutMs).catch(() => undefined);
    },
  };
}

/** Bytes that an item which is alone takes besides its own: the list around it, and the batch's headers. */
const ITEM_BYTES = 64;

/** Whether the receiver can tell from the body alone where it was to go. */
function isItem(body: unknown, subject: string): boolean {
  if (!subject.includes('.')) return false;
  return typeof body === 'object' && body !== null && 'id' in body && body.id === lastTokenOf(subject);
}

function notPermitted(subject: string, cause: NatsError): HeliosError {
  const message = `NATS does not let this user subscribe to ${subject} (${cause.message}). Give it that permission.`;
  return new HeliosError('INVALID_REQUEST', message, { details: { subject }, cause });
}
