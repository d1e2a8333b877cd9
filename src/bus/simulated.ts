/**
 * Many processes in one, out of a seed: virtual time, a network with faults, crashes at any message, and a journal that
 * can be out of reach. The same seed and the same programs give the same history, so that what is found once can be
 * looked at again. For tests; it crosses no wire, and the journal behind it is whatever one it is given.
 */
import type { Bus, BusMessage } from './bus.js';
import type { Journal } from './journal.js';
import { createExchange, type Passage } from './simulated/bus.js';
import { type Chance, createChance } from './simulated/chance.js';
import {
  createDistantJournal,
  type JournalFaults,
  type JournalPassage,
  NO_JOURNAL_FAULTS,
} from './simulated/journal.js';
import { createNetwork, type Network } from './simulated/network.js';
import { createProcess, type Living, type SimulatedProcess } from './simulated/process.js';
import { createVirtualTime, type VirtualTime } from './simulated/time.js';

export interface SimulationOptions {
  readonly seed: number;
  /** Takes what a handler or a timer throws. */
  readonly onError?: (error: unknown, process: string, message?: BusMessage) => void;
  /** Looks on. */
  readonly onPassage?: (passage: Passage | JournalPassage) => void;
  readonly onCrash?: (process: string) => void;
}

export interface Started extends SimulatedProcess {
  readonly bus: Bus;
  /** A journal as this process sees it. */
  journal(journal: Journal): Journal;
  /** Ends it at once: nothing of it happens any more, and its subscriptions are gone. */
  crash(): void;
  /** Nothing of it happens for so many milliseconds; then all that has come up meanwhile does. */
  pause(ms: number): void;
}

export interface Simulation {
  readonly time: VirtualTime;
  /** A journal is there by the name of `JOURNAL`. */
  readonly network: Network;
  /** For whoever plays with the processes: what it draws does not change what happens between them. */
  readonly chance: Chance;
  journalFaults: JournalFaults;
  /** Likelihood, 0 to 1, that a process crashes when a message comes to it: before it is seen, or right after. */
  crashing: number;
  /** Which processes may crash that way; all when absent. */
  mayCrash: (process: string) => boolean;
  /** Starts a process. Names of those that have crashed may be used again. */
  start(name: string): Started;
  /** Processes that live. */
  readonly living: readonly Started[];
  /** Lets events happen until this time, in milliseconds, or until none is left. */
  runUntil(ms: number): Promise<void>;
}

export function createSimulation(options: SimulationOptions): Simulation {
  const { seed, onError = () => {}, onPassage = () => {}, onCrash = () => {} } = options;
  const time = createVirtualTime();
  const origin = createChance(seed);
  const network = createNetwork(time, origin.branch());
  const crashChance = origin.branch();
  const journalChance = origin.branch();
  const living = new Map<string, Started>();
  const exchange = createExchange({ time, network, chance: origin.branch(), onPassage, crashes });

  function crashes({ name, isAlive }: SimulatedProcess): boolean {
    if (!isAlive) return true;
    if (!simulation.mayCrash(name) || !crashChance.happens(simulation.crashing)) return false;
    living.get(name)?.crash();
    return true;
  }

  function start(name: string): Started {
    if (living.has(name)) throw new TypeError(`A process is called ${name} already.`);
    const { process, crash, pause }: Living = createProcess(name, time, origin.branch(), (error) =>
      onError(error, name),
    );
    const started: Started = {
      ...process,
      get isAlive() {
        return process.isAlive;
      },
      bus: exchange.bus(process, (error, message) => onError(error, name, message)),
      journal: (journal) =>
        createDistantJournal({
          ...{ journal, process, time, network, crashes, onPassage },
          chance: journalChance,
          faults: () => simulation.journalFaults,
        }),
      pause,
      crash() {
        if (!living.delete(name)) return;
        crash();
        onCrash(name);
      },
    };
    living.set(name, started);
    return started;
  }

  const simulation: Simulation = {
    time,
    network,
    chance: origin.branch(),
    journalFaults: NO_JOURNAL_FAULTS,
    crashing: 0,
    mayCrash: () => true,
    start,
    get living() {
      return [...living.values()];
    },
    async runUntil(ms) {
      // What was promised before comes about first.
      time.at(time.now, () => {});
      while ((time.nextAt ?? Number.POSITIVE_INFINITY) <= ms) await time.step();
      if (time.now < ms) time.spend(ms - time.now);
    },
  };
  return simulation;
}
