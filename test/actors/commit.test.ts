import { expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/actors/index.js';
import { createEmbeddedJournal, type Journal, type Outcomes } from '../../src/bus/index.js';
import { HeliosError } from '../../src/protocol/errors.js';
import { encodeJson, MAX_OUTCOME_VALUE_BYTES, type OutcomeMessage } from '../../src/protocol/index.js';
import { defineType } from '../../src/restore/index.js';
import { DURABLE, NAME, Note, openWorkerHouse, subjects, turn, value } from './workerHouse.js';

const away = new HeliosError('UNAVAILABLE', 'The journal is away.');

function makeJournal(outcomes: Partial<Outcomes> = {}) {
  const real = createEmbeddedJournal({ clock: systemClock, wallClock: Date.now, subjects });
  const events: OutcomeMessage[] = [];
  const journal: Journal = {
    ...real,
    outcomes: { ...real.outcomes, ...outcomes },
    events: {
      ...real.events,
      append: async (event) => {
        events.push(event);
        await real.events.append(event);
      },
    },
  };
  return { journal, events, real };
}

test('a durable request ends in its outcome, then its event, and only then is it done', async () => {
  const { journal, events, real } = makeJournal();
  const { create } = journal.outcomes;
  let reportsAtCreate = -1;
  const house = await openWorkerHouse({
    journal: {
      ...journal,
      outcomes: {
        ...journal.outcomes,
        create: async (outcome) => {
          reportsAtCreate = house.reports().length;
          return create(outcome);
        },
      },
    },
  });
  house.give({ durable: DURABLE, attempt: 2, queuedUs: 500 });
  expect(house.lives().map(({ subject, body, headers }) => ({ subject, body, headers }))).toMatchObject([
    {
      subject: 'test.live.restoring.note.d1',
      body: { id: 'd1', state: 'restoring', type: 'note', object: NAME, worker: 'w', attempt: 2 },
      headers: { 'Content-Type': 'application/json' },
    },
  ]);
  await house.idle();
  const outcome = await real.outcomes.get('d1');
  expect(outcome).toMatchObject({
    ...{ id: 'd1', state: 'materialized', type: 'note', object: NAME, version: 1, worker: 'w', attempt: 2 },
    root: house.store.heads.get(NAME)?.root,
    timings: { queueUs: 500 },
  });
  if (outcome?.state !== 'materialized') throw new Error('not materialized');
  expect(outcome.bytes).toBeGreaterThan(100);
  expect(outcome.timings.totalUs).toBe(outcome.timings.queueUs + outcome.timings.restoreUs);
  expect(Math.abs(Date.parse(outcome.at) - journal.now())).toBeLessThan(60_000);
  expect(outcome).not.toHaveProperty('value');
  expect(events).toEqual([outcome]);
  expect(reportsAtCreate).toBe(0);
  expect(house.reports()).toMatchObject([{ id: 'w1', state: 'done', attempt: 2 }]);
  expect(house.answers()).toEqual([]);
  expect(house.errors).toEqual([]);
});

test('one by root says so, and has no version', async () => {
  const house = await openWorkerHouse();
  const root = house.store.heads.get(NAME)?.root ?? '';
  house.give({ request: { root, type: 'note' }, durable: DURABLE });
  await house.idle();
  expect(await house.outcome('d1')).toMatchObject({ state: 'materialized', object: root, root, type: 'note' });
  expect(await house.outcome('d1')).not.toHaveProperty('version');
});

test('bytes are those of the stored object, whatever of it was asked for, and wherever it came from', async () => {
  const house = await openWorkerHouse();
  house.give({ id: 'w1', durable: { ...DURABLE, id: 'whole' } });
  await house.idle();
  house.give({ id: 'w2', durable: { ...DURABLE, id: 'paths' }, request: { object: NAME, paths: ['text'] } });
  await house.idle();
  const [whole, paths] = [await house.outcome('whole'), await house.outcome('paths')];
  expect(whole).toHaveProperty('bytes', Reflect.get(Object(paths), 'bytes'));
});

test('the value is in the outcome where it is wanted', async () => {
  const house = await openWorkerHouse();
  house.give({ durable: { ...DURABLE, includeValue: true } });
  await house.idle();
  expect(await house.outcome('d1')).toMatchObject({ state: 'materialized', value });
});

const Box = defineType({ name: 'box', schema: z.any() });

test.each([
  ['just fits', MAX_OUTCOME_VALUE_BYTES - 2, true],
  ['is one byte too large', MAX_OUTCOME_VALUE_BYTES - 1, false],
  ['is so large that nobody encodes it', 20 * MAX_OUTCOME_VALUE_BYTES, false],
])('a value that %s is in it or not', async (_, length, isThere) => {
  const house = await openWorkerHouse({ types: [Note, Box] });
  const text = 'x'.repeat(length);
  expect(encodeJson(text).length).toBe(length + 2);
  await house.rooms.objects.create(Box, text).save('box');
  house.give({ request: { object: 'box' }, durable: { ...DURABLE, includeValue: true } });
  await house.idle();
  const outcome = await house.outcome('d1');
  expect(outcome).toMatchObject({ state: 'materialized' });
  if (isThere) expect(outcome).toHaveProperty('value', text);
  else expect(outcome).not.toHaveProperty('value');
});

test('a reference inside the value travels as a link', async () => {
  const house = await openWorkerHouse({ types: [Note, Box] });
  const { objects } = house.rooms;
  const note = objects.create(Note, value);
  await note.save('other');
  await objects.create(Box, { note }).save('box');
  house.give({ request: { object: 'box' }, durable: { ...DURABLE, includeValue: true } });
  await house.idle();
  expect(await house.outcome('d1')).toMatchObject({ value: { note: { root: note.root } } });
});

test('where the journal takes less than an outcome may carry, the value is left out', async () => {
  const { journal, real, events } = makeJournal({
    create: async (outcome) => {
      if ('value' in outcome) throw new HeliosError('TOO_LARGE', 'At most 64 bytes.');
      return real.outcomes.create(outcome);
    },
  });
  const house = await openWorkerHouse({ journal });
  house.give({ durable: { ...DURABLE, includeValue: true } });
  await house.idle();
  expect(house.reports()).toMatchObject([{ state: 'done' }]);
  expect(await real.outcomes.get('d1')).toMatchObject({ state: 'materialized' });
  expect(events).toHaveLength(1);
  expect(events[0]).not.toHaveProperty('value');
});

test('an outcome that was there is left alone, and its event appended once more', async () => {
  const { journal, events } = makeJournal();
  const theirs: OutcomeMessage = {
    ...{ id: 'd1', type: 'note', object: NAME, at: '2026-01-31T12:00:00.000Z', state: 'cancelled' },
    error: { code: 'CANCELLED', message: 'Not wanted.', retryable: false },
  };
  await journal.outcomes.create(theirs);
  const house = await openWorkerHouse({ journal });
  house.give({ durable: DURABLE });
  await house.idle();
  expect(await journal.outcomes.get('d1')).toEqual(theirs);
  expect(events).toEqual([theirs]);
  expect(house.reports()).toMatchObject([{ state: 'done' }]);
});

test('one that was there and is no longer kept needs no event', async () => {
  const { journal, events } = makeJournal({ create: async () => false, get: async () => undefined });
  const house = await openWorkerHouse({ journal });
  house.give({ durable: DURABLE });
  await house.idle();
  expect(events).toEqual([]);
  expect(house.reports()).toMatchObject([{ state: 'done' }]);
});

test('a journal out of reach fails the work, not the request: the supervisor decides', async () => {
  const { journal, events } = makeJournal({
    create: async () => {
      throw away;
    },
  });
  const house = await openWorkerHouse({ journal, kind: 'simulated' });
  house.give({ durable: DURABLE });
  await house.idle();
  const [report] = house.reports();
  expect(report).toMatchObject({ state: 'failed', attempt: 1, error: { code: 'UNAVAILABLE', retryable: true } });
  // As plain data, which is what a wire takes.
  expect(report?.error).not.toBeInstanceOf(Error);
  expect(events).toEqual([]);
});

test('an outcome whose event is lost on the way fails the work; whoever does it again appends it', async () => {
  const { journal, real } = makeJournal();
  const failing = { ...journal, events: { ...journal.events, append: () => Promise.reject(away) } };
  const house = await openWorkerHouse({ journal: failing });
  house.give({ durable: DURABLE });
  await house.idle();
  expect(house.reports()).toMatchObject([{ state: 'failed', error: { code: 'UNAVAILABLE' } }]);
  const { journal: mended, events } = makeJournal(real.outcomes);
  const again = await openWorkerHouse({ journal: mended });
  again.give({ durable: DURABLE, attempt: 2 });
  await again.idle();
  expect(events).toMatchObject([{ id: 'd1', attempt: 1 }]);
  expect(again.reports()).toMatchObject([{ state: 'done' }]);
});

test.each([
  [{ object: 'nobody' }, 'UNKNOWN_OBJECT'],
  [{ object: NAME, type: 'record' }, 'INVALID_REQUEST'],
  [{ object: NAME, paths: ['nowhere'] }, 'UNKNOWN_PATH'],
])('a durable request for %j is given back with its error', async (request, code) => {
  const house = await openWorkerHouse();
  house.give({ request, durable: DURABLE });
  await house.idle();
  expect(house.reports()).toMatchObject([{ state: 'failed', error: { code } }]);
  expect(await house.outcome('d1')).toBeUndefined();
  expect(house.answers()).toEqual([]);
});

test('without a journal no durable request is taken for done', async () => {
  const house = await openWorkerHouse({ journal: null });
  house.give({ durable: DURABLE });
  await house.idle();
  expect(house.reports()).toMatchObject([{ state: 'failed', error: { code: 'INTERNAL' } }]);
  expect(house.lives()).toEqual([]);
});

test('a commit that is under way is in hand, and holds on to its bytes', async () => {
  let go = (_: boolean) => {};
  const { journal } = makeJournal({
    create: () =>
      new Promise((resolve) => {
        go = resolve;
      }),
  });
  const house = await openWorkerHouse({ journal, kind: 'simulated', credits: 1, creditBytes: () => 1 });
  house.give({ durable: DURABLE });
  for (let turns = 0; turns < 20; turns++) await turn();
  expect(house.worker.flights.size).toBe(0);
  expect(house.worker.inHand).toBe(1);
  expect(house.worker.reservations.size).toBe(1);
  house.cancel('d1');
  house.give({ id: 'w2' });
  expect(house.reports()).toMatchObject([{ id: 'w2', state: 'busy', credits: { count: 0, bytes: 0 } }]);
  go(true);
  await house.idle();
  expect(house.worker.reservations).toMatchObject({ size: 0, bytes: 0 });
  expect(house.reports().at(-1)).toMatchObject({ id: 'w1', state: 'done', credits: { count: 1, bytes: 1 } });
});

test('a call and two durable requests for the same thing share one restoration, and each ends in its way', async () => {
  const house = await openWorkerHouse();
  house.give({ id: 'w1', durable: DURABLE });
  house.give({ id: 'w2' });
  house.give({ id: 'w3', durable: { ...DURABLE, id: 'd2' } });
  await house.idle();
  expect(house.worker.restorations).toBe(1);
  expect(house.answers('w2').at(-1)?.body).toMatchObject({ id: 'w2', value });
  for (const id of ['d1', 'd2']) expect(await house.outcome(id)).toMatchObject({ id, state: 'materialized' });
  expect(house.worker.reservations).toMatchObject({ size: 0, bytes: 0 });
});

test('how many bytes an object takes that is elsewhere is not known here', async () => {
  const house = await openWorkerHouse();
  const found = house.rooms.find({ object: NAME, priority: 1, urgency: 1, weight: 1, timeoutMs: 1 });
  expect(found.storedBytes(found.root)).toBe(0);
  await house.store.blocks.fetch([found.root]);
  expect(found.storedBytes(found.root)).toBeGreaterThan(100);
});

test('a value that can not be told from any other reason is not left out in silence', async () => {
  const house = await openWorkerHouse({
    toLink: () => {
      throw new Error('The link is wet.');
    },
    types: [Note, Box],
  });
  const { objects } = house.rooms;
  const note = objects.create(Note, value);
  await note.save('other');
  await objects.create(Box, { note }).save('box');
  house.give({ request: { object: 'box' }, durable: { ...DURABLE, includeValue: true } });
  await house.idle();
  expect(house.reports()).toMatchObject([{ state: 'failed', error: { code: 'INTERNAL' } }]);
  expect(house.worker.reservations).toMatchObject({ bytes: 0, size: 0 });
});
