/**
 * A stream's messages in order, one by one, without gaps and without any twice: by a consumer of its own, which is made
 * again behind the last message whenever it, or the connection, is lost. Asks for a few at a time, so that a slow reader
 * keeps a few. Waits as long as it takes.
 */
import type { Msg } from 'nats';
import { HeliosError } from '../../../protocol/errors.js';
import { type Api, NANOS_PER_MILLI } from './api.js';
import type { Channel } from './channel.js';
import { readAck } from './delivery.js';
import { openPull, type PullEnd } from './pull.js';

export interface FeedOptions {
  readonly channel: Channel;
  readonly api: Api;
  readonly stream: string;
  /** Subject, with or without wildcards. */
  readonly filter: string;
  /**
   * Where to begin, or to go on behind the last sequence that is dealt with: asked each time that a consumer is made.
   * What it throws for want of an answer is tried again; anything else ends the feed with that error.
   */
  readonly start: (last: number | undefined) => Promise<FeedStart>;
  /** When nothing that comes from now on will be missed. */
  readonly onStarted?: () => void;
  /** The stream's newest sequence: asked when nothing has come for a while, so that a reader of little doesn't fall behind. */
  readonly newest?: () => Promise<number>;
  /** Milliseconds that one question for more waits; `FEED_WAIT_MS` when absent. */
  readonly waitMs?: number | undefined;
  /** Also the beginning takes as long as it takes. */
  readonly isPatient?: boolean;
}

/** From this sequence on, or each subject's newest message and what comes then. */
export type FeedStart = { readonly from: number } | 'newest';

export interface FeedMessage {
  readonly msg: Msg;
  readonly sequence: number;
}

export interface Feed {
  /**
   * @returns undefined when it was stopped
   * @throws HeliosError what `start` found; `UNAVAILABLE` if it could not begin in time
   */
  next(): Promise<FeedMessage | undefined>;
  stop(): void;
}

/** Messages that are asked for at a time, and may wait for their reader. */
const FEED_MESSAGES_MAX = 128;
/** Milliseconds that one question for more waits, when nobody says otherwise. */
const FEED_WAIT_MS = 30_000;
/** Milliseconds after which the server forgets a consumer that nobody asks; then another one is made. */
const FEED_IDLE_MS = 60_000;
/** Milliseconds until what failed is tried again: first, doubled up to the last. */
const FEED_RETRY_MS_MIN = 50;
const FEED_RETRY_MS_MAX = 2_000;

export function openFeed(options: FeedOptions): Feed {
  const { channel, api, stream, filter, start, onStarted, newest, waitMs = FEED_WAIT_MS, isPatient = false } = options;
  const waiting: FeedMessage[] = [];
  let last: number | undefined;
  let error: HeliosError | undefined;
  let isStopped = false;
  const wakers = new Set<() => void>();
  let stopPull = () => {};
  let hasBegun = false;

  /** Until something changes here, or the time is up. */
  async function change(ms?: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        wakers.delete(wake);
        resolve();
      };
      wakers.add(wake);
      if (ms !== undefined) timer = setTimeout(wake, ms).unref();
    });
  }

  function tell(): void {
    for (const wake of [...wakers]) wake();
  }

  async function run(): Promise<void> {
    let retryMs = FEED_RETRY_MS_MIN;
    while (!isStopped) {
      try {
        if (hasBegun || isPatient) await channel.whenUp();
        if (isStopped) return;
        if (await readOn()) retryMs = FEED_RETRY_MS_MIN;
      } catch (reason) {
        const found = HeliosError.from(reason);
        // What could be reached once will be again.
        if (found.code !== 'UNAVAILABLE' || !(hasBegun || isPatient)) throw found;
      }
      if (isStopped) return;
      await change(retryMs);
      retryMs = Math.min(retryMs * 2, FEED_RETRY_MS_MAX);
    }
  }

  /** With one consumer, until that is lost. Returns whether it was of use. */
  async function readOn(): Promise<boolean> {
    const at = await start(last);
    const consumer = await api.createConsumer(stream, {
      ...{ ack_policy: 'none', max_deliver: -1, replay_policy: 'instant', filter_subject: filter, mem_storage: true },
      ...{ num_replicas: 1, inactive_threshold: FEED_IDLE_MS * NANOS_PER_MILLI },
      ...(at === 'newest'
        ? { deliver_policy: 'last_per_subject' }
        : { deliver_policy: 'by_start_sequence', opt_start_seq: at.from }),
    });
    if (!hasBegun && !isStopped) onStarted?.();
    hasBegun = true;
    try {
      return await pullAll(consumer);
    } finally {
      api.dropConsumer(stream, consumer);
    }
  }

  async function pullAll(consumer: string): Promise<boolean> {
    /** Of what the consumer has given out: each must follow the one before. */
    let place = 0;
    /** How far the stream was when the last question began, and `place` then. */
    let mark: { readonly sequence: number; readonly place: number } | undefined;
    while (!isStopped) {
      const room = FEED_MESSAGES_MAX - waiting.length;
      if (room < FEED_MESSAGES_MAX / 2) {
        await change();
        continue;
      }
      let isGap = false;
      const pull = openPull(channel, {
        ...{ stream, consumer, count: room, waitMs },
        onMessage: (msg) => {
          const ack = readAck(msg.reply ?? '');
          isGap ||= ack.place !== place + 1;
          if (isGap) return pull.stop();
          place = ack.place;
          take(msg, ack.sequence);
        },
      });
      stopPull = pull.stop;
      const why: PullEnd = await pull.reason;
      if (isGap || why === 'lost' || why === 'gone') return place > 0;
      if (why !== 'time' || newest === undefined) continue;
      // All that was there then has been looked through, and none of it was meant.
      if (mark?.place === place) last = Math.max(last ?? 0, mark.sequence);
      mark = { sequence: await newest(), place };
    }
    return true;
  }

  function take(msg: Msg, sequence: number): void {
    if (isStopped || (last !== undefined && sequence <= last)) return;
    last = sequence;
    waiting.push({ msg, sequence });
    tell();
  }

  const endChange = channel.onChange(() => {
    if (channel.isClosed) stop();
  });

  function stop(): void {
    if (isStopped) return;
    isStopped = true;
    endChange();
    stopPull();
    tell();
  }

  run().catch((reason: unknown) => {
    // What had come before is still read.
    error = HeliosError.from(reason);
    tell();
  });

  return {
    async next() {
      while (!isStopped && waiting.length === 0) {
        if (error !== undefined) throw error;
        await change();
      }
      if (isStopped) return undefined;
      const message = waiting.shift();
      tell();
      return message;
    },
    stop,
  };
}
