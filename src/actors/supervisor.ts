/**
 * The supervisor: takes requests, keeps them by worth while they wait, and hands them to workers as the policy allows.
 * It elects nothing and restores nothing; any number of them compete for calls and for durable requests, and what one
 * held when it died comes to another. Calls are `Calls`, durable requests `Durables`, who gets what is `Dispatch`: this
 * joins them to the bus, and ends them.
 */
import { type ActorRefFrom, createActor } from 'xstate';
import type { Bus, BusMessage, Journal, Subscription } from '../bus/index.js';
import { supervisorMachine } from '../machines/index.js';
import type { Situation } from '../policy/index.js';
import { HeliosError } from '../protocol/errors.js';
import { cancelMessage, type Subjects } from '../protocol/index.js';
import { Calls } from './calls.js';
import type { Clock } from './clock.js';
import { Dispatch, type Tally } from './dispatch.js';
import { Durables } from './durables.js';
import { Intake } from './intake.js';
import type { Item } from './item.js';
import { Planned, together } from './planned.js';
import { received } from './received.js';
import type { RequestTap } from './request.js';
import { DEFAULT_WAITS, type Waits } from './waits.js';
import type { WorkerSeen } from './workerSeen.js';

/** Requests that may be at a supervisor; more are refused with `OVERLOADED`. About half a kilobyte each. */
const QUEUE_MAX = 100_000;
/** Bytes that requests may take that wait, as they are reckoned; more are refused with `OVERLOADED`. */
const QUEUE_BYTES_MAX = 268_435_456;
/** Milliseconds after which one that was refused for want of room may try again. */
const FULL_RETRY_MS = 1_000;

/** Durable requests that are taken in also when calls have all the workers' room. */
const HELD_MIN = 2;

export interface SupervisorActorOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly situation: () => Situation;
  /** Defaults where absent. */
  readonly waits?: Waits;
  /** Requests that may be here, and bytes that may wait; `QUEUE_MAX` and `QUEUE_BYTES_MAX` when absent. */
  readonly queueMax?: number;
  readonly queueBytesMax?: number;
  /** Where durable requests are taken from; without it there are none. With it, `hash` too. */
  readonly journal?: Journal;
  /** BLAKE3 in hex. */
  readonly hash?: (bytes: Uint8Array) => string;
  /** 0 up to but not including 1: keeps retries apart. Absent: no jitter. */
  readonly random?: () => number;
  /** Told of each durable request, and of what is seen of each worker. */
  readonly tap?: RequestTap;
  /** Hears of what goes wrong where nobody waits for it. */
  readonly onError?: (error: unknown) => void;
}

export class SupervisorActor {
  readonly actor: ActorRefFrom<typeof supervisorMachine> = createActor(supervisorMachine, { id: 'supervisor' });
  private readonly dispatch: Dispatch;
  private readonly calls: Calls;
  private readonly durables: Durables | null = null;
  private readonly intake: Intake | null = null;
  private readonly subscriptions: Subscription[];
  /** Of calls: ended first. */
  private readonly entrance: Subscription;
  private readonly tally: Tally = { queued: 0, dispatched: 0, dropped: 0, done: 0 };
  /** Tells its statechart what has happened, once for all that happens in a while. */
  private readonly telling = new Planned(() => this.tellNow());
  private draining: Promise<void> | null = null;
  private isStopped = false;

  constructor(private readonly options: SupervisorActorOptions) {
    const { bus, subjects, clock, situation, waits = DEFAULT_WAITS } = options;
    const reports = bus.inbox();
    const when = together(clock, waits.togetherMs);
    const onWarning = (warning: unknown) => this.complain(warning);
    const end = (item: Item) => this.dispatch.end(item);
    this.dispatch = new Dispatch({
      ...{ bus, subjects, clock, waits, situation, reports, onWarning, tally: this.tally },
      onWorker: ({ actor }) => options.tap?.watch?.(actor),
      onTally: () => this.telling.plan(when),
      onRoom: (ended) => {
        if (ended === undefined || ended.told.durable !== undefined) this.intake?.fill();
        else this.intake?.fillIfShort();
      },
    });
    this.calls = new Calls({ bus, subjects, clock, end, onWarning, again: (item) => this.dispatch.again(item) });
    if (options.journal !== undefined) {
      this.durables = this.openDurables(options.journal, waits, reports);
      this.intake = this.openIntake(options.journal, waits, this.durables);
    }
    this.actor.start();
    const hearing = (hear: (message: BusMessage) => void) => (message: BusMessage) => {
      try {
        hear(message);
      } catch (error) {
        this.complain(error);
      }
    };
    this.subscriptions = [
      bus.subscribe(
        subjects.heartbeats,
        hearing((message) => this.dispatch.hearBeat(message)),
      ),
      bus.subscribe(
        `${reports}.*`,
        hearing((message) => this.dispatch.hearReport(message)),
      ),
      bus.subscribe(
        subjects.cancels,
        hearing((message) => this.cancel(message)),
      ),
      bus.subscribe(subjects.policy, () => this.dispatch.plan()),
    ];
    this.entrance = bus.subscribe(subjects.calls, (message) => this.take(message), { queue: 'supervisors' });
    this.actor.send({ type: 'READY' });
  }

  /** Requests that wait here. */
  get queued(): number {
    return this.dispatch.queued;
  }

  /** Requests that are with workers. */
  get dispatched(): number {
    return this.dispatch.dispatched;
  }

  /** Requests given out once more since the start, after a worker was lost or had failed. */
  get retried(): number {
    return this.dispatch.retried;
  }

  /** Requests that were lost with a worker since the start. */
  get lost(): number {
    return this.dispatch.lost;
  }

  /** Requests that ended by this supervisor's word since the start: refused, expired, given up. */
  get refused(): number {
    return this.calls.refused + (this.durables?.refused ?? 0);
  }

  /** Durable requests that are held, waiting or with workers. */
  get held(): number {
    return this.durables?.size ?? 0;
  }

  /** The workers that it knows, each with its living chart. */
  workers(): readonly WorkerSeen<Item>[] {
    return [...this.dispatch.roster.all()];
  }

  /** It looks again at what the policy held back. Whoever follows a policy elsewhere calls this with each change. */
  policyChanged(): void {
    this.dispatch.plan();
  }

  /**
   * Takes nothing more: durable requests that no worker has go back to the journal at once, calls that wait to the other
   * supervisors; what workers have may end, for so long. Then it stops. Resolves when that is done; never rejects.
   */
  drain(limitMs: number): Promise<void> {
    this.draining ??= this.drainNow(limitMs);
    return this.draining;
  }

  /** Ends at once: calls that wait are answered with this error, durable requests go back to the journal. */
  stop(error: HeliosError): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.entrance.unsubscribe();
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    this.intake?.stop();
    this.durables?.stop();
    for (const item of this.dispatch.waiting()) item.asker.refuse(item, error);
    this.dispatch.stop();
    this.tellNow();
    if (this.actor.getSnapshot().status === 'active') this.actor.send({ type: 'STOP' });
  }

  private async drainNow(limitMs: number): Promise<void> {
    if (this.isStopped) return;
    const { clock } = this.options;
    this.entrance.unsubscribe();
    this.intake?.stop();
    const concluded = this.durables?.drain();
    for (const item of this.dispatch.waiting()) if (item.asker === this.calls) this.passOn(item);
    this.tellNow();
    this.actor.send({ type: 'DRAIN' });
    await new Promise<void>((resolve) => {
      const limit = clock.after(limitMs, resolve, true);
      const idle = new Promise<void>((idle) => this.dispatch.onIdle(idle));
      void Promise.all([concluded, idle]).then(() => {
        limit.cancel();
        resolve();
      });
    });
    const error = new HeliosError('UNAVAILABLE', 'The supervisor ends, and its time to finish was up. Ask again.');
    for (const item of this.dispatch.out()) {
      if (item.asker !== this.calls) continue;
      this.dispatch.setAside(item);
      item.asker.refuse(item, error);
    }
    this.stop(error);
  }

  private passOn(item: Item): void {
    try {
      this.calls.passOn(item);
    } catch (error) {
      this.complain(error);
    }
  }

  private take(message: BusMessage): void {
    const { size, queuedBytes } = this.dispatch;
    const { queueMax = QUEUE_MAX, queueBytesMax = QUEUE_BYTES_MAX } = this.options;
    const isFull = size >= queueMax || queuedBytes >= queueBytesMax;
    const item = this.calls.read(message, isFull ? overloaded(queueMax, queueBytesMax) : undefined);
    if (item !== undefined) this.dispatch.add(item);
  }

  private cancel(message: BusMessage): void {
    const { id, answerTo } = received(this.options.bus, cancelMessage, message);
    const called = this.calls.called(id, answerTo);
    for (const item of called) this.calls.cancel(item);
    if (called.length === 0 && answerTo === undefined) this.durables?.hearCancel(id);
  }

  private openDurables(journal: Journal, waits: Waits, reports: string): Durables {
    const { bus, subjects, clock, hash, random = () => 0.5, tap = null } = this.options;
    if (hash === undefined) throw new HeliosError('INVALID_REQUEST', 'A supervisor with a journal needs a hash, too.');
    const { dispatch } = this;
    return new Durables({
      ...{ bus, journal, subjects, clock, waits, random, hash, reports, tap, desk: dispatch },
      onRoom: () => this.intake?.fill(),
      onWarning: (warning) => this.complain(warning),
    });
  }

  private openIntake({ requests }: Journal, waits: Waits, durables: Durables): Intake {
    const { clock, random = () => 0.5 } = this.options;
    return new Intake({
      ...{ requests, clock, waits, random },
      capacity: () => {
        const { roster, dispatchedCalls } = this.dispatch;
        const { room } = roster;
        // Some at least, so that calls which take all that there is don't shut durable requests out.
        return room === 0 ? 0 : Math.max(HELD_MIN, 2 * (room - dispatchedCalls));
      },
      held: (lane) => durables.heldIn(lane),
      onDelivery: (lane, delivery) => durables.take(lane, delivery),
      onWarning: (warning) => this.complain(warning),
    });
  }

  private tellNow(): void {
    const { queued, dispatched, dropped, done } = this.tally;
    Object.assign(this.tally, { queued: 0, dispatched: 0, dropped: 0, done: 0 });
    if (this.actor.getSnapshot().status !== 'active') return;
    if (queued > 0) this.actor.send({ type: 'QUEUED', count: queued });
    if (dispatched > 0) this.actor.send({ type: 'DISPATCHED', count: dispatched });
    if (dispatched < 0) this.actor.send({ type: 'REQUEUED', count: -dispatched });
    if (dropped > 0) this.actor.send({ type: 'DROPPED', count: dropped });
    if (done > 0) this.actor.send({ type: 'DONE', count: done });
  }

  private complain(error: unknown): void {
    this.options.onError?.(error);
  }
}

function overloaded(count: number, bytes: number): HeliosError {
  const text = `This supervisor has ${count} requests, or ${bytes} bytes of them, waiting: the most it takes. Try again later.`;
  return new HeliosError('OVERLOADED', text, { retryAfterMs: FULL_RETRY_MS });
}
