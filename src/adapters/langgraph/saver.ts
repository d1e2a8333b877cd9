/**
 * A checkpointer for LangGraph.js that keeps its threads in Helios: each state once, whatever the number of checkpoints
 * that hold it. What the contract asks for is in `BaseCheckpointSaver` of `@langchain/langgraph-checkpoint`.
 */

import type { RunnableConfig } from '@langchain/core/runnables';
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  type DeltaChannelHistory,
  getCheckpointId,
  type PendingWrite,
  type SerializerProtocol,
  uuid6,
  WRITES_IDX_MAP,
} from '@langchain/langgraph-checkpoint';
import { Helios } from '../../helios.js';
import { describe } from '../../protocol/describe.js';
import { HeliosError } from '../../protocol/errors.js';
import { Codec, type CodecOptions } from './codec.js';
import { orderOf } from './encode.js';
import { cutAt } from './forking.js';
import { Lists } from './lists.js';
import { Opening, type StoreOptions } from './opening.js';
import { dropRuns, keepLatest } from './pruning.js';
import { configOf, ThreadReading } from './reading.js';
import {
  inNamespace,
  type StoredCheckpoint,
  type StoredWrite,
  setCheckpoint,
  type Thread,
  type ThreadReference,
  Threads,
  writeKey,
} from './thread.js';

interface HeliosOptions extends CodecOptions {
  readonly serde?: SerializerProtocol;
  /** Threads that nobody has saved to for so many minutes are gone. Default: they stay. */
  readonly ttl?: { readonly minutes: number };
}

export interface SaverOptions extends StoreOptions, HeliosOptions {}

/** Checkpoints that a list reads before it lets go of what it opened for them. */
const READ_MAX = 256;
/** Channels that the message of a save names. */
const CHANNELS_NAMED_MAX = 6;

/** Where something stands: in a thread, a namespace, and perhaps at a checkpoint. */
interface Place {
  readonly thread: string;
  readonly namespace: string;
  readonly id: string | undefined;
}

export class HeliosSaver extends BaseCheckpointSaver {
  private readonly opening: Opening;
  private readonly threads: Promise<Threads>;
  private readonly codec: Codec;
  private readonly lists = new Lists();

  /** @param over a store to be opened, or a Helios that is open already and stays the caller's */
  constructor(over: Helios | SaverOptions, options: HeliosOptions = {}) {
    const given = over instanceof Helios ? options : over;
    super(given.serde);
    const { logger } = given;
    const ttlMs = given.ttl === undefined ? undefined : ttlOf(given.ttl);
    this.opening = new Opening(over);
    const onFailedSweep = (error: unknown) =>
      logger?.warn({ err: error }, 'Threads that are over could not be removed.');
    this.threads = this.opening.helios.then((helios) => new Threads({ helios, ttlMs, onFailedSweep }));
    // Whoever calls something is told; nobody may ever do.
    this.threads.catch(() => {});
    this.codec = new Codec(given, this.serde);
  }

  /** The Helios in which the threads are: heads under `langgraph/`. */
  get helios(): Promise<Helios> {
    return this.opening.helios;
  }

  async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    if (config.configurable?.thread_id === undefined) return undefined;
    const { thread, namespace, id } = placeOf(config);
    const reading = await this.read(thread);
    const wanted = id ?? reading?.latest(namespace);
    return wanted === undefined ? undefined : reading?.tuple(namespace, wanted);
  }

  async *list(config: RunnableConfig, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    const { thread_id, checkpoint_ns, checkpoint_id } = config.configurable ?? {};
    const { before, filter } = options;
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    const beforeId: unknown = before?.configurable?.checkpoint_id;
    const threads = await this.threads;
    let left = limit;
    for await (const thread of thread_id === undefined ? threads.ids() : [String(thread_id)]) {
      let reading = await this.read(thread);
      let read = 0;
      for (const place of reading?.places(checkpoint_ns) ?? []) {
        const { namespace, id } = place;
        if (left <= 0) return;
        if (checkpoint_id !== undefined && id !== checkpoint_id) continue;
        if (typeof beforeId === 'string' && id >= beforeId) continue;
        // A long thread is not held open as a whole.
        if (++read % READ_MAX === 0) reading = reading && new ThreadReading(thread, reading.ref, this.codec);
        if (filter !== undefined && reading?.passes(place, filter) !== true) continue;
        const tuple = await reading?.tuple(namespace, id);
        if (tuple === undefined) continue;
        left--;
        yield tuple;
      }
    }
  }

  async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const { thread, namespace, id: parent } = placeOf(config);
    const { channel_values: values, ...rest } = checkpoint;
    const met = new Set<string>();
    const news = new Map<string, unknown>();
    // LangGraph of before there were new versions names none: then all are.
    for (const channel of Object.keys(newVersions ?? checkpoint.channel_versions)) {
      const value: unknown = Object.hasOwn(values, channel) ? values[channel as keyof typeof values] : undefined;
      if (value === undefined) news.set(channel, undefined);
      else news.set(channel, await this.codec.encode(value, met, 'channel_values', channel));
    }
    const stored = {
      checkpoint: await this.codec.encode(rest, met, 'checkpoint'),
      metadata: await this.codec.encode(metadata, met, 'metadata'),
      ...(parent === undefined ? {} : { parent }),
    };
    const classes = [...met];
    const names = Object.keys(values);
    const { step, source } = metadata as Partial<CheckpointMetadata>;
    const where = namespace === '' ? '' : `${namespace} `;
    const message = `${where}step ${step ?? '?'} (${source ?? 'unknown'})${named(Object.keys(newVersions ?? {}))}`;
    await (await this.threads).change(thread, {
      isStep: true,
      message,
      recipe: (draft, before, ref) => {
        const carried = parent === undefined ? undefined : before.checkpoints[namespace]?.[parent];
        const channels: Record<string, unknown> = {};
        for (const channel of Object.keys(carried?.channels ?? {})) {
          const stays = Object.hasOwn(checkpoint.channel_versions, channel) && !news.has(channel);
          if (stays) channels[channel] = carried?.channels[channel];
        }
        for (const [channel, value] of news) {
          if (value === undefined) continue;
          channels[channel] = Array.isArray(value)
            ? this.lists.placed(draft, ref, { thread, namespace, parent, channel, value })
            : value;
        }
        const inTurn = names.filter((name) => Object.hasOwn(channels, name));
        const order = inTurn.length === Object.keys(channels).length ? orderOf(inTurn) : undefined;
        const known = [...new Set([...(carried?.classes ?? []), ...classes])];
        setCheckpoint(draft, namespace, checkpoint.id, {
          ...stored,
          channels,
          ...(order === undefined ? {} : { order }),
          ...(known.length === 0 ? {} : { classes: known }),
        });
      },
    });
    for (const [channel, value] of news) {
      if (Array.isArray(value)) this.lists.remember(thread, namespace, checkpoint.id, channel, value);
    }
    return configOf({ thread, namespace, id: checkpoint.id });
  }

  async putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string, taskPath = ''): Promise<void> {
    const { thread, namespace, id } = placeOf(config);
    if (id === undefined) throw missing('checkpoint_id');
    const stored: StoredWrite[] = [];
    for (const [place, [channel, given]] of writes.entries()) {
      const met = new Set<string>();
      const value = await this.codec.encode(given, met, 'writes', channel);
      const index = WRITES_IDX_MAP[channel] ?? place;
      const classes = met.size === 0 ? {} : { classes: [...met] };
      stored.push({ task: taskId, path: taskPath, index, channel, value, ...classes });
    }
    await (await this.threads).change(thread, {
      isStep: false,
      message: `writes${named(writes.map(([channel]) => channel))}`,
      recipe: (draft) => {
        const here = inNamespace(draft.writes, namespace);
        here[id] ??= {};
        const known = here[id];
        for (const write of stored) {
          const key = writeKey(write);
          // Those of a kind of their own replace what was there; of the others the first stays.
          if (write.index < 0 || !Object.hasOwn(known, key)) known[key] = write;
        }
      },
    });
  }

  async deleteThread(threadId: string): Promise<void> {
    await (await this.threads).delete(String(threadId));
    this.lists.forget(String(threadId));
  }

  /**
   * A thread once more under another id, with all its checkpoints: one head, whatever their number. Both go on by
   * themselves from then on.
   * @throws HeliosError `UNKNOWN_OBJECT` where there is no such thread, `CONFLICT` where the other is there already
   */
  async copyThread(from: string, to: string): Promise<void> {
    await (await this.threads).copy(await this.known(from), String(to), `copy of ${from}`);
  }

  /**
   * A thread as it was at a checkpoint (its newest, without an id) under another id, to go on from there. It shares all
   * that came before, and shows nothing of what the other has done since: the step that comes next is taken anew.
   * @throws HeliosError `UNKNOWN_OBJECT` where there is no such thread or checkpoint, `CONFLICT` where the other is there
   */
  async forkThread(from: string, checkpointId: string | undefined, to: string): Promise<void> {
    const ref = await this.known(from);
    const reading = new ThreadReading(from, ref, this.codec);
    const id = checkpointId ?? reading.latest('');
    if (id === undefined || reading.checkpoint('', id) === undefined) {
      const text = `Thread "${from}" has no checkpoint ${id ?? 'at all'}.`;
      throw new HeliosError('UNKNOWN_OBJECT', text, { details: { thread: from, checkpoint: id } });
    }
    await (await this.threads).copy(ref, String(to), `fork of ${from} at ${id}`, (draft, before) =>
      cutAt(draft, before, id, uuid6(0)),
    );
  }

  private async known(thread: string): Promise<ThreadReference> {
    const ref = await (await this.threads).get(String(thread));
    if (ref !== undefined) return ref;
    throw new HeliosError('UNKNOWN_OBJECT', `There is no thread "${thread}".`, { details: { thread } });
  }

  /**
   * Takes away what is older in some threads: `keep_latest` keeps the newest checkpoint of each namespace, with what
   * interrupts and delta channels need; `delete` takes the threads away. The bytes come back with the next collection.
   * @throws HeliosError `INVALID_REQUEST` for another strategy
   */
  async prune(threadIds: readonly string[], options: { readonly strategy: 'keep_latest' | 'delete' }): Promise<void> {
    const { strategy }: { strategy?: unknown } = Object(options);
    if (strategy !== 'keep_latest' && strategy !== 'delete') {
      const text = `prune() takes { strategy: 'keep_latest' } or { strategy: 'delete' }, but got ${String(strategy)}.`;
      throw new HeliosError('INVALID_REQUEST', text);
    }
    for (const thread of threadIds.map(String)) {
      if (strategy === 'delete') await this.deleteThread(thread);
      else await this.changeKnown(thread, 'pruned', (draft, before) => keepLatest(draft, before, this.metadataOf));
    }
  }

  /** Takes away the checkpoints that runs of these ids made (`run_id` in their metadata), in all threads. */
  async deleteForRuns(runIds: readonly string[]): Promise<void> {
    const runs = new Set<unknown>(runIds);
    for await (const thread of (await this.threads).ids()) {
      await this.changeKnown(thread, 'runs deleted', (draft, before) => dropRuns(draft, before, runs, this.metadataOf));
    }
  }

  private readonly metadataOf = (stored: StoredCheckpoint): Readonly<Record<string, unknown>> =>
    Object(this.codec.decode(stored.metadata));

  private async changeKnown(
    thread: string,
    message: string,
    recipe: (draft: Thread, before: Readonly<Thread>) => void,
  ): Promise<void> {
    const threads = await this.threads;
    if ((await threads.get(thread)) === undefined) return;
    await threads.change(thread, { isStep: true, message, recipe });
    this.lists.forget(thread);
  }

  override async getDeltaChannelHistory(options: {
    config: RunnableConfig;
    channels: string[];
  }): Promise<Record<string, DeltaChannelHistory>> {
    const { thread, namespace, id } = placeOf(options.config);
    const reading = await this.read(thread);
    const found = new Map(options.channels.map((channel) => [channel, [] as CheckpointPendingWrite[]]));
    const seeds = new Map<string, unknown>();
    const start = id ?? reading?.latest(namespace);
    let parent = start === undefined ? undefined : reading?.checkpoint(namespace, start)?.parent;
    while (reading !== undefined && parent !== undefined && seeds.size < found.size) {
      const stored = reading.checkpoint(namespace, parent);
      if (stored === undefined) break;
      await this.codec.prepare(stored.classes ?? []);
      for (const write of (await reading.writes(namespace, parent)).reverse()) {
        if (!seeds.has(write.channel)) found.get(write.channel)?.push(reading.pending(write));
      }
      for (const channel of found.keys()) {
        if (seeds.has(channel) || !Object.hasOwn(stored.channels, channel)) continue;
        seeds.set(channel, reading.channel(namespace, parent, channel));
      }
      parent = stored.parent;
    }
    return Object.fromEntries(
      [...found].map(([channel, writes]) => {
        const seed = seeds.has(channel) ? { seed: seeds.get(channel) } : {};
        return [channel, { writes: writes.reverse(), ...seed }];
      }),
    );
  }

  /**
   * Takes away the threads whose time (`ttl`) is over, and gives their ids. It is done now and then when checkpoints are
   * put, too; nobody sees such a thread in between. The bytes come back with the next collection.
   */
  async sweep(): Promise<string[]> {
    const ids = await (await this.threads).sweep();
    for (const id of ids) this.lists.forget(id);
    return ids;
  }

  /** Lets the store go, unless the Helios is the caller's own. */
  async end(): Promise<void> {
    await (await this.threads).settle();
    await this.opening.close();
  }

  private async read(thread: string): Promise<ThreadReading | undefined> {
    const ref = await (await this.threads).get(thread);
    return ref === undefined ? undefined : new ThreadReading(thread, ref, this.codec);
  }
}

function placeOf(config: RunnableConfig): Place {
  const { thread_id, checkpoint_ns = '' } = config.configurable ?? {};
  if (thread_id === undefined || thread_id === null || thread_id === '') throw missing('thread_id');
  return { thread: String(thread_id), namespace: String(checkpoint_ns), id: getCheckpointId(config) || undefined };
}

/** Channels that a save is about, for its log: not those that LangGraph keeps for itself. */
function named(channels: readonly string[]): string {
  const own = [...new Set(channels)].filter((channel) => !/^__|:/.test(channel));
  const more = own.length > CHANNELS_NAMED_MAX ? ', …' : '';
  return own.length === 0 ? '' : `: ${own.slice(0, CHANNELS_NAMED_MAX).join(', ')}${more}`;
}

function ttlOf({ minutes }: { readonly minutes: number }): number {
  if (typeof minutes === 'number' && minutes > 0) return minutes * 60_000;
  const text = `ttl is { minutes: a number above 0 }, but got ${describe(minutes)}.`;
  throw new HeliosError('INVALID_REQUEST', text);
}

function missing(key: string): HeliosError {
  return new HeliosError(
    'INVALID_REQUEST',
    `The config needs configurable.${key}, as in graph.invoke(input, { configurable: { thread_id: 'my-thread' } }).`,
    { details: { key } },
  );
}
