import fc from 'fast-check';
import { expect, test } from 'vitest';
import { estimatedBytes, FIRST_ESTIMATE_BYTES, type Reservation, Reservations } from '../../src/actors/reservations.js';
import { HeliosError } from '../../src/protocol/errors.js';
import { DURABLE, NAME, openWorkerHouse, turn } from './workerHouse.js';

const over = new HeliosError('CLOSED', 'Over.');

test('bytes are taken until the budget is used up, and are free again when released', () => {
  const all = new Reservations(() => 100);
  const one = all.take(60);
  expect(all).toMatchObject({ bytes: 60, size: 1, leftBytes: 40 });
  expect(all.take(41)).toBeNull();
  const other = all.take(40);
  expect(all.leftBytes).toBe(0);
  one?.release();
  other?.release();
  expect(all).toMatchObject({ bytes: 0, size: 0, leftBytes: 100 });
});

test('one is always let through when nothing is reserved, however big it is, and nothing beside it', () => {
  const all = new Reservations(() => 100);
  const big = all.take(1_000);
  expect(big).not.toBeNull();
  expect(all.leftBytes).toBe(0);
  expect(all.take(1)).toBeNull();
  big?.release();
  expect(all.take(1)).not.toBeNull();
});

test('a budget that changes counts as it is now, and none is no limit', () => {
  let budget: number | undefined = 10;
  const all = new Reservations(() => budget);
  all.take(10);
  expect(all.take(1)).toBeNull();
  budget = undefined;
  expect(all.leftBytes).toBeUndefined();
  expect(all.take(1e12)).not.toBeNull();
  budget = 5;
  expect(all.leftBytes).toBe(0);
});

test('what is shared is released by the last who holds it; what is released too often stays released', () => {
  const all = new Reservations(() => 100);
  const first = all.take(10);
  const second = first?.share();
  first?.correct(30);
  expect(all.bytes).toBe(30);
  first?.release();
  expect(all).toMatchObject({ bytes: 30, size: 1 });
  second?.release();
  second?.release();
  second?.correct(50);
  expect(all).toMatchObject({ bytes: 0, size: 0 });
});

test('objects are estimated by what those of their type have taken', () => {
  const cell = { restored: 0, cached: 0, failed: 0, bytes: 0, durations: null };
  expect(estimatedBytes(cell)).toBe(FIRST_ESTIMATE_BYTES);
  const small = estimatedBytes({ ...cell, restored: 2, bytes: 2_000 });
  const large = estimatedBytes({ ...cell, restored: 2, bytes: 200_000 });
  expect(small).toBeGreaterThan(1_000);
  expect(large).toBeGreaterThan(50 * small);
});

test('nothing leaks, whatever the order of taking, sharing, correcting and releasing', () => {
  const step = fc.record({
    what: fc.constantFrom('take', 'share', 'correct', 'release'),
    bytes: fc.nat(50),
    which: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const all = new Reservations(() => 100);
      const held: Reservation[] = [];
      for (const { what, bytes, which } of steps) {
        const at = held.length === 0 ? 0 : which % held.length;
        const one = held[at];
        if (what === 'take') {
          const taken = all.take(bytes);
          if (taken !== null) held.push(taken);
          else expect(all.size).toBeGreaterThan(0);
        } else if (what === 'share' && one !== undefined) held.push(one.share());
        else if (what === 'correct') one?.correct(bytes);
        else if (one !== undefined) {
          one.release();
          held.splice(at, 1);
        }
        expect(all.size).toBe(new Set(held).size);
      }
      for (const one of held) one.release();
      expect(all).toMatchObject({ bytes: 0, size: 0 });
    }),
  );
});

test('a worker leaks neither bytes nor credits, whatever happens to its work, and each has one end', async () => {
  const act = fc.oneof(
    fc.record({
      what: fc.constant('give'),
      id: fc.nat(30),
      isDurable: fc.boolean(),
      target: fc.constantFrom<object>({ object: NAME }, { object: NAME, paths: ['text'] }, { object: 'nobody' }),
    }),
    fc.record({ what: fc.constant('cancel'), id: fc.nat(30) }),
    fc.record({ what: fc.constantFrom('hold', 'release', 'break', 'forget', 'turn') }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 40 }), fc.constantFrom('drain', 'stop', 'wait'), async (acts, end) => {
      const house = await openWorkerHouse({ kind: 'simulated', credits: 6, creditBytes: () => 100_000 });
      const { worker, far } = house;
      const given = new Set<string>();
      for (const [index, one] of acts.entries()) {
        if ('target' in one) {
          const id = `${index}-${one.id}`;
          given.add(id);
          const durable = one.isDurable ? { durable: { ...DURABLE, id: `d${one.id}` } } : {};
          house.give({ id, request: { ...one.target, id: `r${one.id}` }, ...durable });
        } else if ('id' in one) house.cancel(`r${one.id}`);
        else if (one.what === 'hold') far.hold();
        else if (one.what === 'release') far.release();
        else if (one.what === 'break') far.failures.push(new Error('The disk is wet.'));
        else if (one.what === 'forget') far.forget();
        else await turn();
        expect(worker.inHand).toBeLessThanOrEqual(6);
      }
      if (end === 'drain') await worker.drain(0);
      if (end === 'stop') await worker.stop(over);
      far.release();
      await house.idle();
      await turn();
      expect(worker.reservations).toMatchObject({ bytes: 0, size: 0 });
      expect(worker.inHand).toBe(0);
      const ends = house.reports().map(({ id }) => id);
      expect(ends.toSorted()).toEqual([...given].toSorted());
      const { running, accepted, finished, failed } = worker.actor.getSnapshot().context;
      expect(running).toBe(0);
      expect(accepted).toBe(finished + failed);
      if (end === 'wait') expect(house.worker.flights.size).toBe(0);
      await worker.stop(over);
    }),
    { numRuns: 60 },
  );
});
