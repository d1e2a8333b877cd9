/**
 * The worker: restores what supervisors send it. It answers the caller of a call itself, and commits the outcome of a
 * durable request itself; the supervisor hears that it is done, or why it can't be. It takes what it has room for, by
 * number and by bytes, and says `busy` to the rest. Requests for the same thing share one restoration.
 */
import { type ActorRefFrom, createActor } from 'xstate';
import type { BusMessage, Subscription } from '../bus/index.js';
import { workerMachine } from '../machines/index.js';
import { HeliosError } from '../protocol/errors.js';
import { cancelMessage, type OutcomeMessage, type WorkMessage, workMessage } from '../protocol/index.js';
import { copyBytes, decodedBytes, LEVELS, type Restored } from '../restore/index.js';
import { askerOf } from './answering.js';
import { atMost } from './atMost.js';
import type { Timer } from './clock.js';
import { commit, published, success, timingsOf, withValue } from './commit.js';
import { Deadlines } from './deadlines.js';
import type { Flight, Flights } from './flights.js';
import { beatOnBus, type Heart } from './heartbeat.js';
import { received } from './received.js';
import { Reports } from './reports.js';
import { estimatedBytes, type Reservation, Reservations } from './reservations.js';
import { Restoring } from './restoring.js';
import { Tally } from './tally.js';
import { UNLIMITED_BYTES } from './vitals.js';
import { DEFAULT_WAITS } from './waits.js';
import type { Found, Work } from './work.js';
import type { WorkerActorOptions } from './workerOptions.js';

export { TURN_MS } from './restoring.js';
export type { Found } from './work.js';
export type { WorkerActorOptions } from './workerOptions.js';

/** Requests that one worker takes at a time, unless it is told otherwise. */
export const CREDITS = 256;
/** Milliseconds between telling that there is room again and telling it once more, where work was refused meanwhile. */
const ROOM_AGAIN_MS = 20;
/** Milliseconds that a draining worker waits until its last reports have reached the bus. */
const LAST_REPORTS_MS = 1_000;

export class WorkerActor {
  readonly actor: ActorRefFrom<typeof workerMachine>;
  readonly reservations: Reservations;
  /** Objects built out of blocks since the start, those that the cache had not counted. */
  restorations = 0;
  private readonly restoring: Restoring<Work>;
  private readonly works = new Map<string, Work>();
  private readonly heart: Heart;
  private readonly reports: Reports;
  private readonly tally: Tally;
  private readonly credits: number;
  private readonly isEmbedded: boolean;
  private readonly subscriptions: Subscription[];
  /** An asker over a wire may go without a word: its work is not done for ever. In one process the asker sees to it. */
  private readonly deadlines: Deadlines<Work> | null;
  private draining: Promise<boolean> | null = null;
  /** Work was given up before its end. */
  private isAbandoned = false;
  private whenIdle: (() => void) | null = null;
  /** Work was refused for want of room, and supervisors don't know yet that there is some again. */
  private hasRefused = false;
  private roomAgain: Timer | null = null;

  constructor(private readonly options: WorkerActorOptions) {
    const { name, bus, subjects, clock, blocks, store, beatMs = DEFAULT_WAITS.beatMs } = options;
    const { togetherMs = DEFAULT_WAITS.togetherMs } = options;
    this.credits = options.credits ?? CREDITS;
    this.isEmbedded = bus.kind === 'embedded';
    this.reservations = new Reservations(options.creditBytes ?? (() => undefined));
    this.restoring = new Restoring({
      ...{ clock, blocks },
      onRestored: (flight, restored) => this.land(flight, restored),
      onFailed: (flight, error) => this.fail(flight, error),
      onLong: (flight) => {
        for (const work of flight.waiters.values()) this.reports.long(work);
      },
      onTurn: () => this.heart.vitals.progress(),
    });
    this.deadlines = this.isEmbedded ? null : new Deadlines(clock, (work) => this.expire(work));
    const types = options.types();
    const onError = (error: unknown) => this.complain(error);
    this.heart = options.heart ?? beatOnBus({ bus, subjects, clock, beatMs, worker: name, store, types, onError });
    const { vitals } = this.heart;
    vitals.refresh = () => this.note();
    this.reports = new Reports({
      clock,
      togetherMs,
      bus,
      subjects,
      worker: name,
      journal: options.journal,
      vitals,
      onError,
    });
    this.actor = createActor(workerMachine, { input: { worker: name }, id: `worker:${name}` });
    this.tally = new Tally(clock, this.actor, togetherMs);
    this.actor.start();
    this.subscriptions = [
      bus.subscribe(subjects.work(name), (message) => this.hearWork(message)),
      bus.subscribe(subjects.cancels, (message) => this.hearCancel(message)),
    ];
    this.actor.send({ type: 'READY' });
    this.note();
    this.announce();
  }

  /** Restorations under way. */
  get flights(): Flights<unknown> {
    return this.restoring.flights;
  }

  /** Requests that it works on, those whose outcome is being committed included. */
  get inHand(): number {
    return this.works.size;
  }

  /** Tells supervisors at once that it is there, how it is, and what types it knows now. */
  announce(): void {
    this.heart.beat(this.options.types());
  }

  /**
   * Takes nothing more, and lets what it has end for so long; then the rest fails with `UNAVAILABLE`, so that others get
   * it. Says good-bye. Resolves to whether all was finished; never rejects.
   */
  drain(limitMs: number): Promise<boolean> {
    this.draining ??= this.drainNow(limitMs);
    return this.draining;
  }

  /** Ends at once: calls fail with this error, durable requests go to other workers. */
  async stop(error: HeliosError): Promise<void> {
    this.heart.vitals.drain();
    this.abandon(error);
    this.end();
    if (!this.isEmbedded) await this.flushed();
    await this.heart.stop();
  }

  // ── What comes in ───────────────────────────────────────────────────────────────────────────────────────────────

  private hearWork(message: BusMessage): void {
    let work: WorkMessage;
    try {
      work = received(this.options.bus, workMessage, message);
    } catch (error) {
      return this.refuseUnreadable(message, HeliosError.from(error));
    }
    this.take(work, message.reply);
  }

  /** What can't be read is told to the supervisor where it has an id, so that it need not wait. */
  private refuseUnreadable({ body, reply }: BusMessage, error: HeliosError): void {
    this.complain(error);
    const id: unknown = Reflect.get(Object(body), 'id');
    const attempt: unknown = Reflect.get(Object(body), 'attempt');
    if (typeof id !== 'string' || id === '') return;
    const known = { id, attempt: Number.isSafeInteger(attempt) ? Math.max(1, Number(attempt)) : 1 };
    this.reports.status(reply, known, 'failed', { error });
  }

  private take(message: WorkMessage, report: string | undefined): void {
    const { id, attempt } = message;
    const known = this.works.get(id);
    if (known !== undefined) return this.takeAgain(known, message, report);
    if (!this.isReady || this.works.size >= this.credits) return this.refuse(message, report);
    let found: Found;
    try {
      found = this.options.find(message.request);
    } catch (error) {
      return this.refuseUnfound(message, report, HeliosError.from(error));
    }
    const flight = this.restoring.flights.get(found.key);
    const reservation = flight === undefined ? this.reservations.take(estimatedBytes(found.metrics)) : null;
    if (flight === undefined && reservation === null) return this.refuse(message, report);
    const { bus, clock } = this.options;
    const deadlineAt = this.deadlines === null ? 0 : clock.now() + message.timeoutMs;
    const asker = askerOf(bus, message);
    const work: Work = { id, message, asker, found, deadlineAt, attempt, report, flight: null, reservation: null };
    this.works.set(id, work);
    this.deadlines?.add(work);
    this.tally.take();
    this.heart.vitals.progress();
    // The thread that beats has nothing else to go by while what a type does holds the main loop.
    this.note();
    this.reports.begun(work);
    if (flight !== undefined) this.join(work, flight);
    else if (reservation !== null) this.begin(work, reservation);
  }

  private join(work: Work, flight: Flight<Work>): void {
    work.flight = flight;
    this.restoring.flights.join(flight, work.id, work);
    if (flight.isLong) this.reports.long(work);
  }

  private begin(work: Work, reservation: Reservation): void {
    const { id, found, message } = work;
    const flight = this.restoring.flights.begin(found.key, id, work, found.steps(), reservation);
    work.flight = flight;
    // What a type's own code does may hold the loop for long: by then it is known who has it.
    if (message.durable !== undefined && found.isOld && !this.isEmbedded) this.restoring.startLater(flight);
    else this.restoring.start(flight);
  }

  /** The same work once more: a message that came twice, or one of a supervisor that has given up on this worker. */
  private takeAgain(work: Work, { attempt }: WorkMessage, report: string | undefined): void {
    if (attempt <= work.attempt) return;
    work.attempt = attempt;
    work.report = report;
  }

  private refuse(message: WorkMessage, report: string | undefined): void {
    if (this.isReady) this.hasRefused = true;
    this.reports.status(report, message, 'busy');
  }

  /** What is asked for is not there, or of a type that others may know. */
  private refuseUnfound(message: WorkMessage, report: string | undefined, error: HeliosError): void {
    const { answersUnknownType = this.isEmbedded } = this.options;
    const { type } = error.details;
    if (error.code === 'UNKNOWN_TYPE' && typeof type === 'string' && !answersUnknownType) {
      return this.reports.status(report, message, 'busy', { type });
    }
    this.tally.take();
    if (message.durable === undefined) {
      this.reports.unfound(message, error);
      this.reports.status(report, message, 'done');
    } else this.reports.status(report, message, 'failed', { error });
    this.tally.end(false);
  }

  private hearCancel(message: BusMessage): void {
    try {
      const { id, answerTo } = received(this.options.bus, cancelMessage, message);
      // Looked for among the few that are in hand: an index would cost every request something.
      for (const work of this.works.values()) {
        const { asker, message: given } = work;
        if (given.durable !== undefined) {
          if (given.durable.id === id) this.stopIfOver(work, given.durable.id);
        } else if (asker.id === id && (answerTo === undefined || answerTo === asker.inbox)) this.cancel(work);
      }
    } catch (error) {
      this.complain(error);
    }
  }

  private cancel(work: Work): void {
    this.leave(work);
    // In one process whoever cancels knows it. Over a wire it may be another's request that has the same id.
    if (!this.isEmbedded) this.reports.failure(work, new HeliosError('CANCELLED', 'The request was cancelled.'));
    this.ended(work, 'done', false);
  }

  /** A durable request is cancelled by its outcome: only where there is one, its work is over. */
  private stopIfOver(work: Work, id: string): void {
    const { journal } = this.options;
    const look = async () => {
      const outcome = await journal?.outcomes.get(id);
      if (journal === undefined || outcome === undefined || work.flight === null || !this.has(work)) return;
      this.leave(work);
      await this.conclude(work, published(journal, outcome), false);
    };
    look().catch((error: unknown) => this.complain(error));
  }

  private expire(work: Work): void {
    if (!this.has(work) || work.flight === null) return;
    this.leave(work);
    const text = `The request had ${Math.round(work.message.timeoutMs)} ms left at worker ${this.options.name}, which is still restoring. Give it more time.`;
    this.failed(work, new HeliosError('DEADLINE_EXCEEDED', text));
  }

  // ── What becomes of it ──────────────────────────────────────────────────────────────────────────────────────────

  private land(flight: Flight<Work>, restored: Restored): void {
    const { clock, metrics } = this.options;
    const now = clock.now();
    const restoreUs = (now - (flight.startedAt ?? now)) * 1000;
    const isBuilt = restored.level > 1;
    flight.reservation.correct(isBuilt ? decodedBytes(restored.bytes) : 0);
    // The flight lets go of its reservation now; commits hold on to it as long as they have the value.
    for (const work of flight.waiters.values()) {
      if (work.message.durable !== undefined) work.reservation = flight.reservation.share();
    }
    let isFirst = true;
    for (const work of this.restoring.land(flight)) {
      work.flight = null;
      if (isFirst && isBuilt) {
        this.restorations++;
        metrics.recordRestored(work.found.metrics, restoreUs * 1000, restored.bytes);
      } else work.found.metrics.cached++;
      // Typed arrays can't be frozen: those who joined get copies of them.
      const value = isFirst || !restored.hasBytes ? restored.value : copyBytes(restored.value);
      isFirst = false;
      if (work.message.durable === undefined) {
        this.reports.answer(work, value, restored.hasBytes, LEVELS[restored.level], timingsOf(work, restoreUs));
        this.ended(work, 'done', true);
      } else this.commit(work, value, restored, restoreUs);
    }
  }

  private fail(flight: Flight<Work>, error: HeliosError): void {
    for (const work of this.restoring.land(flight)) {
      work.flight = null;
      work.found.metrics.failed++;
      this.failed(work, error);
    }
  }

  private commit(work: Work, value: unknown, restored: Restored, restoreUs: number): void {
    const { journal, toLink, name: worker } = this.options;
    const { durable } = work.message;
    if (journal === undefined) return this.failed(work, withoutJournal(worker));
    try {
      const by = { worker, nowMs: journal.now() };
      const outcome = success(work, restored, by, timingsOf(work, restoreUs));
      const isWanted = durable?.includeValue === true;
      void this.conclude(work, commit(journal, isWanted ? withValue(outcome, value, toLink) : outcome), true);
    } catch (error) {
      this.failed(work, HeliosError.from(error));
    }
  }

  /** Waits for the outcome of a durable request to be there, and reports it done; or why that can't be told. */
  private async conclude(work: Work, outcome: Promise<OutcomeMessage>, ok: boolean): Promise<void> {
    try {
      await outcome;
      this.ended(work, 'done', ok);
    } catch (error) {
      this.failed(work, HeliosError.from(error));
    }
  }

  /** A call is answered so; a durable request is given back to its supervisor, which decides. */
  private failed(work: Work, error: HeliosError): void {
    if (work.message.durable !== undefined) return this.ended(work, 'failed', false, error);
    this.reports.failure(work, error);
    this.ended(work, 'done', false);
  }

  private leave(work: Work): void {
    if (work.flight !== null) this.restoring.leave(work.flight, work.id);
    work.flight = null;
  }

  private has(work: Work): boolean {
    return this.works.get(work.id) === work;
  }

  /** The end of a piece of work, once: what comes later about it is no news. */
  private ended(work: Work, state: 'done' | 'failed', ok: boolean, error?: HeliosError): void {
    if (!this.has(work)) return;
    this.works.delete(work.id);
    this.deadlines?.delete(work);
    work.reservation?.release();
    this.reports.status(work.report, work, state, error === undefined ? undefined : { error });
    this.tally.end(ok);
    if (this.hasRefused) this.tellRoom();
    if (this.works.size === 0) this.whenIdle?.();
  }

  /** Work was refused, and now there is room: supervisors that have nothing here would else hear of it with the beat. */
  private tellRoom(): void {
    this.roomAgain ??= this.options.clock.after(
      ROOM_AGAIN_MS,
      () => {
        this.roomAgain = null;
        this.hasRefused = false;
        this.announce();
      },
      false,
    );
  }

  /** Leaves the figures where the heart finds them. */
  private note(): void {
    const inHand = this.works.size;
    const count = this.isReady ? Math.max(0, this.credits - inHand) : 0;
    this.heart.vitals.note(inHand, count, this.reservations.leftBytes ?? UNLIMITED_BYTES);
  }

  private complain(error: unknown): void {
    this.options.onError?.(error);
  }

  private get isReady(): boolean {
    return this.actor.getSnapshot().value === 'ready';
  }

  // ── Its end ─────────────────────────────────────────────────────────────────────────────────────────────────────

  private async drainNow(limitMs: number): Promise<boolean> {
    const { clock, name } = this.options;
    this.tally.tellNow();
    this.actor.send({ type: 'DRAIN' });
    this.heart.vitals.drain();
    this.note();
    this.announce();
    if (this.works.size > 0) {
      const idle = new Promise<void>((resolve) => {
        this.whenIdle = resolve;
      });
      await atMost(clock, limitMs, idle);
    }
    const isFinished = this.works.size === 0 && !this.isAbandoned;
    this.abandon(new HeliosError('UNAVAILABLE', `Worker ${name} ends, and its time to finish was up. Ask again.`));
    await this.flushed();
    this.end();
    await this.heart.stop();
    return isFinished;
  }

  /** Gives up what is in hand: calls fail with this error, durable requests are given back. */
  private abandon(error: HeliosError): void {
    this.isAbandoned ||= this.works.size > 0;
    for (const { found } of this.restoring.abandon()) found.metrics.failed++;
    const { name } = this.options;
    const given = new HeliosError('UNAVAILABLE', `Worker ${name} ends before its work does: ${error.message}`);
    // What is being committed may be committed all the same: whoever gets it next will find that out.
    for (const work of [...this.works.values()]) {
      work.flight = null;
      this.failed(work, work.message.durable === undefined ? error : given);
    }
  }

  /** The bus has had the last reports, or they can't be brought: then nothing more can be done. */
  private async flushed(): Promise<void> {
    const { bus, clock } = this.options;
    this.reports.tell();
    await atMost(
      clock,
      LAST_REPORTS_MS,
      bus.flush().catch((error: unknown) => this.complain(error)),
    );
  }

  private end(): void {
    for (const subscription of this.subscriptions) subscription.unsubscribe();
    this.roomAgain?.cancel();
    this.roomAgain = null;
    this.deadlines?.close();
    this.tally.tellNow();
    if (this.actor.getSnapshot().status === 'active') this.actor.send({ type: 'STOP' });
  }
}

function withoutJournal(worker: string): HeliosError {
  return new HeliosError('INTERNAL', `Worker ${worker} has no journal, and can commit no outcome.`);
}
