/**
 * What a worker says about its work: to the asker of a call, to those who look on at a durable request, and to the
 * supervisor that gave it. What can't be said goes to `onError`: it is the fault of no work, least of all of the other
 * work in hand.
 */
import type { Bus, Journal } from '../bus/index.js';
import type { HeliosError } from '../protocol/errors.js';
import {
  type LiveMessage,
  MAX_BATCH,
  type Subjects,
  toErrorForm,
  type WorkerStatus,
  type WorkMessage,
} from '../protocol/index.js';
import type { LEVELS } from '../restore/index.js';
import { type Asker, answer, answerFailure, askerOf, TOGETHER, TRAILING, tellProgress } from './answering.js';
import type { Clock, Timer } from './clock.js';
import { about, type Timings } from './commit.js';
import type { Vitals } from './vitals.js';
import type { Work } from './work.js';

export interface ReportsOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly worker: string;
  readonly journal: Journal | undefined;
  /** How the worker is, brought up to date: a report says what it can still take. */
  readonly vitals: Vitals;
  readonly clock: Clock;
  /** Milliseconds that the word of work which is done may wait for others. */
  readonly togetherMs: number;
  readonly onError: (error: unknown) => void;
}

/** Why work is not done: of a type that others may know, or with an error. */
interface Why {
  readonly type?: string;
  readonly error?: HeliosError;
}

export class Reports {
  private readonly isEmbedded: boolean;
  /** What is done and not yet told. */
  private done: { readonly subject: string; readonly status: WorkerStatus }[] = [];
  private telling: Timer | null = null;

  constructor(private readonly options: ReportsOptions) {
    this.isEmbedded = options.bus.kind === 'embedded';
  }

  /** Work of a call has begun. Over a wire that is said only where it takes its time. */
  begun(work: Work): void {
    if (work.message.durable !== undefined) this.live(work);
    else if (this.isEmbedded) this.restoring(work.asker, work.attempt);
  }

  /** It has not ended in the turn in which it began. */
  long(work: Work): void {
    if (!this.isEmbedded && work.message.durable === undefined) this.restoring(work.asker, work.attempt);
  }

  answer(work: Work, value: unknown, hasBytes: boolean, source: (typeof LEVELS)[number], timings: Timings): void {
    const { asker, attempt, found, message } = work;
    const { root, version, mode } = found;
    const { bus, worker } = this.options;
    const { id } = asker;
    // Typed arrays can be changed by whoever has them: nobody is taken to know them still.
    const isStored = !found.isOld && mode === 'whole' && !hasBytes && !this.isEmbedded;
    const about =
      isStored && message.request.known === root
        ? { id, isKnown: true as const, root, mode, source, worker, attempt, timings }
        : isStored
          ? { id, value, isStored, root, mode, source, worker, attempt, timings }
          : { id, value, root, mode, source, worker, attempt, timings };
    try {
      answer(bus, asker, version === undefined ? about : Object.assign(about, { version }));
    } catch (error) {
      this.options.onError(error);
    }
  }

  failure({ asker, attempt }: Pick<Work, 'asker' | 'attempt'>, error: HeliosError): void {
    const { bus, worker } = this.options;
    try {
      answerFailure(bus, asker, error, { worker, attempt });
    } catch (unsent) {
      this.options.onError(unsent);
    }
  }

  /** The call failed before there was anything to restore. */
  unfound(message: WorkMessage, error: HeliosError): void {
    const { attempt } = message;
    const asker = askerOf(this.options.bus, message);
    if (this.isEmbedded) this.restoring(asker, attempt);
    this.failure({ asker, attempt }, error);
  }

  /** To the supervisor, with what can still be taken. */
  status(
    subject: string | undefined,
    { id, attempt }: { readonly id: string; readonly attempt: number },
    state: WorkerStatus['state'],
    why?: Why,
  ): void {
    const { worker, vitals } = this.options;
    vitals.refresh();
    if (subject === undefined) return;
    const plain: WorkerStatus = { id, worker, state, attempt, credits: vitals.credits };
    const status = why === undefined ? plain : { ...plain, ...this.reason(why) };
    if (this.isEmbedded) return this.send(subject, status);
    if (state === 'done' && this.mayWait) return this.tellLater(subject, status);
    this.send(subject, status, TOGETHER);
    this.tell();
  }

  /** Tells what has not been told yet. */
  tell(): void {
    this.telling?.cancel();
    this.telling = null;
    const { done } = this;
    if (done.length === 0) return;
    this.done = [];
    for (const { subject, status } of done) this.send(subject, status, TOGETHER);
  }

  private tellLater(subject: string, status: WorkerStatus): void {
    const { clock, togetherMs } = this.options;
    this.done.push({ subject, status });
    if (this.done.length >= MAX_BATCH) this.tell();
    else this.telling ??= clock.after(togetherMs, () => this.tell(), false);
  }

  /** Supervisors know of room besides that of the work which is done: nobody waits for the word of it. */
  private get mayWait(): boolean {
    const { vitals, togetherMs } = this.options;
    return togetherMs > 0 && vitals.room > vitals.inHand + this.done.length;
  }

  private reason({ type, error }: Why): Pick<WorkerStatus, 'type' | 'error'> {
    return {
      ...(type === undefined ? {} : { type }),
      ...(error === undefined ? {} : { error: this.isEmbedded ? error : toErrorForm(error) }),
    };
  }

  private restoring(asker: Asker, attempt: number): void {
    const { bus, worker } = this.options;
    try {
      tellProgress(bus, asker, { id: asker.id, state: 'restoring', worker, attempt });
    } catch (error) {
      this.options.onError(error);
    }
  }

  private live(work: Work): void {
    const { subjects, worker, journal } = this.options;
    // Without a journal it will fail, and has no time.
    if (journal === undefined) return;
    const { id, type, object, at } = about(work, journal.now());
    const live: LiveMessage = { id, type, object, at, state: 'restoring', worker, attempt: work.attempt };
    this.send(subjects.live('restoring', live.type, live.id), live, TRAILING);
  }

  private send(...message: Parameters<Bus['publish']>): void {
    try {
      this.options.bus.publish(...message);
    } catch (error) {
      this.options.onError(error);
    }
  }
}
