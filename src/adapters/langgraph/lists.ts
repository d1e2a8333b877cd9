/**
 * Channels that are lists, such as messages: what a list has in common with its parent's from the start is taken over as
 * it is, so that appending to ten thousand messages writes a path. Which elements are the same is known by identity where
 * this process has stored the parent itself, else by content.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Thread, ThreadReference } from './thread.js';

interface List {
  readonly thread: string;
  readonly namespace: string;
  readonly parent: string | undefined;
  readonly channel: string;
  /** Its elements, encoded. */
  readonly value: readonly unknown[];
}

/** Lists of checkpoints that are remembered: those of the newest ones are asked for. */
const LISTS_MAX = 256;

export class Lists {
  /** By thread, namespace, checkpoint and channel: elements as they were encoded. */
  private readonly known = new Map<string, readonly unknown[]>();

  remember(thread: string, namespace: string, id: string, channel: string, value: readonly unknown[]): void {
    const key = keyOf(thread, namespace, id, channel);
    this.known.delete(key);
    this.known.set(key, value);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= LISTS_MAX) return;
      this.known.delete(oldest);
    }
  }

  forget(thread: string): void {
    const start = `${JSON.stringify([thread]).slice(0, -1)},`;
    for (const key of [...this.known.keys()]) if (key.startsWith(start)) this.known.delete(key);
  }

  /** What to put into a draft for a list: the parent's, changed where they differ; the elements where there is none. */
  placed(draft: Thread, ref: ThreadReference, list: List): unknown {
    const { thread, namespace, parent, channel, value } = list;
    if (parent === undefined || value.length === 0) return value;
    const before = (ref.view() as unknown as Thread).checkpoints[namespace]?.[parent]?.channels;
    const stored = before !== undefined && Object.hasOwn(before, channel) ? before[channel] : undefined;
    if (!Array.isArray(stored) || stored.length === 0) return value;
    const known = this.known.get(keyOf(thread, namespace, parent, channel));
    // Those that were read are the very objects that are read again.
    let read: readonly unknown[] | undefined;
    const isSame = (index: number): boolean => {
      if (known !== undefined && value[index] === known[index]) return true;
      read ??= wholeOf(ref, namespace, parent, channel);
      return value[index] === read[index] || isDeepStrictEqual(value[index], read[index]);
    };
    let same = 0;
    while (same < value.length && same < stored.length && isSame(same)) same++;
    if (same === 0) return value;
    // A view that is assigned and read back is a draft of the very same part, to be changed by itself.
    const scratch = draft as unknown as Record<string, unknown[]>;
    scratch[SCRATCH] = stored;
    const copy = scratch[SCRATCH];
    if (same < stored.length) copy.splice(same, stored.length - same);
    for (let index = same; index < value.length; index++) copy.push(value[index]);
    delete scratch[SCRATCH];
    return copy;
  }
}

/** A field of a thread that is there while a list is made. */
const SCRATCH = 'scratch';

function wholeOf(ref: ThreadReference, namespace: string, id: string, channel: string): readonly unknown[] {
  return ref.at(['checkpoints', namespace, id, 'channels', channel]) as readonly unknown[];
}

function keyOf(...parts: readonly string[]): string {
  return JSON.stringify(parts);
}
