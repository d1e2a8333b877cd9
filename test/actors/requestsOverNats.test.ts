import { deepStrictEqual } from 'node:assert';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Ask, type MaterializeRequest, Requests, systemClock } from '../../src/actors/index.js';
import { type BusMessage, connectNats, createNatsBus, type NatsBus, type NatsLink } from '../../src/bus/index.js';
import { HeliosError } from '../../src/protocol/errors.js';
import { checkMessage, createIds, createSubjects, requestMessage } from '../../src/protocol/index.js';
import { type NatsServer, startNatsServer } from '../natsServer.js';

const subjects = createSubjects();
const nextId = createIds({ clock: Date.now, random: Math.random });

let server: NatsServer;
let link: NatsLink;
/** The asker's, and that of those who serve. */
let bus: NatsBus;
let there: NatsBus;
let requests: Requests;

beforeAll(async () => {
  server = await startNatsServer({ jetStream: false, config: 'max_payload: 65536' });
});
afterAll(() => server.stop());

beforeEach(async () => {
  link = await connectNats({ servers: server.url });
  bus = createNatsBus({ link, onError: () => {} });
  there = createNatsBus({ link, onError: () => {}, fromLink: (at) => at });
  requests = new Requests({ bus, subjects, clock: systemClock, nextId, random: Math.random });
});
afterEach(async () => {
  requests.close(new HeliosError('CLOSED', 'over'));
  await link.close();
});

function ask(options: object = {}, live: Ask['live'] = (value) => value): MaterializeRequest<unknown> {
  const id = nextId();
  const message = checkMessage(requestMessage, { object: 'agents/7', timeoutMs: 5_000, ...options, id });
  return requests.ask(id, { message, error: null, signal: undefined, live, release: null });
}

/** Serves calls: `answer` says what comes back to the n-th, one message after another. */
function serve(answer: (count: number, message: BusMessage) => readonly unknown[]): void {
  let count = 0;
  there.subscribe(subjects.calls, (message) => {
    const bodies = answer(++count, message);
    for (const body of bodies) there.publish(message.reply ?? '', body);
  });
}

/** A good answer, but for what is said otherwise. */
function answerOf({ reply }: BusMessage, otherwise: object = {}) {
  return {
    ...{ id: reply?.split('.').at(-1), value: { hp: 7 }, root: 'a'.repeat(64), mode: 'whole', source: 'object' },
    ...{ worker: 'left', attempt: 1, timings: { queueUs: 0, restoreUs: 5, totalUs: 5 } },
    ...otherwise,
  };
}

function failureOf(message: BusMessage, otherwise: object = {}) {
  const error = { code: 'UNAVAILABLE', message: 'away', retryable: true };
  return { id: answerOf(message).id, state: 'failed', error, ...otherwise };
}

function seen(request: MaterializeRequest<unknown>): string[] {
  const states: string[] = [];
  request.actor.subscribe(({ value }) => states.push(value));
  return states;
}

test('nobody serves: it is unavailable at once, many times over', async () => {
  const all = Array.from({ length: 50 }, () => ask({ timeoutMs: 60_000 }));
  for (const request of all) await expect(request.result).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(requests.size).toBe(0);
});

test('an answer alone takes the chart through restoring, and its attempt and worker are the result’s', async () => {
  serve((_, message) => [answerOf(message, { worker: 'right', attempt: 2 })]);
  const request = ask();
  const states = seen(request);
  expect(await request.result).toMatchObject({ value: { hp: 7 }, worker: 'right', attempt: 2, source: 'object' });
  expect(states).toEqual(['restoring', 'materialized']);
  expect(request.actor.getSnapshot().context.worker).toBe('right');
});

test('word of a second worker means that the first was lost', async () => {
  serve((_, message) => [
    { id: 'x', state: 'queued', attempt: 0 },
    { id: 'x', state: 'restoring', worker: 'left', attempt: 1 },
    { id: 'x', state: 'restoring', worker: 'left', attempt: 1 },
    { id: 'x', state: 'restoring', worker: 'right', attempt: 2 },
    answerOf(message, { worker: 'right', attempt: 2 }),
  ]);
  const request = ask();
  const states = seen(request);
  expect(await request.result).toMatchObject({ worker: 'right', attempt: 2 });
  expect(states).toEqual(['restoring', 'queued', 'restoring', 'materialized']);
});

test('values of the wire refuse change, as those of this process do; typed arrays stay the caller’s own', async () => {
  const value = {
    list: [{ deep: [1] }],
    map: new Map([['a', { b: 1 }]]),
    set: new Set([[1]]),
    at: new Date(0),
    bytes: new Uint8Array([1, 2]),
    floats: new Float64Array([0.5]),
    none: null,
  };
  serve((_, message) => [answerOf(message, { value })]);
  const result = await ask().result;
  const got = result.value as typeof value;
  deepStrictEqual(got, value);
  const writes: (() => unknown)[] = [
    () => Object.assign(got, { list: [] }),
    () => got.list.push({ deep: [] }),
    () => got.list[0]?.deep.push(2),
    () => got.map.set('c', { b: 2 }),
    () => Object.assign(got.map.get('a') ?? {}, { b: 2 }),
    () => got.set.add([2]),
    () => [...got.set][0]?.push(2),
    () => got.at.setTime(1),
  ];
  for (const write of writes) expect(write, String(write)).toThrow(TypeError);
  got.bytes[0] = 9;
  got.floats[0] = 9;
  expect([got.bytes[0], got.floats[0]]).toEqual([9, 9]);
});

test('what the type makes of a value is the caller’s, and what it throws is the request’s end', async () => {
  serve((_, message) => [answerOf(message, { version: versionOf('agent') })]);
  const made = ask({}, (value, type) => ({ type, value }));
  expect((await made.result).value).toEqual({ type: 'agent', value: { hp: 7 } });
  expect((await made.result).version).toMatchObject({ name: 'agents/7', type: 'agent', at: new Date(0) });
  const thrown = ask({}, () => {
    throw new HeliosError('INVALID_VALUE', 'no');
  });
  await expect(thrown.result).rejects.toMatchObject({ code: 'INVALID_VALUE' });
});

function versionOf(type: string) {
  return { name: 'agents/7', version: 1, root: 'a'.repeat(64), type, weight: 1, at: new Date(0) };
}

test('an answer that makes no sense fails its request alone, and says what was wrong', async () => {
  const wrong: ((message: BusMessage) => unknown)[] = [
    (message) => answerOf(message, { root: 'short' }),
    (message) => answerOf(message, { attempt: 0 }),
    (message) => ({ ...failureOf(message), error: { code: 'NO_SUCH_CODE', message: '', retryable: false } }),
    (message) => ({ ...answerOf(message), timings: undefined }),
    () => 'hello',
    () => undefined,
    () => [1, 2, 3],
    () => ({ id: 'x', state: 'restoring', attempt: -1 }),
  ];
  serve((count, message) => {
    const make = wrong[count - 1];
    return [make === undefined ? answerOf(message) : make(message)];
  });
  for (const make of wrong) {
    const error: unknown = await ask().result.catch((reason: unknown) => reason);
    expect(error, String(make)).toMatchObject({ code: 'INTERNAL', retryable: false });
    expect(String(error)).toMatch(/The answer makes no sense: .+expected|is missing/);
  }
  expect((await ask().result).value).toEqual({ hp: 7 });
});

test('bytes that are no message fail the request too', async () => {
  there.subscribe(subjects.calls, ({ reply = '' }) => link.connection.publish(reply, new Uint8Array([0xc1, 0xff])));
  await expect(ask().result).rejects.toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('no sense') });
});

test('a failure that may pass is tried again, and attempts are counted over all askings', async () => {
  serve((count, message) => [
    count < 3 ? failureOf(message, { worker: 'left', attempt: 1 }) : answerOf(message, { attempt: 2 }),
  ]);
  const request = ask();
  const states = seen(request);
  expect(await request.result).toMatchObject({ attempt: 4 });
  expect(states).toEqual(['restoring', 'queued', 'restoring', 'queued', 'restoring', 'materialized']);
});

test('a failure that says when it may pass is tried again then, and no earlier answer counts meanwhile', async () => {
  serve((count, message) => {
    const error = { code: 'OVERLOADED', message: 'full', retryable: true, retryAfterMs: 1 };
    const failure = failureOf(message, { worker: 'left', attempt: 1, error });
    return count === 1 ? [failure, failure, failure] : [answerOf(message)];
  });
  expect(await ask().result).toMatchObject({ attempt: 2 });
});

test('what supervisors refuse is refused, tried again or not as they say: they have tried', async () => {
  serve((_, message) => [failureOf(message, { error: { code: 'OVERLOADED', message: 'full', retryable: true } })]);
  const request = ask();
  const states = seen(request);
  await expect(request.result).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true });
  expect(states).toEqual(['failed']);
});

test('when tries run out, the last failure is the request’s', async () => {
  serve((count, message) => [
    failureOf(message, { worker: `w${count}`, attempt: 1, error: { code: 'CONFLICT', message: '', retryable: true } }),
  ]);
  const request = ask();
  await expect(request.result).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(request.actor.getSnapshot().context).toMatchObject({ attempt: 3, worker: 'w3' });
});

test('a second answer is nobody’s', async () => {
  serve((_, message) => [answerOf(message, { value: 1 }), answerOf(message, { value: 2 }), failureOf(message)]);
  const request = ask();
  expect((await request.result).value).toBe(1);
  await bus.flush();
  expect(request.state).toBe('materialized');
});

test('a request too large to be sent ends at once', async () => {
  const request = ask({ paths: Array.from({ length: 1_000 }, () => 'x'.repeat(1_000)) });
  await expect(request.result).rejects.toMatchObject({ code: 'TOO_LARGE' });
  expect(requests.size).toBe(0);
});

test('a closed bus ends requests, and takes no word of giving up', async () => {
  const abandoned = ask();
  await bus.close();
  const request = ask();
  await expect(request.result).rejects.toMatchObject({ code: 'CLOSED' });
  abandoned.cancel();
  await expect(abandoned.result).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('who gives up says so to those who serve', async () => {
  const cancels: unknown[] = [];
  const inboxes: unknown[] = [];
  there.subscribe(subjects.cancels, ({ body }) => cancels.push(body));
  serve((_, { reply }) => {
    inboxes.push(reply);
    return [];
  });
  const request = ask();
  await bus.flush();
  request.cancel('changed my mind');
  await expect(request.result).rejects.toMatchObject({ code: 'CANCELLED' });
  const late = ask({ timeoutMs: 1 });
  await expect(late.result).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  await bus.flush();
  expect(cancels).toEqual([
    { id: request.id, answerTo: inboxes[0] },
    { id: late.id, answerTo: inboxes[1] },
  ]);
});

test('requests of one turn travel together, and each has its own answer', async () => {
  serve((_, message) => [answerOf(message, { value: (message.body as { object: string }).object })]);
  const all = Array.from({ length: 40 }, (_, n) => ask({ object: `agents/${n}` }));
  const values = await Promise.all(all.map(async (request) => (await request.result).value));
  expect(values).toEqual(all.map((_, n) => `agents/${n}`));
  expect(bus.counters.batches).toBeLessThan(40);
});
