/**
 * Durable requests that this supervisor has taken out of the journal, until each has its outcome or is given back. A
 * worker commits what goes well; this commits what doesn't: failures, requests that expired, were cancelled, or whose
 * workers died. Acknowledges nothing that has no outcome. What it can't commit while the journal is away it lets go of:
 * the journal gives it out again.
 */
import type { Bus, Delivery, Journal } from '../bus/index.js';
import { MAX_ATTEMPTS, type RequestEvent } from '../machines/index.js';
import { HeliosError } from '../protocol/errors.js';
import {
  type DeadMessage,
  type Lane,
  type LiveMessage,
  MAX_TIMEOUT_MS,
  type OutcomeMessage,
  type Subjects,
} from '../protocol/index.js';
import { TRAILING } from './answering.js';
import type { Clock, Timer } from './clock.js';
import { published } from './commit.js';
import { type Ending, endingOf, endOf, expired, isPoison, letterOf, lostWith, passing } from './endings.js';
import { Held } from './held.js';
import { backoffMs, type Insistence, insist } from './insist.js';
import { type Asker, type Item, itemOf, mark } from './item.js';
import { Kills, workersIn } from './kills.js';
import { readDurable, workRequestOf } from './readDurable.js';
import type { RequestTap } from './request.js';
import { RequestChart } from './requestChart.js';
import type { Loss } from './roster.js';
import type { Waits } from './waits.js';

/** Workers that may go with a request in hand; then it is given up. */
export const POISON_KILLS = 3;
/** Ids that were cancelled while nobody here had them, and whose requests may still come. */
const CANCELLED_MAX = 10_000;

/** What the durable requests of a supervisor need of it. */
export interface Desk {
  add(item: Item): void;
  again(item: Item): void;
  againLater(item: Item, delayMs: number): void;
  setAside(item: Item): void;
  end(item: Item): void;
}

export interface DurablesOptions {
  readonly bus: Bus;
  readonly journal: Journal;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly waits: Waits;
  readonly random: () => number;
  /** BLAKE3 in hex. */
  readonly hash: (bytes: Uint8Array) => string;
  /** Under which this supervisor hears reports. */
  readonly reports: string;
  readonly desk: Desk;
  readonly tap: RequestTap | null;
  /** One is held no longer. */
  readonly onRoom: () => void;
  readonly onWarning: (warning: HeliosError) => void;
}

export class Durables implements Asker {
  /** Ended by an outcome of this supervisor's, not of a worker's. */
  refused = 0;
  private readonly held = new Map<string, Held>();
  private readonly lanes = new Map<Lane, number>();
  private readonly cancelled = new Set<string>();
  private readonly kills: Kills;
  private readonly insistence: Insistence;
  private working: Timer | null = null;
  private isDraining = false;
  private whenIdle: (() => void) | null = null;

  constructor(private readonly options: DurablesOptions) {
    const { clock, waits, random, journal } = options;
    this.kills = new Kills(journal.records);
    const forMs = journal.requests.ackWaitMs;
    // What is held no longer is looked at no longer, so only the end of all of it counts here.
    this.insistence = { clock, waits, random, forMs, isOver: () => this.isDraining && this.held.size === 0 };
  }

  get size(): number {
    return this.held.size;
  }

  heldIn(lane: Lane): number {
    return this.lanes.get(lane) ?? 0;
  }

  // ── In ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes a request that the journal gives out, whatever it is. */
  take(lane: Lane, delivery: Delivery): void {
    const { journal, subjects, hash } = this.options;
    const { requests } = journal;
    const read = readDurable(lane, delivery, { prefix: subjects.prefix, created: requests.created, hash });
    const known = this.held.get(read.id);
    // Given out again since nobody said that it is worked on, or another of the same id: they have one end.
    if (known !== undefined) return known.add(delivery);
    const held = new Held(read, lane, delivery);
    this.held.set(held.id, held);
    this.lanes.set(lane, this.heldIn(lane) + 1);
    this.sayWorking();
    if (read.error !== undefined) this.settle(held, this.ending(held, 'failed', read.error));
    else if (delivery.delivered > 1 || this.cancelled.delete(held.id)) void this.lookFirst(held);
    else this.begin(held);
  }

  /** An outcome may be there, and workers may have gone with it. */
  private async lookFirst(held: Held): Promise<void> {
    try {
      const outcome = await this.insist(() => this.options.journal.outcomes.get(held.id));
      if (outcome !== undefined) return this.settleAs(held, () => this.tellAgain(held, outcome));
      const killers = await this.insist(() => this.kills.read(held.id));
      if (!this.has(held)) return;
      held.killers = killers;
      if (killers.length >= POISON_KILLS) return this.poison(held);
      this.begin(held);
    } catch (error) {
      this.giveUp(held, error);
    }
  }

  private begin(held: Held): void {
    const { request } = held;
    if (request === undefined || !this.has(held)) return;
    if (this.isDraining) return this.giveBack(held, 0);
    const { clock, journal, reports, desk, tap } = this.options;
    const leftMs = held.at + request.ttlMs - journal.now();
    if (leftMs <= 0) return this.settle(held, this.ending(held, 'expired', expired(request.ttlMs)));
    const since = clock.now();
    const item = itemOf({
      id: held.id,
      request: workRequestOf(request),
      asker: this,
      since,
      graceMs: 0,
      // The keeper's clock may have been set back since it was put in.
      deadlineAt: since + Math.min(leftMs, MAX_TIMEOUT_MS),
      told: {
        // Nobody waits there, and who answers all the same harms nobody.
        answerTo: `${reports}.durable`,
        durable: { id: held.id, type: held.type, includeValue: request.includeValue },
      },
    });
    item.attempt = held.killers.length;
    if (held.killers.length > 0) mark(item);
    const { id, object, type } = held;
    const { priority, urgency } = request;
    const chart = new RequestChart({ id, object, type, priority, urgency, maxAttempts: Number.MAX_SAFE_INTEGER });
    const onRequest = tap?.onRequest;
    if (onRequest != null) chart.showTo(onRequest);
    held.begin(item, chart);
    this.tell(held, { type: 'ENQUEUE' });
    this.live(held, item);
    desk.add(item);
  }

  /** The outcome of this id was created by somebody who does not want it done any more. */
  hearCancel(id: string): void {
    const held = this.held.get(id);
    if (held === undefined) {
      this.cancelled.add(id);
      for (const oldest of this.cancelled) {
        if (this.cancelled.size <= CANCELLED_MAX) break;
        this.cancelled.delete(oldest);
      }
    } else if (!held.isSettling && held.item?.place !== 'worker') void this.lookForOutcome(held);
  }

  /** Where there is an outcome nothing need be done any more. A worker hears of it itself. */
  private async lookForOutcome(held: Held): Promise<void> {
    try {
      const outcome = await this.insist(() => this.options.journal.outcomes.get(held.id));
      if (outcome === undefined || !this.has(held) || held.isSettling || held.item?.place === 'worker') return;
      this.settleAs(held, () => this.tellAgain(held, outcome));
    } catch (error) {
      // It goes on then; a worker will find the outcome where it commits its own.
      this.options.onWarning(HeliosError.from(error));
    }
  }

  // ── What its item goes through ──────────────────────────────────────────────────────────────────────────────────

  given(item: Item): void {
    const held = this.held.get(item.id);
    if (held !== undefined && item.worker !== null) this.tell(held, { type: 'START', worker: item.worker.name });
  }

  returned(item: Item, error: HeliosError): void {
    const held = this.held.get(item.id);
    if (held !== undefined) this.tell(held, { type: 'FAIL', error });
  }

  done(item: Item): void {
    const held = this.held.get(item.id);
    if (held === undefined) return this.options.desk.end(item);
    this.tell(held, { type: 'RESTORED', result: undefined });
    this.conclude(held);
  }

  failed(item: Item, error: HeliosError): void {
    const held = this.held.get(item.id);
    if (held === undefined) return this.options.desk.end(item);
    item.failures++;
    // A worker that was closed did not fail at this.
    const isToRetry = error.code === 'CLOSED' || (error.retryable && item.failures < MAX_ATTEMPTS);
    if (!isToRetry) return this.settle(held, this.ending(held, 'failed', error));
    const { desk, waits, random } = this.options;
    this.tell(held, { type: 'FAIL', error: error.retryable ? error : passing(error) });
    this.live(held, item);
    desk.againLater(item, Math.max(error.retryAfterMs ?? 0, backoffMs(item.failures, { waits, random })));
    if (this.isDraining) this.giveBack(held, 0);
  }

  lost(item: Item, worker: string, loss: Loss): void {
    const held = this.held.get(item.id);
    if (held === undefined) return this.options.desk.end(item);
    this.tell(held, { type: 'LOST', worker, error: lostWith(worker) });
    this.live(held, item);
    if (loss === 'left' || loss === 'astray') this.againOrBack(held, item);
    else void this.countKill(held, item, worker);
  }

  refuse(item: Item, error: HeliosError): void {
    const held = this.held.get(item.id);
    if (held === undefined) return this.options.desk.end(item);
    this.settle(held, this.ending(held, 'failed', error));
  }

  expire(item: Item): void {
    const held = this.held.get(item.id);
    if (held?.request === undefined) return this.options.desk.end(item);
    if (!held.isSettling) this.settle(held, this.ending(held, 'expired', expired(held.request.ttlMs)));
  }

  /** Before it is given out again, so that it is counted whoever gives it out. */
  private async countKill(held: Held, item: Item, worker: string): Promise<void> {
    try {
      const killers = await this.insist(() => this.kills.count(held.id, worker, held.killers));
      if (!this.has(held) || held.isSettling) return;
      held.killers = killers;
      if (killers.length >= POISON_KILLS) return this.poison(held);
      mark(item);
      this.againOrBack(held, item);
    } catch (error) {
      this.giveUp(held, error);
    }
  }

  private againOrBack(held: Held, item: Item): void {
    if (this.isDraining) this.giveBack(held, 0);
    else this.options.desk.again(item);
  }

  // ── Out ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Too many workers went with it: it ends here, and is kept for whoever looks into it. */
  private poison(held: Held): void {
    const { killers: workers } = held;
    const text = `${workers.length} workers went with this request in hand: ${workers.join(', ')}. It was given up. 'helios dead' shows it, and tries it again.`;
    const details = { reason: 'poison', workers };
    const outcome = this.ending(held, 'failed', new HeliosError('INTERNAL', text, { details }));
    this.settle(held, outcome, letterOf(held, outcome, workers));
  }

  private ending(held: Held, state: Ending['state'], error: HeliosError): Ending {
    return endingOf(held, state, error, this.nowText());
  }

  private settle(held: Held, outcome: Ending, letter?: DeadMessage): void {
    this.refused++;
    this.settleAs(held, () => this.commit(outcome, letter));
  }

  /** Ends it with what `commit` says that its outcome is, as soon as that is safe. */
  private settleAs(held: Held, commit: () => Promise<OutcomeMessage>): void {
    if (held.isSettling || !this.has(held)) return;
    held.isSettling = true;
    if (held.item !== null) this.options.desk.setAside(held.item);
    this.insist(commit).then(
      (outcome) => {
        if (!this.has(held)) return;
        for (const event of endOf(outcome)) this.tell(held, event);
        this.conclude(held);
      },
      (error: unknown) => this.giveUp(held, error),
    );
  }

  /** Creates the outcome, or finds another's; then its event, which its maker may not have come to. */
  private async commit(outcome: Ending, letter: DeadMessage | undefined): Promise<OutcomeMessage> {
    const { journal } = this.options;
    let made = outcome;
    let isOurs: boolean;
    try {
      isOurs = await journal.outcomes.create(outcome);
    } catch (error) {
      if (!HeliosError.is(error, 'TOO_LARGE')) throw error;
      made = { ...outcome, error: { ...outcome.error, details: {} } };
      isOurs = await journal.outcomes.create(made);
    }
    const ended = isOurs ? made : ((await journal.outcomes.get(outcome.id)) ?? made);
    if (letter !== undefined && isPoison(ended)) await journal.dead.add(letter);
    return published(journal, ended);
  }

  /** Its event once more, and its dead letter: whoever made the outcome may have died before them. */
  private async tellAgain(held: Held, outcome: OutcomeMessage): Promise<OutcomeMessage> {
    const { journal } = this.options;
    if (isPoison(outcome)) await journal.dead.add(letterOf(held, outcome, workersIn(outcome.error.details)));
    return published(journal, outcome);
  }

  /** It has its outcome and its event. */
  private conclude(held: Held): void {
    for (const delivery of held.deliveries()) delivery.ack();
    if (held.killers.length > 0) {
      this.kills.forget(held.id).catch((error: unknown) => this.options.onWarning(HeliosError.from(error)));
    }
    this.release(held);
  }

  /** Not now, or not here: the journal gives it to somebody, after a while. */
  private giveBack(held: Held, delayMs: number): void {
    if (!this.has(held)) return;
    for (const delivery of held.deliveries()) delivery.nak(delayMs);
    this.release(held);
  }

  /** The journal is away for too long. When the time of the delivery is over, it comes again. */
  private giveUp(held: Held, error: unknown): void {
    if (!this.has(held)) return;
    const failure = HeliosError.from(error);
    if (failure.code !== 'CLOSED') this.options.onWarning(failure);
    this.release(held);
  }

  private release(held: Held): void {
    this.held.delete(held.id);
    this.lanes.set(held.lane, this.heldIn(held.lane) - 1);
    if (held.item !== null) this.options.desk.end(held.item);
    held.chart?.stop();
    this.options.onRoom();
    if (this.held.size > 0) return;
    this.working?.cancel();
    this.working = null;
    this.whenIdle?.();
    this.whenIdle = null;
  }

  // ── Ending all ──────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Gives back what no worker has. What is being committed goes on.
   * @returns resolves when nothing is held any more
   */
  drain(): Promise<void> {
    this.isDraining = true;
    for (const held of [...this.held.values()]) {
      if (held.item !== null && held.item.place !== 'worker' && !held.isSettling) this.giveBack(held, 0);
    }
    if (this.held.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.whenIdle = resolve;
    });
  }

  /** Gives back everything, what workers have as well: whoever gets it finds the outcome, if there is one by then. */
  stop(): void {
    this.isDraining = true;
    for (const held of [...this.held.values()]) this.giveBack(held, 0);
  }

  // ── ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

  private has(held: Held): boolean {
    return this.held.get(held.id) === held;
  }

  private insist<T>(work: () => Promise<T>): Promise<T> {
    return insist(work, this.insistence);
  }

  private tell(held: Held, event: RequestEvent): void {
    held.chart?.send(event);
  }

  /** It waits. */
  private live(held: Held, item: Item): void {
    const { bus, subjects, onWarning } = this.options;
    const { id, type, object } = held;
    const message: LiveMessage = { id, type, object, at: this.nowText(), state: 'queued', attempt: item.attempt };
    try {
      bus.publish(subjects.live('queued', type, id), message, TRAILING);
    } catch (error) {
      onWarning(HeliosError.from(error));
    }
  }

  private nowText(): string {
    return new Date(this.options.journal.now()).toISOString();
  }

  /** Each third of the time for which a delivery is its receiver's: still at it. */
  private sayWorking(): void {
    const { clock, journal } = this.options;
    this.working ??= clock.after(
      journal.requests.ackWaitMs / 3,
      () => {
        this.working = null;
        for (const held of this.held.values()) for (const delivery of held.deliveries()) delivery.working();
        if (this.held.size > 0) this.sayWorking();
      },
      false,
    );
  }
}
