/**
 * A thread as it was at one moment, for reading: made for one call and let go with it, since the parts that were opened
 * stay open in it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { RunnableConfig } from '@langchain/core/runnables';
import {
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  compareWritesSortKeys,
  maxChannelVersion,
  TASKS,
  writesSortKey,
} from '@langchain/langgraph-checkpoint';
import type { Codec } from './codec.js';
import { inOrder } from './encode.js';
import {
  isHidden,
  own,
  type StoredCheckpoint,
  type StoredWrite,
  type Thread,
  type ThreadReference,
  viewOf,
} from './thread.js';

/** Where a checkpoint stands. */
export interface CheckpointPlace {
  readonly thread: string;
  readonly namespace: string;
  readonly id: string;
}

export class ThreadReading {
  private readonly view: Readonly<Thread>;

  constructor(
    readonly id: string,
    readonly ref: ThreadReference,
    private readonly codec: Codec,
  ) {
    this.view = viewOf(ref);
  }

  /** The id of a namespace's newest checkpoint. */
  latest(namespace: string): string | undefined {
    return own(this.view.latest, namespace);
  }

  checkpoint(namespace: string, id: string): StoredCheckpoint | undefined {
    return isHidden(this.view, id) ? undefined : own(own(this.view.checkpoints, namespace), id);
  }

  /** The thread's checkpoints, newest first, of one namespace or all. */
  places(namespace: unknown): readonly CheckpointPlace[] {
    const { checkpoints, hidden } = this.view;
    const namespaces = namespace === undefined ? Object.keys(checkpoints) : [String(namespace)];
    const places = namespaces.flatMap((name) =>
      Object.keys(own(checkpoints, name) ?? {}).map((id) => ({ thread: this.id, namespace: name, id })),
    );
    const shown = hidden === undefined ? places : places.filter(({ id }) => !isHidden(this.view, id));
    return shown.sort((a, b) => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0));
  }

  /** Whether what a checkpoint says of itself has all these fields. */
  passes({ namespace, id }: CheckpointPlace, filter: Readonly<Record<string, unknown>>): boolean {
    const metadata = this.codec.decode(this.checkpoint(namespace, id)?.metadata) as Record<string, unknown>;
    return Object.entries(filter).every(([key, wanted]) => isDeepStrictEqual(metadata[key], wanted));
  }

  /** The checkpoint as LangGraph has it: the caller's own, its channels made when they are first read. */
  async tuple(namespace: string, id: string): Promise<CheckpointTuple | undefined> {
    const stored = this.checkpoint(namespace, id);
    if (stored === undefined) return undefined;
    await this.codec.prepare(stored.classes ?? []);
    const { parent } = stored;
    const checkpoint = this.codec.decode(stored.checkpoint) as Checkpoint;
    const keys = inOrder(Object.keys(stored.channels));
    const names = stored.order?.map((at) => keys[at] as string) ?? keys;
    const values: Record<string, unknown> = {};
    for (const name of names) readLater(values, name, () => this.channel(namespace, id, name));
    checkpoint.channel_values = values;
    if (checkpoint.v < 4 && parent !== undefined) this.migrateSends(checkpoint, await this.writes(namespace, parent));
    const place = { thread: this.id, namespace, id };
    return {
      config: configOf(place),
      checkpoint,
      metadata: this.codec.decode(stored.metadata) as CheckpointMetadata,
      pendingWrites: (await this.writes(namespace, id)).map((write) => this.pending(write)),
      ...(parent === undefined ? {} : { parentConfig: configOf({ ...place, id: parent }) }),
    };
  }

  /** What a channel held, made anew. */
  channel(namespace: string, id: string, name: string): unknown {
    return this.codec.decode(this.ref.at(['checkpoints', namespace, id, 'channels', name]));
  }

  /** In the order in which the tasks of a step are applied, ready to be decoded. */
  async writes(namespace: string, id: string): Promise<StoredWrite[]> {
    const stored = this.ref.at(['writes', namespace, id]) as Readonly<Record<string, unknown>> | undefined;
    if (stored === undefined) return [];
    const writes = Object.values(stored) as StoredWrite[];
    await this.codec.prepare(writes.flatMap(({ classes = [] }) => classes));
    return writes.sort((a, b) =>
      compareWritesSortKeys(writesSortKey(a.path, a.task, a.index), writesSortKey(b.path, b.task, b.index)),
    );
  }

  pending({ task, channel, value }: StoredWrite): CheckpointPendingWrite {
    return [task, channel, this.codec.decode(value)];
  }

  /** Before format 4 the packets for the next step were writes of the parent, and no channel. */
  private migrateSends(checkpoint: Checkpoint, ofParent: readonly StoredWrite[]): void {
    const sends = ofParent.filter(({ channel }) => channel === TASKS);
    checkpoint.channel_values[TASKS] = sends.map(({ value }) => this.codec.decode(value));
    const versions = Object.values(checkpoint.channel_versions);
    checkpoint.channel_versions[TASKS] = versions.length > 0 ? maxChannelVersion(...versions) : 1;
  }
}

export function configOf({ thread, namespace, id }: CheckpointPlace): RunnableConfig {
  return { configurable: { thread_id: thread, checkpoint_ns: namespace, checkpoint_id: id } };
}

/** A field that is made when it is first read, and is a plain one from then on. */
function readLater(record: Record<string, unknown>, name: string, read: () => unknown): void {
  const put = (value: unknown) =>
    Object.defineProperty(record, name, { value, enumerable: true, writable: true, configurable: true });
  Object.defineProperty(record, name, {
    enumerable: true,
    configurable: true,
    get: () => {
      const value = read();
      put(value);
      return value;
    },
    set: put,
  });
}
