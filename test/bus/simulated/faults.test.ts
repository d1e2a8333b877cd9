import { beforeEach, describe, expect, test } from 'vitest';
import { createEmbeddedJournal, type Delivery, type Journal } from '../../../src/bus/index.js';
import { createChance } from '../../../src/bus/simulated/chance.js';
import { JOURNAL, NO_JOURNAL_FAULTS } from '../../../src/bus/simulated/journal.js';
import { NO_FAULTS } from '../../../src/bus/simulated/network.js';
import { createVirtualTime } from '../../../src/bus/simulated/time.js';
import { createSimulation, type Simulation, type Started } from '../../../src/bus/simulated.js';
import { HeliosError } from '../../../src/protocol/index.js';

let simulation: Simulation;
let errors: [unknown, string][];
let passages: string[];

beforeEach(() => {
  errors = [];
  passages = [];
  simulation = createSimulation({
    seed: 11,
    onError: (error, process) => errors.push([error, process]),
    onPassage: (passage) => passages.push(passage.what),
  });
});

/** Lets so many milliseconds pass. */
const pass = (ms: number) => simulation.runUntil(simulation.time.now + ms);

describe('chance', () => {
  test('is the same for the same seed, and another for the next one', () => {
    const drawn = (seed: number) => Array.from({ length: 20 }, createChance(seed).random);
    expect(drawn(5)).toEqual(drawn(5));
    expect(drawn(6)).not.toEqual(drawn(5));
    expect(drawn(2 ** 40 + 5)).not.toEqual(drawn(5));
    for (const number of drawn(7)) expect(number >= 0 && number < 1).toBe(true);
  });

  test('is spread evenly, and likelihoods are what they say', () => {
    const chance = createChance(3);
    const draws = 10_000;
    const sum = Array.from({ length: draws }, chance.random).reduce((a, b) => a + b, 0);
    expect(sum / draws).toBeCloseTo(0.5, 1);
    const happened = Array.from({ length: draws }, () => chance.happens(0.2)).filter(Boolean).length;
    expect(happened / draws).toBeCloseTo(0.2, 1);
    expect([chance.happens(0), chance.happens(1)]).toEqual([false, true]);
    expect(new Set(Array.from({ length: 100 }, () => chance.one(['a', 'b', 'c']))).size).toBe(3);
    expect(chance.one([])).toBeUndefined();
    const between = Array.from({ length: 100 }, () => chance.between(5, 7));
    expect(Math.min(...between) >= 5 && Math.max(...between) < 7).toBe(true);
  });

  test('branches draw by themselves', () => {
    const [one, other] = [createChance(9), createChance(9)];
    const [branch, same] = [one.branch(), other.branch()];
    branch.random();
    expect(one.random()).toBe(other.random());
    same.random();
    expect(branch.random()).toBe(same.random());
  });
});

describe('virtual time', () => {
  test('passes from event to event, in order, and promises of one are kept before the next', async () => {
    const time = createVirtualTime();
    const log: unknown[] = [];
    const note = (what: string) => () => log.push([what, time.now]);
    time.at(20, note('late'));
    time.at(10, () => {
      note('first')();
      void (async () => {
        for (let depth = 0; depth < 50; depth++) await null;
        note('promised')();
      })();
      time.at(5, note('in the past'));
    });
    time.at(10, note('second'));
    const takeBack = time.at(10, note('never'));
    takeBack();
    expect(time.nextAt).toBe(10);
    while (await time.step());
    expect(log).toEqual([
      ['first', 10],
      ['promised', 10],
      ['second', 10],
      ['in the past', 10],
      ['late', 20],
    ]);
    expect([time.nextAt, await time.step()]).toEqual([undefined, false]);
    time.spend(2.5);
    expect(time.now).toBe(22.5);
  });

  test('keeps its order among many', async () => {
    const time = createVirtualTime();
    const chance = createChance(1);
    const seen: number[] = [];
    const takenBack: (() => void)[] = [];
    for (let count = 0; count < 500; count++) {
      const at = Math.floor(chance.between(0, 100));
      const takeBack = time.at(at, () => seen.push(at));
      if (count % 5 === 0) takenBack.push(takeBack);
    }
    for (const takeBack of takenBack) takeBack();
    while (await time.step());
    expect(seen).toHaveLength(400);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });
});

describe('a network with faults', () => {
  async function received(count: number): Promise<unknown[]> {
    const [from, to] = [simulation.start('from'), simulation.start('to')];
    const bodies: unknown[] = [];
    to.bus.subscribe('a', ({ body }) => void bodies.push(body));
    for (let number = 0; number < count; number++) from.bus.publish('a', number);
    await pass(1_000);
    return bodies;
  }

  test('loses some messages', async () => {
    simulation.network.faults = { ...NO_FAULTS, loss: 0.3 };
    const bodies = await received(500);
    expect(bodies.length).toBeGreaterThan(250);
    expect(bodies.length).toBeLessThan(450);
    expect(passages.filter((what) => what === 'lost')).toHaveLength(500 - bodies.length);
  });

  test('brings some twice', async () => {
    simulation.network.faults = { ...NO_FAULTS, duplication: 0.3 };
    const bodies = await received(500);
    expect(new Set(bodies).size).toBe(500);
    expect(bodies.length).toBeGreaterThan(550);
  });

  test('keeps the order whatever the delay, until it is told to reorder', async () => {
    simulation.network.faults = { ...NO_FAULTS, delayMs: [1, 50] };
    const inOrder = Array.from({ length: 200 }, (_, number) => number);
    expect(await received(200)).toEqual(inOrder);
    for (const { crash } of simulation.living) crash();
    simulation.network.faults = { ...NO_FAULTS, delayMs: [1, 50], reordering: 0.5 };
    const bodies = await received(200);
    expect(bodies).not.toEqual(inOrder);
    expect(bodies.map(Number).sort((a, b) => a - b)).toEqual(inOrder);
  });

  test('cuts off, and what was on its way then does not arrive; a process reaches itself always', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => simulation.start(name)) as [Started, Started, Started];
    const heard: string[] = [];
    for (const { name, bus } of [a, b, c]) bus.subscribe('all', ({ body }) => void heard.push(`${name} ${body}`));
    simulation.network.faults = { ...NO_FAULTS, delayMs: [5, 5] };
    a.bus.publish('all', 1);
    simulation.network.partition([['a'], ['c']]);
    await pass(10);
    b.bus.publish('all', 2);
    simulation.network.heal();
    await pass(20);
    a.bus.publish('all', 3);
    await pass(30);
    expect(heard).toEqual(['a 1', 'b 2', 'a 3', 'b 3', 'c 3']);
    expect(passages).toContain('cut off');
  });

  test('has no responders where those there are can’t be reached', async () => {
    const [asker, answerer] = [simulation.start('asker'), simulation.start('answerer')];
    answerer.bus.subscribe('ask', ({ reply = '' }) => answerer.bus.publish(reply, 'answer'), { queue: 'q' });
    const ask = () =>
      asker.bus.request('ask', null, { timeoutMs: 100 }).then(
        ({ body }) => body,
        (error: unknown) => (HeliosError.is(error) ? error.code : error),
      );
    simulation.network.partition([['asker']]);
    const cutOff = ask();
    await pass(50);
    simulation.network.heal();
    const well = ask();
    simulation.network.faults = { ...NO_FAULTS, loss: 1 };
    const lost = ask();
    await pass(500);
    // The answer to the second one was lost, and so was the third.
    expect(await Promise.all([cutOff, well, lost])).toEqual(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED']);
  });
});

describe('a process', () => {
  test('has a clock that no other can be compared with, and that goes on while it is looked at', () => {
    const [a, b] = [simulation.start('a'), simulation.start('b')];
    expect(Math.abs(a.clock.now() - b.clock.now())).toBeGreaterThan(1);
    expect(a.clock.now()).toBeGreaterThan(a.clock.now() - 1);
    const before = a.clock.now();
    expect(a.clock.now()).toBeGreaterThan(before);
    expect(() => simulation.start('a')).toThrow('is called a already');
  });

  test('does nothing any more when it has crashed, and its name is free', async () => {
    const [dying, other] = [simulation.start('dying'), simulation.start('other')];
    const log: string[] = [];
    const { bus, clock } = dying;
    bus.subscribe('to.it', () => void log.push('heard'));
    other.bus.subscribe('to.others', () => void log.push('said'));
    clock.after(10, () => log.push('timer'), true);
    clock.later(() => log.push('later'));
    clock.soon(() => log.push('soon'));
    other.bus.publish('to.it', null);
    dying.onCrash(() => log.push('crashed'));
    dying.crash();
    dying.crash();
    dying.onCrash(() => log.push('has crashed'));
    bus.publish('to.others', null);
    bus.subscribe('to.it', () => void log.push('heard after'));
    other.bus.publish('to.it', null);
    await pass(100);
    expect(log).toEqual(['crashed', 'has crashed']);
    expect([dying.isAlive, simulation.living.map(({ name }) => name)]).toEqual([false, ['other']]);
    expect(passages).toEqual(['too late']);
    expect(simulation.start('dying').isAlive).toBe(true);
  });

  test('crashes at a message, before it has seen it or right after, if that is likely', async () => {
    const other = simulation.start('other');
    simulation.mayCrash = (name) => name !== 'other';
    simulation.crashing = 0.2;
    let seen = 0;
    let sent = 0;
    for (; sent < 100; sent++) {
      const one = simulation.living.find(({ name }) => name === 'one') ?? simulation.start('one');
      const subscription = one.bus.subscribe('a', () => void seen++);
      other.bus.publish('a', null);
      await pass(1);
      subscription.unsubscribe();
    }
    expect(seen).toBeLessThan(sent);
    expect(seen).toBeGreaterThan(sent / 2);
    expect(other.isAlive).toBe(true);
  });

  test('that is paused does everything afterwards, in order, also when the pause gets longer', async () => {
    const [paused, other] = [simulation.start('paused'), simulation.start('other')];
    const log: unknown[] = [];
    paused.bus.subscribe('a', ({ body }) => void log.push(body));
    const cancelled = paused.clock.after(12, () => log.push('cancelled'), false);
    const timer = () => {
      log.push('timer');
      cancelled.cancel();
    };
    paused.clock.after(10, timer, false);
    cancelled.await(true);
    paused.pause(50);
    for (let number = 0; number < 5; number++) {
      other.bus.publish('a', number);
      await pass(20);
      if (number === 1) paused.pause(40);
    }
    await pass(500);
    expect(log).toEqual([0, 'timer', 1, 2, 3, 4]);
  });

  test('tells of what its handlers and timers throw, and goes on', async () => {
    const one = simulation.start('one');
    one.bus.subscribe('a', () => {
      throw new TypeError('handler');
    });
    one.bus.subscribe('a', async () => {
      throw new TypeError('promise');
    });
    one.clock.after(
      1,
      () => {
        throw new TypeError('timer');
      },
      false,
    );
    one.bus.publish('a', null);
    await pass(10);
    expect(errors.map(([error, process]) => [String(error), process]).sort()).toEqual([
      ['TypeError: handler', 'one'],
      ['TypeError: promise', 'one'],
      ['TypeError: timer', 'one'],
    ]);
  });
});

describe('a journal at a distance', () => {
  let behind: Journal;
  let process: Started;
  let journal: Journal;

  beforeEach(() => {
    behind = createEmbeddedJournal({ clock: simulation.start(JOURNAL).clock, wallClock: () => 1e12, ackWaitMs: 200 });
    process = simulation.start('one');
    journal = process.journal(behind);
  });

  /** What has become of a promise by a time: its value, the code of its error, or nothing. */
  async function endOf(promise: Promise<unknown>, untilMs = 2_000): Promise<unknown> {
    let end: unknown = 'nothing';
    promise.then(
      (value) => {
        end = value;
      },
      (error: unknown) => {
        end = HeliosError.is(error) ? error.code : error;
      },
    );
    await pass(untilMs);
    return end;
  }

  test('can’t be reached across a partition, and what was asked was not done', async () => {
    simulation.network.partition([['one']]);
    expect(await endOf(journal.records.put('policy', 1, 0), 900)).toBe('nothing');
    expect(await endOf(journal.records.get('policy'))).toBe('UNAVAILABLE');
    expect(await endOf(behind.records.get('policy'))).toBeUndefined();
    simulation.network.heal();
    expect(await endOf(journal.records.put('policy', 1, 0))).toBe(1);
  });

  test('may have done what it did not answer', async () => {
    simulation.journalFaults = { ...NO_JOURNAL_FAULTS, unanswered: 1 };
    expect(await endOf(journal.records.put('policy', 1, 0))).toBe('UNAVAILABLE');
    expect(await endOf(behind.records.get('policy'))).toMatchObject({ value: 1 });
    simulation.journalFaults = { ...NO_JOURNAL_FAULTS, unasked: 1 };
    expect(await endOf(journal.records.put('policy', 2, 1))).toBe('UNAVAILABLE');
    expect(await endOf(behind.records.get('policy'))).toMatchObject({ value: 1 });
    expect(passages).toContain('unanswered');
  });

  test('answers nobody who has crashed meanwhile, and does what was asked before', async () => {
    const asked = journal.records.put('policy', 1, 0);
    process.crash();
    expect(await endOf(asked)).toBe('nothing');
    expect(await endOf(behind.records.get('policy'))).toMatchObject({ value: 1 });
    expect(await endOf(journal.records.put('policy', 2, 1))).toBe('nothing');
    expect(await endOf(behind.records.get('policy'))).toMatchObject({ value: 1 });
  });

  test('loses deliveries and acks, and gives out again what was not acknowledged', async () => {
    const taken: Delivery[] = [];
    await behind.requests.submit('normal', 'agent', { n: 1 });
    const take = async () => {
      const pull = journal.requests.pull('normal', 1, 500, (delivery) => taken.push(delivery));
      await pass(2_000);
      expect(pull.outstanding).toBe(0);
      await pull.ended;
    };
    simulation.journalFaults = { ...NO_JOURNAL_FAULTS, undelivered: 1 };
    await take();
    expect([taken.length, passages.includes('undelivered')]).toEqual([0, true]);
    simulation.journalFaults = NO_JOURNAL_FAULTS;
    await take();
    expect(taken.map(({ delivered }) => delivered)).toEqual([2]);
    simulation.journalFaults = { ...NO_JOURNAL_FAULTS, undelivered: 1 };
    taken[0]?.ack();
    await pass(500);
    simulation.journalFaults = NO_JOURNAL_FAULTS;
    await take();
    taken[1]?.ack();
    await pass(10);
    expect(await endOf(behind.requests.size())).toBe(0);
    expect(taken).toHaveLength(2);
  });

  test('takes nothing for a process that has crashed', async () => {
    const taken: Delivery[] = [];
    journal.requests.pull('normal', 5, 10_000, (delivery) => taken.push(delivery));
    await pass(10);
    process.crash();
    await behind.requests.submit('normal', 'agent', { n: 1 });
    await pass(1_000);
    expect(taken).toEqual([]);
    const other = simulation.start('other');
    other.journal(behind).requests.pull('normal', 1, 1_000, (delivery) => taken.push(delivery));
    await pass(3_000);
    expect(taken.map(({ delivered }) => delivered)).toEqual([1]);
  });

  test('catches up with what it watches when it is back: in order, once, and not after its end', async () => {
    const seen: unknown[] = [];
    simulation.network.partition([['one']]);
    const watch = journal.records.watch('policy', (record) => seen.push(record?.value));
    await pass(100);
    simulation.network.heal();
    await pass(200);
    await endOf(behind.records.put('policy', 1, 0), 10);
    simulation.network.partition([['one']]);
    await endOf(behind.records.put('policy', 2, 1), 100);
    await endOf(behind.records.put('policy', 3, 2), 100);
    expect(seen).toEqual([1]);
    simulation.network.heal();
    await pass(1_000);
    expect(seen).toEqual([1, 2, 3]);
    watch.unsubscribe();
    await endOf(behind.records.put('policy', 4, 3), 100);
    journal.outcomes.watch('a', () => seen.push('never'));
    process.crash();
    await pass(2_000);
    expect(seen).toEqual([1, 2, 3]);
  });
});
