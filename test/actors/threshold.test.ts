import { beforeEach, describe, expect, test } from 'vitest';
import { HeardLevels, WORKERS_HEARD_MAX } from '../../src/actors/heardLevels.js';
import { POLICY_KEY, PolicyRecord } from '../../src/actors/policyRecord.js';
import { HEAR_FIRST_MS, ThresholdActor } from '../../src/actors/threshold.js';
import { createEmbeddedBus, createEmbeddedJournal, type Journal } from '../../src/bus/index.js';
import { JOURNAL } from '../../src/bus/simulated/journal.js';
import { createSimulation, type Simulation, type Started } from '../../src/bus/simulated.js';
import { draftPolicy, LEVELS, type Level, type Policy } from '../../src/policy/index.js';
import { createSubjects, HeliosError, type PressureMessage } from '../../src/protocol/index.js';
import { createManualClock } from '../../src/testing/index.js';

const subjects = createSubjects();
const memory = { heapLimitBytes: 1_000_000 };
const says = (worker: string, level: Level): PressureMessage => ({ worker, level, score: 0.5, trend: 0, parts: {} });

describe('a threshold actor alone', () => {
  test('follows what it hears at once, counts its epochs, and tells its process of each', () => {
    const bus = createEmbeddedBus({ onError: (error) => expect.unreachable(String(error)), random: () => 0 });
    const threshold = new ThresholdActor({ bus, subjects, clock: createManualClock(), memory });
    const told: unknown[] = [];
    bus.subscribe(subjects.policy, ({ body }) => told.push(body));
    const levels = ['normal', 'critical', 'critical', 'elevated'] as const;
    for (const level of levels) bus.publish(subjects.pressure('w'), says('w', level));
    expect(told).toEqual([
      { epoch: 1n, ...draftPolicy('critical', memory) },
      { epoch: 2n, ...draftPolicy('elevated', memory) },
    ]);
    threshold.stop();
    bus.publish(subjects.pressure('w'), says('w', 'critical'));
    expect(threshold.policy.epoch).toBe(2n);
  });
});

describe('levels that were heard', () => {
  test('of those who are silent count no more once somebody else has been heard after them', () => {
    const heard = new HeardLevels(100);
    expect(heard.level).toBeUndefined();
    heard.hear('a', 'critical', 0);
    heard.hear('b', 'normal', 50);
    expect(heard.level).toBe('critical');
    heard.hear('b', 'normal', 100);
    expect(heard.level).toBe('critical');
    heard.hear('b', 'normal', 101);
    expect([heard.level, heard.size]).toEqual(['normal', 1]);
    heard.hear('b', 'high', 102);
    expect([heard.level, heard.size]).toEqual(['high', 1]);
  });

  test('are those of so many workers at most, the one that was silent for longest going first', () => {
    const heard = new HeardLevels(1_000);
    heard.hear('first', 'critical', 0);
    for (let n = 0; n < WORKERS_HEARD_MAX; n++) heard.hear(`w${n}`, 'normal', 0);
    expect([heard.level, heard.size]).toEqual(['normal', WORKERS_HEARD_MAX]);
    heard.hear('w0', 'critical', 1);
    expect(heard.size).toBe(WORKERS_HEARD_MAX);
  });
});

describe('threshold actors over one record', () => {
  let simulation: Simulation;
  let journal: Journal;
  let thrown: unknown[];
  let failures: unknown[];

  beforeEach(() => {
    thrown = [];
    failures = [];
    simulation = createSimulation({ seed: 7, onError: (error) => thrown.push(error) });
    journal = createEmbeddedJournal({ clock: simulation.start(JOURNAL).clock, wallClock: () => 1e12 });
  });

  interface Supervising {
    readonly process: Started;
    readonly record: PolicyRecord;
    readonly threshold: ThresholdActor;
    /** What it followed, in order. */
    readonly policies: Policy[];
  }

  function supervise(name: string): Supervising {
    const process = simulation.start(name);
    const { bus, clock } = process;
    const onError = (error: unknown) => failures.push(error);
    const record = new PolicyRecord({ records: process.journal(journal).records, memory, onError });
    const threshold = new ThresholdActor({ bus, subjects, clock, memory, record, onError });
    const policies: Policy[] = [];
    threshold.actor.subscribe(({ context }) => {
      if (context.policy !== policies.at(-1)) policies.push(context.policy);
    });
    return { process, record, threshold, policies };
  }

  /** A worker that says its level four times a second. */
  function play(name: string, levelAt: (ms: number) => Level): Started {
    const process = simulation.start(name);
    const say = () => {
      process.bus.publish(subjects.pressure(name), says(name, levelAt(simulation.time.now)));
      process.clock.after(250, say, false);
    };
    say();
    return process;
  }

  function isRising(policies: readonly Policy[]): boolean {
    return policies.every((policy, index) => index === 0 || policy.epoch > (policies[index - 1]?.epoch ?? 0n));
  }

  test('hear everybody before they decide anything, and follow the upper median', async () => {
    const { threshold } = supervise('s');
    play('a', () => 'critical');
    await simulation.runUntil(HEAR_FIRST_MS - 1);
    play('b', () => 'normal');
    play('c', (ms) => (ms < 5_000 ? 'normal' : 'high'));
    await simulation.runUntil(4_900);
    expect(threshold.policy).toMatchObject({ epoch: 0n, level: 'normal' });
    await simulation.runUntil(6_000);
    expect(threshold.policy).toMatchObject({ epoch: 1n, level: 'high', threshold: 0.5 });
    expect(await journal.records.get(POLICY_KEY)).toEqual({ value: { level: 'high', threshold: 0.5 }, revision: 1 });
  });

  test('forget a worker that has died', async () => {
    const { threshold } = supervise('s');
    const dying = play('a', () => 'critical');
    play('b', () => 'normal');
    await simulation.runUntil(3_000);
    expect(threshold.policy.level).toBe('critical');
    dying.crash();
    await simulation.runUntil(6_000);
    expect(threshold.policy).toMatchObject({ epoch: 2n, level: 'normal' });
  });

  test('agree, and make one epoch of each change, when two of them hear the same', async () => {
    const [one, other] = [supervise('one'), supervise('other')];
    const levelAt = (ms: number): Level => LEVELS[Math.floor(ms / 4_000) % LEVELS.length] ?? 'normal';
    for (const name of ['a', 'b', 'c']) play(name, levelAt);
    await simulation.runUntil(31_000);
    expect(one.policies.at(-1)).toEqual(other.policies.at(-1));
    expect([isRising(one.policies), isRising(other.policies)]).toEqual([true, true]);
    // normal → elevated → high → critical → normal → elevated → high → critical
    expect(one.threshold.policy.epoch).toBe(7n);
    expect(failures).toEqual([]);
  });

  test('don’t answer each other with epochs for ever when they hear different things', async () => {
    const [one, other] = [supervise('one'), supervise('other')];
    play('a', () => 'critical');
    play('b', () => 'normal');
    play('c', (ms) => (Math.floor(ms / 250) % 2 === 0 ? 'normal' : 'high'));
    simulation.network.faults = { ...simulation.network.faults, loss: 0.8 };
    await simulation.runUntil(61_000);
    expect(isRising(one.policies) && isRising(other.policies)).toBe(true);
    expect(Number(one.threshold.policy.epoch)).toBeLessThan((2 * 60_000) / HEAR_FIRST_MS);
    simulation.network.faults = { ...simulation.network.faults, loss: 0 };
    await simulation.runUntil(65_000);
    expect(one.threshold.policy).toEqual(other.threshold.policy);
  });

  test('go on with the last policy while the journal is away, and commit when it is back', async () => {
    const { threshold, policies } = supervise('s');
    play('a', (ms) => (ms < 2_000 ? 'high' : ms < 4_000 ? 'critical' : 'elevated'));
    await simulation.runUntil(2_000);
    expect(threshold.policy).toMatchObject({ epoch: 1n, level: 'high' });
    simulation.network.partition([[JOURNAL]]);
    await simulation.runUntil(8_000);
    expect(threshold.policy).toMatchObject({ epoch: 1n, level: 'high' });
    expect(failures.length).toBeGreaterThan(1);
    expect(failures.every((error) => HeliosError.is(error, 'UNAVAILABLE'))).toBe(true);
    simulation.network.heal();
    await simulation.runUntil(12_000);
    expect(threshold.policy.level).toBe('elevated');
    expect(isRising(policies)).toBe(true);
    expect(await journal.records.get(POLICY_KEY)).toMatchObject({ value: { level: 'elevated' } });
  });

  test('take a commit whose answer was lost for what it is', async () => {
    const { threshold, policies } = supervise('s');
    simulation.journalFaults = { unasked: 0, unanswered: 1, undelivered: 0 };
    play('a', () => 'high');
    await simulation.runUntil(10_000);
    expect(policies.at(-1)).toEqual({ epoch: 1n, ...draftPolicy('high', memory) });
    expect(threshold.actor.getSnapshot().value).toBe('steady');
  });

  test('stop: what was being committed ends in nothing, and a closed journal is not tried again', async () => {
    const [one, other] = [supervise('one'), supervise('other')];
    simulation.network.partition([[JOURNAL]]);
    play('a', () => 'high');
    await simulation.runUntil(HEAR_FIRST_MS + 500);
    one.threshold.stop();
    one.record.close();
    await journal.close();
    simulation.network.heal();
    await simulation.runUntil(20_000);
    expect(one.threshold.actor.getSnapshot()).toMatchObject({ value: 'stopped' });
    expect(failures.filter((error) => HeliosError.is(error, 'CLOSED'))).toHaveLength(1);
    expect(other.threshold.policy.epoch).toBe(0n);
    expect(thrown).toEqual([]);
  });
});
