import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Journal, NatsBus } from '../../src/bus/index.js';
import { connectNats, createNatsBus, openNatsJournal } from '../../src/bus/index.js';
import type { OutcomeMessage } from '../../src/protocol/index.js';
import { toLink } from '../../src/rooms.js';
import { type NatsServer, startNatsServer } from '../natsServer.js';
import { DURABLE, listen, NAME, Note, openWorkerHouse, subjects, value, type WorkerHouse } from './workerHouse.js';

const PAYLOAD = 65_536;
/** More than a message takes, less than an outcome may carry. */
const LONG = { text: 'b'.repeat(2 * PAYLOAD) };

let server: NatsServer;
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startNatsServer({ config: `max_payload: ${PAYLOAD}` });
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => server.stop());

interface There {
  readonly house: WorkerHouse;
  /** Another process: whoever asks and supervises. */
  readonly other: { readonly bus: NatsBus; readonly journal: Journal };
}

async function open(): Promise<There> {
  const [own, other] = [await join(), await join()];
  const house = await openWorkerHouse({ bus: own.bus, journal: own.journal });
  ends.push(async () => {
    if (!own.link.isClosed) await house.worker.drain(0);
  });
  await house.rooms.objects.create(Note, LONG).save('notes/long');
  await own.bus.flush();
  return { house, other };
}

async function join() {
  const errors: unknown[] = [];
  const link = await connectNats({ servers: server.url });
  const onError = (error: unknown) => errors.push(error);
  const bus = createNatsBus({ link, onError, toLink });
  const journal = await openNatsJournal({ link, subjects });
  ends.push(async () => {
    await journal.close();
    await bus.close();
    await link.close();
    expect(errors).toEqual([]);
  });
  return { link, bus, journal };
}

function work(id: string, inbox: string, object = NAME) {
  const request = { object, id, priority: 0.5, urgency: 0.5, weight: 1, timeoutMs: 5_000 };
  return { id, request, attempt: 1, answerTo: `${inbox}.${id}`, timeoutMs: 5_000, takesBatches: true };
}

async function until<T>(messages: readonly T[], count: number): Promise<void> {
  while (messages.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('work of one message is answered in one, and reported in one, each by its own subject', async () => {
  const { house, other } = await open();
  const [inbox, reports] = [other.bus.inbox(), other.bus.inbox()];
  const answers = listen(other.bus, `${inbox}.*`);
  const reported = listen(other.bus, `${reports}.*`);
  await other.bus.flush();
  const before = house.sent.length;
  const ids = Array.from({ length: 5 }, (_, index) => `w${index}`);
  for (const id of ids) {
    other.bus.publish(subjects.work('w'), work(id, inbox), { reply: `${reports}.${id}`, coalesce: true });
  }
  await until(reported, 5);
  const ended = answers.filter(({ body }) => 'value' in Object(body));
  expect(ended.map(({ subject }) => subject)).toEqual(ids.map((id) => `${inbox}.${id}`));
  for (const { body } of ended) expect(body).toMatchObject({ value, worker: 'w', attempt: 1 });
  expect(reported.map(({ subject }) => subject)).toEqual(ids.map((id) => `${reports}.${id}`));
  expect(reported.map(({ body }) => Object(body).state)).toEqual(Array(5).fill('done'));
  expect(house.sent.slice(before).every(({ coalesce }) => coalesce === true)).toBe(true);
  expect(house.errors).toEqual([]);
});

test('an object that is larger than a message fails with the advice to ask for parts', async () => {
  const { other } = await open();
  const inbox = other.bus.inbox();
  const answers = listen(other.bus, `${inbox}.*`);
  await other.bus.flush();
  other.bus.publish(subjects.work('w'), work('w1', inbox, 'notes/long'), { reply: 'reports.w1', coalesce: true });
  while (!answers.some(({ body }) => 'error' in Object(body))) await until(answers, answers.length + 1);
  const failure = answers.at(-1)?.body;
  expect(failure).toMatchObject({ id: 'w1', state: 'failed', error: { code: 'TOO_LARGE' }, worker: 'w' });
  expect(Object(failure).error.message).toContain('paths');
});

test('a durable request has its outcome and its event; a value that the server takes no more is left out', async () => {
  const { house, other } = await open();
  const reports = other.bus.inbox();
  const reported = listen(other.bus, `${reports}.*`);
  const lives = listen(other.bus, subjects.lives);
  const after = await other.journal.events.latest();
  await other.bus.flush();
  for (const [id, object] of [
    ['short', NAME],
    ['long', 'notes/long'],
  ] as const) {
    const durable = { ...DURABLE, id, includeValue: true };
    const message = { ...work(id, '_INBOX.nobody', object), durable };
    other.bus.publish(subjects.work('w'), message, { reply: `${reports}.${id}`, coalesce: true });
  }
  await until(reported, 2);
  expect(reported.map(({ body }) => Object(body).state)).toEqual(['done', 'done']);
  const outcomes = await Promise.all(['short', 'long'].map((id) => other.journal.outcomes.get(id)));
  expect(outcomes).toMatchObject([
    { id: 'short', state: 'materialized', value },
    { id: 'long', state: 'materialized', bytes: expect.any(Number) },
  ]);
  expect(outcomes[1]).not.toHaveProperty('value');
  const events: OutcomeMessage[] = [];
  for await (const { event } of other.journal.events.read({ after })) if (events.push(event) === 2) break;
  expect(events.toSorted((a, b) => b.id.localeCompare(a.id))).toEqual(outcomes);
  expect(lives.map(({ subject }) => subject).toSorted()).toEqual([
    'test.live.restoring.note.long',
    'test.live.restoring.note.short',
  ]);
  expect(house.errors).toEqual([]);
});

test('what comes to it that is no work harms nothing', async () => {
  const { house, other } = await open();
  const reports = other.bus.inbox();
  const reported = listen(other.bus, `${reports}.*`);
  await other.bus.flush();
  other.bus.publish(subjects.work('w'), 'work', { reply: `${reports}.a` });
  other.bus.publish(subjects.work('w'), { id: 'b', attempt: 2 }, { reply: `${reports}.b`, coalesce: true });
  await until(reported, 1);
  expect(reported[0]?.body).toMatchObject({ id: 'b', attempt: 2, state: 'failed', error: { code: 'INVALID_REQUEST' } });
  expect(house.errors).toMatchObject([{ code: 'INVALID_REQUEST' }, { code: 'INVALID_REQUEST' }]);
});

test('a worker that leaves has said all that it had to say before good-bye', async () => {
  const { house, other } = await open();
  const reports = other.bus.inbox();
  const order: string[] = [];
  other.bus.subscribe(`${reports}.*`, ({ body }) => order.push(Object(body).state));
  other.bus.subscribe(subjects.heartbeats, ({ body }) => order.push(Object(body).state));
  await other.bus.flush();
  house.far.hold();
  const message = { ...work('w1', '_INBOX.nobody'), durable: DURABLE };
  other.bus.publish(subjects.work('w'), message, { reply: `${reports}.w1`, coalesce: true });
  while (house.worker.inHand === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await house.worker.drain(0)).toBe(false);
  await until(order, 3);
  expect(order).toEqual(['draining', 'failed', 'gone']);
});
