/**
 * Coalescing: what one turn of the event loop publishes to one place travels in one message. Gathers items that are
 * encoded already, sends them when the turn's microtasks have run (no timer: one that is alone goes out in its own turn),
 * and remembers for a while who was in which batch, for the case that nobody receives it. Splits nothing, decodes nothing.
 *
 * A place is a subject where an answer is awaited, else a subject without its last token. One batch at a time is open
 * for a place; so everything to it arrives in the order in which it was published.
 */
import { MAX_BATCH, MAX_BATCH_BYTES } from '../../protocol/limits.js';
import { packArrayHeader } from '../../protocol/packItems.js';

/** Batches whose items are remembered, at most. */
export const BATCHES_REMEMBERED_MAX = 1_024;
/** The last token of the subject or reply of a batch. */
const WORD = 'batch';
/** Bytes in front of the items, at most. */
const ARRAY_HEADER_BYTES = 3;

export interface BatchOptions {
  /** Sends one batch. What it throws goes to `onLost`. */
  readonly send: (subject: string, payload: Uint8Array, reply: string | undefined) => void;
  readonly onLost: (error: unknown, subject: string, count: number) => void;
  /** The most bytes that a batch's payload may have. */
  readonly payloadBytesMax: () => number;
}

export interface Batches {
  /** Bytes that wait. */
  readonly waitingBytes: number;
  /** Takes an item; the last token of `reply`, or of `subject` if there is none, is its id. */
  add(subject: string, reply: string | undefined, item: Uint8Array): void;
  /** Calls `send` behind the batches of this turn; what that throws goes to `onLost`. */
  trail(subject: string, send: () => void): void;
  /** Sends what waits for the place that this subject belongs to. */
  flushBefore(subject: string): void;
  /** Sends all that waits. */
  flush(): void;
  /** The replies of the items of a batch that went out with this reply, if it is remembered. */
  repliesOf(batchReply: string): readonly string[] | undefined;
}

/** An open batch. */
interface Open {
  readonly subject: string;
  /** Of its items, without the last token and the dot. */
  readonly replyPrefix: string | undefined;
  readonly items: Uint8Array[];
  /** Last tokens of the replies. */
  readonly ids: string[];
  bytes: number;
}

export function createBatches({ send, onLost, payloadBytesMax }: BatchOptions): Batches {
  /** By the subject that the batch goes to. */
  const open = new Map<string, Open>();
  /** A ring: the batch of number n lies at n % BATCHES_REMEMBERED_MAX. */
  const sent: ({ readonly reply: string; readonly prefix: string; readonly ids: readonly string[] } | undefined)[] = [];
  let count = 0;
  let waitingBytes = 0;
  let isScheduled = false;
  let trailing: { readonly subject: string; readonly send: () => void }[] = [];

  /** Behind all microtasks that are queued by then, also those that they queue. */
  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    queueMicrotask(behindMicrotasks);
  }

  function behindMicrotasks(): void {
    process.nextTick(flush);
  }

  function flush(): void {
    isScheduled = false;
    for (const batch of open.values()) close(batch);
    if (trailing.length > 0) sendTrailing();
  }

  function sendTrailing(): void {
    const sending = trailing;
    trailing = [];
    for (const { subject, send: sendIt } of sending) {
      try {
        sendIt();
      } catch (error) {
        onLost(error, subject, 1);
      }
    }
  }

  function close(batch: Open): void {
    open.delete(batch.subject);
    waitingBytes -= batch.bytes;
    const reply = batch.replyPrefix === undefined ? undefined : remember(batch.replyPrefix, batch.ids);
    try {
      send(batch.subject, payloadOf(batch), reply);
    } catch (error) {
      onLost(error, batch.subject, batch.items.length);
    }
  }

  function remember(prefix: string, ids: readonly string[]): string {
    const number = count++;
    const reply = `${prefix}.${WORD}-${number.toString(36)}`;
    sent[number % BATCHES_REMEMBERED_MAX] = { reply, prefix, ids };
    return reply;
  }

  function fits(batch: Open, replyPrefix: string | undefined, item: Uint8Array): boolean {
    if (batch.replyPrefix !== replyPrefix || batch.items.length >= MAX_BATCH || batch.bytes >= MAX_BATCH_BYTES)
      return false;
    return batch.bytes + item.length + ARRAY_HEADER_BYTES <= payloadBytesMax();
  }

  return {
    get waitingBytes() {
      return waitingBytes;
    },
    add(subject, reply, item) {
      const place = reply === undefined ? `${prefixOf(subject)}.${WORD}` : subject;
      const replyPrefix = reply === undefined ? undefined : prefixOf(reply);
      let batch = open.get(place);
      if (batch !== undefined && !fits(batch, replyPrefix, item)) {
        close(batch);
        batch = undefined;
      }
      if (batch === undefined) {
        batch = { subject: place, replyPrefix, items: [], ids: [], bytes: 0 };
        open.set(place, batch);
      }
      batch.items.push(item);
      if (reply !== undefined) batch.ids.push(lastTokenOf(reply));
      batch.bytes += item.length;
      waitingBytes += item.length;
      schedule();
    },
    trail(subject, sendIt) {
      trailing.push({ subject, send: sendIt });
      schedule();
    },
    flushBefore(subject) {
      if (trailing.length > 0 && trailing.some((one) => one.subject === subject)) sendTrailing();
      if (open.size === 0) return;
      const own = open.get(subject);
      if (own !== undefined) close(own);
      const shared = open.get(`${prefixOf(subject)}.${WORD}`);
      if (shared !== undefined) close(shared);
    },
    flush,
    repliesOf(batchReply) {
      const number = numberOf(batchReply);
      const batch = number === undefined ? undefined : sent[number % BATCHES_REMEMBERED_MAX];
      if (batch?.reply !== batchReply) return undefined;
      return batch.ids.map((id) => `${batch.prefix}.${id}`);
    },
  };
}

function payloadOf({ items, bytes }: Open): Uint8Array {
  const header = packArrayHeader(items.length);
  const payload = Buffer.allocUnsafe(header.length + bytes);
  payload.set(header);
  let at = header.length;
  for (const item of items) {
    payload.set(item, at);
    at += item.length;
  }
  return payload;
}

/** Without the last token; empty when there is but one. */
export function prefixOf(subject: string): string {
  return subject.slice(0, Math.max(0, subject.lastIndexOf('.')));
}

export function lastTokenOf(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}

/** The number of a batch in the last token of its reply. */
function numberOf(reply: string): number | undefined {
  const token = lastTokenOf(reply);
  if (!token.startsWith(`${WORD}-`)) return undefined;
  const number = Number.parseInt(token.slice(WORD.length + 1), 36);
  return Number.isNaN(number) ? undefined : number;
}
