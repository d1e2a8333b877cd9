/**
 * A supervisor with everything about it played by a test: workers, askers, time. The bus is the embedded one, which may
 * pass for one over a wire; the journal is the embedded one.
 */
import { SupervisorActor, type SupervisorActorOptions } from '../../src/actors/supervisor.js';
import type { Waits } from '../../src/actors/waits.js';
import { type Bus, createEmbeddedBus, createEmbeddedJournal, type Journal } from '../../src/bus/index.js';
import {
  type AnswerMessage,
  createSubjects,
  type HeartbeatMessage,
  type Lane,
  type LiveMessage,
  type OutcomeMessage,
  type WorkerStatus,
  type WorkMessage,
} from '../../src/protocol/index.js';
import { hashOf } from '../../src/store/index.js';
import { createManualClock, type ManualClock } from '../../src/testing/index.js';

export const subjects = createSubjects();

export const WAITS: Waits = {
  togetherMs: 0,
  beatMs: 100,
  missedUntilGone: 3,
  stuckAfterMs: 1_000,
  ackWaitMs: 900,
  retryMs: 20,
  retryMaxMs: 100,
  drainMs: 1_000,
};

/** Lets everything happen that needs no time of the clock. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Moves time on in small steps, and lets everything happen that each leads to. */
export async function pass(clock: ManualClock, ms: number, stepMs = 50): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    clock.advance(Math.min(stepMs, left));
    await settle();
  }
}

export interface Supervising {
  readonly bus: Bus;
  readonly clock: ManualClock;
  readonly journal: Journal;
  readonly supervisor: SupervisorActor;
  /** What went wrong at a handler, and what the supervisor complained of. */
  readonly errors: unknown[];
  readonly warnings: unknown[];
  readonly answers: (AnswerMessage & { readonly error?: { readonly code: string; readonly message: string } })[];
  /** Headers of the answers. */
  readonly headers: (Readonly<Record<string, string>> | undefined)[];
  readonly lives: LiveMessage[];
  call(id: string, options?: Record<string, unknown>): void;
  submit(id: string, options?: Record<string, unknown>, lane?: Lane): Promise<void>;
  outcome(id: string): Promise<OutcomeMessage | undefined>;
  worker(name: string, count: number, options?: Partial<HeartbeatMessage>): PlayedWorker;
  /** Another supervisor on the same bus and journal. */
  another(options?: Partial<SupervisorActorOptions>): SupervisorActor;
}

export interface PlayedWorker {
  readonly name: string;
  /** All that it was given, in order; what it was sent once more, as the same attempt, is in `again`. */
  readonly work: WorkMessage[];
  readonly again: WorkMessage[];
  /** Objects of it. */
  readonly objects: string[];
  beat(count: number, options?: Partial<HeartbeatMessage>): void;
  /** About the last work for an object or of a durable id. */
  report(what: string, state: WorkerStatus['state'], options?: Partial<WorkerStatus>): void;
  /** Does what a worker does when a durable request goes well. */
  commit(id: string): Promise<void>;
  /** Its subscription ends, and it says nothing. */
  vanish(): void;
}

export interface SupervisingOptions extends Partial<SupervisorActorOptions> {
  /** What the bus passes for. */
  readonly kind?: Bus['kind'];
  readonly wrap?: (journal: Journal) => Journal;
  readonly isWithoutJournal?: boolean;
}

export function openSupervising(options: SupervisingOptions = {}): Supervising {
  const { kind = 'simulated', wrap = (journal) => journal, isWithoutJournal = false, ...more } = options;
  const errors: unknown[] = [];
  const warnings: unknown[] = [];
  const clock = createManualClock(1_000);
  const embedded = createEmbeddedBus({ onError: (error) => errors.push(error), random: () => 0 });
  const bus: Bus = { ...embedded, kind };
  const { ackWaitMs } = WAITS;
  const journal = wrap(createEmbeddedJournal({ clock, wallClock: () => 1_700_000_000_000, subjects, ackWaitMs }));
  const answers: Supervising['answers'] = [];
  const headers: Supervising['headers'] = [];
  bus.subscribe('_INBOX.asker.*', (message) => {
    answers.push(message.body as AnswerMessage);
    headers.push(message.headers);
  });
  const lives: LiveMessage[] = [];
  bus.subscribe(subjects.lives, ({ body }) => lives.push(body as LiveMessage));
  const common: SupervisorActorOptions = {
    ...{ bus, subjects, clock, waits: WAITS, hash: hashOf, onError: (error) => warnings.push(error) },
    ...(isWithoutJournal ? {} : { journal }),
    situation: () => ({ threshold: 0, score: 0, trend: 0 }),
  };
  const supervisor = new SupervisorActor({ ...common, ...more });
  return {
    ...{ bus, clock, journal, supervisor, errors, warnings, answers, headers, lives },
    call(id, asked = {}) {
      const request = { id, object: id, priority: 0.5, urgency: 0.5, weight: 1, timeoutMs: 10_000, ...asked };
      bus.publish(subjects.call(), request, { reply: `_INBOX.asker.${id}` });
    },
    async submit(id, asked = {}, lane = 'normal') {
      await journal.requests.submit(lane, undefined, { id, object: id, ...asked });
    },
    outcome: (id) => journal.outcomes.get(id),
    worker: (name, count, beat = {}) => playWorker(bus, journal, name, count, beat),
    another: (other = {}) => new SupervisorActor({ ...common, ...more, ...other }),
  };
}

function playWorker(
  bus: Bus,
  journal: Journal,
  name: string,
  count: number,
  given: Partial<HeartbeatMessage>,
): PlayedWorker {
  const work: WorkMessage[] = [];
  const again: WorkMessage[] = [];
  const replies = new Map<WorkMessage, string>();
  let beats = 0;
  const subscription = bus.subscribe(subjects.work(name), ({ body, reply = '' }) => {
    const message = body as WorkMessage;
    (work.some(({ id }) => id === message.id) ? again : work).push(message);
    replies.set(message, reply);
  });
  const nameOf = ({ request, durable }: WorkMessage) => durable?.id ?? request.object ?? request.root;
  const beat: PlayedWorker['beat'] = (credits, options = {}) => {
    const message: HeartbeatMessage = {
      ...{ worker: name, state: 'ready', beat: ++beats, progress: beats, inHand: 1, types: ['agent@2'] },
      credits: { count: credits, bytes: 1e9 },
      ...given,
      ...options,
    };
    bus.publish(subjects.heartbeat(name), message);
  };
  const report: PlayedWorker['report'] = (what, state, options = {}) => {
    const message = work.findLast((one) => nameOf(one) === what);
    if (message === undefined) throw new Error(`${name} has no work ${what}`);
    const status: WorkerStatus = { id: message.id, worker: name, state, attempt: message.attempt, ...options };
    bus.publish(replies.get(message) ?? '', status);
  };
  beat(count);
  return {
    ...{ name, work, again, beat, report },
    get objects() {
      return work.map((one) => nameOf(one) ?? '');
    },
    async commit(id) {
      const message = work.findLast((one) => nameOf(one) === id);
      const outcome: OutcomeMessage = {
        ...{ id, type: '_', object: id, at: '2026-01-01T00:00:00.000Z', state: 'materialized', root: 'f'.repeat(64) },
        ...{ bytes: 10, worker: name, attempt: message?.attempt ?? 0 },
        timings: { queueUs: 0, restoreUs: 0, totalUs: 0 },
      };
      await journal.outcomes.create(outcome);
      await journal.events.append(outcome);
      report(id, 'done');
    },
    vanish: () => subscription.unsubscribe(),
  };
}
