/**
 * How what another checkpointer kept is put into a thread: a checkpoint with the channels that its parent has as the very
 * parts of that, and writes under their keys. What the thread has already stays as it is, and is told where it differs.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Pieces } from './jsonSource.js';
import type { Lists } from './lists.js';
import {
  own,
  type StoredCheckpoint,
  type StoredWrite,
  type Thread,
  type ThreadReference,
  viewOf,
  writeKey,
} from './thread.js';

/** Bytes of the checkpoints that are remembered, for those that come from them; the newest one always is. */
const PARENTS_BYTES_MAX = 8_388_608;

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

/** Puts a checkpoint in, unless the store has one of its id. */
export function withCheckpoint(
  ref: ThreadReference,
  put: PutCheckpoint,
  { seen, lists }: Known,
  tally: Tally,
): ThreadReference {
  const { thread, namespace, id, parent, stored, pieces } = put;
  const before = viewOf(ref);
  // Of a parent that is not what the file says nothing is taken over. So is this one, until it is known.
  const known = parent === undefined || seen.differ(namespace, parent) ? undefined : parent;
  seen.setDiffers(namespace, id, true);
  const place = { thread, namespace, parent: known };
  const carried = known === undefined ? undefined : own(own(before.checkpoints, namespace), known)?.channels;
  const next = ref.edit((given) => {
    const draft = given as unknown as Thread;
    const channels: Record<string, unknown> = {};
    for (const [channel, { encoded, isCarried }] of pieces) {
      if (isCarried && carried !== undefined && Object.hasOwn(carried, channel)) channels[channel] = carried[channel];
      else if (!Array.isArray(encoded)) channels[channel] = encoded;
      else channels[channel] = lists.placed(draft, ref, { ...place, channel, value: encoded });
    }
    if (!Object.hasOwn(draft.checkpoints, namespace)) draft.checkpoints[namespace] = {};
    const here = draft.checkpoints[namespace] as Record<string, StoredCheckpoint>;
    here[id] = { ...stored, channels };
    const latest = draft.latest[namespace];
    if (latest === undefined || id > latest) draft.latest[namespace] = id;
  });
  const isThere = own(own(before.checkpoints, namespace), id) !== undefined;
  if (isThere && next.root !== ref.root) {
    tally.differing++;
    lists.forget(thread);
    return ref;
  }
  seen.setDiffers(namespace, id, false);
  for (const [channel, { encoded }] of pieces) {
    if (Array.isArray(encoded)) lists.remember(thread, namespace, id, channel, encoded);
  }
  if (isThere) return ref;
  tally.checkpoints++;
  return next;
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
      if (!Object.hasOwn(writes, namespace)) writes[namespace] = {};
      const here = writes[namespace] as Record<string, Record<string, StoredWrite>>;
      here[id] ??= {};
      here[id][writeKey(write)] = write;
    }
  });
}

function keyOf(namespace: string, id: string): string {
  return JSON.stringify([namespace, id]);
}
