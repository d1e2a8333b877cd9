/**
 * Claims about many processes: a call costs little more than the three hops it takes; under load, coalescing makes it
 * cheaper than they are one by one; a durable request to its terminal event costs at most twice what storing, pulling and
 * storing do; two workers do more than one; looking on costs little, and nothing when nobody looks.
 * The peers are bare: they pass bytes of the same sizes on and do nothing else (bench/nats/).
 */
import { connect, headers } from 'nats';
import { startDevServer } from '../dist/cli/up/devServer.js';
import { defineType, Helios } from '../dist/index.js';
import { agent } from './agents.mjs';
import { startHelios, startPeer } from './nats/children.mjs';

export const name = 'over-nats';
export const claim = 'calls, durable requests, several workers, and the inspector, over NATS';

const REQUEST_BYTES = 140;
const ANSWER_BYTES = 2_300;
const EVENT_BYTES = 420;
/** Before a comparison, of each side: five processes have code to compile. */
const WARM_UP = { full: 20_000, quick: 4_000 };
const SPINNING = { full: 2_000, quick: 300 };
const ROUNDS = { full: 1_500, quick: 300 };

export async function run(bench) {
  const operations = bench.isQuick ? ROUNDS.quick : ROUNDS.full;
  const server = await startDevServer(`${bench.folder}/nats`, process.env);
  const store = `${bench.folder}/store`;
  await fill(store, bench.isQuick ? SPINNING.quick : SPINNING.full);
  const up = await startHelios(['--nats', server.url, '--store', store, '--workers', '1']);
  const client = await Helios.connect({ nats: server.url });
  const forgetful = await Helios.connect({ nats: server.url, memoryBytes: 0 });
  await calls(bench, server.url, { client, forgetful }, operations);
  await forgetful.close();
  await inspected(bench, server.url, client, operations);
  await durables(bench, server.url, client, operations);
  await client.close();
  await up.stop();
  await twoWorkers(bench, server.url, store);
  await server.stop();
}

async function fill(store, spinning) {
  const helios = await Helios.open({ store });
  const Old = defineType({
    name: 'spinning',
    schema: { '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value }) } },
  });
  await helios.create('record', agent(0)).save('hot');
  const saves = [];
  for (let number = 0; number < spinning; number++) {
    saves.push(helios.create(Old, { number }).save(`spinning/${number}`));
    if (saves.length === 200) await Promise.all(saves.splice(0));
  }
  await Promise.all(saves);
  await helios.close();
}

/** Sixty-four at a time. */
async function warmUp(bench, ...runs) {
  for (const run of runs) {
    let left = bench.isQuick ? WARM_UP.quick : WARM_UP.full;
    const one = async () => {
      while (left-- > 0) await run();
    };
    await Promise.all(Array.from({ length: 64 }, one));
  }
}

async function calls(bench, url, { client, forgetful }, operations) {
  const relays = [
    await startPeer('relay.mjs', [url, 'bare.call', 'pass', 'bare.work']),
    await startPeer('relay.mjs', [url, 'bare.work', 'answer', String(ANSWER_BYTES)]),
  ];
  const connection = await connect({ servers: url });
  const body = Buffer.alloc(REQUEST_BYTES, 97);
  const subject = { name: 'client.request', run: () => client.request('hot').result };
  const peer = {
    name: 'bare relay, three hops',
    run: () => connection.request('bare.call', body, { timeout: 10_000 }),
  };
  const whole = { name: 'client that keeps nothing', run: () => forgetful.request('hot').result };
  await warmUp(bench, subject.run, peer.run, whole.run);
  await bench.compare('call, hot 2 KB object, one at a time', { subject, peer, operations, isAsync: true });
  await bench.compare('call, hot 2 KB object, 64 in flight', {
    subject,
    peer,
    operations: operations * 8,
    sample: 'flight',
  });
  await bench.compare('the same, its value sent each time', {
    ...{ subject: whole, peer, operations: operations * 8, sample: 'flight' },
  });
  await connection.close();
  for (const relay of relays) await relay.stop();
}

/** The same client with the inspector looking on and without: the peer is the one that nobody watches. */
async function inspected(bench, url, client, operations) {
  const run = () => client.request('hot').result;
  const viewer = await startPeer('viewer.mjs', [url]);
  await viewer.tell('look');
  await bench.compare('64 in flight, inspector attached', {
    ...{ operations: operations * 4, sample: 'flight' },
    subject: { name: 'client.request', run, before: () => viewer.tell('look') },
    peer: { name: 'the same, nobody looks on', run, before: () => viewer.tell('away') },
  });
  await viewer.stop();
}

async function durables(bench, url, client, operations) {
  const connection = await connect({ servers: url });
  const manager = await connection.jetstreamManager();
  await manager.streams.add({ name: 'BARE_REQUESTS', subjects: ['bare.request.*'], retention: 'workqueue' });
  await manager.streams.add({ name: 'BARE_EVENTS', subjects: ['bare.event.*'] });
  await manager.consumers.add('BARE_REQUESTS', {
    durable_name: 'bare',
    ack_policy: 'explicit',
    max_ack_pending: 10_000,
  });
  const worker = await startPeer('worker.mjs', [url, 'BARE_REQUESTS', 'bare', 'bare.event', String(EVENT_BYTES)]);
  const js = connection.jetstream();
  const bare = eventsById();
  connection.subscribe('bare.event.*', { callback: (_error, { subject }) => bare.heard(subject.split('.').at(-1)) });
  const body = Buffer.alloc(REQUEST_BYTES, 97);
  const header = headers();
  let asked = 0;
  const peer = {
    name: 'bare publish, pull, publish',
    run: async () => {
      // Of all comparisons: the server drops what it has had.
      const id = `${asked++}`;
      header.set('Nats-Msg-Id', id);
      const event = bare.of(id);
      await js.publish(`bare.request.${id}`, body, { headers: header });
      await event;
    },
  };
  const ours = eventsById();
  const abort = new AbortController();
  const reading = (async () => {
    for await (const { id } of client.events({ state: 'materialized', signal: abort.signal })) ours.heard(id);
  })();
  const subject = {
    name: 'client.submit to its event',
    run: async () => {
      const { id } = await client.submit('hot');
      await ours.of(id);
    },
  };
  await warmUp(bench, subject.run, peer.run);
  await bench.compare('submit to terminal event, one at a time', { subject, peer, operations, isAsync: true });
  await bench.compare('submit to terminal event, 64 in flight', {
    subject,
    peer,
    operations: operations * 4,
    sample: 'flight',
  });
  abort.abort();
  await reading;
  await worker.stop();
  await connection.close();
}

/** Events may come before anybody waits for them. */
function eventsById() {
  const waiting = new Map();
  const early = new Set();
  return {
    heard(id) {
      const resolve = waiting.get(id);
      waiting.delete(id);
      if (resolve === undefined) early.add(id);
      else resolve();
    },
    of: (id) => (early.delete(id) ? Promise.resolve() : new Promise((resolve) => void waiting.set(id, resolve))),
  };
}

async function twoWorkers(bench, url, store) {
  const config = new URL('nats/spinning.config.mjs', import.meta.url).pathname;
  const clusters = [];
  for (const workers of [1, 2]) {
    const args = ['--nats', url, '--prefix', `bench${workers}`, '--store', store, '--config', config];
    const up = await startHelios([...args, '--workers', String(workers)]);
    clusters.push({ up, client: await Helios.connect({ nats: url, prefix: `bench${workers}` }) });
  }
  const [one, two] = clusters.map(({ client }) => client);
  const count = bench.isQuick ? SPINNING.quick : SPINNING.full;
  const ask = (client) => (index) => client.request(`spinning/${index % count}`).result;
  await bench.compare('1 ms of work each, 64 in flight', {
    ...{ operations: bench.isQuick ? 300 : 2_000, sample: 'flight' },
    subject: { name: 'two workers', run: ask(two) },
    peer: { name: 'one worker', run: ask(one) },
  });
  for (const { up, client } of clusters) {
    await client.close();
    await up.stop();
  }
}
