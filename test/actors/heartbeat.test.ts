import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../src/actors/clock.js';
import { type Heart, startHeartbeatThread } from '../../src/actors/heartbeat.js';
import { type FromHeart, type HeartSettings, keepBeating, type ToHeart } from '../../src/actors/heartbeatThread.js';
import { Vitals } from '../../src/actors/vitals.js';
import { connectNats, type NatsLink } from '../../src/bus/index.js';
import { checkMessage, decodeMessage, type HeartbeatMessage, heartbeatMessage } from '../../src/protocol/index.js';
import { createManualClock } from '../../src/testing/index.js';
import { type NatsServer, startNatsServer } from '../natsServer.js';
import { subjects } from './workerHouse.js';

/** What a thread runs is a compiled file: `npm run build` makes it. */
const program = new URL('../../dist/actors/heartbeatThread.js', import.meta.url);

let server: NatsServer;
let link: NatsLink;
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  server = await startNatsServer({ jetStream: false });
  link = await connectNats({ servers: server.url, reconnectMs: 20, reconnectJitterMs: 0 });
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
afterAll(async () => {
  await link.close();
  await server.stop();
});

/** What supervisors hear of a worker, from now on. */
async function hear(worker: string) {
  const beats: HeartbeatMessage[] = [];
  let told = () => {};
  link.connection.subscribe(subjects.heartbeat(worker), {
    callback: (_, { data }) => {
      beats.push(checkMessage(heartbeatMessage, decodeMessage(data)));
      told();
    },
  });
  await link.flush(5_000);
  return {
    beats,
    /** Resolves with the first beat, also of those that have come, that is as asked for. */
    async until(isIt: (beat: HeartbeatMessage) => boolean): Promise<HeartbeatMessage> {
      for (;;) {
        const found = beats.find(isIt);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => {
          told = resolve;
        });
      }
    },
  };
}

function beatHere(worker: string, settings: Partial<HeartSettings> = {}) {
  const { port1: main, port2: thread } = new MessageChannel();
  const vitals = new Vitals();
  const errors: FromHeart['error'][] = [];
  let told = () => {};
  main.on('message', ({ error }: FromHeart) => {
    errors.push(error);
    told();
  });
  const ended = keepBeating(thread as MessagePort, {
    ...{ nats: server.url, subject: subjects.heartbeat(worker), beatMs: 20, shared: vitals.shared },
    ...{ identity: { worker, store: 'the store', types: ['note@1'] } },
    ...settings,
  });
  const tell = (message: ToHeart) => main.postMessage(message);
  const failed = () =>
    new Promise<void>((resolve) => {
      told = resolve;
    });
  ends.push(() => {
    tell({ stop: true });
    return ended.finally(() => main.close());
  });
  return { vitals, errors, ended, tell, failed };
}

test('beats carry what the main loop has left in shared memory, on a connection of their own', async () => {
  const heard = await hear('a');
  const { vitals, errors, tell, ended } = beatHere('a');
  await heard.until(({ beat }) => beat === 1);
  vitals.note(3, 250, 1_000_000);
  vitals.progress();
  expect(await heard.until(({ inHand }) => inHand === 3)).toMatchObject({
    ...{ worker: 'a', state: 'ready', store: 'the store', types: ['note@1'], progress: 1 },
    credits: { count: 250, bytes: 1_000_000 },
  });
  vitals.drain();
  await heard.until(({ state }) => state === 'draining');
  tell({ stop: true });
  await ended;
  await heard.until(({ state }) => state === 'gone');
  expect(heard.beats.map(({ beat }) => beat)).toEqual(heard.beats.map((_, index) => index + 1));
  expect(errors).toEqual([]);
});

test('new types are told at once, and before good-bye it says that it takes nothing more', async () => {
  const heard = await hear('b');
  const { vitals, tell, ended } = beatHere('b', { beatMs: 3_600_000 });
  await heard.until(({ beat }) => beat === 1);
  tell({ types: ['note@2'] });
  await heard.until(({ types }) => types.includes('note@2'));
  vitals.drain();
  tell({ stop: true });
  await ended;
  await heard.until(({ state }) => state === 'gone');
  expect(heard.beats.map(({ state }) => state)).toEqual(['ready', 'ready', 'draining', 'gone']);
});

test('it waits for a server that is not there yet, says so, and beats when there is one', async () => {
  const late = await startNatsServer({ jetStream: false });
  ends.push(() => late.stop());
  await late.kill();
  const { errors, failed, vitals } = beatHere('c', { nats: late.url });
  await failed();
  expect(errors[0]).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  await late.restart();
  const own = await connectNats({ servers: late.url });
  ends.push(() => own.close());
  const came = new Promise<Uint8Array>((resolve) => {
    own.connection.subscribe(subjects.heartbeat('c'), { callback: (_, { data }) => resolve(data) });
  });
  vitals.note(1, 1, 1);
  expect(decodeMessage(await came)).toMatchObject({ worker: 'c' });
});

test('while the connection is down no beat is kept for later; when it is up again they go on', async () => {
  const own = await startNatsServer({ jetStream: false });
  ends.push(() => own.stop());
  const { vitals } = beatHere('d', { nats: own.url });
  const beats = new Float64Array(vitals.shared);
  const made = () => beats[5] ?? 0;
  const passes = async (isIt: () => boolean) => {
    while (!isIt()) await new Promise((resolve) => setTimeout(resolve, 100));
  };
  await passes(() => made() > 3);
  await own.kill();
  let last = -1;
  await passes(() => {
    const isStill = made() === last;
    last = made();
    return isStill;
  });
  await own.restart();
  await passes(() => made() > last);
});

test('a thread beats while the main loop of its process is busy, and its beats tell that it makes no progress', async () => {
  const heard = await hear('e');
  const errors: unknown[] = [];
  const heart = start('e', { beatMs: 20, onError: (error) => errors.push(error) });
  heart.beat(['note@1']);
  await heard.until(({ progress }) => progress > 3);
  // What is sent meanwhile waits at this process's door.
  const gate = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(gate, 0, 0, 1_000);
  const last = heard.beats.length;
  await heard.until(({ beat }) => beat > (heard.beats[last]?.beat ?? 0) + 10);
  const busy = heard.beats.slice(last);
  const standing = busy.filter(({ progress }) => progress === busy[2]?.progress);
  expect(standing.length).toBeGreaterThan(5);
  const { vitals } = heart;
  vitals.drain();
  await heart.stop();
  await heart.stop();
  await heard.until(({ state }) => state === 'gone');
  heart.beat([]);
  expect(errors).toEqual([]);
  expect(heard.beats.at(-2)?.state).toBe('draining');
});

function start(
  worker: string,
  options: { beatMs: number; onError: (error: unknown) => void; clock?: Clock; program?: URL },
): Heart {
  const heart = startHeartbeatThread({
    ...{ clock: systemClock, program, subjects, nats: server.url, worker, store: undefined, types: [] },
    ...options,
  });
  ends.push(() => heart.stop());
  return heart;
}

/** A thread that counts its starts where beats are counted, and does this. */
function playThread(code: string): URL {
  const text = `
    import { parentPort, workerData } from 'node:worker_threads';
    const figures = new Float64Array(workerData.shared);
    const starts = ++figures[5];
    const tell = (message) => parentPort.postMessage({ error: { code: 'INTERNAL', message, retryable: false } });
    ${code}`;
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}

test.each([
  ['ends', 'process.exit(3)', 'ended with 3'],
  ['throws', 'throw new Error("The thread is wet.")', 'The thread is wet.'],
])('a thread that %s unexpectedly is told, and started again after a beat', async (_, code, says) => {
  const clock = createManualClock();
  const errors: unknown[] = [];
  const { promise, resolve } = withResolvers();
  let ending = () => {};
  const dead = new Promise<void>((told) => {
    ending = told;
  });
  const heart = start('f', {
    ...{ beatMs: 100, clock },
    onError: (error) => {
      errors.push(error);
      if (String(error).includes('second')) resolve();
      if (String(error).includes('started again')) ending();
    },
    program: playThread(`if (starts === 1) ${code}; tell('second'); parentPort.once('message', () => process.exit());`),
  });
  await dead;
  expect(errors.map(String).join()).toContain(says);
  clock.advance(100);
  await promise;
  await heart.stop();
  expect(errors.map(String).filter((text) => text.includes('started again'))).toHaveLength(1);
});

test('one that has ended and not been started yet has nothing to say good-bye with', async () => {
  const clock = createManualClock();
  const { promise, resolve } = withResolvers();
  const heart = start('g', { beatMs: 100, clock, onError: resolve, program: playThread('process.exit(3)') });
  await promise;
  await heart.stop();
  clock.advance(1_000);
  expect(new Float64Array(heart.vitals.shared)[5]).toBe(1);
});

test('a thread that does not say good-bye in time is ended', async () => {
  const clock = createManualClock();
  const { promise, resolve } = withResolvers();
  const heart = start('h', {
    ...{ beatMs: 100, clock, onError: resolve },
    program: playThread(`parentPort.on('message', () => {}); tell('here');`),
  });
  await promise;
  const stopped = heart.stop();
  clock.advance(1_000);
  await stopped;
});

function withResolvers() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}
