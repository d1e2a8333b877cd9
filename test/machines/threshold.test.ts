import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ThresholdEvent, thresholdMachine } from '../../src/machines/index.js';
import { draftPolicy, initialPolicy, LEVELS, type Level, type Policy } from '../../src/policy/index.js';
import { stepped } from './step.js';

const memory = { heapLimitBytes: 1_000_000_000 };
const STOP: ThresholdEvent = { type: 'STOP' };
const hears = (level: Level): ThresholdEvent => ({ type: 'PRESSURE', level, score: 0.5, trend: 0, at: 0 });
const committed = (epoch: bigint): ThresholdEvent => ({ type: 'COMMITTED', epoch });
const policyOf = (level: Level, epoch: bigint): Policy => ({ epoch, ...draftPolicy(level, memory) });
const follows = (policy: Policy): ThresholdEvent => ({ type: 'FOLLOW', policy });
const lost = (policy: Policy): ThresholdEvent => ({ type: 'LOST_RACE', policy });

function threshold(...events: ThresholdEvent[]) {
  return stepped(thresholdMachine, { policy: initialPolicy(memory), memory }, ...events).getSnapshot();
}

test('a level that asks for nothing new makes no draft and no epoch', () => {
  const { value, context } = threshold(hears('normal'), hears('normal'));
  expect(value).toBe('steady');
  expect(context).toMatchObject({ policy: initialPolicy(memory), draft: null, pending: null });
});

test('a level that asks for another policy makes a draft; the policy stays until it is committed', () => {
  const { value, context } = threshold(hears('high'));
  expect(value).toBe('adapting');
  expect(context.draft).toEqual(draftPolicy('high', memory));
  expect(context.policy).toEqual(initialPolicy(memory));
});

test('a commit makes the draft the policy, under the epoch that the commit gave it', () => {
  const { value, context } = threshold(hears('high'), committed(7n));
  expect(value).toBe('steady');
  expect(context).toMatchObject({ policy: policyOf('high', 7n), draft: null });
});

test('pressure that arrives while a draft is being committed waits, the last word counting', () => {
  const waiting = threshold(hears('high'), hears('critical'), hears('elevated'));
  expect(waiting).toMatchObject({ value: 'adapting', context: { pending: 'elevated' } });
  expect(waiting.context.draft).toEqual(draftPolicy('high', memory));
  const next = threshold(hears('high'), hears('critical'), hears('elevated'), committed(1n));
  expect(next).toMatchObject({ value: 'adapting', context: { policy: policyOf('high', 1n), pending: null } });
  expect(next.context.draft).toEqual(draftPolicy('elevated', memory));
});

test('what waited is dropped when the commit already answers it', () => {
  const { value, context } = threshold(hears('high'), hears('critical'), hears('high'), committed(1n));
  expect(value).toBe('steady');
  expect(context).toMatchObject({ policy: policyOf('high', 1n), draft: null, pending: null });
});

test('a commit of an epoch that has passed changes nothing', () => {
  const events = [hears('high'), committed(5n), hears('critical')];
  expect(threshold(...events, committed(5n)).context).toEqual(threshold(...events).context);
  expect(threshold(...events, committed(4n)).value).toBe('adapting');
  expect(threshold(...events, committed(6n)).value).toBe('steady');
});

test('who loses the race drops the draft and follows the winner', () => {
  const winner = policyOf('critical', 3n);
  const { value, context } = threshold(hears('high'), lost(winner));
  expect(value).toBe('steady');
  expect(context).toMatchObject({ policy: winner, draft: null });
});

test('who loses the race answers what waited, as seen from the policy that won', () => {
  const winner = policyOf('critical', 3n);
  expect(threshold(hears('high'), hears('critical'), lost(winner)).value).toBe('steady');
  const again = threshold(hears('high'), hears('elevated'), lost(winner));
  expect(again).toMatchObject({ value: 'adapting', context: { policy: winner, pending: null } });
  expect(again.context.draft).toEqual(draftPolicy('elevated', memory));
});

test('a winner that is older than the own policy is not followed', () => {
  const { value, context } = threshold(hears('high'), committed(5n), hears('critical'), lost(policyOf('normal', 4n)));
  expect(value).toBe('steady');
  expect(context.policy).toEqual(policyOf('high', 5n));
});

test('a commit or a lost race that nobody waits for changes nothing', () => {
  expect(threshold(committed(9n)).context.policy.epoch).toBe(0n);
  expect(threshold(lost(policyOf('high', 9n))).context.policy.epoch).toBe(0n);
});

test("somebody else's newer policy is followed while nothing is being committed, an older one never", () => {
  const theirs = policyOf('high', 4n);
  expect(threshold(follows(theirs))).toMatchObject({ value: 'steady', context: { policy: theirs, draft: null } });
  expect(threshold(follows(theirs), follows(policyOf('normal', 4n))).context.policy).toEqual(theirs);
  expect(threshold(hears('elevated'), follows(theirs)).context).toMatchObject({
    policy: initialPolicy(memory),
    draft: draftPolicy('elevated', memory),
  });
});

test('a policy of the same level is not overwritten for having another threshold', () => {
  const theirs = { ...policyOf('high', 4n), threshold: 0.45 };
  expect(threshold(follows(theirs), hears('high'))).toMatchObject({ value: 'steady', context: { policy: theirs } });
});

test('it can be stopped in the middle of a change, and follows nothing afterwards', () => {
  expect(threshold(STOP, hears('high'))).toMatchObject({ value: 'stopped', context: { draft: null } });
  expect(threshold(hears('high'), STOP, committed(1n)).context.policy).toEqual(initialPolicy(memory));
});

test('whatever happens, epochs only grow, and the policy changes exactly when one of them does', () => {
  const anyLevel = fc.constantFrom(...LEVELS);
  const anyEvent: fc.Arbitrary<ThresholdEvent> = fc.oneof(
    anyLevel.map(hears),
    fc.bigInt({ min: 0n, max: 40n }).map(committed),
    fc.tuple(anyLevel, fc.bigInt({ min: 0n, max: 40n })).map(([level, epoch]) => lost(policyOf(level, epoch))),
  );
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      const actor = stepped(thresholdMachine, { policy: initialPolicy(memory), memory });
      for (const event of events) {
        const before = actor.getSnapshot().context;
        actor.send(event);
        const { value, context } = actor.getSnapshot();
        expect(value === 'adapting').toBe(context.draft !== null);
        expect(context.policy.epoch).toBeGreaterThanOrEqual(before.policy.epoch);
        if (context.policy.epoch === before.policy.epoch) expect(context.policy).toBe(before.policy);
        if (value === 'steady') expect(context.pending).toBeNull();
        if (context.draft !== null)
          expect({ ...context.draft, epoch: context.policy.epoch }).not.toEqual(context.policy);
      }
    }),
  );
});
