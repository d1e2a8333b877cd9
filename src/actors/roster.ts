/**
 * The workers that a supervisor knows, out of their heartbeats: who is alive, who knows a type, who has room, and what
 * is lost with one that goes. One timer looks at all of them. Gives nothing to anybody: it says who could take it.
 */
import type { Bus } from '../bus/index.js';
import { placed } from '../policy/index.js';
import { HeliosError } from '../protocol/errors.js';
import { type HeartbeatMessage, MAX_WORKER_NAME_LENGTH, type Subjects, WIRE_VERSION } from '../protocol/index.js';
import type { Clock, Timer } from './clock.js';
import type { Waits } from './waits.js';
import { type InHand, WorkerSeen } from './workerSeen.js';

/** Workers that one supervisor knows; who comes on top of them is not heard. */
export const ROSTER_MAX = 4_096;
/** Types whose last worker has gone that are remembered. */
const TYPES_GONE_MAX = 4_096;
/** Beats after the first one heard, until which a type that nobody has named yet may still be somebody's. */
const BEATS_TO_LEARN = 2;
/** Beats after which work is sent once more to a worker that has said nothing of it: it, or the word of it, may be lost. */
const RESEND_BEATS = 5;
/** Times `stuckAfterMs` for which one work may be in hand; then its report must have been lost, or the work itself. */
const STUCKS_IN_HAND = 10;

/** What work asks of a worker. */
export interface Need {
  /** Says all of it: equal needs, equal keys. */
  readonly key: string;
  /** `undefined`: not known, any worker may look. */
  readonly type: string | undefined;
  readonly schemaVersion: number | undefined;
  readonly isMarked: boolean;
  /** Workers that turned out not to know it, whatever they say. */
  readonly refusedBy: readonly string[];
}

/**
 * Why work is lost: its worker has `gone` (somebody saw it end, or it is silent), is `stuck`, has `left` in good order,
 * can't be reached, or has had it in hand for too long.
 */
export type Loss = 'gone' | 'stuck' | 'left' | 'unreachable' | 'astray';

export interface RosterOptions<W extends InHand> {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly waits: Waits;
  /** What was in hand at a worker is in nobody's any more. */
  readonly onLost: (worker: string, lost: readonly W[], loss: Loss) => void;
  /** A worker that is well has said nothing of it for a while. Sent once more, it is taken only by one that hasn't got it. */
  readonly onUnheard: (work: W, worker: WorkerSeen<W>) => void;
  /** Somebody may take more than before, or there is less to hope for. */
  readonly onChange: () => void;
  readonly onWarning: (warning: HeliosError) => void;
  /** Somebody new is there. */
  readonly onWorker?: (worker: WorkerSeen<W>) => void;
}

export class Roster<W extends InHand> {
  private readonly workers = new Map<string, WorkerSeen<W>>();
  /** Types of workers that have gone, with the time at which the last of them went. */
  private readonly goneTypes = new Map<string, number>();
  private readonly foreign = new Set<string>();
  private firstHeardAt: number | null = null;
  private timer: Timer | null = null;
  private isStopped = false;

  constructor(private readonly options: RosterOptions<W>) {
    // In one process nobody can be lost: whoever ends says so.
    if (options.bus.kind !== 'embedded') this.arm();
  }

  all(): Iterable<WorkerSeen<W>> {
    return this.workers.values();
  }

  /** Whether anybody at all takes something now. */
  get hasFree(): boolean {
    for (const worker of this.workers.values()) if (worker.free > 0) return true;
    return false;
  }

  /** How much this supervisor may have at workers, all in all, what it has there included. */
  get room(): number {
    let room = 0;
    for (const worker of this.workers.values()) room += worker.room;
    return room;
  }

  /** Whether this is the beat of one who speaks another version, whatever else it says: told once, then not heard. */
  ignores(beat: unknown): boolean {
    const wire: unknown = Reflect.get(Object(beat), 'wire');
    const worker: unknown = Reflect.get(Object(beat), 'worker');
    if (!Number.isSafeInteger(wire) || wire === WIRE_VERSION) return false;
    if (typeof worker !== 'string' || worker.length > MAX_WORKER_NAME_LENGTH) return false;
    if (this.foreign.has(worker) || this.foreign.size >= ROSTER_MAX) return true;
    this.foreign.add(worker);
    const text = `The worker ${worker} speaks version ${wire} on the wire, this supervisor ${WIRE_VERSION}: it gets no work. Run the same version everywhere.`;
    this.options.onWarning(new HeliosError('INVALID_REQUEST', text, { details: { worker, wire } }));
    return true;
  }

  /** Of this version. */
  hear(beat: HeartbeatMessage): void {
    const now = this.options.clock.now();
    let known = this.workers.get(beat.worker);
    if (known?.isOfAnother(beat) === true) {
      this.drop(known, 'gone');
      known = undefined;
    }
    if (beat.state === 'gone') {
      if (known !== undefined) this.drop(known, known.beat.state === 'draining' ? 'left' : 'gone');
    } else if (known === undefined) this.welcome(beat, now);
    else this.follow(known, beat, now);
    this.options.onChange();
  }

  /**
   * Nobody received the work that was sent there. The worker gets nothing new until it beats again; what it has in hand
   * is taken back if it `isToMove`, the rest when the worker is known to be gone: the way there may only be broken.
   */
  unreachable(worker: WorkerSeen<W>, isToMove: (work: W) => boolean): void {
    if (worker.state !== 'alive') return;
    if (worker.send({ type: 'MISSED' }) === 'gone') return this.drop(worker, 'unreachable');
    this.lose(
      worker,
      [...worker.inHand].filter((work) => isToMove(work)),
      'unreachable',
    );
  }

  /** Who should be given work for this object; `undefined` when nobody who could has room. */
  place(object: number, need: Need): WorkerSeen<W> | undefined {
    if (this.workers.size === 1) {
      for (const only of this.workers.values()) return only.free > 0 && suits(only, need) ? only : undefined;
    }
    const suited: WorkerSeen<W>[] = [];
    for (const worker of this.workers.values()) if (worker.isPlaceable && suits(worker, need)) suited.push(worker);
    return placed(object, suited);
  }

  /**
   * Why nobody will ever take what needs this: no worker that is alive knows the type. `undefined` when somebody may:
   * also while nobody is there, soon after the first beat, and for a while after the last one who knew it went.
   * @returns HeliosError `UNKNOWN_TYPE`
   */
  refusal({ type, schemaVersion, refusedBy }: Need): HeliosError | undefined {
    if (type === undefined || this.workers.size === 0) return undefined;
    for (const worker of this.workers.values()) {
      if (knows(worker, type, schemaVersion) && !refusedBy.includes(worker.name)) return undefined;
    }
    const { bus, clock, waits } = this.options;
    if (bus.kind !== 'embedded') {
      const now = clock.now();
      if (now < (this.firstHeardAt ?? now) + BEATS_TO_LEARN * waits.beatMs) return undefined;
      if (now < (this.goneTypes.get(type) ?? Number.NEGATIVE_INFINITY) + waits.ackWaitMs) return undefined;
    }
    return unknownType(type, schemaVersion, [...this.workers.values()]);
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
    for (const worker of this.workers.values()) worker.send({ type: 'GONE' });
    this.workers.clear();
  }

  private welcome(beat: HeartbeatMessage, now: number): void {
    if (this.workers.size >= ROSTER_MAX) {
      const text = `${ROSTER_MAX} workers are known, the most that a supervisor follows: ${beat.worker} is not heard.`;
      return this.options.onWarning(new HeliosError('OVERLOADED', text));
    }
    if (this.workers.size === 0) this.learnAnew(now);
    const { subjects, waits } = this.options;
    const worker = new WorkerSeen<W>(beat, subjects.work(beat.worker), waits, now);
    this.workers.set(beat.worker, worker);
    this.options.onWorker?.(worker);
  }

  /** The first one, or the first after all had gone: the others, and what they know, may be on their way back as well. */
  private learnAnew(now: number): void {
    this.firstHeardAt = now;
    for (const type of this.goneTypes.keys()) this.goneTypes.set(type, now);
  }

  private follow(worker: WorkerSeen<W>, beat: HeartbeatMessage, now: number): void {
    const before = worker.state;
    worker.hear(beat, now);
    if (this.options.bus.kind === 'embedded') return;
    if (worker.state === 'stuck' && before !== 'stuck') return this.lose(worker, worker.releaseAll(), 'stuck');
    const { beatMs, stuckAfterMs } = this.options.waits;
    const astray = [...worker.inHand].filter(({ givenAt }) => now - givenAt > STUCKS_IN_HAND * stuckAfterMs);
    this.lose(worker, astray, 'astray');
    for (const work of [...worker.inHand]) {
      if (now - work.sentAt >= RESEND_BEATS * beatMs) this.options.onUnheard(work, worker);
    }
  }

  private drop(worker: WorkerSeen<W>, loss: Loss): void {
    worker.send({ type: 'GONE' });
    this.workers.delete(worker.name);
    const now = this.options.clock.now();
    for (const type of worker.types.keys()) {
      this.goneTypes.delete(type);
      this.goneTypes.set(type, now);
    }
    for (const type of this.goneTypes.keys()) {
      if (this.goneTypes.size <= TYPES_GONE_MAX) break;
      this.goneTypes.delete(type);
    }
    this.lose(worker, worker.releaseAll(), loss);
  }

  private lose(worker: WorkerSeen<W>, lost: readonly W[], loss: Loss): void {
    for (const work of lost) worker.release(work);
    if (lost.length > 0) this.options.onLost(worker.name, lost, loss);
  }

  private arm(): void {
    const { clock, waits } = this.options;
    const dueAt = clock.now() + waits.beatMs;
    this.timer = clock.after(waits.beatMs, () => void this.look(dueAt), false);
  }

  /**
   * Who has fallen silent? What the connection has brought by now is heard first, and the time for which this process
   * itself could hear nobody counts against nobody. After a long one, all begin anew: they may have to find back, too.
   */
  private async look(dueAt: number): Promise<void> {
    const { bus, clock, waits } = this.options;
    try {
      await bus.flush();
    } catch {
      // Whoever runs the bus hears of it. As long as it is closed, or out of reach, nobody can be heard.
      if (!this.isStopped) this.arm();
      return;
    }
    if (this.isStopped) return;
    const now = clock.now();
    const deafMs = now - dueAt;
    const isAfterOutage = deafMs >= waits.missedUntilGone * waits.beatMs;
    for (const worker of [...this.workers.values()]) {
      worker.heardAt = isAfterOutage ? now : Math.min(now, worker.heardAt + deafMs);
      const { missed } = worker.actor.getSnapshot().context;
      // Half a beat of patience: beats and looks are not in step.
      if (now - worker.heardAt < (missed + 1.5) * waits.beatMs) continue;
      if (worker.send({ type: 'MISSED' }) === 'gone') this.drop(worker, 'gone');
    }
    this.options.onChange();
    this.arm();
  }
}

function suits<W extends InHand>(worker: WorkerSeen<W>, need: Need): boolean {
  if (need.isMarked && worker.hasMarked) return false;
  if (need.type !== undefined && !knows(worker, need.type, need.schemaVersion)) return false;
  return need.refusedBy.length === 0 || !need.refusedBy.includes(worker.name);
}

function knows<W extends InHand>(worker: WorkerSeen<W>, type: string, schemaVersion: number | undefined): boolean {
  const version = worker.types.get(type);
  return version !== undefined && (schemaVersion === undefined || version >= schemaVersion);
}

/** Workers and types named in a message; details have more. */
const NAMED_MAX = 8;
const DETAILS_MAX = 100;

function unknownType<W extends InHand>(
  type: string,
  schemaVersion: number | undefined,
  workers: readonly WorkerSeen<W>[],
): HeliosError {
  const asked = schemaVersion === undefined ? type : `${type}@${schemaVersion}`;
  const names = workers.map(({ name }) => name).sort();
  const known = [...new Set(workers.flatMap(({ beat }) => beat.types))].sort();
  const listed = (all: readonly string[]) =>
    all.length > NAMED_MAX
      ? `${all.slice(0, NAMED_MAX).join(', ')} and ${all.length - NAMED_MAX} more`
      : all.join(', ');
  const text = `No worker that is alive knows the type ${asked}. Alive: ${listed(names)}; they know ${listed(known) || 'no types'}. Add it to the config that workers are started with.`;
  const details = { type, workers: names.slice(0, DETAILS_MAX), known: known.slice(0, DETAILS_MAX) };
  return new HeliosError('UNKNOWN_TYPE', text, { details });
}
