/**
 * The worker: restores what supervisors send it and answers the caller itself. A small restoration is done at once; a
 * long one goes on in slices between other work, and one that needs blocks from elsewhere waits without holding
 * anybody up. Requests for the same thing share one restoration.
 */
import { type ActorRefFrom, createActor } from 'xstate';
import type { Bus, BusMessage, Subscription } from '../bus/index.js';
import { workerMachine } from '../machines/index.js';
import { HeliosError } from '../protocol/errors.js';
import type {
  AnswerMessage,
  CancelMessage,
  HeartbeatMessage,
  ProgressMessage,
  Subjects,
  WorkerStatus,
  WorkMessage,
} from '../protocol/index.js';
import { copyBytes, LEVELS, type Restored, type Step, type TypeCell, type TypeMetrics } from '../restore/index.js';
import type { Version } from '../state/index.js';
import type { BlockStore } from '../store/index.js';
import type { Clock } from './clock.js';
import { type Flight, Flights } from './flights.js';
import { Planned } from './planned.js';

/** Milliseconds that one turn of the event loop may be held: then it is somebody else's. */
export const TURN_MS = 2;
/** Milliseconds that one restoration among several may take of a turn. */
const SLICE_MS = 0.2;
/** Requests that one worker takes at a time. */
export const CREDITS = 256;
/** Steps (blocks) between two looks at the clock. */
const STEPS_A_LOOK = 8;

/** What a name or root turned out to be. */
export interface Found {
  readonly root: string;
  readonly version?: Version;
  readonly mode: 'whole' | 'paths';
  /** Names what is restored: requests with the same key share it. */
  readonly key: string;
  readonly steps: () => Generator<Step, Restored>;
  /** Where what became of it is counted. */
  readonly metrics: TypeCell;
}

export interface WorkerActorOptions {
  readonly name: string;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly blocks: BlockStore;
  /** Looks a request's object up. @throws HeliosError `UNKNOWN_OBJECT`, `UNKNOWN_TYPE`, `INVALID_REQUEST` */
  readonly find: (request: WorkMessage['request']) => Found;
  readonly metrics: TypeMetrics;
  /** Types it knows, told to supervisors. */
  readonly types: readonly string[];
}

interface Waiter {
  readonly id: string;
  readonly answerTo: string;
  readonly attempt: number;
  /** Where the supervisor waits for the end of this work. */
  readonly report: string | undefined;
  readonly found: Found;
}

export class WorkerActor {
  readonly actor: ActorRefFrom<typeof workerMachine>;
  readonly flights = new Flights<Waiter>();
  /** Objects built out of blocks since the start, those that the cache had not counted. */
  restorations = 0;
  private readonly subscriptions: Subscription[];
  /** Restorations that can go on now. */
  private readonly active = new Set<Flight<Waiter>>();
  private readonly nextTurn = new Planned(() => {
    this.turn();
    this.plan(this.options.clock.later);
  });
  private beats = 0;
  /** Not yet told to the statechart. */
  private taken = 0;
  private done = { finished: 0, failed: 0 };
  /** Tells its statechart what has become of work, once for all that happens until the event loop comes round. */
  private readonly telling = new Planned(() => this.tellNow());

  constructor(private readonly options: WorkerActorOptions) {
    const { name, bus, subjects } = options;
    this.actor = createActor(workerMachine, { input: { worker: name }, id: `worker:${name}` });
    this.actor.start();
    this.subscriptions = [
      bus.subscribe(subjects.work(name), (message) => this.take(message)),
      bus.subscribe(subjects.cancels, (message) => this.cancel(message)),
    ];
    this.actor.send({ type: 'READY' });
    this.beat();
  }

  /** Ends at once: whatever still runs fails. */
  stop(error: HeliosError): void {
    for (const flight of this.flights.all()) {
      flight.abort?.abort();
      this.fail(flight, error);
    }
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    this.tellNow();
    if (this.actor.getSnapshot().status === 'active') this.actor.send({ type: 'STOP' });
  }

  /** Tells supervisors that it is there, and whether it takes work. */
  private beat(): void {
    const { bus, subjects, name, types } = this.options;
    const message: HeartbeatMessage = {
      worker: name,
      state: 'ready',
      beat: ++this.beats,
      progress: this.flights.begun,
      inHand: this.flights.size,
      credits: { count: this.isReady ? CREDITS : 0, bytes: 0 },
      types: [...types],
    };
    bus.publish(subjects.heartbeat(name), message);
  }

  private get isReady(): boolean {
    return this.actor.getSnapshot().value === 'ready';
  }

  private take(message: BusMessage): void {
    const { id, request, answerTo, attempt } = message.body as WorkMessage;
    if (!this.isReady) return this.report(message.reply, id, attempt, 'busy');
    this.taken++;
    this.tell();
    const progress: ProgressMessage = { id, state: 'restoring', worker: this.options.name, attempt };
    this.options.bus.publish(answerTo, progress);
    try {
      const found = this.options.find(request);
      const waiter: Waiter = { id, answerTo, attempt, report: message.reply, found };
      if (this.flights.join(found.key, id, waiter) !== undefined) return;
      this.active.add(this.flights.begin(found.key, id, waiter, found.steps()));
      // In the next microtask: by then, all that was handed out together has come, and can share restorations.
      this.plan(this.options.clock.soon);
    } catch (error) {
      this.answerFailure(answerTo, id, HeliosError.from(error));
      this.report(message.reply, id, attempt, 'done');
      this.finished(false);
    }
  }

  private cancel(message: BusMessage): void {
    const { id } = message.body as CancelMessage;
    const left = this.flights.leave(id);
    if (left === undefined) return;
    if (left.ended !== null) this.active.delete(left.ended);
    this.report(left.waiter.report, id, left.waiter.attempt, 'done');
    this.finished(false);
  }

  /** Goes on with a restoration until it ends, must wait for blocks, or its time is up. */
  private run(flight: Flight<Waiter>, until: number): void {
    flight.startedAt ??= this.options.clock.now();
    let restored: Restored | null;
    try {
      restored = this.advance(flight, until);
    } catch (error) {
      return this.fail(flight, HeliosError.from(error));
    }
    if (restored !== null) this.land(flight, restored);
  }

  /** Steps on; gives what was restored, or `null` when there is more to do or to wait for. */
  private advance(flight: Flight<Waiter>, until: number): Restored | null {
    for (let count = 1; ; count++) {
      const step = flight.steps.next();
      if (step.done === true) return step.value;
      if (step.value !== null) {
        this.fetch(flight, step.value);
        return null;
      }
      if (count % STEPS_A_LOOK === 0 && this.options.clock.now() >= until) {
        this.active.add(flight);
        return null;
      }
    }
  }

  private plan(when: Clock['later']): void {
    if (this.active.size > 0) this.nextTurn.plan(when);
  }

  /** One turn: every restoration that can go on gets a slice, as long as there is time. */
  private turn(): void {
    const { clock } = this.options;
    const until = clock.now() + TURN_MS;
    while (this.active.size > 0) {
      for (const flight of this.active) {
        const now = clock.now();
        if (now >= until) return;
        this.active.delete(flight);
        this.run(flight, Math.min(until, this.active.size === 0 ? until : now + SLICE_MS));
      }
    }
  }

  private fetch(flight: Flight<Waiter>, hashes: readonly string[]): void {
    this.active.delete(flight);
    const abort = new AbortController();
    flight.abort = abort;
    this.options.blocks.fetch(hashes, { signal: abort.signal }).then(
      () => {
        flight.abort = null;
        if (abort.signal.aborted) return;
        this.active.add(flight);
        this.plan(this.options.clock.soon);
      },
      (error: unknown) => {
        flight.abort = null;
        if (!abort.signal.aborted) this.fail(flight, HeliosError.from(error));
      },
    );
  }

  private land(flight: Flight<Waiter>, restored: Restored): void {
    const now = this.options.clock.now();
    const restoreUs = (now - (flight.startedAt ?? now)) * 1000;
    // How long a request has waited on its way is known to its caller alone.
    const timings = { queueUs: 0, restoreUs, totalUs: restoreUs };
    const source = LEVELS[restored.level];
    let isFirst = true;
    this.end(flight, (waiter) => {
      const { metrics, root, version, mode } = waiter.found;
      if (isFirst && restored.level > 1) {
        this.restorations++;
        this.options.metrics.recordRestored(metrics, restoreUs * 1000, restored.bytes);
      } else metrics.cached++;
      const answer: AnswerMessage = {
        id: waiter.id,
        // Typed arrays can't be frozen: those who joined get copies of them.
        value: isFirst || !restored.hasBytes ? restored.value : copyBytes(restored.value),
        root,
        ...(version === undefined ? {} : { version }),
        mode,
        source,
        worker: this.options.name,
        attempt: waiter.attempt,
        timings,
      };
      isFirst = false;
      this.options.bus.publish(waiter.answerTo, answer);
      return true;
    });
  }

  private fail(flight: Flight<Waiter>, error: HeliosError): void {
    this.end(flight, (waiter) => {
      waiter.found.metrics.failed++;
      this.answerFailure(waiter.answerTo, waiter.id, error);
      return false;
    });
  }

  private end(flight: Flight<Waiter>, answer: (waiter: Waiter) => boolean): void {
    this.active.delete(flight);
    this.flights.land(flight);
    const waiters = [...flight.waiters.values()];
    flight.waiters.clear();
    for (const waiter of waiters) {
      const ok = answer(waiter);
      this.report(waiter.report, waiter.id, waiter.attempt, 'done');
      this.finished(ok);
    }
  }

  private finished(ok: boolean): void {
    if (ok) this.done.finished++;
    else this.done.failed++;
    this.tell();
  }

  private tell(): void {
    this.telling.plan(this.options.clock.later);
  }

  private tellNow(): void {
    const { taken: count, done } = this;
    this.taken = 0;
    this.done = { finished: 0, failed: 0 };
    if (count > 0) this.actor.send({ type: 'ACCEPT', count });
    if (done.finished + done.failed > 0) this.actor.send({ type: 'FINISH', ...done });
  }

  private answerFailure(answerTo: string, id: string, error: HeliosError): void {
    const answer: AnswerMessage = { id, state: 'failed', error };
    this.options.bus.publish(answerTo, answer);
  }

  private report(subject: string | undefined, id: string, attempt: number, state: WorkerStatus['state']): void {
    if (subject === undefined) return;
    const status: WorkerStatus = { id, worker: this.options.name, state, attempt };
    this.options.bus.publish(subject, status);
  }
}
