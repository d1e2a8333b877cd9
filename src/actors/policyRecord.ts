/**
 * The cluster's policy as the journal's record has it: watched, so that whoever follows it hears of each change, and
 * changed by compare-and-set, so that of two who draft at once one loses and knows. Keeps the last policy that it knew
 * while the journal is away. Decides nothing; budgets are those of this process's own memory.
 *
 * The epoch is the record's revision. Where the journal has lost everything and counts from the start again, epochs go
 * on behind the last one instead: they never go back, and the new record is followed all the same.
 */
import type { JournalRecord, Records, Subscription } from '../bus/index.js';
import {
  cacheBudgetBytes,
  initialPolicy,
  type MemorySettings,
  type Policy,
  type PolicyDraft,
} from '../policy/index.js';
import { checkMessage, policyRecord } from '../protocol/index.js';

/** The record's name in the journal. */
export const POLICY_KEY = 'policy';

export interface PolicyRecordOptions {
  readonly records: Records;
  readonly memory: MemorySettings;
  /** Takes what makes a record no policy. */
  readonly onError: (error: unknown) => void;
}

export class PolicyRecord {
  /** The last that is known; the initial one, of epoch 0, before any. */
  policy: Policy;
  /** Of the record as it is known here; 0 when there is none. */
  private revision = 0;
  /** The last revision that the watch told: it tells them in order, but may be behind what a commit has seen. */
  private watched = 0;
  /** Epochs less revisions: 0 until the journal counts anew. */
  private ahead = 0n;
  private readonly followers = new Set<(policy: Policy) => void>();
  private readonly watch: Subscription;

  constructor(private readonly options: PolicyRecordOptions) {
    this.policy = initialPolicy(options.memory);
    this.watch = options.records.watch(POLICY_KEY, (record) => this.hear(record));
  }

  /** Calls back with each policy that is newer than the one before. Returns what ends that. */
  follow(onPolicy: (policy: Policy) => void): () => void {
    this.followers.add(onPolicy);
    return () => void this.followers.delete(onPolicy);
  }

  /**
   * Writes a draft over the policy as it is known here. Returns its epoch, or `undefined` when somebody else was first:
   * then `policy` is theirs.
   * @throws HeliosError `UNAVAILABLE` (it may have been written all the same), `CLOSED`
   */
  async commit({ level, threshold }: PolicyDraft): Promise<bigint | undefined> {
    const { records } = this.options;
    const expected = this.revision;
    const value = { level, threshold };
    const revision = await records.put(POLICY_KEY, value, expected);
    if (revision !== undefined) return this.adopt({ value, revision });
    const record = await records.get(POLICY_KEY);
    if (record === undefined) this.revision = 0;
    // Ours was refused as too old, and yet there is only an older one: it is another journal's.
    else if (record.revision < expected) this.beginAnew(record);
    else this.adopt(record);
    return undefined;
  }

  close(): void {
    this.watch.unsubscribe();
    this.followers.clear();
  }

  private hear(record: JournalRecord | undefined): void {
    try {
      if (record === undefined) this.revision = 0;
      else if (record.revision < this.watched) this.beginAnew(record);
      else this.adopt(record);
      this.watched = record?.revision ?? 0;
    } catch (error) {
      this.options.onError(error);
    }
  }

  private beginAnew(record: JournalRecord): void {
    this.revision = 0;
    this.watched = 0;
    this.adopt(record);
  }

  /** Follows a record, unless it is older than what is known here. Returns its epoch. */
  private adopt({ value, revision }: JournalRecord): bigint {
    if (revision <= this.revision) return this.ahead + BigInt(revision);
    this.revision = revision;
    const next = this.policy.epoch + 1n;
    if (this.ahead + BigInt(revision) < next) this.ahead = next - BigInt(revision);
    const epoch = this.ahead + BigInt(revision);
    const { level, threshold } = checkMessage(policyRecord, value);
    const budget = cacheBudgetBytes(this.options.memory, level);
    this.policy = { epoch, level, threshold, cacheBudgetBytes: budget };
    for (const follower of [...this.followers]) follower(this.policy);
    return epoch;
  }
}
