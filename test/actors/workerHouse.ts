/** A worker with a store, and a test in the place of its supervisor and of those who ask. */
import { z } from 'zod';
import { systemClock, WorkerActor, type WorkerActorOptions } from '../../src/actors/index.js';
import {
  type Bus,
  type BusMessage,
  createEmbeddedBus,
  createEmbeddedJournal,
  type Journal,
  type PublishOptions,
} from '../../src/bus/index.js';
import {
  createSubjects,
  type HeartbeatMessage,
  type OutcomeMessage,
  type WorkerStatus,
  type WorkMessage,
} from '../../src/protocol/index.js';
import { type AnyObjectType, defineType } from '../../src/restore/index.js';
import { Rooms, toLink } from '../../src/rooms.js';
import type { Store } from '../../src/store/index.js';
import { createFarStore, type FarStore } from '../farStore.js';

export const subjects = createSubjects('test');
export const Note = defineType({ name: 'note', schema: z.object({ text: z.string() }) });
export const NAME = 'notes/1';
export const value = { text: 'a'.repeat(100) };

export interface Sent extends Pick<PublishOptions, 'headers' | 'coalesce'> {
  readonly subject: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever a worker says, for a test to look into
  readonly body: any;
}

export interface WorkerHouseOptions
  extends Partial<Omit<WorkerActorOptions, 'journal' | 'bus' | 'find' | 'blocks' | 'types'>> {
  /** What the bus says it is: `nats` has what comes in checked. Embedded when absent. */
  readonly kind?: Bus['kind'];
  /** `null`: none. */
  readonly journal?: Journal | null;
  readonly types?: readonly AnyObjectType[];
  /** A bus of another kind altogether. */
  readonly bus?: Bus;
  /** A publish that throws what this gives. */
  readonly refuses?: (subject: string, body: unknown) => Error | undefined;
}

export interface WorkerHouse {
  readonly worker: WorkerActor;
  readonly rooms: Rooms;
  readonly far: FarStore;
  readonly store: Store;
  readonly journal: Journal;
  readonly bus: Bus;
  /** What the worker published, in order. */
  readonly sent: Sent[];
  readonly errors: unknown[];
  /** Gives it work, for `NAME` when nothing else is said. */
  give(work?: Partial<Omit<WorkMessage, 'request'>> & { readonly request?: object }): void;
  cancel(id: string, answerTo?: string): void;
  answers(id?: string): Sent[];
  reports(): WorkerStatus[];
  beats(): HeartbeatMessage[];
  lives(): Sent[];
  outcome(id: string): Promise<OutcomeMessage | undefined>;
  /** Resolves when the worker has nothing in hand. */
  idle(): Promise<void>;
}

export const DURABLE = { id: 'd1', type: '_', includeValue: false };
export const turn = () => new Promise((resolve) => setImmediate(resolve));

export async function openWorkerHouse(options: WorkerHouseOptions = {}): Promise<WorkerHouse> {
  const { kind = 'embedded', journal: given, types = [Note], refuses, ...rest } = options;
  const clock = options.clock ?? systemClock;
  const far = createFarStore();
  const errors: unknown[] = [];
  const sent: Sent[] = [];
  const under = options.bus ?? createEmbeddedBus({ onError: (error) => errors.push(error), random: Math.random });
  const bus: Bus = {
    ...under,
    kind: options.bus?.kind ?? kind,
    publish(subject, body, published) {
      const error = refuses?.(subject, body);
      if (error !== undefined) throw error;
      const { headers, coalesce } = published ?? {};
      sent.push({
        subject,
        body,
        ...(headers === undefined ? {} : { headers }),
        ...(coalesce === undefined ? {} : { coalesce }),
      });
      under.publish(subject, body, published);
    },
  };
  const journal = given ?? createEmbeddedJournal({ clock: systemClock, wallClock: Date.now, subjects });
  const rooms = new Rooms({
    ...{ store: far.store, types, clock, wallClock: Date.now, budgetBytes: 0, checkOpen: () => {} },
  });
  if (types.includes(Note)) await rooms.objects.create(Note, value).save(NAME);
  far.forget();
  const worker = new WorkerActor({
    ...{
      name: 'w',
      subjects,
      clock,
      togetherMs: 0,
      metrics: rooms.metrics,
      toLink,
      onError: (error: unknown) => errors.push(error),
    },
    ...rest,
    ...{ bus, find: rooms.find, blocks: far.store.blocks, types: () => rooms.types.known() },
    ...(given === null ? {} : { journal }),
  });
  const by = (start: string) => sent.filter(({ subject }) => subject.startsWith(start));
  return {
    ...{ worker, rooms, far, store: far.store, journal, bus, sent, errors },
    give({ request = { object: NAME }, ...work } = {}) {
      const id = work.id ?? 'w1';
      const asked = { priority: 0.5, urgency: 0.5, weight: 1, timeoutMs: 1_000, ...request };
      const body = { id, attempt: 1, answerTo: `_INBOX.a.${id}`, timeoutMs: 1_000, ...work, request: asked };
      under.publish(subjects.work('w'), body, { reply: `reports.${id}` });
    },
    cancel: (id, answerTo) =>
      under.publish(subjects.cancel(id), { id, ...(answerTo === undefined ? {} : { answerTo }) }),
    answers: (id) => by(id === undefined ? '_INBOX.a.' : `_INBOX.a.${id}`),
    reports: () => by('reports.').map(({ body }) => body),
    beats: () => by(subjects.heartbeat('w')).map(({ body }) => body),
    lives: () => by('test.live.'),
    outcome: (id) => journal.outcomes.get(id),
    async idle() {
      while (worker.inHand > 0) await turn();
    },
  };
}

/** Messages on a bus, from now on. */
export function listen(bus: Bus, subject: string): BusMessage[] {
  const messages: BusMessage[] = [];
  bus.subscribe(subject, (message) => messages.push(message));
  return messages;
}
