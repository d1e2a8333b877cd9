/**
 * A journal as a simulated process sees it: at a distance. What is asked of it takes its way there and its way back, and
 * either may fail: then the asker learns `UNAVAILABLE`, and doesn't know whether it was done. What it tells by itself
 * (deliveries, watches, events) comes late, and not at all across a partition, watches and events excepted, which catch
 * up afterwards. All of it ends with the process. Decides nothing that the journal behind it decides.
 */
import { HeliosError } from '../../protocol/errors.js';
import type { DeadMessage } from '../../protocol/index.js';
import type { Subscription } from '../bus.js';
import type { Delivery, Events, Journal, Pull, RequestQueue } from '../journal.js';
import type { Chance } from './chance.js';
import type { Network } from './network.js';
import type { SimulatedProcess } from './process.js';
import type { VirtualTime } from './time.js';

export interface JournalFaults {
  /** Likelihoods, 0 to 1: that what was asked is not done, that the answer is lost, that a delivery or an ack is. */
  readonly unasked: number;
  readonly unanswered: number;
  readonly undelivered: number;
}

export const NO_JOURNAL_FAULTS: JournalFaults = { unasked: 0, unanswered: 0, undelivered: 0 };

/** What was asked of the journal, or told by it, for whoever looks on. */
export interface JournalPassage {
  readonly what: 'asked' | 'answered' | 'unanswered' | 'delivered' | 'undelivered';
  readonly process: string;
  readonly call: string;
  readonly about: unknown;
}

export interface DistantJournalOptions {
  readonly journal: Journal;
  readonly process: SimulatedProcess;
  readonly time: VirtualTime;
  readonly network: Network;
  readonly chance: Chance;
  readonly faults: () => JournalFaults;
  readonly onPassage: (passage: JournalPassage) => void;
  /** Asked before and after an answer comes: whether the process crashes there. */
  readonly crashes: (process: SimulatedProcess) => boolean;
}

/** Where the journal is, as the network knows it. */
export const JOURNAL = 'journal';

/** Milliseconds that an asker waits for an answer. */
const ANSWER_WAIT_MS = 1_000;
/** Milliseconds between two tries to tell something that must not be lost. */
const RETELL_MS = 25;

export function createDistantJournal(options: DistantJournalOptions): Journal {
  const { journal, process, time, network, chance, faults, crashes } = options;
  const { requests, outcomes, events, records, dead } = journal;
  let isClosed = false;
  /** Aborts when this journal closes, or its process crashes. */
  const over = new AbortController();
  const openPulls = new Set<() => void>();
  process.onCrash(() => over.abort());

  function tell(what: JournalPassage['what'], call: string, about: unknown): void {
    options.onPassage({ what, process: process.name, call, about });
  }

  /** On its way to the journal; not lost by chance, unless that is said to be likely. */
  function toJournal(arrive: () => void, loss = 0): void {
    if (!process.isAlive || chance.happens(loss)) return;
    network.carryWhole(process.name, JOURNAL, arrive);
  }

  function toProcess(arrive: () => void): void {
    network.carryWhole(JOURNAL, process.name, () => {
      process.ifAlive(() => {
        if (crashes(process)) return;
        arrive();
        crashes(process);
      });
    });
  }

  /** Asks the journal to do something. Nobody hears of it when the process has crashed meanwhile. */
  function ask<T>(call: string, about: unknown, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (isClosed) throw closed();
      let isOver = false;
      const end = (settle: () => void) => {
        if (isOver) return;
        isOver = true;
        giveUp();
        settle();
      };
      const giveUp = time.at(time.now + ANSWER_WAIT_MS, () =>
        process.ifAlive(() => {
          tell('unanswered', call, about);
          end(() => reject(unavailable(call)));
        }),
      );
      const answer = (settle: () => void) => {
        if (!chance.happens(faults().unanswered)) toProcess(() => end(settle));
      };
      toJournal(() => {
        tell('asked', call, about);
        work().then(
          (value) => answer(() => resolve(value)),
          (error: unknown) => answer(() => reject(error)),
        );
      }, faults().unasked);
    });
  }

  /** Tells the process things in their order; what can't get through waits until it can. */
  function teller(): (something: () => void) => void {
    const waiting: (() => void)[] = [];
    let isTelling = false;
    const next = () => {
      if (!process.isAlive || waiting.length === 0) {
        isTelling = false;
        return;
      }
      if (!network.reaches(JOURNAL, process.name)) {
        time.at(time.now + RETELL_MS, next);
        return;
      }
      const something = waiting.shift();
      process.ifAlive(() => !crashes(process) && something?.());
      next();
    };
    return (something) => {
      waiting.push(something);
      if (isTelling) return;
      isTelling = true;
      time.at(time.now + chance.between(...network.faults.delayMs), next);
    };
  }

  /** A watch at a distance: begins when the journal has heard of it, as often as it takes. */
  function watch(begin: (onChange: (change: () => void) => void) => Subscription, subject: string): Subscription {
    if (isClosed) return { subject, unsubscribe: () => {} };
    const inOrder = teller();
    let isActive = true;
    let behind: Subscription | undefined;
    const start = () => {
      if (!isActive || !process.isAlive) return;
      if (!network.reaches(process.name, JOURNAL)) time.at(time.now + RETELL_MS, start);
      else behind = begin((change) => inOrder(() => isActive && !isClosed && change()));
    };
    time.at(time.now + chance.between(...network.faults.delayMs), start);
    const unsubscribe = () => {
      isActive = false;
      behind?.unsubscribe();
    };
    process.onCrash(unsubscribe);
    return { subject, unsubscribe };
  }

  function atADistance(delivery: Delivery): Delivery {
    const send = (call: string, say: () => void) => {
      if (isClosed) return;
      const about = { sequence: delivery.sequence };
      toJournal(() => {
        tell('asked', call, about);
        say();
      }, faults().undelivered);
    };
    return {
      ...delivery,
      ack: () => send('ack', () => delivery.ack()),
      nak: (delayMs) => send('nak', () => delivery.nak(delayMs)),
      working: () => send('working', () => delivery.working()),
    };
  }

  const pull: RequestQueue['pull'] = (lane, count, waitMs, onDelivery) => {
    // Asks for nothing, and throws for what is no lane.
    requests.pull(lane, 0, 0, onDelivery);
    let outstanding = isClosed ? 0 : count;
    let behind: Pull | undefined;
    let settle = () => {};
    const ended = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const end = () => {
      outstanding = 0;
      stopWaiting();
      openPulls.delete(end);
      behind?.stop();
      process.ifAlive(settle);
    };
    // Where the journal's word that the time is up gets lost, the asker knows it by itself.
    const stopWaiting = time.at(time.now + waitMs + ANSWER_WAIT_MS, end);
    openPulls.add(end);
    if (outstanding === 0) end();
    toJournal(() => {
      if (outstanding === 0 || !process.isAlive) return;
      behind = requests.pull(lane, count, waitMs, (delivery) => {
        const about = { sequence: delivery.sequence, delivered: delivery.delivered };
        if (chance.happens(faults().undelivered)) return tell('undelivered', 'delivery', about);
        toProcess(() => {
          if (isClosed) return;
          outstanding = Math.max(0, outstanding - 1);
          tell('delivered', 'delivery', about);
          onDelivery(atADistance(delivery));
        });
      });
      void behind.ended.then(() => toProcess(end));
    });
    process.onCrash(() => {
      stopWaiting();
      behind?.stop();
    });
    return {
      get outstanding() {
        return outstanding;
      },
      ended,
      stop: end,
    };
  };

  async function* read(reading: Parameters<Events['read']>[0]): ReturnType<Events['read']> {
    if (isClosed) throw closed();
    const { signal } = reading;
    const ending = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
    const inOrder = teller();
    for await (const event of events.read({ ...reading, signal: ending })) {
      await new Promise<void>((resolve) => inOrder(resolve));
      if (ending.aborted) return;
      yield event;
    }
  }

  async function* list(): ReturnType<Journal['dead']['list']> {
    const letters = await ask('dead.list', undefined, async () => {
      const found: DeadMessage[] = [];
      for await (const letter of dead.list()) found.push(letter);
      return found;
    });
    yield* letters;
  }

  return {
    kind: journal.kind,
    now: () => journal.now(),
    requests: {
      created: requests.created,
      ackWaitMs: requests.ackWaitMs,
      submit: (lane, type, request, how) =>
        ask('requests.submit', request, () => requests.submit(lane, type, request, how)),
      pull,
      size: () => ask('requests.size', undefined, () => requests.size()),
    },
    outcomes: {
      create: (outcome) => ask('outcomes.create', outcome, () => outcomes.create(outcome)),
      get: (id) => ask('outcomes.get', { id }, () => outcomes.get(id)),
      watch: (id, onOutcome) => {
        // Throws for what is no id.
        outcomes.watch(id, () => {}).unsubscribe();
        return watch((change) => outcomes.watch(id, (outcome) => change(() => onOutcome(outcome))), id);
      },
    },
    events: {
      append: (event) => ask('events.append', event, () => events.append(event)),
      read,
      latest: () => ask('events.latest', undefined, () => events.latest()),
    },
    records: {
      get: (key) => ask('records.get', { key }, () => records.get(key)),
      put: (key, value, expected) =>
        ask('records.put', { key, value, expected }, () => records.put(key, value, expected)),
      delete: (key) => ask('records.delete', { key }, () => records.delete(key)),
      watch: (key, onChange) => watch((change) => records.watch(key, (record) => change(() => onChange(record))), key),
    },
    dead: {
      add: (letter) => ask('dead.add', letter, () => dead.add(letter)),
      get: (id) => ask('dead.get', { id }, () => dead.get(id)),
      list,
      remove: (id) => ask('dead.remove', { id }, () => dead.remove(id)),
    },
    async close() {
      isClosed = true;
      over.abort();
      for (const end of [...openPulls]) end();
    },
  };
}

function unavailable(call: string): HeliosError {
  const message = `The journal did not answer ${call} within ${ANSWER_WAIT_MS} ms. It may have been done all the same.`;
  return new HeliosError('UNAVAILABLE', message);
}

function closed(): HeliosError {
  return new HeliosError('CLOSED', 'The journal is closed. Open a new one.');
}
