/** Supervisors, played workers and plain NATS clients, each over a connection of its own. */
import { connect, headers, JSONCodec, type NatsConnection } from 'nats';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Clock, SupervisorActor, systemClock } from '../../src/actors/index.js';
import { DEFAULT_WAITS, type Waits } from '../../src/actors/waits.js';
import { connectNats, createNatsBus, type Journal, type NatsBus, openNatsJournal } from '../../src/bus/index.js';
import { createSubjects, type HeartbeatMessage, HeliosError, type WorkMessage } from '../../src/protocol/index.js';
import { hashOf } from '../../src/store/index.js';
import { type NatsServer, startNatsServer } from '../natsServer.js';

const waits: Waits = { ...DEFAULT_WAITS, beatMs: 100, missedUntilGone: 10, ackWaitMs: 3_000, retryMs: 10 };
const json = JSONCodec();
const clock: Clock = systemClock;
const over = new HeliosError('CLOSED', 'Over.');

let server: NatsServer;
let prefixes = 0;
const closings: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startNatsServer();
});
afterAll(() => server.stop());
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

async function openProcess(prefix: string) {
  const subjects = createSubjects(prefix);
  const link = await connectNats({ servers: server.url });
  const errors: unknown[] = [];
  const bus = createNatsBus({ link, onError: (error) => errors.push(error) });
  const journal = await openNatsJournal({ link, subjects, ackWaitMs: waits.ackWaitMs });
  const close = async () => {
    await journal.close();
    await link.close();
  };
  closings.push(close);
  return { subjects, link, bus, journal, errors, close };
}

async function openSupervisor(prefix: string) {
  const { bus, journal, subjects, close } = await openProcess(prefix);
  const warnings: unknown[] = [];
  const supervisor = new SupervisorActor({
    ...{ bus, journal, subjects, clock, waits, hash: hashOf, onError: (error) => warnings.push(error) },
    situation: () => ({ threshold: 0, score: 0, trend: 0 }),
  });
  closings.push(() => supervisor.stop(over));
  await bus.flush();
  return { supervisor, bus, journal, warnings, close };
}

/** A worker that does at once, or when it is told to, whatever it is given. */
async function openWorker(prefix: string, name: string, options: { readonly isIdle?: boolean } = {}) {
  const { bus, journal, subjects, close } = await openProcess(prefix);
  const work: WorkMessage[] = [];
  const replies = new Map<string, string>();
  let whenGiven = () => {};
  let { isIdle = false } = options;
  const subscription = bus.subscribe(subjects.work(name), ({ body, reply = '' }) => {
    const message = body as WorkMessage;
    work.push(message);
    replies.set(message.id, reply);
    whenGiven();
    if (!isIdle) void finish(message);
  });
  let beats = 0;
  const beat = (state: HeartbeatMessage['state'] = 'ready') => {
    bus.publish(subjects.heartbeat(name), {
      ...{ worker: name, state, beat: ++beats, progress: beats, inHand: 1, types: ['agent@1'], wire: 1 },
      credits: { count: Math.max(0, 100 - replies.size), bytes: 1e9 },
    });
  };
  const timer = setInterval(beat, waits.beatMs / 2);
  closings.push(() => clearInterval(timer));
  beat();
  async function finish(message: WorkMessage): Promise<void> {
    await settle(bus, journal, name, message);
    const status = { id: message.id, worker: name, state: 'done', attempt: message.attempt };
    const reply = replies.get(message.id);
    if (reply !== undefined) bus.publish(reply, status, { coalesce: true });
    replies.delete(message.id);
  }
  const given = async (count: number) => {
    while (work.length < count) await new Promise<void>((resolve) => (whenGiven = resolve));
    return work[count - 1] as WorkMessage;
  };
  const die = async () => {
    clearInterval(timer);
    subscription.unsubscribe();
    await close();
  };
  /** From now on it does what it is given, and what it has. */
  const wake = () => {
    isIdle = false;
    for (const message of work) void finish(message);
  };
  return { name, work, given, finish, die, wake };
}

async function settle(bus: NatsBus, journal: Journal, worker: string, message: WorkMessage): Promise<void> {
  const { durable, request, attempt, answerTo } = message;
  const timings = { queueUs: 0, restoreUs: 1, totalUs: 1 };
  const root = 'a'.repeat(64);
  if (durable === undefined) {
    const id = request.id ?? answerTo.split('.').at(-1);
    const answer = { id, value: { hp: 7 }, root, mode: 'whole', source: 'object', worker, attempt, timings };
    bus.publish(answerTo, answer, message.isJson === true ? { headers: { 'Content-Type': 'application/json' } } : {});
    return;
  }
  const { id, type } = durable;
  const at = new Date(journal.now()).toISOString();
  const object = request.object ?? '';
  await journal.outcomes.create({
    ...{ id, type, object, at, state: 'materialized', root, bytes: 1, worker, attempt, timings },
  });
  const outcome = await journal.outcomes.get(id);
  if (outcome !== undefined) await journal.events.append(outcome);
}

/** A client of NATS that knows nothing of this library. */
async function openPlain(): Promise<NatsConnection> {
  const connection = await connect({ servers: server.url });
  closings.push(() => connection.close());
  return connection;
}

const newPrefix = () => `super.v${prefixes++}`;

test('a plain client calls in JSON and is answered by a worker, or refused with the headers of the services convention', async () => {
  const prefix = newPrefix();
  await openSupervisor(prefix);
  await openWorker(prefix, 'w');
  const plain = await openPlain();
  const head = headers();
  head.set('Content-Type', 'application/json');
  const ask = async (subject: string, body: unknown) => {
    const answer = await plain.request(`${prefix}.call.${subject}`, json.encode(body), {
      timeout: 5_000,
      headers: head,
    });
    return { body: json.decode(answer.data), code: answer.headers?.get('Nats-Service-Error-Code') };
  };
  expect(await ask('agent', { object: 'agents/7', id: 'mine' })).toMatchObject({
    body: { id: 'mine', value: { hp: 7 }, worker: 'w', attempt: 1 },
    code: '',
  });
  const wrong = await ask('_', { objekt: 1 });
  expect(wrong).toMatchObject({ body: { state: 'failed', error: { code: 'INVALID_REQUEST' } }, code: '400' });
  const torn = await plain.request(`${prefix}.call._`, Buffer.from('{"object":'), { timeout: 5_000, headers: head });
  expect(json.decode(torn.data)).toMatchObject({ state: 'failed', error: { code: 'INVALID_REQUEST' } });
  expect(await ask('other', { object: 'x', type: 'agent' })).toMatchObject({ code: '400' });
});

test('a worker that nobody hears any more: its call goes to another', async () => {
  const prefix = newPrefix();
  const { supervisor } = await openSupervisor(prefix);
  const first = await openWorker(prefix, 'first', { isIdle: true });
  const plain = await openPlain();
  const answer = plain.request(`${prefix}.call._`, json.encode({ object: 'a' }), {
    timeout: 20_000,
    headers: asJson(),
  });
  await first.given(1);
  const second = await openWorker(prefix, 'second');
  await first.die();
  expect(json.decode((await answer).data)).toMatchObject({ worker: 'second', attempt: 2 });
  expect(second.work).toHaveLength(1);
  expect(supervisor.lost).toBe(1);
});

test('work that reaches nobody comes back at once, and goes to whoever is there', async () => {
  const prefix = newPrefix();
  const { supervisor, bus } = await openSupervisor(prefix);
  // It beats, and takes nothing.
  const { subjects } = await openProcess(prefix);
  const beat = () =>
    bus.publish(subjects.heartbeat('deaf'), {
      ...{ worker: 'deaf', state: 'ready', beat: 1, progress: 1, inHand: 0, types: [] },
      credits: { count: 10, bytes: 1 },
    });
  beat();
  await bus.flush();
  const plain = await openPlain();
  const answers = Array.from({ length: 20 }, (_, index) =>
    plain.request(`${prefix}.call._`, json.encode({ object: `o${index}` }), { timeout: 20_000, headers: asJson() }),
  );
  await openWorker(prefix, 'w');
  for (const answer of answers) expect(json.decode((await answer).data)).toMatchObject({ worker: 'w' });
  while (supervisor.queued + supervisor.dispatched > 0) await clockPause(10);
});

test('a supervisor that dies leaves its durable requests to another; each has one outcome', async () => {
  const prefix = newPrefix();
  const first = await openSupervisor(prefix);
  const worker = await openWorker(prefix, 'w', { isIdle: true });
  const { journal } = await openProcess(prefix);
  for (let index = 0; index < 20; index++) {
    await journal.requests.submit('normal', undefined, { id: `d${index}`, object: `o${index}` });
  }
  await worker.given(20);
  await worker.finish(worker.work[0] as WorkMessage);
  // It dies as if killed: its connection ends, nothing is given back.
  await first.close();
  const second = await openSupervisor(prefix);
  worker.wake();
  for (let index = 0; index < 20; index++) {
    expect(await outcomeOf(journal, `d${index}`)).toMatchObject({ state: 'materialized', worker: 'w' });
  }
  while (second.supervisor.held > 0 || (await journal.requests.size()) > 0) await clockPause(50);
}, 60_000);

test('a supervisor that is told to end gives back what no worker has, and others take it at once', async () => {
  const prefix = newPrefix();
  const first = await openSupervisor(prefix);
  const { journal } = await openProcess(prefix);
  const worker = await openWorker(prefix, 'w', { isIdle: true });
  for (let index = 0; index < 150; index++) {
    await journal.requests.submit('normal', undefined, { id: `d${index}`, object: `o${index}` });
  }
  await worker.given(100);
  const plain = await openPlain();
  const calls = Array.from({ length: 3 }, () =>
    plain.request(`${prefix}.call._`, json.encode({ object: 'a' }), { timeout: 20_000, headers: asJson() }),
  );
  while (first.supervisor.queued < 4) await clockPause(10);
  const second = await openSupervisor(prefix);
  const drained = first.supervisor.drain(500);
  await openWorker(prefix, 'helper');
  worker.wake();
  for (const call of calls) expect(json.decode((await call).data)).toMatchObject({ value: { hp: 7 } });
  await drained;
  for (let index = 0; index < 150; index++) expect(await outcomeOf(journal, `d${index}`)).toBeDefined();
  expect(second.warnings).toEqual([]);
}, 60_000);

test('a server that goes away and comes back loses nothing, and nobody is held to have died', async () => {
  const own = await startNatsServer();
  const shared = server;
  server = own;
  try {
    const prefix = newPrefix();
    const { supervisor } = await openSupervisor(prefix);
    const worker = await openWorker(prefix, 'w', { isIdle: true });
    const { journal } = await openProcess(prefix);
    for (let index = 0; index < 5; index++) {
      await journal.requests.submit('normal', undefined, { id: `d${index}`, object: `o${index}` });
    }
    await worker.given(5);
    await own.kill();
    await clockPause(2_000);
    await own.restart();
    while ((await journal.records.get('kill.d0').catch(() => null)) === null) await clockPause(50);
    expect(await journal.records.get('kill.d0')).toBeUndefined();
    for (const message of [...worker.work]) await worker.finish(message);
    for (let index = 0; index < 5; index++) {
      expect(await outcomeOf(journal, `d${index}`)).toMatchObject({ state: 'materialized' });
      expect(await journal.records.get(`kill.d${index}`)).toBeUndefined();
    }
    expect(supervisor.workers().map(({ name }) => name)).toEqual(['w']);
  } finally {
    server = shared;
    for (const close of closings.splice(0).reverse()) await close();
    await own.stop();
  }
}, 60_000);

function outcomeOf(journal: Journal, id: string) {
  return new Promise((resolve) => journal.outcomes.watch(id, resolve));
}

function asJson() {
  const head = headers();
  head.set('Content-Type', 'application/json');
  return head;
}

function clockPause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
