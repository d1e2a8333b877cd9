import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectNats, type NatsLink } from '../../src/bus/index.js';
import { createSubjects, decodeMessage, type HeartbeatMessage } from '../../src/protocol/index.js';
import { startChild } from '../children.js';
import { type NatsServer, startNatsServer } from '../natsServer.js';

const program = new URL('./children/heart.mjs', import.meta.url);
const subjects = createSubjects('test');

let server: NatsServer;
let link: NatsLink;

beforeAll(async () => {
  server = await startNatsServer({ jetStream: false });
  link = await connectNats({ servers: server.url });
});
afterAll(async () => {
  await link.close();
  await server.stop();
});

async function startHeart(worker: string) {
  const beats: HeartbeatMessage[] = [];
  let told = () => {};
  link.connection.subscribe(subjects.heartbeat(worker), {
    callback: (_, { data }) => {
      beats.push(decodeMessage(data) as HeartbeatMessage);
      told();
    },
  });
  await link.flush(5_000);
  const child = startChild(program, [server.url, worker]);
  const until = async (isIt: () => boolean) => {
    while (!isIt()) {
      await new Promise<void>((resolve) => {
        told = resolve;
      });
    }
  };
  const tell = (word: string) => child.process.stdin?.write(`${word}\n`);
  return { beats, child, until, tell };
}

/** No beat comes any more, as long as ten of them would have taken. */
async function isSilent(beats: readonly unknown[]): Promise<boolean> {
  await link.flush(5_000);
  const before = beats.length;
  await delay(200);
  return beats.length === before;
}

test('a main loop that stands still with work in hand is seen to: beats come, progress does not; killed, it is silent', async () => {
  const { beats, child, until, tell } = await startHeart('stuck');
  await until(() => new Set(beats.map(({ progress }) => progress)).size > 3);
  tell('block');
  await until(() => beats.length > 20 && beats.at(-1)?.progress === beats.at(-20)?.progress);
  expect(beats.at(-1)).toMatchObject({ worker: 'stuck', state: 'ready', inHand: 1 });
  child.kill('SIGKILL');
  await child.ended;
  expect(await isSilent(beats)).toBe(true);
  expect(beats.at(-1)?.state).toBe('ready');
  expect(child.complaints()).toBe('');
});

test('a process that exits takes its heart along, without good-bye', async () => {
  const { beats, child, until, tell } = await startHeart('exits');
  await until(() => beats.length > 0);
  tell('exit');
  expect(await child.ended).toBe(0);
  expect(await isSilent(beats)).toBe(true);
  expect(beats.at(-1)?.state).toBe('ready');
});

test('one that says good-bye ends by itself: the heart keeps no process alive', async () => {
  const { beats, child, until, tell } = await startHeart('leaves');
  await until(() => beats.length > 0);
  tell('stop');
  expect(await child.ended).toBe(0);
  await until(() => beats.at(-1)?.state === 'gone');
  expect(child.complaints()).toBe('');
});
