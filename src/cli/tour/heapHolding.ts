/**
 * Fills memory, lets go of it, and tells of each move of the pressure level and the policy that follows from it. Waits
 * for moves as they happen, with a limit; never for a fixed time.
 */
import { getHeapStatistics } from 'node:v8';
import { Helios } from '../../helios.js';
import type { Level } from '../../index.js';
import { HeliosError } from '../../protocol/errors.js';

/** What the actors of a process have come to. */
export interface Move {
  /** Milliseconds since the start. */
  readonly atMs: number;
  readonly level: Level;
  /** Number of the policy. */
  readonly epoch: string;
  /** The priority that a request needs at least. */
  readonly threshold: number;
  readonly heapShare: number;
}

export interface HoldOptions {
  /** Fills memory; what it returns lets go of it. */
  readonly fill: () => () => void;
  readonly tell: (move: Move) => void;
  /** Milliseconds in which the level must have risen, and again in which it must have fallen. */
  readonly patienceMs: number;
}

/** @throws HeliosError `DEADLINE_EXCEEDED` when the level doesn't move */
export async function hold(helios: Helios, { fill, tell, patienceMs }: HoldOptions): Promise<void> {
  const startedAt = performance.now();
  const runtime = Helios.runtime(helios);
  const tellNow = () => {
    const { level, epoch, threshold: needed } = helios.policy;
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    const atMs = performance.now() - startedAt;
    tell({ atMs, level, epoch: String(epoch), threshold: needed, heapShare: used / limit });
  };
  /** Tells of every policy until one of them is as it should be. */
  const until = (isReached: () => boolean, what: string) =>
    new Promise<void>((resolve, reject) => {
      const text = `The pressure level has not ${what} in ${patienceMs} ms.`;
      const timer = setTimeout(() => end(new HeliosError('DEADLINE_EXCEEDED', text)), patienceMs);
      let { epoch } = helios.policy;
      const unfollow = runtime.followPolicy(() => {
        if (helios.policy.epoch === epoch) return;
        epoch = helios.policy.epoch;
        tellNow();
        if (isReached()) end();
      });
      const end = (error?: HeliosError) => {
        clearTimeout(timer);
        unfollow();
        if (error === undefined) resolve();
        else reject(error);
      };
    });

  tellNow();
  const release = fill();
  try {
    await until(() => helios.policy.level !== 'normal', 'risen');
  } finally {
    release();
  }
  await until(() => helios.policy.level === 'normal', 'fallen');
}

/** Fills this process's own heap up to a share of its limit with numbers, which a collection can't take away. */
export function fillHeap(share: number, collect: () => void): () => void {
  collect();
  const held: number[][] = [];
  for (;;) {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    if (used >= share * limit) break;
    held.push(new Array<number>(NUMBERS).fill(0.5));
  }
  collect();
  return () => {
    held.length = 0;
    collect();
  };
}

/** A megabyte of them. */
const NUMBERS = 131_072;
