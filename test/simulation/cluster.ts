/**
 * The processes of a simulated Helios, made of the real actors: supervisors, workers and clients over simulated buses
 * and one journal, workers over one store. Starts, crashes and looks into them; decides nothing about when.
 */
import {
  Events,
  FollowedPolicy,
  PolicyRecord,
  PressureActor,
  Requests,
  Submissions,
  SupervisorActor,
  ThresholdActor,
  type Waits,
  WorkerActor,
} from '../../src/actors/index.js';
import { createEmbeddedJournal, type Delivery, type Journal } from '../../src/bus/index.js';
import { JOURNAL } from '../../src/bus/simulated/journal.js';
import { createSimulation, type Simulation, type Started } from '../../src/bus/simulated.js';
import type { MemoryReading, Policy } from '../../src/policy/index.js';
import { createIds, createSubjects, durableId, HeliosError } from '../../src/protocol/index.js';
import { Rooms, toLink } from '../../src/rooms.js';
import { createMemoryStore, hashOf, type Store } from '../../src/store/index.js';
import { createHistory, type History, textOf } from './history.js';
import { ALL_TYPES, COMMON_TYPES, DEADLY_NAME, RARE_TYPES } from './objects.js';
import { observe } from './observedJournal.js';
import { slowly } from './slowStore.js';
import { createTrace, type Trace } from './trace.js';

/** Short, so that much happens; in proportion to those of real life. Milliseconds. */
export const WAITS: Waits = {
  togetherMs: 3,
  ...{ beatMs: 100, missedUntilGone: 3, stuckAfterMs: 400, ackWaitMs: 1_500 },
  ...{ retryMs: 10, retryMaxMs: 300, drainMs: 500 },
};
/** When a simulation begins, in milliseconds since 1970. */
const BEGINNING_MS = Date.UTC(2026, 0, 1);
const HEAP_BYTES = 64 * 1024 * 1024;
/** Requests and bytes that a worker takes at a time: few, so that it is often full. */
const CREDITS = 4;
const CREDIT_BYTES = 200_000;

export interface Supervising {
  readonly kind: 'supervisor';
  readonly process: Started;
  readonly supervisor: SupervisorActor;
  readonly threshold: ThresholdActor;
}

export interface Working {
  readonly kind: 'worker';
  readonly process: Started;
  readonly worker: WorkerActor;
  readonly pressure: PressureActor;
  readonly knowsRare: boolean;
}

export interface Asking {
  readonly kind: 'client';
  readonly process: Started;
  readonly requests: Requests;
  readonly submissions: Submissions;
  readonly events: Events;
  readonly nextId: () => string;
  /** Puts something into the queue, as a client of another make would. */
  readonly put: Journal['requests']['submit'];
}

export type Role = Supervising | Working | Asking;

/** Puts a fault into the programs, for a test to see that it is found. */
export interface Plant {
  /** The journal itself, for all. */
  readonly keeper?: (journal: Journal) => Journal;
  /** The store as workers see it. */
  readonly store?: (store: Store) => Store;
  /** The journal as a process's proxy sees it. */
  readonly journal?: (journal: Journal, role: Role['kind']) => Journal;
  /** What a process is made of. */
  readonly process?: (process: Started, role: Role['kind']) => Started;
  /** The actors of a process, after they were made. */
  readonly role?: (role: Role) => void;
}

export interface ClusterOptions {
  readonly seed: number;
  /** Takes each line of the trace. */
  readonly print?: (line: string) => void;
  /** Whether every message is in the trace; else only what is done to the processes. */
  readonly isTraced: boolean;
  readonly plant?: Plant;
  /** Told of each process that has crashed. */
  readonly onCrash: (name: string) => void;
}

export interface Cluster {
  readonly simulation: Simulation;
  readonly history: History;
  readonly trace: Trace;
  readonly store: Store;
  /** The journal, as nobody is at a distance of. */
  readonly journal: Journal;
  readonly roles: ReadonlyMap<string, Role>;
  startSupervisor(name: string): void;
  startWorker(name: string, knowsRare: boolean): void;
  startClient(name: string): void;
  crash(name: string): void;
  /** Saves a value under a name; it is there before anything else happens. */
  save(name: string, type: string, value: unknown): void;
  /** Makes away with the blocks of what a name points at. */
  damage(name: string): void;
  /** The id of every durable request with this key. */
  idOfKey(idempotencyKey: string): string;
  /** The id of what was put in at this place without any. */
  idOfPlace(sequence: number): string;
  /** What is in hand anywhere, one line each: nothing when all is at rest. */
  leaks(): string[];
}

export function createCluster(options: ClusterOptions): Cluster {
  const { seed, print, isTraced, plant = {} } = options;
  const history = createHistory();
  const roles = new Map<string, Role>();
  let starts = 0;
  const subjects = createSubjects();
  const simulation = createSimulation({
    seed,
    onError: (error, process) => {
      history.thrown.push({ at: simulation.time.now, process, error });
      trace.say(`${process} threw ${String(error)}`);
    },
    ...(isTraced ? { onPassage: (passage: Parameters<Trace['passage']>[0]) => trace.passage(passage) } : {}),
    onCrash: (name) => {
      const role = roles.get(name);
      roles.delete(name);
      const at = simulation.time.now;
      trace.say(`${name} crashes`);
      history.crashes.push({ at, process: name });
      options.onCrash(name);
      if (role?.kind === 'client') for (const call of history.calls) if (call.client === name) call.orphanedAt ??= at;
    },
  });
  const { time } = simulation;
  const now = () => time.now;
  const trace = createTrace(now, print);
  const wallClock = () => BEGINNING_MS + time.now;
  const keeper = simulation.start(JOURNAL);
  simulation.mayCrash = (name) => name !== JOURNAL;
  const journal = createEmbeddedJournal({ clock: keeper.clock, wallClock, subjects, ackWaitMs: WAITS.ackWaitMs });
  const observed = observe(
    plant.keeper?.(journal) ?? journal,
    history,
    (delivery) => idOf(delivery, journal, subjects.prefix),
    now,
  );
  const blocks = new Map<string, Uint8Array>();
  const store = createMemoryStore({ blocks, random: (bytes) => new Uint8Array(bytes).fill(seed) });
  const writer = new Rooms({
    ...{ store, types: ALL_TYPES, budgetBytes: 0, clock: keeper.clock, wallClock, checkOpen: () => {} },
  });
  const memory = { heapLimitBytes: HEAP_BYTES };
  const complain = (process: string) => (error: unknown) => trace.say(`${process}: ${describe(error)}`);

  function begin(name: string, kind: Role['kind']) {
    const started = simulation.start(name);
    const process = plant.process?.(started, kind) ?? started;
    const seen = observed.by(name);
    trace.say(`${name} starts`);
    return { process, journal: process.journal(plant.journal?.(seen, kind) ?? seen), onError: complain(name) };
  }

  function add(role: Role): void {
    roles.set(role.process.name, role);
    plant.role?.(role);
  }

  /** What a process knows of the policy, written down. */
  function follow(
    process: Started,
    over: Journal,
    pressure: PressureActor,
    onError: (error: unknown) => void,
    onPolicy: () => void,
  ) {
    const record = new PolicyRecord({ records: over.records, memory, onError });
    // Epochs count from a process's start: one of the same name later is another.
    const { name } = process;
    const incarnation = `${name}#${++starts}`;
    const note =
      (who: string) =>
      ({ epoch, level }: Policy) => {
        history.followed.push({ at: now(), process: who, epoch, level });
        trace.say(`${who} follows epoch ${epoch}: ${level}`);
      };
    record.follow(note(incarnation));
    const followed = new FollowedPolicy({ record, pressure, memory, onPolicy });
    return { record, followed, note: note(`${incarnation}'s threshold`) };
  }

  function startSupervisor(name: string): void {
    const { process, journal: own, onError } = begin(name, 'supervisor');
    const { bus, clock, chance: luck } = process;
    const pressure = new PressureActor({
      worker: name,
      bus,
      subjects,
      clock,
      read: () => filled(0),
      isPublished: false,
    });
    const { record, followed, note } = follow(process, own, pressure, onError, () => supervisor.policyChanged());
    const threshold = new ThresholdActor({ bus, subjects, clock, memory, record, onError });
    let last: Policy | undefined;
    threshold.actor.subscribe(({ context }) => {
      if (context.policy !== last) note(context.policy);
      last = context.policy;
    });
    const supervisor: SupervisorActor = new SupervisorActor({
      ...{ bus, subjects, clock, journal: own, waits: WAITS, random: luck.random, hash: hashOf, onError },
      situation: () => ({ threshold: followed.policy.threshold, score: 0, trend: 0 }),
    });
    add({ kind: 'supervisor', process, supervisor, threshold });
  }

  function startWorker(name: string, knowsRare: boolean): void {
    const { process, journal: own, onError } = begin(name, 'worker');
    const { bus, clock, chance: luck } = process;
    const near = slowly(plant.store?.(store) ?? store, {
      clock,
      delayMs: () => luck.between(0, luck.happens(0.1) ? 400 : 20),
      fails: () => simulation.crashing > 0 && luck.happens(0.05),
    });
    const types = knowsRare ? RARE_TYPES : COMMON_TYPES;
    const rooms = new Rooms({ store: near, types, budgetBytes: 20_000, clock, wallClock, checkOpen: () => {} });
    const pressure = new PressureActor({ worker: name, bus, subjects, clock, read: () => filled(0) });
    follow(process, own, pressure, onError, () => {});
    const worker = new WorkerActor({
      ...{
        name,
        bus,
        subjects,
        clock,
        journal: own,
        onError,
        beatMs: WAITS.beatMs,
        togetherMs: WAITS.togetherMs,
        store: store.id,
        toLink,
      },
      ...{ blocks: near.blocks, metrics: rooms.metrics, types: () => rooms.types.known() },
      find: (request) => {
        if (request.object === DEADLY_NAME) process.crash();
        return rooms.find(request);
      },
      ...{ credits: CREDITS, creditBytes: () => CREDIT_BYTES },
    });
    add({ kind: 'worker', process, worker, pressure, knowsRare });
  }

  function startClient(name: string): void {
    const { process, journal: own } = begin(name, 'client');
    const { bus, clock, chance: luck } = process;
    const nextId = createIds({ clock: wallClock, random: luck.random });
    const requests = new Requests({ bus, subjects, clock, nextId, random: luck.random });
    const submissions = new Submissions({ journal: own, bus, subjects, clock, nextId, hash: hashOf, waits: WAITS });
    const events = new Events({ events: own.events, bus, subjects });
    add({ kind: 'client', process, requests, submissions, events, nextId, put: own.requests.submit });
  }

  function save(name: string, type: string, value: unknown): void {
    const reference = writer.objects.create(writer.types.require(type), value);
    const { root } = reference;
    const saved = { at: now(), root, value: textOf(value) };
    history.values.set(root, saved.value);
    if (type === 'rare') history.rare.add(root);
    history.saves.set(name, [...(history.saves.get(name) ?? []), saved]);
    trace.say(`saved ${name} as ${root.slice(0, 8)}`);
    reference.save(name, { expect: 'any' }).catch((error: unknown) => {
      history.thrown.push({ at: now(), process: 'whoever saves', error });
    });
  }

  function idFrom(of: { readonly idempotencyKey: string | undefined; readonly sequence: number }): string {
    return durableId(
      { ...of, prefix: subjects.prefix, id: undefined, streamCreated: journal.requests.created },
      hashOf,
    );
  }

  return {
    ...{ simulation, history, trace, store, journal, roles, startSupervisor, startWorker, startClient, save },
    idOfKey: (idempotencyKey) => idFrom({ idempotencyKey, sequence: 0 }),
    idOfPlace: (sequence) => idFrom({ idempotencyKey: undefined, sequence }),
    crash: (name) => roles.get(name)?.process.crash(),
    damage(name) {
      const head = store.heads.get(name);
      if (head === undefined) throw new TypeError(`Nothing is saved as ${name}.`);
      blocks.delete(head.root);
    },
    leaks: () => [...roles.values()].flatMap((role) => leaksOf(role)),
  };
}

/** What a process still has in hand. */
function leaksOf(role: Role): string[] {
  const { name } = role.process;
  const found: readonly (readonly [string, number])[] =
    role.kind === 'supervisor'
      ? [
          ['queued', role.supervisor.queued],
          ['dispatched', role.supervisor.dispatched],
          ['held', role.supervisor.held],
          ['at workers', role.supervisor.workers().reduce((sum, { inHand }) => sum + inHand.size, 0)],
          ['running', role.supervisor.actor.getSnapshot().context.dispatched],
        ]
      : role.kind === 'worker'
        ? [
            ['in hand', role.worker.inHand],
            ['flights', role.worker.flights.size],
            ['reservations', role.worker.reservations.size],
            ['reserved bytes', role.worker.reservations.bytes],
            ['running', role.worker.actor.getSnapshot().context.running],
          ]
        : [['open calls', role.requests.size]];
  return found.filter(([, count]) => count !== 0).map(([what, count]) => `${name} has ${count} ${what}`);
}

/** The id of what is in the queue, worked out as every supervisor must. */
function idOf(
  { body, key, sequence }: Pick<Delivery, 'body' | 'key' | 'sequence'>,
  journal: Journal,
  prefix: string,
): string {
  const field = (name: string): string | undefined => {
    const value: unknown = Reflect.get(Object(body), name);
    return typeof value === 'string' ? value : undefined;
  };
  const idempotencyKey = field('idempotencyKey') ?? key;
  const streamCreated = journal.requests.created;
  return durableId({ prefix, idempotencyKey, id: field('id'), streamCreated, sequence }, hashOf);
}

function describe(error: unknown): string {
  return HeliosError.is(error) ? `${error.code} ${error.message}` : String(error);
}

export function filled(share: number): MemoryReading {
  return { heapUsedBytes: share * HEAP_BYTES, heapLimitBytes: HEAP_BYTES };
}
