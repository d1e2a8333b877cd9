/**
 * What every process over NATS has, whether it serves or asks: the cluster's policy, followed together with its own
 * memory's, and a tap for those who look on.
 */
import { type Clock, FollowedPolicy, PolicyRecord, type PressureActor } from './actors/index.js';
import type { Cluster } from './cluster.js';
import { createInspectTap, type InspectTap } from './inspect/tap.js';
import type { MemorySettings, Policy } from './policy/index.js';

export interface FollowingOptions {
  /** What this process is called. */
  readonly name: string;
  readonly clock: Clock;
  readonly wallClock: () => number;
  readonly random: () => number;
  readonly pressure: PressureActor;
  readonly memory: MemorySettings;
  readonly onPolicy: (policy: Policy) => void;
  readonly onError: (error: unknown) => void;
}

export interface Following {
  readonly record: PolicyRecord;
  readonly policy: Policy;
  readonly tap: InspectTap;
  stop(): void;
}

export function followCluster({ bus, journal, subjects }: Cluster, options: FollowingOptions): Following {
  const { name, clock, wallClock, random, pressure, memory, onPolicy, onError } = options;
  const record = new PolicyRecord({ records: journal.records, memory, onError });
  const followed = new FollowedPolicy({ record, pressure, memory, onPolicy });
  const tap = createInspectTap({ bus, subjects, process: name, clock, wallClock, random, onError });
  tap.watch(pressure.actor);
  return {
    ...{ record, tap },
    get policy() {
      return followed.policy;
    },
    stop() {
      tap.close();
      followed.stop();
      record.close();
    },
  };
}
