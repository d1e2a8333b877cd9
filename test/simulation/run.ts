/** One simulation from its seed to its verdict. The same seed and the same steps make the same history. */
import { check } from './checker.js';
import { createCluster, type Plant, WAITS } from './cluster.js';
import type { History } from './history.js';
import { createScript, type Script } from './script.js';

/** Milliseconds within which everything that was accepted has its outcome once all is well and somebody is alive. */
const GRACE_MS = 8 * WAITS.ackWaitMs;
/** Milliseconds that processes have to come to rest after that. */
const REST_MS = 5_000;
/** Milliseconds between two looks whether everything has ended. */
const LOOK_MS = 250;

export interface RunOptions {
  readonly seed: number;
  readonly steps: number;
  readonly print?: (line: string) => void;
  /** Whether every message is in the trace; true with `print`. */
  readonly isTraced?: boolean;
  readonly plant?: Plant;
}

export interface Run {
  readonly seed: number;
  readonly steps: number;
  /** What must not have been; empty when all is good. */
  readonly faults: readonly string[];
  /** Of the whole trace. */
  readonly digest: string;
  readonly history: History;
}

export async function simulate({
  seed,
  steps,
  print,
  isTraced = print !== undefined,
  plant,
}: RunOptions): Promise<Run> {
  const cluster = createCluster({
    ...{ seed, isTraced, onCrash: (name) => script.crashed(name) },
    ...(print === undefined ? {} : { print }),
    ...(plant === undefined ? {} : { plant }),
  });
  const { simulation, history, trace } = cluster;
  const script: Script = createScript(cluster);
  for (let step = 0; step < steps; step++) await script.step();
  script.heal();
  history.graceMs = GRACE_MS;
  const { time } = simulation;
  const until = history.healedAt + 2 * GRACE_MS;
  // Until all has ended, and for a while after: what is accepted late, by a client that stood still, has its time, too.
  let restingSince = time.now;
  while (time.now < Math.min(until, restingSince + REST_MS)) {
    await simulation.runUntil(time.now + LOOK_MS);
    if (!isOver(history)) restingSince = time.now;
  }
  history.endedAt = time.now;
  for await (const { id } of cluster.journal.dead.list()) history.letters.add(id);
  history.leaks.push(...cluster.leaks());
  const faults = check(history);
  for (const fault of faults) trace.say(`wrong: ${fault}`);
  return { seed, steps, faults, digest: trace.digest(), history };
}

/** Whether everything that was accepted has its outcome. */
function isOver({ durables, decided }: History): boolean {
  const ids = new Set(decided.map(({ outcome }) => outcome.id));
  for (const { id, acceptedAt } of durables.values()) if (acceptedAt !== undefined && !ids.has(id)) return false;
  return true;
}
