/**
 * What is between simulated processes: every message takes its time, and may be lost, come twice, be overtaken, or meet
 * a partition. Without faults, messages of one process to another keep their order. Knows names of processes and times,
 * and nothing of what it carries.
 */
import type { Chance } from './chance.js';
import type { VirtualTime } from './time.js';

export interface NetworkFaults {
  /** Milliseconds that a message takes: least and most. */
  readonly delayMs: readonly [number, number];
  /** Likelihoods, 0 to 1: that a message is lost, comes twice, may be overtaken. */
  readonly loss: number;
  readonly duplication: number;
  readonly reordering: number;
}

export const NO_FAULTS: NetworkFaults = { delayMs: [0.05, 0.05], loss: 0, duplication: 0, reordering: 0 };

export interface Network {
  faults: NetworkFaults;
  /** Only those of one group reach each other; whoever is in no group is with the others who are in none. */
  partition(groups: readonly (readonly string[])[]): void;
  heal(): void;
  reaches(from: string, to: string): boolean;
  /**
   * Carries something from one to another: calls `arrive` once, or as often as it arrives, or never. A process reaches
   * itself always, and loses nothing on that way. Returns when the last of it arrives, in milliseconds.
   */
  carry(from: string, to: string, arrive: () => void, onLost?: (why: 'lost' | 'cut off') => void): number;
  /** Carries something once and in order, by a connection that loses nothing as long as both ends reach each other. */
  carryWhole(from: string, to: string, arrive: () => void): void;
}

export function createNetwork(time: VirtualTime, chance: Chance): Network {
  let faults = NO_FAULTS;
  const groupOf = new Map<string, number>();
  /** When the last message of one to another arrives that no later one may overtake. */
  const lastAt = new Map<string, number>();

  function reaches(from: string, to: string): boolean {
    return from === to || groupOf.get(from) === groupOf.get(to);
  }

  function arrivalOf(from: string, to: string, reordering: number): number {
    const at = time.now + chance.between(...faults.delayMs);
    if (chance.happens(reordering)) return at;
    const way = `${from}\n${to}`;
    const inOrder = Math.max(at, lastAt.get(way) ?? 0);
    lastAt.set(way, inOrder);
    return inOrder;
  }

  return {
    get faults() {
      return faults;
    },
    set faults(next) {
      faults = next;
    },
    partition(groups) {
      groupOf.clear();
      for (const [index, names] of groups.entries()) for (const name of names) groupOf.set(name, index);
    },
    heal: () => groupOf.clear(),
    reaches,
    carry(from, to, arrive, onLost) {
      const isInside = from === to;
      if (!isInside && chance.happens(faults.loss)) {
        onLost?.('lost');
        return time.now;
      }
      const times = !isInside && chance.happens(faults.duplication) ? 2 : 1;
      let last = time.now;
      for (let copy = 0; copy < times; copy++) {
        const at = arrivalOf(from, to, faults.reordering);
        last = Math.max(last, at);
        time.at(at, () => (reaches(from, to) ? arrive() : onLost?.('cut off')));
      }
      return last;
    },
    carryWhole(from, to, arrive) {
      time.at(arrivalOf(from, to, 0), () => reaches(from, to) && arrive());
    },
  };
}
