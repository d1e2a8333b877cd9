/**
 * Moves of heads as this process makes them, for whoever watches: in the order in which they were committed, each once.
 * A reader that falls too far behind is told so, and loses nothing without knowing it.
 */
import { HeliosError } from '../protocol/errors.js';
import type { Version } from './value.js';

export interface HeadMove {
  readonly name: string;
  readonly before: Version | null;
  /** `null` when the name was deleted. */
  readonly after: Version | null;
}

export interface WatchFilter {
  readonly prefix?: string;
  readonly name?: string;
  /** Ends the watching, without an error. */
  readonly signal?: AbortSignal;
}

/** Moves that wait for one reader, at most. */
export const WATCH_WAITING_MAX = 65_536;

export class HeadMoves {
  private readonly watchers = new Set<Watcher>();

  /** Whether anybody looks: else nobody need find out what was there before. */
  get isWatched(): boolean {
    return this.watchers.size > 0;
  }

  tell(move: HeadMove): void {
    for (const watcher of [...this.watchers]) watcher.hear(move);
  }

  /** Hears from this moment on, not only from the first `next`, which throws `OVERLOADED` to who is too far behind. */
  watch(filter: WatchFilter): AsyncIterableIterator<HeadMove> {
    const watcher = new Watcher(filter, () => this.watchers.delete(watcher));
    this.watchers.add(watcher);
    if (filter.signal?.aborted === true) watcher.end();
    else filter.signal?.addEventListener('abort', watcher.end, { once: true });
    return watcher;
  }

  /** Ends all watching, without an error. */
  close(): void {
    for (const watcher of [...this.watchers]) watcher.end();
  }
}

class Watcher implements AsyncIterableIterator<HeadMove> {
  private waiting: HeadMove[] = [];
  private readonly readers: ((result: IteratorResult<HeadMove>) => void)[] = [];
  private isOver = false;
  private error: HeliosError | null = null;

  constructor(
    private readonly filter: WatchFilter,
    private readonly onEnd: () => void,
  ) {}

  hear(move: HeadMove): void {
    const { name, prefix } = this.filter;
    if (name !== undefined && move.name !== name) return;
    if (prefix !== undefined && !move.name.startsWith(prefix)) return;
    const reader = this.readers.shift();
    if (reader !== undefined) return reader({ done: false, value: move });
    if (this.waiting.length < WATCH_WAITING_MAX) this.waiting.push(move);
    else {
      this.waiting = [];
      const text = `${WATCH_WAITING_MAX} moves waited for this reader, the most that are kept: it has missed some. Watch anew, and look at the heads.`;
      this.error = new HeliosError('OVERLOADED', text);
      this.end();
    }
  }

  readonly end = (): void => {
    if (this.isOver) return;
    this.isOver = true;
    this.filter.signal?.removeEventListener('abort', this.end);
    this.onEnd();
    for (const reader of this.readers.splice(0)) reader({ done: true, value: undefined });
  };

  async next(): Promise<IteratorResult<HeadMove>> {
    const move = this.waiting.shift();
    if (move !== undefined) return { done: false, value: move };
    if (this.error !== null) {
      const { error } = this;
      this.error = null;
      throw error;
    }
    if (this.isOver) return { done: true, value: undefined };
    return new Promise((resolve) => this.readers.push(resolve));
  }

  async return(): Promise<IteratorResult<HeadMove>> {
    this.waiting = [];
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
