/**
 * Questions to the server and their answers, many at a time over one inbox: published as they are, answered by callbacks,
 * ended by one timer. What is asked while the connection is away waits for its return; what was under way when it broke
 * is asked again if that does no harm, else fails. Knows nothing of JetStream but that its absence answers 503.
 */
import { randomBytes } from 'node:crypto';
import type { Msg, MsgHdrs } from 'nats';
import { HeliosError } from '../../../protocol/errors.js';
import { MAX_PENDING_REQUESTS } from '../../../protocol/limits.js';
import type { NatsLink } from '../connection.js';

/** What a journal needs of a connection. */
export type JournalLink = Pick<
  NatsLink,
  'connection' | 'url' | 'isUp' | 'isClosed' | 'payloadBytesMax' | 'newHeaders' | 'watch'
>;

export interface AskOptions {
  readonly headers?: MsgHdrs | undefined;
  /** Bytes of the headers, about; for the check of the server's limit. */
  readonly headerBytes?: number;
  /** Asking twice does no harm: it is asked again when the connection broke meanwhile. */
  readonly isRepeatable?: boolean;
  /** Nobody there is an answer: `undefined`, at once. */
  readonly isProbe?: boolean;
}

export interface Answer {
  readonly msg: Msg;
  /** It was asked more than once, and an earlier time may have been the one that counted. */
  readonly wasRepeated: boolean;
}

export interface Channel {
  readonly link: JournalLink;
  readonly isClosed: boolean;
  /** @throws HeliosError `UNAVAILABLE` without an answer in time · `TOO_LARGE` · `OVERLOADED` · `CLOSED` */
  ask(subject: string, payload: string | Uint8Array, options?: AskOptions): Promise<Answer>;
  /** Sends and forgets: lost while the connection is away. */
  send(subject: string, payload: string | Uint8Array, reply?: string): void;
  /** A subject that nobody else uses. */
  inbox(): string;
  /** Resolves when what is sent goes out, also when it never will again. */
  whenUp(): Promise<void>;
  /** @returns a function that ends it */
  onChange(listener: (isUp: boolean) => void): () => void;
  close(): void;
}

interface Pending {
  readonly subject: string;
  readonly payload: string | Uint8Array;
  readonly options: AskOptions;
  readonly deadline: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: HeliosError) => void;
  sent: number;
}

/** Milliseconds until a question that nobody was there for is asked again: whoever answers may be starting. */
const ASK_AGAIN_MS = 100;
const NO_RESPONDERS_CODE = 503;
const INBOX_BYTES = 15;

export function createChannel(link: JournalLink, timeoutMs: number): Channel {
  const ownInbox = `_INBOX.${randomBytes(INBOX_BYTES).toString('base64url')}`;
  /** In the order of their deadlines: all wait equally long. */
  const pending = new Map<string, Pending>();
  const listeners = new Set<(isUp: boolean) => void>();
  const repeating = new Set<NodeJS.Timeout>();
  let count = 0;
  let inboxes = 0;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const subscription = link.connection.subscribe(`${ownInbox}.*`, {
    callback: (error, msg) => {
      if (error === null) settle(msg);
    },
  });
  const endWatch = link.watch((status) => {
    if (status.state === 'disconnected') lose();
    else if (status.state === 'reconnected') comeBack();
    else if (status.state === 'closed') close();
  });

  function settle(msg: Msg): void {
    const token = msg.subject.slice(ownInbox.length + 1);
    const question = pending.get(token);
    if (question === undefined) return;
    if (isNobody(msg) && question.options.isProbe !== true) return repeatLater(token);
    pending.delete(token);
    question.resolve({ msg, wasRepeated: question.sent > 1 });
  }

  /** Nobody had it, so that it may be asked again whatever it is. */
  function repeatLater(token: string): void {
    const repeat = setTimeout(() => {
      repeating.delete(repeat);
      const question = pending.get(token);
      if (question === undefined) return;
      question.sent--;
      put(token, question);
    }, ASK_AGAIN_MS);
    repeat.unref();
    repeating.add(repeat);
  }

  function put(token: string, question: Pending): void {
    if (!link.isUp) return;
    try {
      const { headers } = question.options;
      const reply = `${ownInbox}.${token}`;
      question.sent++;
      link.connection.publish(
        question.subject,
        question.payload,
        headers === undefined ? { reply } : { reply, headers },
      );
    } catch (error) {
      pending.delete(token);
      question.reject(unsent(link, error));
    }
  }

  function lose(): void {
    for (const [token, question] of pending) {
      if (question.sent === 0 || question.options.isRepeatable === true) continue;
      pending.delete(token);
      question.reject(broken(link.url));
    }
    tell(false);
  }

  /** nats.js forgets what it had not sent, so that all which still waits goes out now; `lose` left what may. */
  function comeBack(): void {
    for (const [token, question] of pending) put(token, question);
    tell(true);
  }

  function tell(isUp: boolean): void {
    for (const listener of [...listeners]) listener(isUp);
  }

  function endLate(): void {
    timer = undefined;
    const now = performance.now();
    for (const [token, question] of pending) {
      if (question.deadline > now) {
        arm(question.deadline - now);
        return;
      }
      pending.delete(token);
      question.reject(late(link.url, question.subject, timeoutMs));
    }
  }

  function arm(ms: number): void {
    timer ??= setTimeout(endLate, Math.ceil(ms)).unref();
  }

  function close(): void {
    if (isClosed) return;
    isClosed = true;
    endWatch();
    clearTimeout(timer);
    for (const repeat of repeating) clearTimeout(repeat);
    for (const question of pending.values()) question.reject(closedJournal());
    pending.clear();
    if (!link.connection.isClosed()) subscription.unsubscribe();
    tell(false);
    listeners.clear();
  }

  return {
    link,
    get isClosed() {
      return isClosed;
    },
    ask(subject, payload, options = {}) {
      return new Promise<Answer>((resolve, reject) => {
        if (isClosed) throw closedJournal();
        if (pending.size >= MAX_PENDING_REQUESTS) throw overloaded();
        checkSize(link, payload, options.headerBytes ?? 0);
        const deadline = performance.now() + timeoutMs;
        const token = (count++).toString(36);
        const question: Pending = { subject, payload, options, deadline, resolve, reject, sent: 0 };
        pending.set(token, question);
        arm(timeoutMs);
        put(token, question);
      });
    },
    send(subject, payload, reply) {
      if (isClosed || !link.isUp || link.connection.isClosed()) return;
      link.connection.publish(subject, payload, reply === undefined ? {} : { reply });
    },
    inbox: () => `${ownInbox}-${(inboxes++).toString(36)}`,
    async whenUp() {
      if (link.isUp || isClosed) return;
      await new Promise<void>((resolve) => {
        const listener = (isUp: boolean) => {
          if (!isUp && !isClosed) return;
          listeners.delete(listener);
          resolve();
        };
        listeners.add(listener);
      });
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close,
  };
}

/** Nobody was there to take the message. */
export function isNobody(msg: Msg): boolean {
  return msg.data.length === 0 && msg.headers?.code === NO_RESPONDERS_CODE;
}

function checkSize(link: JournalLink, payload: string | Uint8Array, headerBytes: number): void {
  const bytesMax = link.payloadBytesMax;
  // A text has at most three bytes a unit: most are short enough to need no counting.
  if (payload.length * 3 + headerBytes <= bytesMax) return;
  const bytes = headerBytes + (typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length);
  if (bytes <= bytesMax) return;
  const message = `A message of ${bytes} bytes is more than the NATS server takes (${bytesMax}). Make it smaller, or let the server take more (max_payload).`;
  throw new HeliosError('TOO_LARGE', message, { details: { bytes, bytesMax } });
}

export function closedJournal(): HeliosError {
  return new HeliosError('CLOSED', 'The journal is closed. Open a new one.');
}

function broken(url: string): HeliosError {
  const message = `The connection to NATS at ${url} broke before the answer came: it may have been done or not. Try again.`;
  return new HeliosError('UNAVAILABLE', message, { details: { url } });
}

function late(url: string, subject: string, timeoutMs: number): HeliosError {
  const advice = 'The server is away, busy, or has lost its JetStream; what was asked for may have been done or not';
  const message = `No answer from NATS at ${url} within ${timeoutMs} ms. ${advice}. Try again.`;
  return new HeliosError('UNAVAILABLE', message, { details: { url, subject, timeoutMs } });
}

function overloaded(): HeliosError {
  const message = `${MAX_PENDING_REQUESTS} questions to NATS wait for their answers, the most that may. Try again later.`;
  return new HeliosError('OVERLOADED', message);
}

function unsent(link: JournalLink, error: unknown): HeliosError {
  if (link.isClosed || link.connection.isClosed()) return closedJournal();
  const message = `NATS at ${link.url} can't be sent to: ${error instanceof Error ? error.message : String(error)}.`;
  return new HeliosError('UNAVAILABLE', message, { cause: error });
}
