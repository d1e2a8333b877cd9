/**
 * The policy that one process of many follows: the tighter of the cluster's and its own, since memory is local. Its own
 * level is that of its pressure actor; budgets always come from its own memory. Commits nothing.
 */
import { draftPolicy, type MemorySettings, type Policy, tighter } from '../policy/index.js';
import type { PolicyRecord } from './policyRecord.js';
import type { PressureActor } from './pressure.js';

export interface FollowedPolicyOptions {
  /** Whoever made it closes it. */
  readonly record: PolicyRecord;
  readonly pressure: PressureActor;
  readonly memory: MemorySettings;
  /** Called with each change of what this process follows; not with what it begins with. */
  readonly onPolicy?: (policy: Policy) => void;
}

export class FollowedPolicy {
  policy: Policy;
  private readonly unfollow: () => void;
  private readonly levels: { unsubscribe(): void };

  constructor(private readonly options: FollowedPolicyOptions) {
    this.policy = this.tighter();
    this.unfollow = options.record.follow(() => this.look());
    this.levels = options.pressure.actor.subscribe(() => this.look());
  }

  stop(): void {
    this.unfollow();
    this.levels.unsubscribe();
  }

  private look(): void {
    const policy = this.tighter();
    const { epoch, level, threshold } = this.policy;
    if (policy.epoch === epoch && policy.level === level && policy.threshold === threshold) return;
    this.policy = policy;
    this.options.onPolicy?.(policy);
  }

  private tighter(): Policy {
    const { record, pressure, memory } = this.options;
    return tighter(record.policy, { epoch: 0n, ...draftPolicy(pressure.level, memory) });
  }
}
