/**
 * The threshold actor: follows the pressure levels of all workers that it hears of with a policy, and commits each
 * change under a new epoch. Over a journal's record that is a compare-and-set, and any number of these actors may do it:
 * who loses drops its draft and follows the winner, and the record's watch tells every process (policyRecord.ts).
 *
 * In one process there is nobody to race with: committing is counting, done while the pressure is being heard, so that
 * whoever asks next sees the new policy.
 */
import { type ActorRefFrom, createActor } from 'xstate';
import type { Bus, BusMessage, Subscription } from '../bus/index.js';
import { thresholdMachine } from '../machines/index.js';
import { initialPolicy, type MemorySettings, type Policy } from '../policy/index.js';
import { HeliosError } from '../protocol/errors.js';
import { pressureMessage, type Subjects } from '../protocol/index.js';
import type { Clock, Timer } from './clock.js';
import { HeardLevels } from './heardLevels.js';
import type { PolicyRecord } from './policyRecord.js';
import { SAMPLE_MS } from './pressure.js';
import { received } from './received.js';

/** Samples that a worker may leave out before its level counts no more. */
const SAMPLES_SILENT = 8;
/** Milliseconds after somebody else's commit, and after the start, in which none is contradicted: two samples. */
export const HEAR_FIRST_MS = 500;
/** Milliseconds until the next try when the journal can't be reached. */
const RECOMMIT_MS = 1_000;

export interface ThresholdActorOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly memory: MemorySettings;
  /** The cluster's, which other processes change too; without it, this one alone decides. Whoever made it closes it. */
  readonly record?: PolicyRecord;
  /** Takes why a commit failed, with a record; it is tried again. */
  readonly onError?: (error: unknown) => void;
}

export class ThresholdActor {
  readonly actor: ActorRefFrom<typeof thresholdMachine>;
  private readonly subscription: Subscription;
  private readonly heard = new HeardLevels(SAMPLES_SILENT * SAMPLE_MS);
  private readonly unfollow: () => void;
  /** Milliseconds of the clock. */
  private hearUntil = Number.NEGATIVE_INFINITY;
  private isCommitting = false;
  private retry: Timer | null = null;

  constructor(private readonly options: ThresholdActorOptions) {
    const { bus, subjects, memory, record, clock } = options;
    const policy = record?.policy ?? initialPolicy(memory);
    this.actor = createActor(thresholdMachine, { input: { policy, memory }, id: 'threshold' });
    this.actor.start();
    this.unfollow = record?.follow(() => this.follow(record)) ?? (() => {});
    if (record !== undefined) this.hearUntil = clock.now() + HEAR_FIRST_MS;
    this.subscription = bus.subscribe(subjects.pressures, (message) => this.hear(message));
  }

  /** The cluster's policy; a process follows the tighter of it and its own (followedPolicy.ts). */
  get policy(): Policy {
    return this.actor.getSnapshot().context.policy;
  }

  stop(): void {
    this.subscription.unsubscribe();
    this.unfollow();
    this.retry?.cancel();
    this.retry = null;
    this.actor.send({ type: 'STOP' });
  }

  private hear(message: BusMessage): void {
    const { bus, clock, record } = this.options;
    const { worker, level, score, trend } = received(bus, pressureMessage, message);
    const at = clock.now();
    this.heard.hear(worker, level, at);
    if (at < this.hearUntil) return;
    this.actor.send({ type: 'PRESSURE', level: this.heard.level ?? level, score, trend, at });
    if (record === undefined) this.count();
    else this.commit(record);
  }

  private count(): void {
    const { bus, subjects } = this.options;
    while (this.actor.getSnapshot().value === 'adapting') {
      this.actor.send({ type: 'COMMITTED', epoch: this.policy.epoch + 1n });
      bus.publish(subjects.policy, this.policy);
    }
  }

  /** Commits what is drafted, one at a time. */
  private commit(record: PolicyRecord): void {
    const { draft, policy } = this.actor.getSnapshot().context;
    if (draft === null || this.isCommitting) return;
    if (record.policy.epoch > policy.epoch) return this.lose(record);
    this.isCommitting = true;
    record.commit(draft).then(
      (epoch) => {
        this.isCommitting = false;
        if (epoch === undefined) return this.lose(record);
        this.actor.send({ type: 'COMMITTED', epoch });
        this.goOn(record);
      },
      (error: unknown) => {
        if (this.actor.getSnapshot().status !== 'active') return;
        this.options.onError?.(error);
        // A closed journal stays closed: nothing is committed any more.
        if (!HeliosError.is(error, 'CLOSED')) this.commitLater(record);
      },
    );
  }

  private lose(record: PolicyRecord): void {
    this.hearFirst();
    this.actor.send({ type: 'LOST_RACE', policy: record.policy });
    this.goOn(record);
  }

  private commitLater(record: PolicyRecord): void {
    const commit = () => {
      this.retry = null;
      this.isCommitting = false;
      this.commit(record);
    };
    this.retry = this.options.clock.after(RECOMMIT_MS, commit, false);
  }

  /** What others committed meanwhile is followed; what waited for the commit is committed next. */
  private goOn(record: PolicyRecord): void {
    this.follow(record);
    this.commit(record);
  }

  private follow(record: PolicyRecord): void {
    if (this.isCommitting || record.policy.epoch <= this.policy.epoch) return;
    this.hearFirst();
    this.actor.send({ type: 'FOLLOW', policy: record.policy });
  }

  /**
   * Whoever committed has heard of something that will be heard here too, within a sample: contradicting at once would
   * make two actors answer each other with epochs. A process whose own memory is short doesn't wait for this.
   */
  private hearFirst(): void {
    this.hearUntil = this.options.clock.now() + HEAR_FIRST_MS;
  }
}
