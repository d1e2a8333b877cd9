/**
 * How what another checkpointer kept is put into a thread: a checkpoint with the channels that its parent has as the very
 * parts of that, and writes under their keys. What the thread has already stays as it is, and is told where it differs.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Pieces } from './jsonSource.js';
import type { Lists } from './lists.js';
import {
  inNamespace,
  own,
  type StoredCheckpoint,
  type StoredWrite,
  setCheckpoint,
  type Thread,
  type ThreadReference,
  viewOf,
  writeKey,
} from './thread.js';

/** Bytes of the checkpoints that are remembered, for those that come from them; the newest one always is. */
const PARENTS_BYTES_MAX = 8_388_608;

/** Bytes of checkpoints that are put in by one change, with what they have in common. */
const TOGETHER_BYTES_MAX = 131_072;

/** What came of it. */
export interface Tally {
  checkpoints: number;
  writes: number;
  differing: number;
}

export interface PutCheckpoint {
  readonly thread: string;
  readonly namespace: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly stored: Omit<StoredCheckpoint, 'channels'>;
  readonly pieces: Pieces;
  /** Of all that is in it. */
  readonly bytes: number;
}

export interface PutWrite {
  readonly namespace: string;
  /** Of the checkpoint. */
  readonly id: string;
  readonly write: StoredWrite;
}

/** Of one thread. */
export interface Known {
  readonly seen: Seen;
  readonly lists: Lists;
}

/** Checkpoints of a thread that were read: the last ones with what is in them. */
export class Seen {
  private readonly pieces = new Map<string, { readonly pieces: Pieces; readonly bytes: number }>();
  private bytes = 0;
  /** Those that the store has otherwise. */
  private readonly differing = new Set<string>();

  get(namespace: string, id: string): Pieces | undefined {
    return this.pieces.get(keyOf(namespace, id))?.pieces;
  }

  add(namespace: string, id: string, pieces: Pieces, bytes: number): void {
    this.pieces.set(keyOf(namespace, id), { pieces, bytes });
    this.bytes += bytes;
    for (const [oldest, { bytes: freed }] of this.pieces) {
      if (this.bytes <= PARENTS_BYTES_MAX || this.pieces.size === 1) return;
      this.pieces.delete(oldest);
      this.bytes -= freed;
    }
  }

  differ(namespace: string, id: string): boolean {
    return this.differing.has(keyOf(namespace, id));
  }

  setDiffers(namespace: string, id: string, differs: boolean): void {
    if (differs) this.differing.add(keyOf(namespace, id));
    else this.differing.delete(keyOf(namespace, id));
  }
}

/** Puts checkpoints in, but for those whose ids the thread has. Small ones go by one change: each costs as if it were large. */
export function withCheckpoints(
  start: ThreadReference,
  all: readonly PutCheckpoint[],
  known: Known,
  tally: Tally,
): ThreadReference {
  let ref = start;
  for (let at = 0; at < all.length; ) {
    const together = togetherFrom(ref, all, at);
    ref = withTogether(ref, together, known, tally);
    at += together.length;
  }
  return ref;
}

/** Of those that are to be put in, the next one, and with it new ones behind it that are small. */
function togetherFrom(ref: ThreadReference, all: readonly PutCheckpoint[], from: number): PutCheckpoint[] {
  const together: PutCheckpoint[] = [];
  let bytes = 0;
  for (let at = from; at < all.length; at++) {
    const put = all[at] as PutCheckpoint;
    bytes += put.bytes;
    const isAlone = bytes > TOGETHER_BYTES_MAX || isThere(ref, put);
    if (!isAlone || together.length === 0) together.push(put);
    if (isAlone) break;
  }
  return together;
}

function withTogether(
  ref: ThreadReference,
  puts: readonly PutCheckpoint[],
  { seen, lists }: Known,
  tally: Tally,
): ThreadReference {
  // Of a parent that is not what the file says nothing is taken over. So is each of these, until it is known.
  for (const { namespace, id } of puts) seen.setDiffers(namespace, id, true);
  const next = ref.edit((given) => {
    for (const put of puts) place(given as unknown as Thread, ref, put, { seen, lists });
  });
  const [first] = puts;
  if (first !== undefined && isThere(ref, first)) {
    if (next.root === ref.root) meet(first, { seen, lists });
    else {
      tally.differing++;
      lists.forget(first.thread);
    }
    return ref;
  }
  for (const put of puts) meet(put, { seen, lists });
  tally.checkpoints += puts.length;
  return next;
}

function place(draft: Thread, ref: ThreadReference, put: PutCheckpoint, { seen, lists }: Known): void {
  const { thread, namespace, id, stored, pieces } = put;
  const parent = put.parent === undefined || seen.differ(namespace, put.parent) ? undefined : put.parent;
  const carried = parent === undefined ? undefined : own(own(viewOf(ref).checkpoints, namespace), parent)?.channels;
  const channels: Record<string, unknown> = {};
  for (const [channel, { encoded, isCarried }] of pieces) {
    if (isCarried && carried !== undefined && Object.hasOwn(carried, channel)) channels[channel] = carried[channel];
    else if (!Array.isArray(encoded)) channels[channel] = encoded;
    else channels[channel] = lists.placed(draft, ref, { thread, namespace, parent, channel, value: encoded });
  }
  setCheckpoint(draft, namespace, id, { ...stored, channels });
}

/** It is in the store as the file has it: others may take over from it. */
function meet({ thread, namespace, id, pieces }: PutCheckpoint, { seen, lists }: Known): void {
  seen.setDiffers(namespace, id, false);
  for (const [channel, { encoded }] of pieces) {
    if (Array.isArray(encoded)) lists.remember(thread, namespace, id, channel, encoded);
  }
}

function isThere(ref: ThreadReference, { namespace, id }: PutCheckpoint): boolean {
  return own(own(viewOf(ref).checkpoints, namespace), id) !== undefined;
}

/** Puts in all that are not there. */
export function withWrites(ref: ThreadReference, all: readonly PutWrite[], tally: Tally): ThreadReference {
  const before = viewOf(ref).writes;
  const news = all.filter(({ namespace, id, write }) => {
    const key = writeKey(write);
    if (own(own(own(before, namespace), id), key) === undefined) return true;
    if (!isDeepStrictEqual(ref.at(['writes', namespace, id, key]), write)) tally.differing++;
    return false;
  });
  if (news.length === 0) return ref;
  tally.writes += news.length;
  return ref.edit((given) => {
    const { writes } = given as unknown as Thread;
    for (const { namespace, id, write } of news) {
      const here = inNamespace(writes, namespace);
      here[id] ??= {};
      here[id][writeKey(write)] = write;
    }
  });
}

function keyOf(namespace: string, id: string): string {
  return JSON.stringify([namespace, id]);
}
