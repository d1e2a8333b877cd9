import { expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/actors/index.js';
import { CREDITS } from '../../src/actors/worker.js';
import { HeliosError } from '../../src/protocol/errors.js';
import { WIRE_VERSION } from '../../src/protocol/index.js';
import { createManualClock } from '../../src/testing/index.js';
import { DURABLE, NAME, openWorkerHouse, turn, value, type WorkerHouse } from './workerHouse.js';

const closed = new HeliosError('CLOSED', 'Over.');

/** A worker over a wire, whose first restoration waits for its blocks. */
async function held(options: Parameters<typeof openWorkerHouse>[0] = {}): Promise<WorkerHouse> {
  const house = await openWorkerHouse({ kind: 'simulated', ...options });
  house.far.hold();
  return house;
}

// ── Answering ────────────────────────────────────────────────────────────────────────────────────────────────────────

test('it answers the asker with the object, and tells the supervisor that it is done and what it can still take', async () => {
  const house = await openWorkerHouse({ kind: 'simulated', creditBytes: () => 5_000 });
  house.give({ attempt: 3, queuedUs: 70 });
  await house.idle();
  expect(house.answers()).toHaveLength(1);
  expect(house.answers()[0]?.body).toMatchObject({
    ...{ id: 'w1', value, mode: 'whole', source: 'remote', worker: 'w', attempt: 3 },
    root: house.store.heads.get(NAME)?.root,
    version: { name: NAME, version: 1 },
    timings: { queueUs: 70 },
  });
  const { timings } = house.answers()[0]?.body ?? {};
  expect(timings.totalUs).toBe(timings.queueUs + timings.restoreUs);
  expect(house.reports()).toEqual([
    { id: 'w1', worker: 'w', state: 'done', attempt: 3, credits: { count: CREDITS, bytes: 5_000 } },
  ]);
  await turn();
  expect(house.worker.actor.getSnapshot().context).toMatchObject({ accepted: 1, finished: 1, running: 0 });
});

test("an answer bears the asker's own id, or that of its inbox", async () => {
  const house = await openWorkerHouse({ kind: 'simulated' });
  house.give({ id: 'w1', request: { object: NAME, id: 'mine' }, answerTo: '_INBOX.a.x' });
  house.give({ id: 'w2', answerTo: '_INBOX.a.y' });
  await house.idle();
  expect(house.answers('x').map(({ body }) => body.id)).toEqual(['mine']);
  expect(house.answers('y').map(({ body }) => body.id)).toEqual(['y']);
});

test('answers and reports may travel with others where batches are taken, JSON never, others never', async () => {
  const house = await openWorkerHouse({ kind: 'simulated' });
  const object = NAME;
  house.give({ id: 'ours', request: { object, id: 'o' }, answerTo: '_INBOX.a.o', takesBatches: true });
  house.give({ id: 'other', request: { object, id: 'p' }, answerTo: '_INBOX.a.q', takesBatches: true });
  house.give({ id: 'foreign', answerTo: '_INBOX.a.f' });
  house.give({ id: 'json', answerTo: '_INBOX.a.j', isJson: true });
  await house.idle();
  expect(house.answers('o')[0]).toHaveProperty('coalesce', true);
  // The place in a batch is told by the id: one that isn't the inbox's can't be.
  expect(house.answers('q')[0]).not.toHaveProperty('coalesce');
  expect(house.answers('f')[0]).not.toHaveProperty('coalesce');
  expect(house.answers('j')[0]).toMatchObject({ headers: { 'Content-Type': 'application/json' } });
  expect(house.answers('j')[0]).not.toHaveProperty('coalesce');
  expect(house.sent.filter(({ subject }) => subject.startsWith('reports.')).every(({ coalesce }) => coalesce)).toBe(
    true,
  );
});

test('failures are plain data over a wire, and say so in their headers to askers of other clients', async () => {
  const house = await openWorkerHouse({ kind: 'simulated' });
  const request = { object: 'nobody' };
  house.give({ id: 'ours', request, takesBatches: true });
  house.give({ id: 'foreign', request });
  house.give({ id: 'json', request, isJson: true });
  const [ours, foreign, json] = ['ours', 'foreign', 'json'].map((id) => house.answers(id)[0]);
  expect(ours?.body).toMatchObject({ id: 'ours', state: 'failed', worker: 'w', attempt: 1 });
  expect(ours?.body.error).toMatchObject({ code: 'UNKNOWN_OBJECT', retryable: false });
  expect(ours?.body.error).not.toBeInstanceOf(Error);
  expect(ours).not.toHaveProperty('headers');
  expect(foreign?.headers).toMatchObject({ 'Nats-Service-Error-Code': '404' });
  expect(foreign?.headers?.['Nats-Service-Error']).toMatch(/^UNKNOWN_OBJECT: /);
  expect(json?.headers).toMatchObject({ 'Nats-Service-Error-Code': '404', 'Content-Type': 'application/json' });
  expect(house.reports().map(({ state }) => state)).toEqual(['done', 'done', 'done']);
});

test('in one process a failure stays the error that it is', async () => {
  const house = await openWorkerHouse();
  house.give({ request: { object: 'nobody' } });
  expect(house.answers().at(-1)?.body.error).toBeInstanceOf(HeliosError);
});

test.each([
  ['TOO_LARGE', 'too large for a message'],
  ['UNSUPPORTED_VALUE', 'no message can carry'],
] as const)('an answer that can not travel (%s) becomes a failure that advises paths', async (code, says) => {
  const refuses = (_: string, body: unknown) =>
    'value' in Object(body) ? new HeliosError(code, 'It is not possible.') : undefined;
  const house = await openWorkerHouse({ kind: 'simulated', refuses });
  house.give();
  await house.idle();
  const [answer] = house.answers();
  expect(answer?.body).toMatchObject({ state: 'failed', worker: 'w', attempt: 1, error: { code } });
  expect(answer?.body.error.message).toContain(says);
  expect(answer?.body.error.message).toContain('paths');
  expect(house.reports()).toMatchObject([{ state: 'done' }]);
  expect(house.errors).toEqual([]);
});

test('what can not be published at all is told, and harms neither the other work nor the counts', async () => {
  const refused = new HeliosError('OVERLOADED', 'The bus is full.');
  const house = await openWorkerHouse({
    kind: 'simulated',
    refuses: (subject) => (subject.endsWith('.bad') ? refused : undefined),
  });
  house.give({ id: 'bad' });
  house.give({ id: 'worse', request: { object: 'nobody' }, answerTo: '_INBOX.a.bad' });
  house.give({ id: 'good' });
  await house.idle();
  expect(house.answers('good')[0]?.body).toMatchObject({ value });
  expect(house.worker.inHand).toBe(0);
  // Its answer and its report, and the answer of the other.
  expect(house.errors).toEqual([refused, refused, refused]);
});

// ── Progress ─────────────────────────────────────────────────────────────────────────────────────────────────────────

test('an asker over a wire hears of the restoration only when that takes its time', async () => {
  const house = await openWorkerHouse({ kind: 'simulated' });
  house.give({ id: 'far', takesBatches: true });
  await house.idle();
  expect(house.answers('far').map(({ body }) => body.state)).toEqual(['restoring', undefined]);
  expect(house.answers('far')[0]).toMatchObject({ body: { id: 'far', worker: 'w', attempt: 1 }, coalesce: true });
  house.give({ id: 'near', takesBatches: true });
  await house.idle();
  expect(house.answers('near').map(({ body }) => body.state)).toEqual([undefined]);
});

test('who joins a restoration that takes its time hears so at once; other clients never do', async () => {
  const house = await held();
  house.give({ id: 'first', takesBatches: true });
  house.give({ id: 'foreign' });
  await turn();
  house.give({ id: 'late', takesBatches: true });
  expect(house.answers().map(({ subject, body }) => [subject, body.state])).toEqual([
    ['_INBOX.a.first', 'restoring'],
    ['_INBOX.a.late', 'restoring'],
  ]);
  house.far.release();
  await house.idle();
  expect(house.answers('foreign')).toHaveLength(1);
  expect(house.worker.restorations).toBe(1);
});

// ── What it takes ────────────────────────────────────────────────────────────────────────────────────────────────────

test('more than its credits is refused, by number, and it says so when there is room again', async () => {
  const clock = createManualClock();
  const house = await held({ credits: 2, clock });
  for (const id of ['a', 'b', 'c']) house.give({ id });
  expect(house.reports()).toMatchObject([{ id: 'c', state: 'busy', credits: { count: 0 } }]);
  expect(house.reports()[0]).not.toHaveProperty('type');
  const beats = house.beats().length;
  house.far.release();
  await house.idle();
  clock.advance(50);
  expect(house.beats()).toHaveLength(beats + 1);
  expect(house.beats().at(-1)).toMatchObject({ inHand: 0, credits: { count: 2 } });
  house.give({ id: 'c' });
  await house.idle();
  clock.advance(50);
  // Nothing was refused meanwhile: the next beat is soon enough.
  expect(house.beats()).toHaveLength(beats + 1);
});

test('more than its bytes is refused, unless nothing is reserved; what joins another costs nothing', async () => {
  const house = await held({ creditBytes: () => 10 });
  house.give({ id: 'first' });
  house.give({ id: 'joins' });
  house.give({ id: 'beyond', request: { object: NAME, paths: ['text'] } });
  expect(house.reports()).toMatchObject([{ id: 'beyond', state: 'busy', credits: { bytes: 0 } }]);
  house.far.release();
  await house.idle();
  expect(house.worker.reservations).toMatchObject({ bytes: 0, size: 0 });
  house.give({ id: 'beyond', request: { object: NAME, paths: ['text'] } });
  await house.idle();
  expect(house.answers('beyond').at(-1)?.body).toMatchObject({ value: { text: value.text } });
});

test('an object of a type that others may know is refused with the type', async () => {
  const house = await openWorkerHouse({ kind: 'simulated' });
  const strange = { root: 'ab'.repeat(32), type: 'strange' };
  house.give({ id: 'root', request: strange });
  house.give({ id: 'version', request: { ...strange, schemaVersion: 1 } });
  house.give({ id: 'durable', request: strange, durable: DURABLE });
  expect(house.reports()).toMatchObject(
    ['root', 'version', 'durable'].map((id) => ({ id, state: 'busy', type: 'strange' })),
  );
  expect(house.answers()).toEqual([]);
  await turn();
  expect(house.worker.actor.getSnapshot().context).toMatchObject({ accepted: 0 });
});

test('the only worker there is answers that itself', async () => {
  const house = await openWorkerHouse();
  const request = { root: 'ab'.repeat(32), type: 'strange', schemaVersion: 1 };
  house.give({ request });
  expect(house.answers().at(-1)?.body).toMatchObject({ state: 'failed', error: { code: 'UNKNOWN_TYPE' } });
  house.give({ id: 'w2', request, durable: DURABLE });
  expect(house.reports()).toMatchObject([{ state: 'done' }, { state: 'failed', error: { code: 'UNKNOWN_TYPE' } }]);
});

test('what is no work is told and ignored, and reported failed where it has an id', async () => {
  const house = await openWorkerHouse({ kind: 'nats' });
  const send = (body: unknown) => house.bus.publish('test.work.w', body, { reply: 'reports.x' });
  for (const body of [undefined, null, 'work', { id: 7 }, { id: '' }, []]) send(body);
  expect(house.reports()).toEqual([]);
  expect(house.errors).toHaveLength(6);
  send({ id: 'x', attempt: 4 });
  send({ id: 'y', attempt: 'often', request: { object: NAME } });
  expect(house.reports()).toMatchObject([
    { id: 'x', attempt: 4, state: 'failed', error: { code: 'INVALID_REQUEST' } },
    { id: 'y', attempt: 1, state: 'failed', error: { code: 'INVALID_REQUEST' } },
  ]);
  house.give({ id: 'good' });
  await house.idle();
  expect(house.answers('good').at(-1)?.body).toMatchObject({ value });
});

test('work without a way back to the supervisor is done all the same', async () => {
  const house = await openWorkerHouse();
  const request = { object: NAME, priority: 1, urgency: 1, weight: 1, timeoutMs: 1 };
  house.bus.publish('test.work.w', { id: 'w1', request, attempt: 1, answerTo: '_INBOX.a.w1', timeoutMs: 1 });
  await house.idle();
  expect(house.answers().at(-1)?.body).toMatchObject({ value });
});

test('work that comes twice is done once; one that was given out once more ends as that', async () => {
  const house = await held();
  house.give({ durable: DURABLE });
  house.give({ durable: DURABLE });
  house.give({ durable: DURABLE, attempt: 3 });
  house.give({ durable: DURABLE, attempt: 2 });
  house.far.release();
  await house.idle();
  expect(house.reports()).toMatchObject([{ id: 'w1', state: 'done', attempt: 3 }]);
  expect(await house.outcome('d1')).toMatchObject({ attempt: 3 });
});

// ── Cancelling, deadlines ────────────────────────────────────────────────────────────────────────────────────────────

test("a call is cancelled by its asker's id, and others who wait for the same are not harmed", async () => {
  const house = await held();
  house.give({ id: 'w1', request: { object: NAME, id: 'mine' }, answerTo: '_INBOX.a.1' });
  house.give({ id: 'w2', request: { object: NAME, id: 'other' }, answerTo: '_INBOX.a.2' });
  house.cancel('w1');
  expect(house.worker.inHand).toBe(2);
  house.cancel('mine');
  expect(house.reports()).toMatchObject([{ id: 'w1', state: 'done' }]);
  expect(house.answers('1').at(-1)?.body).toMatchObject({ id: 'mine', error: { code: 'CANCELLED' } });
  house.far.release();
  await house.idle();
  expect(house.answers('2').at(-1)?.body).toMatchObject({ value });
  await turn();
  expect(house.worker.actor.getSnapshot().context).toMatchObject({ finished: 1, failed: 1, running: 0 });
});

test('of two askers with the same id, the one is meant whose inbox is named', async () => {
  const house = await held();
  for (const inbox of ['1', '2']) {
    house.give({ id: `w${inbox}`, request: { object: NAME, id: 'same' }, answerTo: `_INBOX.a.${inbox}` });
  }
  house.cancel('same', '_INBOX.a.2');
  expect(house.reports()).toMatchObject([{ id: 'w2' }]);
  house.cancel('same');
  expect(house.reports()).toMatchObject([{ id: 'w2' }, { id: 'w1' }]);
  expect(house.worker.flights.size).toBe(0);
});

test('a durable request is cancelled by its outcome alone: no other cancel of that id means it', async () => {
  const house = await held();
  house.give({ durable: DURABLE });
  house.cancel('d1');
  for (let turns = 0; turns < 5; turns++) await turn();
  expect(house.worker.inHand).toBe(1);
  const after = await house.journal.events.latest();
  const error = { code: 'CANCELLED', message: 'Not wanted.', retryable: false } as const;
  const at = '2026-01-31T12:00:00.000Z';
  await house.journal.outcomes.create({ id: 'd1', type: 'note', object: NAME, at, state: 'cancelled', error });
  house.cancel('d1');
  await house.idle();
  expect(house.reports()).toMatchObject([{ id: 'w1', state: 'done' }]);
  expect(house.worker.flights.size).toBe(0);
  expect(house.worker.reservations.size).toBe(0);
  const event = house.journal.events.read({ after, id: 'd1' })[Symbol.asyncIterator]();
  expect((await event.next()).value).toMatchObject({ event: { state: 'cancelled' } });
});

test('a cancel that can not be looked into is told, and the work goes on', async () => {
  const { journal } = await openWorkerHouse();
  const away = new HeliosError('UNAVAILABLE', 'The journal is away.');
  const house = await held({
    journal: { ...journal, outcomes: { ...journal.outcomes, get: () => Promise.reject(away) } },
  });
  house.give({ durable: DURABLE });
  house.cancel('d1');
  await turn();
  expect(house.errors).toEqual([away]);
  house.far.release();
  await house.idle();
  expect(house.reports()).toMatchObject([{ state: 'done' }]);
});

test('what is no cancel is told and changes nothing', async () => {
  const house = await openWorkerHouse({ kind: 'nats' });
  house.bus.publish('test.cancel.x', { reason: 7 });
  expect(house.errors).toMatchObject([{ code: 'INVALID_REQUEST' }]);
});

test('over a wire work ends at its deadline, whoever waits for it; a durable request is given back', async () => {
  const clock = createManualClock();
  const house = await held({ clock });
  house.give({ id: 'call', timeoutMs: 500 });
  house.give({ id: 'durable', timeoutMs: 500, durable: DURABLE });
  house.give({ id: 'longer', timeoutMs: 5_000 });
  clock.advance(400);
  expect(house.reports()).toEqual([]);
  clock.advance(200);
  expect(house.answers('call').at(-1)?.body).toMatchObject({ error: { code: 'DEADLINE_EXCEEDED' } });
  expect(house.reports()).toMatchObject([
    { id: 'call', state: 'done' },
    { id: 'durable', state: 'failed', error: { code: 'DEADLINE_EXCEEDED' } },
  ]);
  house.far.release();
  await house.idle();
  expect(house.answers('longer').at(-1)?.body).toMatchObject({ value });
});

// ── Heartbeats ───────────────────────────────────────────────────────────────────────────────────────────────────────

test('it beats at once, then again and again, and at once when its types change', async () => {
  const clock = createManualClock();
  const house = await openWorkerHouse({ clock, store: 'the store', beatMs: 100, creditBytes: () => 77 });
  expect(house.beats()).toMatchObject([
    {
      ...{ worker: 'w', state: 'ready', store: 'the store', wire: WIRE_VERSION, beat: 1, inHand: 0 },
      credits: { count: CREDITS, bytes: 77 },
    },
  ]);
  expect(house.beats()[0]?.types).toContain('note@1');
  clock.advance(350);
  expect(house.beats().map(({ beat }) => beat)).toEqual([1, 2, 3, 4]);
  const progress = house.beats().map((beat) => beat.progress);
  expect(new Set(progress).size).toBe(4);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  house.worker.announce();
  expect(house.beats()).toHaveLength(5);
  await house.worker.stop(closed);
  expect(house.beats().at(-1)).toMatchObject({ state: 'gone', credits: { count: 0, bytes: 0 } });
  house.worker.announce();
  clock.advance(1_000);
  expect(house.beats()).toHaveLength(6);
});

test('a beat says what can be taken then, also when nothing has happened since the last one', async () => {
  const clock = createManualClock();
  let free: number | undefined = 0;
  const house = await openWorkerHouse({ clock, beatMs: 100, creditBytes: () => free });
  free = 1_000;
  clock.advance(100);
  expect(house.beats().at(-1)?.credits?.bytes).toBe(1_000);
  free = undefined;
  clock.advance(100);
  expect(house.beats().at(-1)?.credits?.bytes).toBe(Number.MAX_SAFE_INTEGER);
});

test('a beat says what is in hand', async () => {
  const clock = createManualClock();
  const house = await held({ clock, beatMs: 100 });
  house.give({ id: 'a' });
  house.give({ id: 'b' });
  clock.advance(100);
  expect(house.beats().at(-1)).toMatchObject({ inHand: 2, credits: { count: CREDITS - 2 } });
});

// ── Its end ──────────────────────────────────────────────────────────────────────────────────────────────────────────

test('draining, it says so, takes nothing more, finishes what it has, says good-bye', async () => {
  const house = await held();
  house.give({ id: 'a' });
  house.give({ id: 'b', durable: DURABLE });
  const drained = house.worker.drain(60_000);
  expect(house.beats().at(-1)).toMatchObject({ state: 'draining', inHand: 2, credits: { count: 0 } });
  house.give({ id: 'c' });
  expect(house.reports()).toMatchObject([{ id: 'c', state: 'busy', credits: { count: 0 } }]);
  expect(house.worker.actor.getSnapshot().value).toBe('draining');
  expect(house.worker.drain(0)).toBe(drained);
  house.far.release();
  expect(await drained).toBe(true);
  expect(house.answers('a').at(-1)?.body).toMatchObject({ value });
  expect(await house.outcome('d1')).toMatchObject({ state: 'materialized' });
  expect(
    house
      .reports()
      .map(({ id, state }) => `${id} ${state}`)
      .toSorted(),
  ).toEqual(['a done', 'b done', 'c busy']);
  expect(house.beats().at(-1)?.state).toBe('gone');
  expect(house.worker.actor.getSnapshot().value).toBe('stopped');
  // Nobody listens any more.
  house.give({ id: 'd' });
  expect(house.reports()).toHaveLength(3);
});

test('one with nothing in hand drains at once', async () => {
  const house = await openWorkerHouse();
  expect(await house.worker.drain(60_000)).toBe(true);
  expect(house.beats().map(({ state }) => state)).toEqual(['ready', 'draining', 'gone']);
});

test('what is not finished in time fails so that others do it, and is over before good-bye is said', async () => {
  const clock = createManualClock();
  const house = await held({ clock });
  house.give({ id: 'call' });
  house.give({ id: 'durable', durable: DURABLE });
  const drained = house.worker.drain(1_000);
  clock.advance(1_000);
  expect(await drained).toBe(false);
  expect(house.answers('call').at(-1)?.body.error).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  expect(house.reports()).toMatchObject([
    { id: 'call', state: 'done' },
    { id: 'durable', state: 'failed', error: { code: 'UNAVAILABLE', retryable: true } },
  ]);
  expect(house.sent.at(-1)?.body.state).toBe('gone');
  expect(house.worker.reservations).toMatchObject({ bytes: 0, size: 0 });
  house.far.release();
  for (let turns = 0; turns < 10; turns++) await turn();
  expect(await house.outcome('d1')).toBeUndefined();
  expect(house.reports()).toHaveLength(2);
});

test('stopped, it fails calls with the reason and gives durable requests back, at once', async () => {
  const house = await held();
  house.give({ id: 'call' });
  house.give({ id: 'durable', durable: DURABLE });
  await house.worker.stop(closed);
  expect(house.answers('call').at(-1)?.body.error).toMatchObject({ code: 'CLOSED' });
  expect(house.reports()[1]).toMatchObject({ id: 'durable', state: 'failed', error: { code: 'UNAVAILABLE' } });
  expect(house.beats().at(-1)?.state).toBe('gone');
  expect(house.worker.actor.getSnapshot()).toMatchObject({ value: 'stopped', context: { running: 0, failed: 2 } });
  await house.worker.stop(closed);
  expect(house.beats().filter(({ state }) => state === 'gone')).toHaveLength(1);
});

test('one that is stopped while it drains is not said to have finished', async () => {
  const house = await held();
  house.give();
  const drained = house.worker.drain(60_000);
  await house.worker.stop(closed);
  expect(await drained).toBe(false);
});

test('a bus that is gone keeps nobody from ending', async () => {
  const house = await held();
  house.give();
  await house.bus.close();
  expect(await house.worker.drain(0)).toBe(false);
  expect(house.errors.length).toBeGreaterThan(0);
});

test('a live message that can not be sent keeps no durable request from its outcome', async () => {
  const refuses = (subject: string) =>
    subject.startsWith('test.live') || subject.endsWith('.told') ? new HeliosError('OVERLOADED', 'Full.') : undefined;
  const house = await held({ refuses });
  house.give({ durable: DURABLE });
  house.give({ id: 'told', takesBatches: true });
  await turn();
  house.far.release();
  await house.idle();
  expect(await house.outcome('d1')).toMatchObject({ state: 'materialized' });
  expect(house.errors.map((error) => Object(error).code)).toEqual(Array(house.errors.length).fill('OVERLOADED'));
});

test('over a wire a durable request that runs code of its type begins when it is known who has it; one that is over by then never begins', async () => {
  const oldOf = ({ store }: WorkerHouse) => ({ root: store.heads.get(NAME)?.root, type: 'note', schemaVersion: 7 });
  const house = await held();
  house.give({ id: 'call', request: { object: NAME, paths: ['text'] } });
  for (let tick = 0; tick < 10; tick++) await null;
  expect(house.far.fetches).toHaveLength(1);
  house.give({ durable: DURABLE, request: oldOf(house) });
  for (let tick = 0; tick < 10; tick++) await null;
  expect(house.far.fetches).toHaveLength(1);
  expect(house.lives()).toHaveLength(1);
  await turn();
  expect(house.far.fetches).toHaveLength(2);

  const other = await held();
  other.give({ durable: DURABLE, request: oldOf(other) });
  void other.worker.stop(closed);
  await turn();
  await turn();
  expect(other.far.fetches).toEqual([]);
});

test('an outcome that comes about after its work was given up is no second end', async () => {
  let go = (_: boolean) => {};
  const { journal } = await openWorkerHouse();
  const create = () =>
    new Promise<boolean>((resolve) => {
      go = resolve;
    });
  const house = await openWorkerHouse({
    ...{ kind: 'simulated', journal: { ...journal, outcomes: { ...journal.outcomes, create } } },
  });
  house.give({ durable: DURABLE });
  while (house.worker.flights.size > 0) await turn();
  expect(await house.worker.drain(0)).toBe(false);
  expect(house.worker.reservations.size).toBe(0);
  go(true);
  for (let turns = 0; turns < 10; turns++) await turn();
  expect(house.reports()).toMatchObject([{ id: 'w1', state: 'failed', error: { code: 'UNAVAILABLE' } }]);
  await turn();
  expect(house.worker.actor.getSnapshot().context).toMatchObject({ accepted: 1, failed: 1, running: 0 });
});

test('work that is over keeps no process alive until its deadline', async () => {
  const awaited = new Set<object>();
  const clock: Clock = {
    ...systemClock,
    after: (ms, callback, isAwaited) => {
      const timer = systemClock.after(ms, callback, isAwaited);
      const set = (isNow: boolean) => (isNow ? awaited.add(timer) : awaited.delete(timer));
      set(isAwaited);
      return {
        cancel: () => {
          set(false);
          timer.cancel();
        },
        await: (isNow) => {
          set(isNow);
          timer.await(isNow);
        },
      };
    },
  };
  const house = await held({ clock });
  house.give({ timeoutMs: 60_000 });
  expect(awaited.size).toBe(1);
  house.far.release();
  await house.idle();
  expect(awaited.size).toBe(0);
  await house.worker.stop(closed);
});
