/**
 * The queue of durable requests in memory: four lanes, each delivery somebody's for a while, then anybody's again. Keeps
 * bodies by reference, calls back only through its clock, and ends with its process.
 */

import { HeliosError } from '../../protocol/errors.js';
import { describe, LANES, type Lane, type Subjects } from '../../protocol/index.js';
import type { Delivery, JournalBounds, Pull, RequestQueue } from '../journal.js';
import { checkSubject } from '../subject.js';
import { callApart, type JournalClock } from './clock.js';
import { roughBytes } from './roughBytes.js';
import { createShelf } from './shelf.js';

export interface EmbeddedRequestsOptions {
  readonly clock: JournalClock;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly subjects: Subjects;
  readonly bounds: JournalBounds;
  readonly ackWaitMs: number;
  readonly maxDeliver: number;
  readonly created: string;
}

export interface EmbeddedRequests extends RequestQueue {
  close(): void;
}

interface Item {
  readonly lane: Lane;
  readonly subject: string;
  readonly body: unknown;
  readonly headers: { readonly key?: string; readonly traceparent?: string };
  readonly isJson: boolean;
  readonly sequence: number;
  readonly at: number;
  readonly bytes: number;
  delivered: number;
}

/** A lane's requests that wait: those that were given out before go first. May name ones that are gone. */
interface Waiting {
  again: Item[];
  fresh: Item[];
  /** Of `fresh`, those that have been given out. */
  taken: number;
  readonly pulls: OpenPull[];
}

interface OpenPull {
  outstanding: number;
  readonly onDelivery: (delivery: Delivery) => void;
  readonly end: () => void;
}

/** Bytes that a request takes beside its body. */
const ITEM_BYTES = 256;
/** Given out places at the front of a lane before they are cut off. */
const TAKEN_MAX = 1_024;

export function createRequests(options: EmbeddedRequestsOptions): EmbeddedRequests {
  const { clock, now, subjects, bounds, ackWaitMs, maxDeliver } = options;
  const lanes = new Map(LANES.map((lane): [Lane, Waiting] => [lane, { again: [], fresh: [], taken: 0, pulls: [] }]));
  /** All that nobody has taken out, oldest first. */
  const items = new Map<number, Item>();
  /** Those that are somebody's, with the time until which: the first ends first. */
  const held = new Map<number, number>();
  const keys = createShelf<string, number>({ now, keepMs: bounds.duplicateWindowMs, bytesMax: bounds.requestBytes });
  let bytes = 0;
  let sequences = 0;
  let timer: { cancel(): void } | undefined;
  let isScheduled = false;
  let isClosed = false;

  function laneOf(lane: Lane): Waiting {
    const waiting = lanes.get(lane);
    if (waiting === undefined) throw unknownLane(lane);
    return waiting;
  }

  function remove(item: Item): void {
    if (!items.delete(item.sequence)) return;
    held.delete(item.sequence);
    bytes -= item.bytes;
  }

  function dropOld(): void {
    const time = now();
    for (const item of items.values()) {
      if (item.at + bounds.keepMs > time) return;
      remove(item);
    }
  }

  function schedule(): void {
    if (isScheduled || isClosed) return;
    isScheduled = true;
    clock.soon(() => {
      isScheduled = false;
      dropOld();
      for (const waiting of lanes.values()) give(waiting);
    });
  }

  function give(waiting: Waiting): void {
    while (!isClosed && waiting.pulls.length > 0) {
      const item = nextOf(waiting);
      const pull = item === undefined ? undefined : waiting.pulls.shift();
      if (item === undefined || pull === undefined) return;
      // Whoever has had one stands behind the others.
      if (--pull.outstanding > 0) waiting.pulls.push(pull);
      deliver(item, pull);
      if (pull.outstanding === 0) pull.end();
    }
  }

  function nextOf(waiting: Waiting): Item | undefined {
    for (let item = waiting.again.shift(); item !== undefined; item = waiting.again.shift()) {
      if (items.has(item.sequence)) return item;
    }
    while (waiting.taken < waiting.fresh.length) {
      const item = waiting.fresh[waiting.taken++];
      if (waiting.taken >= TAKEN_MAX && waiting.taken * 2 >= waiting.fresh.length) {
        waiting.fresh = waiting.fresh.slice(waiting.taken);
        waiting.taken = 0;
      }
      if (item !== undefined && items.has(item.sequence)) return item;
    }
    return undefined;
  }

  function deliver(item: Item, pull: OpenPull): void {
    const delivered = ++item.delivered;
    const isHeld = () => held.has(item.sequence) && item.delivered === delivered;
    hold(item);
    const delivery: Delivery = {
      ...{ subject: item.subject, body: item.body, isJson: item.isJson, ...item.headers },
      ...{ sequence: item.sequence, delivered, at: item.at },
      ack: () => remove(item),
      nak: (delayMs) => {
        if (!isHeld()) return;
        held.delete(item.sequence);
        if (delayMs > 0) clock.after(delayMs, () => giveBack(item), false);
        else giveBack(item);
      },
      working: () => {
        if (isHeld()) hold(item);
      },
    };
    callApart(clock, () => pull.onDelivery(delivery));
  }

  function hold(item: Item): void {
    held.delete(item.sequence);
    held.set(item.sequence, clock.now() + ackWaitMs);
    timer ??= clock.after(ackWaitMs, endHolds, false);
  }

  function endHolds(): void {
    timer = undefined;
    const time = clock.now();
    for (const [sequence, until] of held) {
      if (until > time) {
        timer = clock.after(until - time, endHolds, false);
        return;
      }
      held.delete(sequence);
      const item = items.get(sequence);
      if (item !== undefined) giveBack(item);
    }
  }

  function giveBack(item: Item): void {
    if (item.delivered >= maxDeliver) return;
    laneOf(item.lane).again.push(item);
    schedule();
  }

  return {
    created: options.created,
    ackWaitMs,
    async submit(lane, type, request, { key, isJson = false, traceparent } = {}) {
      if (isClosed) throw closed();
      const waiting = laneOf(lane);
      const subject = checkSubject(subjects.request(lane, type));
      const known = key === undefined ? undefined : keys.get(key);
      if (known !== undefined) return { sequence: known, isDuplicate: true };
      dropOld();
      const size = ITEM_BYTES + roughBytes(request);
      if (bytes + size > bounds.requestBytes) throw full(bounds.requestBytes);
      const sequence = ++sequences;
      const headers = { ...(key === undefined ? {} : { key }), ...(traceparent === undefined ? {} : { traceparent }) };
      const item = { lane, subject, body: request, headers, isJson, sequence, at: now(), bytes: size, delivered: 0 };
      items.set(sequence, item);
      bytes += size;
      if (key !== undefined) keys.put(key, sequence, ITEM_BYTES + 2 * key.length);
      waiting.fresh.push(item);
      schedule();
      return { sequence, isDuplicate: false };
    },
    pull(lane, count, waitMs, onDelivery) {
      const waiting = laneOf(lane);
      let isEnded = false;
      let settle = () => {};
      const ended = new Promise<void>((resolve) => {
        settle = resolve;
      });
      let wait: { cancel(): void } | undefined;
      const pull: OpenPull = {
        outstanding: isClosed ? 0 : count,
        onDelivery,
        end: () => {
          if (isEnded) return;
          isEnded = true;
          pull.outstanding = 0;
          wait?.cancel();
          const place = waiting.pulls.indexOf(pull);
          if (place !== -1) waiting.pulls.splice(place, 1);
          settle();
        },
      };
      if (pull.outstanding === 0) pull.end();
      else {
        waiting.pulls.push(pull);
        schedule();
        wait = clock.after(Math.max(0, waitMs), pull.end, false);
      }
      return {
        get outstanding() {
          return pull.outstanding;
        },
        ended,
        stop: pull.end,
      } satisfies Pull;
    },
    async size() {
      if (isClosed) throw closed();
      dropOld();
      return items.size;
    },
    close() {
      isClosed = true;
      timer?.cancel();
      for (const { pulls } of lanes.values()) for (const pull of [...pulls]) pull.end();
    },
  };
}

export function closed(): HeliosError {
  return new HeliosError('CLOSED', 'The journal is closed. Open a new one.');
}

function full(bytesMax: number): HeliosError {
  const message = `The queue of durable requests is full (${bytesMax} bytes). Try again when some are done, or give it more room.`;
  return new HeliosError('OVERLOADED', message, { details: { bytesMax } });
}

function unknownLane(lane: unknown): HeliosError {
  return new HeliosError('INVALID_REQUEST', `A lane is one of ${LANES.join(', ')}; got ${describe(lane)}.`);
}
