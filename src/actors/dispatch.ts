/**
 * Gives work to workers: what is worth most first, as the policy and the workers' room allow, to those who know its type
 * and had its object before. Takes it back from who has no room or is lost. Answers nobody: whoever asked (`Asker`) is
 * told what happens and decides how it goes on. A request that the policy holds back is looked at again when the policy
 * changes, and as it ages.
 */
import type { Bus, BusMessage } from '../bus/index.js';
import { decide, type Situation } from '../policy/index.js';
import { HeliosError } from '../protocol/errors.js';
import {
  brief,
  fromErrorForm,
  heartbeatMessage,
  MAX_TIMEOUT_MS,
  type Subjects,
  type WorkerStatus,
  workerStatus,
} from '../protocol/index.js';
import { Backlog } from './backlog.js';
import type { Clock, Timer } from './clock.js';
import { Deadlines } from './deadlines.js';
import { type Item, learn, placementOf } from './item.js';
import { received } from './received.js';
import { type Loss, type Need, Roster } from './roster.js';
import type { Waits } from './waits.js';
import { TURN_MS } from './worker.js';
import type { WorkerSeen } from './workerSeen.js';

/** Requests handed out between two looks at the clock. */
const DISPATCHES_A_LOOK = 16;
/** Milliseconds after which requests that the policy held back are looked at again. */
const HELD_BACK_MS = 100;

/** What has happened and is not yet told to the supervisor's chart; `dispatched` less those that came back. */
export interface Tally {
  queued: number;
  dispatched: number;
  dropped: number;
  done: number;
}

export interface DispatchOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly waits: Waits;
  readonly situation: () => Situation;
  /** Under which reports come in. */
  readonly reports: string;
  readonly tally: Tally;
  /** The tally has changed. */
  readonly onTally: () => void;
  /** There may be room for more than before: something has ended, or (`undefined`) workers have come, gone, or said so. */
  readonly onRoom: (ended: Item | undefined) => void;
  readonly onWarning: (warning: HeliosError) => void;
  /** Somebody new is there. */
  readonly onWorker: (worker: WorkerSeen<Item>) => void;
}

export class Dispatch {
  readonly roster: Roster<Item>;
  /** Given out once more after a worker was lost or had failed; taken from workers that were lost. */
  retried = 0;
  lost = 0;
  private readonly backlog = new Backlog();
  private readonly items = new Set<Item>();
  /** By the id of its attempt. */
  private readonly atWorkers = new Map<string, Item>();
  private readonly deadlines: Deadlines<Item>;
  /** Makes the ids of attempts unique: no other supervisor has this inbox. */
  private readonly mark: string;
  private attempts = 0;
  /** Calls among what is at workers. */
  private calls = 0;
  private isPlanned = false;
  private isStopped = false;
  private heldBack: Timer | null = null;
  private whenIdle: (() => void) | null = null;

  constructor(private readonly options: DispatchOptions) {
    const { bus, subjects, clock, waits, reports, onWarning, onWorker } = options;
    this.mark = `${reports.slice(reports.indexOf('.') + 1).replaceAll('.', '-')}-`;
    this.deadlines = new Deadlines(clock, (item) => item.asker.expire(item));
    this.roster = new Roster<Item>({
      ...{ bus, subjects, clock, waits, onWarning, onWorker },
      onLost: (worker, items, loss) => this.takeBack(worker, items, loss),
      onUnheard: (item, worker) => this.send(item, worker, clock.now()),
      onChange: () => {
        this.refuseHopeless();
        this.plan();
        options.onRoom(undefined);
      },
    });
  }

  get size(): number {
    return this.items.size;
  }

  get dispatched(): number {
    return this.atWorkers.size;
  }

  get dispatchedCalls(): number {
    return this.calls;
  }

  get queued(): number {
    return this.items.size - this.atWorkers.size;
  }

  /** Bytes that wait, as they are reckoned. */
  get queuedBytes(): number {
    return this.backlog.bytes;
  }

  /** All that is at no worker. */
  waiting(): Item[] {
    return [...this.items].filter(({ place }) => place !== 'worker');
  }

  out(): Item[] {
    return [...this.atWorkers.values()];
  }

  /** @throws HeliosError `INVALID_REQUEST` for what is no heartbeat */
  hearBeat(message: BusMessage): void {
    // One of another version may look otherwise in all the rest.
    if (this.roster.ignores(message.body)) return;
    this.roster.hear(received(this.options.bus, heartbeatMessage, message));
  }

  /** Takes work in, for the first time. */
  add(item: Item): void {
    this.items.add(item);
    this.deadlines.add(item);
    this.options.tally.queued++;
    this.options.onTally();
    this.enqueue(item);
  }

  /** Back into the queue, at its worth: work that is aside. */
  again(item: Item): void {
    if (item.place !== 'aside' || this.isStopped) return;
    this.retried++;
    this.enqueue(item);
  }

  againLater(item: Item, delayMs: number): void {
    const back = () => {
      item.retry = null;
      this.again(item);
    };
    item.retry = this.options.clock.after(delayMs, back, true);
  }

  /** Out of the queue, or back from its worker, until whoever asked says how it goes on. */
  setAside(item: Item): void {
    if (item.place === 'queue') this.backlog.delete(item);
    else if (item.place === 'worker') this.withdraw(item);
    if (item.place !== 'over') item.place = 'aside';
  }

  /** It has ended, wherever it was. */
  end(item: Item): void {
    const { tally, onTally, onRoom } = this.options;
    if (item.place === 'over') return;
    if (item.place === 'worker') tally.done++;
    else tally.dropped++;
    if (item.place === 'queue') this.backlog.delete(item);
    else if (item.place === 'worker') this.release(item);
    item.place = 'over';
    item.retry?.cancel();
    this.items.delete(item);
    this.deadlines.delete(item);
    onTally();
    this.plan();
    onRoom(item);
  }

  /** Calls back once when nothing is at a worker any more. */
  onIdle(callback: () => void): void {
    if (this.atWorkers.size === 0) callback();
    else this.whenIdle = callback;
  }

  /** Gives out nothing any more, and forgets what there is. */
  stop(): void {
    this.isStopped = true;
    this.roster.stop();
    this.deadlines.close();
    this.heldBack?.cancel();
    for (const item of [...this.items]) this.end(item);
  }

  // ── Out ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Hands out what waits in the next microtask: by then, everything that this turn asks for is there to be ordered. */
  plan(): void {
    if (this.isPlanned || this.isStopped || this.backlog.size === 0) return;
    this.isPlanned = true;
    this.options.clock.soon(this.handOut);
  }

  private readonly handOut = (): void => {
    const { clock, situation } = this.options;
    let now = clock.now();
    const until = now + TURN_MS;
    const given = situation();
    /** Needs that nobody has room for. */
    let unmet: Set<string> | undefined;
    for (let count = 1; this.backlog.size > 0 && !this.isStopped; count++) {
      if (count % DISPATCHES_A_LOOK === 0) {
        now = clock.now();
        if (now >= until) return clock.later(this.handOut);
      }
      if (!this.roster.hasFree) break;
      const item = this.backlog.best(now, unmet ?? NONE);
      if (item === undefined) break;
      if (!mayPass(item, given, now)) {
        this.lookAgain();
        break;
      }
      const worker = this.roster.place(placementOf(item), item.need);
      if (worker !== undefined) this.give(item, worker, now);
      else {
        unmet ??= new Set();
        unmet.add(item.need.key);
      }
    }
    this.isPlanned = false;
  };

  private give(item: Item, worker: WorkerSeen<Item>, now: number): void {
    const { tally, onTally } = this.options;
    this.backlog.delete(item);
    item.place = 'worker';
    item.worker = worker;
    item.attempt++;
    item.attemptId = this.mark + (this.attempts++).toString(36);
    item.givenAt = now;
    worker.take(item);
    this.atWorkers.set(item.attemptId, item);
    if (item.told.durable === undefined) this.calls++;
    tally.dispatched++;
    onTally();
    item.asker.given(item);
    this.send(item, worker, now);
  }

  private send(item: Item, worker: WorkerSeen<Item>, now: number): void {
    const { bus, reports } = this.options;
    item.sentAt = now;
    try {
      bus.publish(worker.subject, messageOf(item, now, bus.kind === 'nats'), {
        reply: `${reports}.${item.attemptId}`,
        coalesce: true,
      });
    } catch (error) {
      // It can't travel, or the bus is closed: no worker would fare better.
      this.setAside(item);
      item.asker.refuse(item, HeliosError.from(error));
    }
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

  /** Into the queue, unless nobody who is alive could ever take it. */
  private enqueue(item: Item): void {
    const refusal = this.roster.refusal(item.need);
    if (refusal !== undefined) {
      item.place = 'aside';
      return item.asker.refuse(item, refusal);
    }
    item.place = 'queue';
    this.backlog.add(item);
    this.plan();
  }

  /** Workers come and go: does anybody still know what is waited for? */
  private refuseHopeless(): void {
    if (this.backlog.size === 0) return;
    for (const need of this.backlog.needs()) {
      const refusal = this.roster.refusal(need);
      if (refusal !== undefined) this.refuseAll(need, refusal);
    }
  }

  private refuseAll(need: Need, refusal: HeliosError): void {
    for (const item of this.backlog.takeAll(need.key)) {
      item.place = 'aside';
      item.asker.refuse(item, refusal);
    }
  }

  // ── Back ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @throws HeliosError `INVALID_REQUEST` for what is no report */
  hearReport(message: BusMessage): void {
    if (message.headers?.Status === '503') return this.unreachable(message.subject);
    const report = received(this.options.bus, workerStatus, message);
    const item = this.atWorkers.get(report.id);
    const worker = item?.worker;
    // Late, twice, or of an attempt that was given up: it changes nothing.
    if (item === undefined || worker?.name !== report.worker || item.attempt !== report.attempt) return;
    const { credits } = report;
    worker.hearRoom(credits === undefined || credits.count > 0);
    if (report.state === 'done') item.asker.done(item);
    else if (report.state === 'busy') this.takeFromBusy(item, worker, report);
    else {
      this.setAside(item);
      item.asker.failed(item, report.error === undefined ? unexplained(worker.name) : fromErrorForm(report.error));
    }
    this.plan();
  }

  private takeFromBusy(item: Item, worker: WorkerSeen<Item>, { type }: WorkerStatus): void {
    if (type === undefined) worker.hearRoom(false);
    this.setAside(item);
    if (type !== undefined) learn(item, type, worker.name);
    const what = type === undefined ? 'has no room' : `does not know the type ${type}`;
    item.asker.returned(item, new HeliosError('OVERLOADED', `The worker ${worker.name} ${what}.`));
    this.enqueue(item);
  }

  /** Nobody received the work. */
  private unreachable(subject: string): void {
    const item = this.atWorkers.get(subject.slice(subject.lastIndexOf('.') + 1));
    const worker = item?.worker;
    if (item === undefined || worker === undefined || worker === null) return;
    this.setAside(item);
    item.asker.returned(item, new HeliosError('UNAVAILABLE', `The worker ${worker.name} can't be reached.`));
    this.enqueue(item);
    // A call is done again for nothing at worst; what is durable can wait until it is known what has become of it.
    this.roster.unreachable(worker, ({ told }) => told.durable === undefined);
    this.options.onRoom(undefined);
  }

  private takeBack(worker: string, items: readonly Item[], loss: Loss): void {
    for (const item of items) {
      this.lost++;
      this.setAside(item);
      item.losses++;
      item.asker.lost(item, worker, loss);
    }
  }

  /** From its worker, whose room it is again. */
  private withdraw(item: Item): void {
    const { tally, onTally } = this.options;
    this.release(item);
    tally.dispatched--;
    onTally();
  }

  private release(item: Item): void {
    item.worker?.release(item);
    if (this.atWorkers.delete(item.attemptId) && item.told.durable === undefined) this.calls--;
    if (this.atWorkers.size === 0 && this.whenIdle !== null) {
      this.whenIdle();
      this.whenIdle = null;
    }
  }
}

const NONE: ReadonlySet<string> = new Set();

function messageOf(item: Item, now: number, isWire: boolean): object {
  const { attemptId: id, attempt, told, since, deadlineAt, graceMs } = item;
  const { answerTo, takesBatches, isJson, durable } = told;
  const timeoutMs = Math.min(MAX_TIMEOUT_MS, Math.max(1, deadlineAt - graceMs - now));
  const queuedUs = Math.max(0, (now - since) * 1000);
  const request = isWire ? brief(item.request) : item.request;
  // A spread would take longer than all of this, and most calls need none.
  if (isJson !== undefined || durable !== undefined) return { id, request, attempt, timeoutMs, queuedUs, ...told };
  if (takesBatches === undefined) return { id, request, attempt, answerTo, timeoutMs, queuedUs };
  return { id, request, attempt, answerTo, timeoutMs, queuedUs, takesBatches };
}

function mayPass({ priority, urgency, weight, since }: Item, situation: Situation, now: number): boolean {
  // How many bytes it takes is known to the worker at the earliest; here worth alone is held against the policy.
  return decide({ priority, estimatedBytes: 0, urgency, weight, ageMs: now - since }, situation).pass;
}

function unexplained(worker: string): HeliosError {
  return new HeliosError('INTERNAL', `The worker ${worker} failed, and did not say why.`);
}
