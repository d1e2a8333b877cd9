/**
 * One question to a consumer for its next messages: an inbox of its own, so that the server sees when nobody waits any
 * more. Waits for the connection if it is away. Ends when all have come, the time is up, it is stopped, or the connection
 * or the consumer is gone; says which.
 */
import type { Msg } from 'nats';
import type { Pull } from '../../journal.js';
import { API, NANOS_PER_MILLI } from './api.js';
import type { Channel } from './channel.js';

/** Why a pull ended: `gone` when the consumer is, or the server would not have the question. */
export type PullEnd = 'full' | 'time' | 'stopped' | 'lost' | 'gone';

export interface ConsumerPull extends Pull {
  /** Resolves with `ended`. */
  readonly reason: Promise<PullEnd>;
}

export interface PullOptions {
  readonly stream: string;
  readonly consumer: string;
  readonly count: number;
  /** 0: only what is there. */
  readonly waitMs: number;
  readonly onMessage: (msg: Msg) => void;
}

/** Milliseconds after the time is up in which the server says so; then it counts as said. */
const PULL_GRACE_MS = 2_000;
const NONE_CODE = 404;
const TIME_UP_CODE = 408;

export function openPull(channel: Channel, options: PullOptions): ConsumerPull {
  const { stream, consumer, count, waitMs, onMessage } = options;
  const { link } = channel;
  const deadline = performance.now() + waitMs;
  let outstanding = Math.max(0, count);
  let subscription: { unsubscribe(): void; drain(): Promise<void> } | undefined;
  let isEnded = false;
  let isStopped = false;
  let settle: (end: PullEnd) => void = () => {};
  const reason = new Promise<PullEnd>((resolve) => {
    settle = resolve;
  });
  const ended = reason.then(() => {});
  let timer: NodeJS.Timeout | undefined;
  let wasOpen = false;

  const endChange = channel.onChange((isUp) => {
    if (channel.isClosed) end('stopped');
    else if (!isUp && wasOpen) end('lost');
    else if (isUp) open();
  });

  function end(why: PullEnd): void {
    if (isEnded) return;
    isEnded = true;
    outstanding = 0;
    endChange();
    clearTimeout(timer);
    if (!link.connection.isClosed()) subscription?.unsubscribe();
    settle(why);
  }

  function take(msg: Msg): void {
    if (isEnded) return;
    if (msg.reply?.startsWith('$JS.ACK.') !== true) return see(msg.headers?.code ?? 0);
    outstanding = Math.max(0, outstanding - 1);
    onMessage(msg);
    if (outstanding === 0 && !isStopped) end('full');
  }

  /** What the server says about the question itself; below 200 it only says that it lives. */
  function see(code: number): void {
    if (code === TIME_UP_CODE || code === NONE_CODE) end('time');
    else if (code >= 200) end('gone');
  }

  function open(): void {
    if (isEnded || wasOpen) return;
    wasOpen = true;
    const inbox = channel.inbox();
    subscription = link.connection.subscribe(inbox, {
      callback: (error, msg) => {
        if (error !== null) end('gone');
        else guard(() => take(msg));
      },
    });
    const leftMs = Math.ceil(deadline - performance.now());
    clearTimeout(timer);
    timer = setTimeout(() => void stop('time'), Math.max(0, leftMs) + PULL_GRACE_MS).unref();
    const wait = leftMs > 0 ? { expires: leftMs * NANOS_PER_MILLI } : { no_wait: true };
    channel.send(
      `${API}.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
      JSON.stringify({ batch: outstanding, ...wait }),
      inbox,
    );
  }

  if (outstanding === 0 || channel.isClosed) end('stopped');
  else if (link.isUp) open();
  else timer = setTimeout(() => end('time'), Math.max(0, waitMs)).unref();

  /** What the server had sent by then still comes, before it answers the last question. */
  async function stop(why: PullEnd): Promise<void> {
    if (isEnded || isStopped) return;
    isStopped = true;
    if (subscription === undefined || !link.isUp) return end(why);
    clearTimeout(timer);
    timer = setTimeout(() => end(why), PULL_GRACE_MS).unref();
    await subscription.drain().catch(() => undefined);
    end(why);
  }

  return {
    get outstanding() {
      return isStopped ? 0 : outstanding;
    },
    ended,
    reason,
    stop: () => void stop('stopped'),
  };
}

/** nats.js would take an exception for a broken connection. */
export function guard(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
