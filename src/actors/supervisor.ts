/**
 * The supervisor: takes requests, keeps them by worth while they wait, and hands them to workers as the policy allows.
 * It elects nothing and restores nothing. A request that the policy holds back stays in the queue: it is looked at
 * again when the policy changes, and as it ages.
 */
import { type ActorRefFrom, createActor } from 'xstate';
import type { Bus, BusMessage, Subscription } from '../bus/index.js';
import { supervisorMachine } from '../machines/index.js';
import type { Situation } from '../policy/index.js';
import { decide } from '../policy/index.js';
import { HeliosError } from '../protocol/errors.js';
import type {
  AnswerMessage,
  CancelMessage,
  HeartbeatMessage,
  RequestMessage,
  Subjects,
  WorkerStatus,
  WorkMessage,
} from '../protocol/index.js';
import type { Clock, Timer } from './clock.js';
import { Planned } from './planned.js';
import { type Waiting, WaitingQueue } from './queue.js';
import { TURN_MS } from './worker.js';

/** Requests that may wait at a supervisor; more are refused with `OVERLOADED`. About half a kilobyte each. */
export const QUEUE_MAX = 100_000;
/** Requests handed out between two looks at the clock. */
const DISPATCHES_A_LOOK = 16;
/** Milliseconds after which requests that the policy held back are looked at again. */
const HELD_BACK_MS = 100;

interface Item extends Waiting {
  readonly id: string;
  readonly request: RequestMessage;
  readonly answerTo: string;
  attempt: number;
  /** Who has it. */
  worker: string | null;
}

export interface SupervisorActorOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly situation: () => Situation;
}

export class SupervisorActor {
  readonly actor: ActorRefFrom<typeof supervisorMachine> = createActor(supervisorMachine, { id: 'supervisor' });
  private readonly queue = new WaitingQueue<Item>();
  private readonly items = new Map<string, Item>();
  private readonly workers = new Map<string, { running: number; credits: number }>();
  private readonly subscriptions: Subscription[];
  private readonly reports: string;
  private isDrainPlanned = false;
  private heldBack: Timer | null = null;
  /** Not yet told to the statechart; `dispatched` less those that came back. */
  private counts = { queued: 0, dispatched: 0, dropped: 0, done: 0 };
  /** Tells its statechart what has happened, once for all that happens until the event loop comes round. */
  private readonly telling = new Planned(() => this.tellNow());

  constructor(private readonly options: SupervisorActorOptions) {
    const { bus, subjects } = options;
    this.reports = bus.inbox();
    this.actor.start();
    this.subscriptions = [
      bus.subscribe(subjects.heartbeats, (message) => this.hearWorker(message)),
      bus.subscribe(this.reports, (message) => this.hearReport(message)),
      bus.subscribe(subjects.cancels, (message) => this.cancel(message)),
      bus.subscribe(subjects.policy, () => this.plan()),
      bus.subscribe(subjects.calls, (message) => this.take(message), { queue: 'supervisors' }),
    ];
    this.actor.send({ type: 'READY' });
  }

  get queued(): number {
    return this.queue.size;
  }

  get dispatched(): number {
    return this.items.size - this.queue.size;
  }

  stop(error: HeliosError): void {
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    for (const item of this.queue.clear()) {
      this.counts.dropped++;
      this.answer(item, error);
    }
    this.items.clear();
    this.heldBack?.cancel();
    this.heldBack = null;
    this.tellNow();
    this.actor.send({ type: 'STOP' });
  }

  private take(message: BusMessage): void {
    if (message.reply === undefined) return;
    const request = message.body as RequestMessage;
    const { id = message.reply, priority, urgency, weight } = request;
    const since = this.options.clock.now();
    const answerTo = message.reply;
    const item: Item = { id, request, answerTo, attempt: 0, worker: null, priority, urgency, weight, since };
    if (this.items.size >= QUEUE_MAX) {
      const text = `This supervisor has ${QUEUE_MAX} requests waiting, the most it takes. Try again later.`;
      return this.answer(item, new HeliosError('OVERLOADED', text, { retryAfterMs: 1000 }));
    }
    this.items.set(id, item);
    this.queue.add(item);
    this.counts.queued++;
    this.tell();
    this.plan();
  }

  /** Hands out what waits in the next microtask: by then, everything that this turn asks for is there to be ordered. */
  private plan(): void {
    if (this.isDrainPlanned || this.queue.size === 0) return;
    this.isDrainPlanned = true;
    this.options.clock.soon(this.drain);
  }

  private readonly drain = (): void => {
    const { clock } = this.options;
    let now = clock.now();
    const until = now + TURN_MS;
    const situation = this.options.situation();
    for (let count = 1; this.queue.size > 0; count++) {
      if (count % DISPATCHES_A_LOOK === 0) {
        now = clock.now();
        if (now >= until) return clock.later(this.drain);
      }
      const item = this.queue.best(now);
      const worker = this.freeWorker();
      if (item === undefined || worker === undefined) break;
      if (!mayPass(item, situation, now)) {
        this.lookAgain();
        break;
      }
      this.dispatch(item, worker);
    }
    this.isDrainPlanned = false;
  };

  private dispatch(item: Item, worker: string): void {
    const { bus, subjects } = this.options;
    this.queue.delete(item);
    item.attempt++;
    item.worker = worker;
    const state = this.workers.get(worker);
    if (state !== undefined) state.running++;
    this.counts.dispatched++;
    const { id, request, answerTo, attempt } = item;
    const work: WorkMessage = { id, request, answerTo, attempt, timeoutMs: request.timeoutMs };
    bus.publish(subjects.work(worker), work, { reply: this.reports });
  }

  private lookAgain(): void {
    this.heldBack ??= this.options.clock.after(
      HELD_BACK_MS,
      () => {
        this.heldBack = null;
        this.plan();
      },
      true,
    );
  }

  private freeWorker(): string | undefined {
    for (const [name, worker] of this.workers) if (worker.running < worker.credits) return name;
    return undefined;
  }

  private hearWorker(message: BusMessage): void {
    const { worker, credits } = message.body as HeartbeatMessage;
    const count = credits?.count ?? 0;
    const known = this.workers.get(worker);
    if (known === undefined) this.workers.set(worker, { running: 0, credits: count });
    else known.credits = count;
    this.plan();
  }

  private hearReport(message: BusMessage): void {
    const { id, worker, state } = message.body as WorkerStatus;
    const item = this.items.get(id);
    if (item === undefined || item.worker !== worker) return;
    const known = this.workers.get(worker);
    if (known !== undefined) known.running--;
    item.worker = null;
    if (state === 'busy') {
      if (known !== undefined) known.credits = 0;
      this.queue.add(item);
      this.counts.dispatched--;
    } else {
      this.items.delete(id);
      this.counts.done++;
    }
    this.tell();
    this.plan();
  }

  private cancel(message: BusMessage): void {
    const { id } = message.body as CancelMessage;
    const item = this.items.get(id);
    if (item === undefined || !this.queue.delete(item)) return;
    this.items.delete(id);
    this.counts.dropped++;
    this.tell();
  }

  private tell(): void {
    this.telling.plan(this.options.clock.later);
  }

  private tellNow(): void {
    const { queued, dispatched, dropped, done } = this.counts;
    this.counts = { queued: 0, dispatched: 0, dropped: 0, done: 0 };
    if (queued > 0) this.actor.send({ type: 'QUEUED', count: queued });
    if (dispatched > 0) this.actor.send({ type: 'DISPATCHED', count: dispatched });
    if (dispatched < 0) this.actor.send({ type: 'REQUEUED', count: -dispatched });
    if (dropped > 0) this.actor.send({ type: 'DROPPED', count: dropped });
    if (done > 0) this.actor.send({ type: 'DONE', count: done });
  }

  private answer(item: Item, error: HeliosError): void {
    const answer: AnswerMessage = { id: item.id, state: 'failed', error };
    this.options.bus.publish(item.answerTo, answer);
  }
}

function mayPass({ priority, urgency, weight, since }: Item, situation: Situation, now: number): boolean {
  // How many bytes it takes is known to the worker at the earliest; here worth alone is held against the policy.
  return decide({ priority, estimatedBytes: 0, urgency, weight, ageMs: now - since }, situation).pass;
}
