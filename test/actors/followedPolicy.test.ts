import { expect, test } from 'vitest';
import { FollowedPolicy } from '../../src/actors/followedPolicy.js';
import { PolicyRecord } from '../../src/actors/policyRecord.js';
import { PressureActor } from '../../src/actors/pressure.js';
import { createEmbeddedBus, createEmbeddedJournal } from '../../src/bus/index.js';
import { cacheBudgetBytes, draftPolicy, type MemoryReading, type Policy } from '../../src/policy/index.js';
import { createSubjects } from '../../src/protocol/index.js';
import { createManualClock } from '../../src/testing/index.js';

const subjects = createSubjects();
const memory = { heapLimitBytes: 4_000_000 };
const filled = (share: number): MemoryReading => ({ heapUsedBytes: share * 1_000, heapLimitBytes: 1_000 });
const settle = () => new Promise((resolve) => setImmediate(resolve));

function open(isPublished?: boolean) {
  const clock = createManualClock();
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const bus = createEmbeddedBus({ onError, random: () => 0 });
  const heard: unknown[] = [];
  bus.subscribe('>', ({ body }) => heard.push(body));
  const { records } = createEmbeddedJournal({ clock, wallClock: () => 0 });
  const record = new PolicyRecord({ records, memory, onError });
  const pressure = new PressureActor({
    ...{ worker: 'w', bus, subjects, clock, read: () => filled(0) },
    ...(isPublished === undefined ? {} : { isPublished }),
  });
  const changes: Policy[] = [];
  const onPolicy = (policy: Policy) => changes.push(policy);
  const followed = new FollowedPolicy({ record, pressure, memory, onPolicy });
  /** Somebody else's commit. */
  const commit = async (level: 'normal' | 'elevated' | 'critical', threshold?: number) => {
    const before = await records.get('policy');
    await records.put(
      'policy',
      { level, threshold: threshold ?? draftPolicy(level, memory).threshold },
      before?.revision ?? 0,
    );
    await settle();
  };
  return { clock, errors, heard, record, pressure, changes, followed, commit };
}

test('a process follows the tighter of the cluster’s policy and its own, with budgets of its own memory', async () => {
  const { pressure, changes, followed, commit, errors } = open();
  expect(followed.policy).toEqual({ epoch: 0n, ...draftPolicy('normal', memory) });
  await commit('elevated');
  expect(followed.policy).toEqual({ epoch: 1n, ...draftPolicy('elevated', memory) });
  pressure.force(filled(0.9));
  expect(followed.policy).toEqual({ epoch: 1n, ...draftPolicy('critical', memory) });
  await commit('normal');
  expect(followed.policy).toEqual({ epoch: 2n, ...draftPolicy('critical', memory) });
  expect(followed.policy.cacheBudgetBytes).toBe(cacheBudgetBytes(memory, 'critical'));
  expect(changes.map(({ epoch, level }) => [epoch, level])).toEqual([
    [1n, 'elevated'],
    [1n, 'critical'],
    [2n, 'critical'],
  ]);
  expect(errors).toEqual([]);
});

test('what is tighter is judged setting by setting', async () => {
  const { followed, commit } = open();
  await commit('normal', 0.6);
  expect(followed.policy).toMatchObject({ level: 'normal', threshold: 0.6 });
});

test('looks at memory that change nothing are no changes, and one that has stopped follows nothing', async () => {
  const { clock, pressure, changes, followed, commit, record } = open();
  clock.advance(2_000);
  expect(changes).toEqual([]);
  followed.stop();
  await commit('critical');
  pressure.force(filled(0.9));
  expect([changes, followed.policy.level, record.policy.level]).toEqual([[], 'normal', 'critical']);
});

test('the pressure of a process that restores nothing is its own affair', () => {
  const quiet = open(false);
  quiet.pressure.force(filled(0.9));
  expect([quiet.pressure.level, quiet.heard]).toEqual(['critical', []]);
  const worker = open();
  worker.pressure.force(filled(0.9));
  expect(worker.heard).toMatchObject([{ worker: 'w', level: 'critical', score: 0.9 }]);
  worker.pressure.stop();
  worker.pressure.sample();
  expect(worker.heard).toHaveLength(1);
});
