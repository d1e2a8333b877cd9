/**
 * Channels that are lists, such as messages: what a list has in common with its parent's from the start is taken over as
 * it is, so that appending to ten thousand messages writes a path. Which elements are the same is known by identity where
 * this process has stored the parent itself, else by content.
 */
import { isDeepStrictEqual } from 'node:util';
import { own, type Thread, type ThreadReference, viewOf } from './thread.js';

interface List {
  readonly thread: string;
  readonly namespace: string;
  readonly parent: string | undefined;
  readonly channel: string;
  /** Its elements, encoded. */
  readonly value: readonly unknown[];
}

/** Elements of the lists that are remembered; the newest list always is: it is the one that is asked for. */
const LIST_ELEMENTS_MAX = 16_384;

export class Lists {
  /** By thread, namespace, checkpoint and channel: elements as they were encoded. */
  private readonly known = new Map<string, readonly unknown[]>();
  private elements = 0;

  remember(thread: string, namespace: string, id: string, channel: string, value: readonly unknown[]): void {
    const key = keyOf(thread, namespace, id, channel);
    this.drop(key);
    this.known.set(key, value);
    // An empty one takes its place in the Map.
    this.elements += value.length + 1;
    for (const oldest of this.known.keys()) {
      if (this.elements <= LIST_ELEMENTS_MAX || oldest === key) return;
      this.drop(oldest);
    }
  }

  forget(thread: string): void {
    const start = `${JSON.stringify([thread]).slice(0, -1)},`;
    for (const key of [...this.known.keys()]) if (key.startsWith(start)) this.drop(key);
  }

  private drop(key: string): void {
    const list = this.known.get(key);
    if (list === undefined) return;
    this.known.delete(key);
    this.elements -= list.length + 1;
  }

  /** What to put into a draft for a list: the parent's, changed where they differ; the elements where there is none. */
  placed(draft: Thread, ref: ThreadReference, list: List): unknown {
    const { thread, namespace, parent, channel, value } = list;
    if (parent === undefined || value.length === 0) return value;
    const stored = own(viewOf(ref).checkpoints[namespace]?.[parent]?.channels, channel);
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
