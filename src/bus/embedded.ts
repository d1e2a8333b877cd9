/**
 * The bus of one process. A message is handed to its receivers while it is being published: no promise, no timer, no
 * copy. What a handler publishes waits until everybody has had the message that is being handed over, and follows in
 * order; so handlers never nest, and a long exchange needs no deep stack. Knows nothing of what it carries.
 */
import { HeliosError } from '../protocol/errors.js';
import { MAX_CACHED_ROUTES, MAX_QUEUED_MESSAGES } from '../protocol/index.js';
import type { Bus, BusMessage, PublishOptions, Subscription } from './bus.js';
import { busClosed, messageOf } from './message.js';
import { createReplies } from './replies.js';
import { createRoutes, type Group, type Receiver, type Route } from './routes.js';
import { checkQueue, checkSubject } from './subject.js';

export interface EmbeddedBusOptions {
  /** Takes what a handler throws, or what the promise of an async one rejects with. Must not throw itself. */
  readonly onError: (error: unknown, message: BusMessage) => void;
  /** 0 up to but not including 1: makes inboxes that nobody guesses, and chooses who of a queue group begins. */
  readonly random: () => number;
  /** Messages that may wait while handlers run; 262,144 when absent. */
  readonly queueLimit?: number;
}

export interface BusCounters {
  /** Messages published, answers for want of a responder included. */
  readonly published: number;
  /** Times that a handler was called. */
  readonly delivered: number;
  /** Messages that nobody received. */
  readonly unheard: number;
  /** Answers that came when nobody waited for them any more. */
  readonly late: number;
  /** Handlers that threw. */
  readonly failed: number;
}

export interface EmbeddedBus extends Bus {
  readonly counters: BusCounters;
}

/** A message whose turn has not come, or a `flush` that waits for its turn. */
interface Queued {
  readonly message: BusMessage;
  readonly route: Route;
  readonly flushed?: { readonly resolve: () => void; readonly reject: (error: HeliosError) => void };
}

export function createEmbeddedBus(options: EmbeddedBusOptions): EmbeddedBus {
  const { onError, random, queueLimit = MAX_QUEUED_MESSAGES } = options;
  const counters = { published: 0, delivered: 0, unheard: 0, late: 0, failed: 0 };
  const routes = createRoutes({ random, cacheSize: MAX_CACHED_ROUTES });
  const ownInbox = `_INBOX.${randomText(random)}`;
  const replies = createReplies({ inbox: ownInbox, subscribe, onLate: () => counters.late++ });
  /** What has been published meanwhile, and before it the rest of what is being handed over. */
  let queue: Queued[] = [];
  let batch: Queued[] = [];
  let nextInBatch = 0;
  let isDelivering = false;
  let isClosed = false;
  let inboxes = 0;
  let subscriptions = 0;

  function call(receiver: Receiver, message: BusMessage): void {
    counters.delivered++;
    try {
      const result: unknown = receiver.handler(message);
      if (result instanceof Promise) result.catch((error: unknown) => report(error, message));
    } catch (error) {
      report(error, message);
    }
  }

  function report(error: unknown, message: BusMessage): void {
    counters.failed++;
    try {
      onError(error, message);
    } catch {
      // There is nobody left to tell; the counter has it. The messages that wait must not suffer.
    }
  }

  /** Hands a message over; returns whether anybody got it. */
  function hand(message: BusMessage, route: Route): boolean {
    let isHeard = false;
    for (const receiver of route.plain) {
      if (!receiver.isActive) continue;
      isHeard = true;
      call(receiver, message);
    }
    for (const group of route.groups) {
      const member = nextOf(group);
      if (member === undefined) continue;
      isHeard = true;
      call(member, message);
    }
    return isHeard;
  }

  function deliver(message: BusMessage, route: Route): void {
    if (hand(message, route)) return;
    counters.unheard++;
    if (message.reply === undefined || isClosed) return;
    const answer: BusMessage = { subject: message.reply, body: undefined, headers: NO_RESPONDERS };
    counters.published++;
    queue.push({ message: answer, route: routes.find(message.reply) });
  }

  function run(message: BusMessage, route: Route): void {
    isDelivering = true;
    try {
      runAll(message, route);
    } finally {
      isDelivering = false;
    }
  }

  function runAll(message: BusMessage, route: Route): void {
    deliver(message, route);
    while (queue.length > 0) {
      // What is published meanwhile goes into a new queue, so that a long exchange doesn't make this one grow.
      batch = queue;
      queue = [];
      for (nextInBatch = 0; nextInBatch < batch.length; ) {
        const next = batch[nextInBatch++];
        if (next?.flushed !== undefined) next.flushed.resolve();
        else if (next !== undefined) deliver(next.message, next.route);
      }
    }
  }

  function send(subject: string, body: unknown, published: PublishOptions | undefined): void {
    if (isClosed) throw busClosed();
    const route = routes.find(subject);
    const reply = published?.reply;
    const headers = published?.headers;
    const message = messageOf(subject, body, reply, headers);
    if (isDelivering && queue.length + batch.length - nextInBatch >= queueLimit) throw overloaded(queueLimit);
    counters.published++;
    if (isDelivering) queue.push({ message, route });
    else run(message, route);
  }

  function subscribe(
    subject: string,
    handler: (message: BusMessage) => void,
    { queue: group }: { readonly queue?: string } = {},
  ): Subscription {
    if (isClosed) throw busClosed();
    if (group !== undefined) checkQueue(group);
    const receiver: Receiver = { pattern: subject, queue: group, handler, order: subscriptions++, isActive: true };
    routes.add(receiver);
    return {
      subject,
      unsubscribe: () => {
        if (receiver.isActive) routes.remove(receiver);
      },
    };
  }

  return {
    kind: 'embedded',
    counters,
    publish(subject, body, published) {
      if (published?.reply !== undefined) checkSubject(published.reply);
      send(subject, body, published);
    },
    subscribe,
    request(subject, body, wait) {
      if (isClosed) return Promise.reject(busClosed());
      return replies.await(subject, wait, (reply) => send(subject, body, { reply }));
    },
    inbox: () => `${ownInbox}-${(inboxes++).toString(36)}`,
    async flush() {
      if (isClosed) throw busClosed();
      if (!isDelivering) return;
      await new Promise<void>((resolve, reject) => {
        queue.push({ ...MARK, flushed: { resolve, reject } });
      });
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      routes.clear();
      for (const { flushed } of [...batch.slice(nextInBatch), ...queue]) flushed?.reject(busClosed());
      batch = [];
      queue = [];
      replies.close(busClosed());
    },
  };
}

const NO_RESPONDERS = { Status: '503' };
const MARK: Queued = { message: { subject: '', body: undefined }, route: { plain: [], groups: [] } };

/** The member whose turn it is; gone ones are passed over. */
function nextOf(group: Group): Receiver | undefined {
  const { members } = group;
  for (let tried = 0; tried < members.length; tried++) {
    const member = members[group.turn];
    group.turn = group.turn + 1 < members.length ? group.turn + 1 : 0;
    if (member?.isActive === true) return member;
  }
  return undefined;
}

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const INBOX_LETTERS = 22;

function randomText(random: () => number): string {
  return Array.from({ length: INBOX_LETTERS }, () => LETTERS.charAt(Math.floor(random() * LETTERS.length))).join('');
}

function overloaded(limit: number): HeliosError {
  const message = `${limit} messages wait on the bus, the most it holds: handlers publish more than they take. Try again later.`;
  return new HeliosError('OVERLOADED', message);
}
