/**
 * The public surface of Helios in one process: objects are made, saved, loaded and edited through references, and asked
 * for through requests, which a supervisor and a worker on this thread serve. Assembled in runtime.ts.
 */
import pino from 'pino';
import {
  type HeliosEvent,
  type MaterializeRequest,
  memorySettings,
  type RequestState,
  type Submission,
} from './actors/index.js';
import { type Client, connect } from './client.js';
import { drainMsOf } from './front.js';
import { otherType } from './lookup.js';
import {
  type ConnectOptions,
  checkOptions,
  type DurableOptions,
  type EventOptions,
  type ListOptions,
  type LoadOptions,
  type OpenOptions,
  type RequestOptions,
  type Target,
  type UpdateOptions,
} from './options.js';
import { type Decision, decide, type Policy, type Pressure } from './policy/index.js';
import { checkHeadName, describe, HeliosError } from './protocol/index.js';
import {
  type AnyObjectType,
  type BuiltInType,
  type Dtype,
  fetchUntil,
  missingHashes,
  type NamedReference,
  type ObjectType,
  type Tensor,
} from './restore/index.js';
import { toLink } from './rooms.js';
import { Runtime } from './runtime.js';
import {
  type CollectReport,
  type Conflict,
  checkGiven,
  type DraftOf,
  type HeadMove,
  mergeChanges,
  type Path,
  type SharingReport,
  StateReference,
  Superposition,
  storedPart,
  Turns,
  unknownObject,
  type Value,
  type VerifyFinding,
  type Version,
  versionOf,
  type WatchFilter,
} from './state/index.js';
import type { Stats } from './stats.js';
import { type Head, openStore } from './store/index.js';
import type { CollectingOptions, SharingLook, VerifyingOptions } from './upkeep.js';

const UPDATE_RETRIES = 100;
const LOAD_OPTIONS = { version: 'a whole number from 1' } as const;
const UPKEEP_OPTIONS = { signal: 'an AbortSignal', onProgress: 'a function' } as const;
/** Heads that one look into the store lists. */
const PAGE = 256;

export class Helios implements Client {
  readonly #runtime: Runtime;
  /** Updates of one name in this process take turns. */
  readonly #turns = new Turns();

  private constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /**
   * Opens a store and brings a supervisor and a worker to life on this thread; with `nats`, requests go to those that
   * are there, and the store here is for references.
   * @throws HeliosError `INVALID_REQUEST` for options that can't be, a directory that is no store of this format;
   *   `UNAVAILABLE` when no NATS with JetStream answers
   */
  static async open(options: OpenOptions): Promise<Helios> {
    const { store, durability = 'process', memoryBytes, types = [], nats, prefix, graceMs } = checkOptions(options);
    const logger = options.logger ?? pino({ level: 'silent' });
    const opened = await openStore(store, { durability });
    try {
      const memory = memorySettings(memoryBytes);
      const onError = (error: unknown) => logger.error(error);
      const given = {
        ...{ store: opened, types, memory, onError },
        ...(prefix === undefined ? {} : { prefix }),
        ...(graceMs === undefined ? {} : { graceMs }),
      };
      if (nats === undefined) return Helios.over(new Runtime(given));
      // Loaded when it is needed: one process that does it all needs no client of NATS.
      const { joinCluster } = await import('./cluster.js');
      const cluster = await joinCluster({
        ...{ nats, logger, toLink, fromLink: (link) => runtime.rooms.fromLink(link) },
        ...(prefix === undefined ? {} : { prefix }),
      });
      // No link comes before somebody asks for something.
      const runtime: Runtime = new Runtime({ ...given, cluster });
      return Helios.over(runtime);
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  /**
   * A client without a store, which asks over NATS.
   * @throws HeliosError `INVALID_REQUEST` for options that can't be; `UNAVAILABLE` when no NATS with JetStream answers
   */
  static connect(options: ConnectOptions): Promise<Client> {
    return connect(options);
  }

  /** @internal */
  static over(runtime: Runtime): Helios {
    return new Helios(runtime);
  }

  /** @internal */
  static runtime(helios: Helios): Runtime {
    return helios.#runtime;
  }

  // ── Objects ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * A reference on a new object: checked, encoded and hashed at once; nothing is written before it is saved.
   * @throws HeliosError `UNSUPPORTED_VALUE` (with the path), `INVALID_VALUE`, `UNKNOWN_TYPE`, `CLOSED`
   */
  create<S, L>(type: ObjectType<S, L>, value: S): StateReference<S, L>;
  create(type: 'text', value: string): StateReference<string>;
  create(type: 'blob', value: Uint8Array): StateReference<Uint8Array>;
  create<D extends Dtype>(type: 'tensor', value: Tensor<D>): StateReference<Tensor<D>>;
  create<V extends Value>(type: BuiltInType, value: V): StateReference<V>;
  create(type: AnyObjectType | string, value: unknown): StateReference<unknown, unknown> {
    this.#runtime.checkOpen();
    return this.#runtime.objects.create(this.#type(type), value);
  }

  /**
   * The object that a name points at, or one of its versions. Reads no block of it.
   * @throws HeliosError `UNKNOWN_OBJECT` (with the nearest name), `INVALID_REQUEST` when it is of another type
   */
  load<S, L>(type: ObjectType<S, L>, name: string, options?: LoadOptions): Promise<StateReference<S, L>>;
  load(name: string, options?: LoadOptions): Promise<StateReference<Value, Value>>;
  async load(...args: readonly unknown[]): Promise<StateReference<never, never>> {
    const [type, name, options] = (typeof args[0] === 'string' ? [undefined, ...args] : args) as [
      AnyObjectType | undefined,
      string,
      LoadOptions?,
    ];
    return (await this.#load(type, name, options)) as StateReference<never, never>;
  }

  /** The object that a name points at, or `null`. */
  async find(name: string): Promise<StateReference<Value, Value> | null> {
    this.#runtime.checkOpen();
    const head = this.#runtime.store.heads.get(checkHeadName(name));
    return head === undefined ? null : (this.#reference(head) as StateReference<Value, Value>);
  }

  /**
   * Loads, edits and saves; again from the start when somebody else has saved meanwhile. With `create`, a name that
   * points at nothing starts from that value.
   * @throws HeliosError `UNKNOWN_OBJECT`, `CONFLICT` when the retries are used up; else as `edit` and `save` do
   */
  update<S, L>(
    type: ObjectType<S, L>,
    name: string,
    recipe: (draft: DraftOf<S>) => void,
    options?: UpdateOptions & { readonly create?: () => S },
  ): Promise<StateReference<S, L>>;
  update<S>(name: string, recipe: (draft: S) => void, options?: UpdateOptions): Promise<StateReference<S>>;
  async update(...args: readonly unknown[]): Promise<StateReference<never, never>> {
    const [type, name, recipe, options = {}] = (typeof args[0] === 'string' ? [undefined, ...args] : args) as [
      AnyObjectType | undefined,
      string,
      (draft: unknown) => void,
      (UpdateOptions & { readonly create?: () => unknown })?,
    ];
    if (typeof recipe !== 'function') {
      throw new HeliosError(
        'INVALID_REQUEST',
        'update() takes a recipe: a function that changes the draft it is given.',
      );
    }
    checkGiven('update', options, { retries: 'a number of 0 or more', create: 'a function' });
    const updated = await this.#turns.take(name, () => this.#update(type, name, recipe, options ?? {}));
    return updated as StateReference<never, never>;
  }

  /**
   * Takes a name away, with its versions. They can be collected after the grace time; with `purge`, at once.
   * @throws HeliosError `UNKNOWN_OBJECT`, `CONFLICT` when it does not point at `expect`
   */
  async delete(name: string, options: { readonly expect?: Version; readonly purge?: boolean } = {}): Promise<void> {
    this.#runtime.checkOpen();
    checkGiven('delete', options, { expect: 'a version', purge: 'true or false' });
    await this.#runtime.rooms.versions.delete(name, options.expect, options.purge === true);
  }

  /** What names point at, in the order of their UTF-8 bytes. */
  async *list(options: ListOptions = {}): AsyncIterable<Version> {
    checkGiven('list', options, { prefix: 'a text', type: 'a text', after: 'a text', limit: 'a number of 0 or more' });
    const { prefix, type, limit = Number.POSITIVE_INFINITY } = options;
    let { after } = options;
    for (let listed = 0; listed < limit; ) {
      this.#runtime.checkOpen();
      const page = [
        ...this.#runtime.store.heads.list({
          ...(prefix === undefined ? {} : { prefix }),
          ...(after === undefined ? {} : { after }),
          limit: PAGE,
        }),
      ];
      for (const head of page) {
        if (type !== undefined && head.type !== type) continue;
        yield versionOf(head);
        if (++listed >= limit) return;
      }
      if (page.length < PAGE) return;
      after = page.at(-1)?.name;
    }
  }

  /**
   * Moves of heads by this process, from the moment of the call: saves, deletions, imports, in the order in which they
   * were committed. Without end until the signal aborts, the loop is left, or this is closed.
   * @throws HeliosError (while it is read) `OVERLOADED` when too many moves wait for this reader
   */
  watch(options: WatchFilter = {}): AsyncIterable<HeadMove> {
    this.#runtime.checkOpen();
    checkGiven('watch', options, { prefix: 'a text', name: 'a text', signal: 'an AbortSignal' });
    return this.#runtime.rooms.moves.watch(options);
  }

  /**
   * Gives a name's newest version a label, by which it is kept however many follow; a label that another version of the
   * name had moves here. `version` names an older one, `null` takes the label away.
   * @throws HeliosError `UNKNOWN_OBJECT`, `INVALID_REQUEST` for a text that can be no label, `CONFLICT` when the version
   *   is gone, `TOO_LARGE` for too many labels
   */
  async checkpoint(name: string, label: string, version?: number | null): Promise<void> {
    this.#runtime.checkOpen();
    const { upkeep } = this.#runtime;
    await (version === null ? upkeep.unlabel(name, label) : upkeep.label(name, label, version));
  }

  /** The versions of a name by the labels that `checkpoint` gave. @throws HeliosError `UNKNOWN_OBJECT` */
  async checkpoints(name: string): Promise<ReadonlyMap<string, Version>> {
    this.#runtime.checkOpen();
    const { heads } = this.#runtime.store;
    if (heads.get(checkHeadName(name)) === undefined) throw unknownObject(name, this.#runtime.store);
    const labelled = new Map<string, Version>();
    for (const [label, number] of heads.labels(name)) {
      const head = heads.version(name, number);
      if (head !== undefined) labelled.set(label, versionOf(head));
    }
    return labelled;
  }

  /** The versions of a name, newest first. @throws HeliosError `UNKNOWN_OBJECT` */
  async *history(name: string, options: { readonly limit?: number } = {}): AsyncIterable<Version> {
    this.#runtime.checkOpen();
    checkGiven('history', options, { limit: 'a number of 0 or more' });
    const { store } = this.#runtime;
    const head = store.heads.get(checkHeadName(name));
    if (head === undefined) throw unknownObject(name, store);
    for (const version of store.heads.history(name, options)) {
      yield versionOf(version);
      this.#runtime.checkOpen();
    }
  }

  /**
   * Several branches of one object side by side, as likely as their weights say; weights are made to sum up to 1. What
   * was saved as one is loaded as a list of references: `superpose(list.map((ref) => ({ ref, weight: ref.weight })))`.
   * @throws HeliosError `INVALID_REQUEST` for no branches, branches of several types, weights that are none
   */
  superpose<S, L>(
    branches: readonly { readonly ref: StateReference<S, L>; readonly weight: number }[],
  ): Superposition<S, L> {
    this.#runtime.checkOpen();
    if (!Array.isArray(branches)) {
      throw new HeliosError('INVALID_REQUEST', 'superpose() takes a list of branches: { ref, weight }.');
    }
    return new Superposition<S, L>(branches, (links) => this.create('list', [...links]));
  }

  /**
   * What two sides made of one state, together: by path, in lists by what stands between elements that stayed. What both
   * changed otherwise is a conflict: `resolve` says what is to be there, and ours is taken where it says nothing. What is
   * given back is ours with theirs merged in; nothing is saved. Of two logs both sides' entries are kept, ours first.
   * @throws HeliosError `INVALID_REQUEST` for references of different types; else as `at` and `edit` do
   */
  merge<S, L>(
    base: StateReference<S, L>,
    ours: StateReference<S, L>,
    theirs: StateReference<S, L>,
    resolve?: (conflict: Conflict) => Value | undefined,
  ): { readonly ref: StateReference<S, L>; readonly conflicts: readonly Conflict[] } {
    this.#runtime.checkOpen();
    checkMerge([base, ours, theirs], resolve);
    const conflicts: Conflict[] = [];
    const appended = base.type === 'log' ? this.#runtime.objects.logChanges(base, ours, theirs) : undefined;
    const changes =
      appended ??
      mergeChanges({
        ...{ base, ours, theirs, oursChanges: base.diff(ours), theirsChanges: base.diff(theirs) },
        identity: (value) => this.#runtime.objects.identity(value),
        decide: (conflict) => {
          conflicts.push(conflict);
          const decided = resolve?.(conflict);
          return decided === undefined ? conflict.ours : decided;
        },
      });
    return { ref: changes.length === 0 ? ours : ours.patch(changes), conflicts };
  }

  /**
   * Saves several references under their names. `atomic` (the default): all of them or none, in one commit; else each by
   * itself, and what could be saved is saved when this throws.
   * @throws HeliosError `INVALID_REQUEST` for a name that comes twice; else as `save` does, of the first that failed
   */
  async saveAll(heads: readonly NamedReference[], options: { readonly atomic?: boolean } = {}): Promise<Version[]> {
    this.#runtime.checkOpen();
    checkHeads(heads);
    checkGiven('saveAll', options, { atomic: 'true or false' });
    if (options.atomic !== false) return heads.length === 0 ? [] : this.#runtime.objects.saveAll(heads);
    const saves = await Promise.allSettled(heads.map(({ name, ref, ...how }) => ref.save(name, how)));
    return saves.map((save) => {
      if (save.status === 'rejected') throw save.reason;
      return save.value;
    });
  }

  /**
   * Makes of an older version of a name its newest one: what came between stays in its history.
   * @throws HeliosError `UNKNOWN_OBJECT` for a version that the name has not (any more), `CONFLICT` when somebody saves
   *   at the same moment; else as `save` does
   */
  async revert(name: string, to: Version): Promise<Version> {
    const { version }: { version?: unknown } = Object(to);
    if (typeof version !== 'number') {
      throw new HeliosError('INVALID_REQUEST', 'revert() takes a version, as history() and save() give them.');
    }
    const [current, older] = [await this.#load(undefined, name), await this.#load(undefined, name, { version })];
    if (older.root !== to.root) {
      const text = `Version ${version} of "${name}" is another than the one that was given: the name was made anew since.`;
      throw new HeliosError('UNKNOWN_OBJECT', text, { details: { name, version } });
    }
    return older.save(name, { expect: current.base ?? 'absent', message: `reverted to version ${version}` });
  }

  // ── Requests ────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Asks for an object to be materialized. Returns at once, in `queued`, and never throws: whatever is wrong arrives by
   * `result`, which is made when it is first read.
   */
  request<S, L>(
    type: ObjectType<S, L>,
    target: Target<S, L>,
    options?: RequestOptions & { readonly paths?: undefined },
  ): MaterializeRequest<L>;
  request(
    target: Target<unknown, unknown>,
    options: RequestOptions & { readonly paths: readonly Path[] },
  ): MaterializeRequest<Readonly<Record<string, Value>>>;
  request(target: Target<unknown, unknown>, options?: RequestOptions): MaterializeRequest<Value>;
  request(...args: readonly unknown[]): MaterializeRequest<never> {
    // What comes back is of the type that was asked for: the overloads say which.
    return this.#runtime.front.request(args) as MaterializeRequest<never>;
  }

  /**
   * Asks for an object durably: resolves when the request is kept; from then on it has exactly one outcome. Without
   * `nats` requests and outcomes live as long as this process.
   * @throws HeliosError `INVALID_REQUEST` · `OVERLOADED` when too many wait · `UNAVAILABLE` · `CANCELLED` by the signal ·
   *   `CLOSED`
   */
  submit(target: Target<unknown, unknown>, options?: DurableOptions): Promise<Submission> {
    return this.#runtime.front.submit(target, options);
  }

  /**
   * What becomes of durable requests, heard from the moment of the call; without end until the signal aborts, the loop
   * is left, or this is closed.
   * @throws HeliosError (while it is read) `INVALID_REQUEST` · `STALE_REFERENCE` when what follows `after` is gone ·
   *   `UNAVAILABLE` · `CLOSED`
   */
  events<St extends RequestState = RequestState>(
    options: EventOptions<St> = {},
  ): AsyncIterable<Extract<HeliosEvent, { readonly state: St }>> {
    checkGiven('events', options, {});
    // The state that was asked for is the state that is read.
    return this.#runtime.front.events(options) as AsyncIterable<Extract<HeliosEvent, { readonly state: St }>>;
  }

  // ── Policy ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Whether an object of these bytes may be materialized now: priority and urgency (0 to 1) against memory pressure.
   * @throws HeliosError `INVALID_REQUEST` for an argument out of its range
   */
  shouldMaterialize(priority: number, estimatedBytes: number, urgency: number): boolean {
    return this.explain(priority, estimatedBytes, urgency).pass;
  }

  /** The same with its reasons: the terms say what speaks for it and what against. */
  explain(priority: number, estimatedBytes: number, urgency: number): Decision {
    return decide({ priority, estimatedBytes, urgency }, this.#runtime.situation());
  }

  /** What all actors follow now; its epoch rises with each change. */
  get policy(): Policy {
    return this.#runtime.policy;
  }

  /** How short memory is, 0 to 1, by the last look (four a second). */
  get pressure(): Pressure {
    return this.#runtime.pressure.pressure;
  }

  /** Figures of this process: where others serve, those of supervisor and worker are 0. */
  stats(): Stats {
    const { rooms, front, serving } = this.#runtime;
    const { store, cache, metrics, blocks, unsaved, shared } = rooms;
    const { budgetBytes, bytes, size: entries, hits, misses, evictions } = cache;
    const { supervisor, worker } = serving;
    return {
      store: { ...store.blocks.size },
      types: metrics.snapshot(),
      unsavedBytes: unsaved.total,
      bus: serving.counters(),
      cache: { budgetBytes, bytes, entries, hits, misses, evictions },
      shared: shared.stats(),
      requests: {
        open: front.requests.size,
        queued: supervisor?.queued ?? 0,
        dispatched: supervisor?.dispatched ?? 0,
        restoring: worker?.flights.size ?? 0,
        restorations: worker?.restorations ?? 0,
        joined: worker?.flights.joined ?? 0,
        storeReads: blocks.storeReads,
      },
    };
  }

  // ── Upkeep ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Frees the blocks that nothing holds: no name, no kept version, and nothing that was let go of within the grace time.
   * Works in small steps while this and other processes go on.
   * @throws HeliosError `CONFLICT` while another collection is under way · `CORRUPT_BLOCK` (nothing is freed then) ·
   *   `CANCELLED` by the signal
   */
  async collect(options?: CollectingOptions): Promise<CollectReport> {
    this.#runtime.checkOpen();
    checkGiven('collect', options, UPKEEP_OPTIONS);
    return this.#runtime.upkeep.collect(options);
  }

  /**
   * Reads every block within reach of names and their versions from the store, and tells of those that are damaged or
   * missing, with the versions that they break. @throws HeliosError `CANCELLED` by the signal
   */
  verify(options?: VerifyingOptions): AsyncIterable<VerifyFinding> {
    this.#runtime.checkOpen();
    checkGiven('verify', options, UPKEEP_OPTIONS);
    return this.#runtime.upkeep.verify(options);
  }

  /**
   * What the objects whose names begin with `prefix`, of a type, have in common: how many distinct components they are
   * made of, how often each is held, and how many bytes that saves. Reads each block once, in small steps.
   * @throws HeliosError `CORRUPT_BLOCK` · `CANCELLED` by the signal
   */
  async sharing(look?: SharingLook): Promise<SharingReport> {
    this.#runtime.checkOpen();
    checkGiven('sharing', look, { prefix: 'a text', type: 'a text', ...UPKEEP_OPTIONS });
    return this.#runtime.upkeep.sharing(look);
  }

  /**
   * Writes names, with their kept versions and labels and all blocks of them, as one CAR v1 file (docs/format.md), and
   * closes the stream. @throws HeliosError `UNKNOWN_OBJECT`, `MISSING_BLOCK`, `CORRUPT_BLOCK`
   */
  async exportTo(out: WritableStream<Uint8Array>, names: readonly string[]): Promise<void> {
    this.#runtime.checkOpen();
    await this.#runtime.upkeep.exportTo(out, names);
  }

  /**
   * Takes in what `exportTo` wrote; names that are there go forward if the versions in the file follow them. Gives back
   * the newest version in the file of each. What was interrupted is gone on with by importing it again.
   * @throws HeliosError `INVALID_REQUEST` for what is no such file, `CORRUPT_BLOCK`, `CONFLICT`; no name has moved then
   */
  async importFrom(input: ReadableStream<Uint8Array>): Promise<Version[]> {
    this.#runtime.checkOpen();
    return this.#runtime.upkeep.importFrom(input);
  }

  // ── Closing ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Lets open requests end (for `drainMs`, default 5,000), ends the rest with `CLOSED`, lets the store go. Idempotent. */
  async close(options?: { readonly drainMs?: number }): Promise<void> {
    await this.#runtime.close(drainMsOf(options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // ── Inside ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #type(type: AnyObjectType | string): AnyObjectType {
    if (typeof type === 'string') return this.#runtime.types.require(type);
    if (typeof type !== 'object' || type === null) {
      throw new HeliosError(
        'INVALID_REQUEST',
        `A type is what defineType gives, or the name of a built-in one; got ${describe(type)}.`,
      );
    }
    this.#runtime.know(type);
    return type;
  }

  async #load(type: AnyObjectType | undefined, name: string, options: LoadOptions = {}) {
    this.#runtime.checkOpen();
    checkGiven('load', options, LOAD_OPTIONS);
    if (type !== undefined) this.#type(type);
    const { store } = this.#runtime;
    const current = store.heads.get(checkHeadName(name));
    if (current === undefined) throw unknownObject(name, store);
    const head = options.version === undefined ? current : store.heads.version(name, options.version);
    if (head === undefined) {
      const oldest = [...store.heads.history(name)].at(-1)?.version;
      const text = `"${name}" has no version ${options.version}: it has ${oldest} to ${current.version}.`;
      throw new HeliosError('UNKNOWN_OBJECT', text, { details: { name, version: options.version } });
    }
    if (type !== undefined && head.type !== type.name) throw otherType(name, head.type, type.name);
    return this.#reference(head);
  }

  #reference(head: Head): StateReference<unknown, unknown> {
    const { type, schemaVersion, weight } = head;
    const held = { part: storedPart(head.root), tree: undefined };
    return new StateReference(this.#runtime.objects, held, { type, schemaVersion, weight }, versionOf(head));
  }

  async #update(
    type: AnyObjectType | undefined,
    name: string,
    recipe: (draft: unknown) => void,
    options: UpdateOptions & { readonly create?: () => unknown },
  ): Promise<StateReference<unknown, unknown>> {
    const retries = options.retries ?? UPDATE_RETRIES;
    for (let attempt = 0; ; attempt++) {
      const reference = await this.#loadOrCreate(type, name, options.create);
      const edited = await this.#edit(reference, recipe);
      // What changes nothing makes no version.
      if (reference.base !== null && edited.root === reference.root) return reference;
      try {
        await edited.save(name);
        return edited;
      } catch (error) {
        if (!HeliosError.is(error, 'CONFLICT') || attempt >= retries) throw error;
      }
    }
  }

  /** Edits; where the recipe meets blocks that are elsewhere, brings them here and runs it again from the start. */
  async #edit(reference: StateReference<unknown, unknown>, recipe: (draft: unknown) => void) {
    let edited: StateReference<unknown, unknown> | undefined;
    const look = () => {
      try {
        edited = reference.edit(recipe);
        return [];
      } catch (error) {
        return missingHashes(error);
      }
    };
    await fetchUntil(this.#runtime.store.blocks, look, undefined);
    return edited ?? reference;
  }

  async #loadOrCreate(type: AnyObjectType | undefined, name: string, create: (() => unknown) | undefined) {
    try {
      return await this.#load(type, name);
    } catch (error) {
      if (create === undefined || type === undefined || !HeliosError.is(error, 'UNKNOWN_OBJECT')) throw error;
      return this.#runtime.objects.create(type, create());
    }
  }
}

function checkMerge(references: readonly unknown[], resolve: unknown): void {
  const [base, ...sides] = references.map((reference) => {
    if (reference instanceof StateReference) return reference.type;
    throw new HeliosError('INVALID_REQUEST', 'merge() takes three references: what create, load, edit or branch give.');
  });
  const other = sides.find((type) => type !== base);
  if (other !== undefined) {
    const text = `merge() takes three references of one type, but got ${base} and ${other}.`;
    throw new HeliosError('INVALID_REQUEST', text);
  }
  if (resolve === undefined || typeof resolve === 'function') return;
  throw new HeliosError(
    'INVALID_REQUEST',
    'resolve is a function: it gets a conflict and gives the value to be there.',
  );
}

function checkHeads(heads: readonly { readonly name: string; readonly ref: unknown }[]): void {
  if (!Array.isArray(heads) || heads.some((head) => !(Object(head).ref instanceof StateReference))) {
    throw new HeliosError('INVALID_REQUEST', 'saveAll() takes a list of { name, ref }.');
  }
  const names = new Set<unknown>();
  for (const { name } of heads) {
    if (names.has(name))
      throw new HeliosError('INVALID_REQUEST', `saveAll() saves each name once; "${name}" comes twice.`);
    names.add(name);
  }
}
