/** What is really sent in a cluster, held against docs/asyncapi.yaml: every message fits a channel, and breaks no schema. */
import { connect, headers, type Msg, type NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Helios } from '../../src/index.js';
import { decodeMessage, encodeJson, encodeMessage } from '../../src/protocol/index.js';
import { Asyncapi, readAsyncapi, type Sent } from '../docs/asyncapi.js';
import { type Served, serve } from './served.js';

const asyncapi = new Asyncapi(readAsyncapi());

let served: Served;
let nc: NatsConnection;
const seen: Msg[] = [];
beforeAll(async () => {
  served = await serve(['--wait', 'beatMs=100']);
  nc = await connect({ servers: served.nats.url });
  nc.subscribe('>', { callback: (_, message) => seen.push(message) });
  await nc.flush();
}, 120_000);
afterAll(async () => {
  await nc?.close();
  await served?.stop();
});

it('everything that is sent fits its channel, and nothing is sent elsewhere', async () => {
  const client = await Helios.connect({ nats: served.nats.url });
  await Promise.all(Array.from({ length: 40 }, () => client.request('agents/7', {}).result));
  await expect(client.request('agents/8', {}).result).rejects.toThrow();
  const abandoned = client.request('agents/7', {});
  abandoned.cancel('enough');
  await abandoned.result.catch(() => {});
  const submitted = await client.submit('agents/7', { idempotencyKey: 'k', includeValue: true });
  await submitted.outcome();
  await (await client.submit('agents/8')).outcome();
  const expired = await client.submit('agents/7', { ttlMs: 0.001 });
  await expired.outcome();
  const cancelled = await client.submit('agents/7');
  await cancelled.cancel();
  await foreign();
  await look();
  await heardFrom(['heartbeat', 'pressure', 'inspectData', 'outcome', 'event', 'live', 'cancel']);
  await client.close();
  await nc.flush();

  const { faults, fitted } = judge(seen);
  expect(faults).toEqual([]);
  // All that there is has been said, or this shows nothing; dead letters have a test of their own.
  const expected = Object.keys(asyncapi.document.components.messages).filter((name) => !NOT_HERE.includes(name));
  expect([...fitted].sort()).toEqual(expect.arrayContaining(expected.sort()));
});

it('notices what fits no channel, breaks its schema, or has a header that nobody knows', async () => {
  const odd = headers();
  odd.set('Odd', '1');
  const body = encodeMessage({ id: 'x' });
  const from = seen.length;
  nc.publish('helios.v1.nonsense', body);
  nc.publish('helios.v1.cancel.x', encodeMessage({ id: 7 }));
  nc.publish('helios.v1.cancel.x', body, { headers: odd });
  await nc.flush();
  const { faults } = judge(seen.slice(from).filter(({ subject }) => /nonsense|cancel/.test(subject)));
  expect(faults).toEqual([
    expect.stringMatching(/^helios.v1.nonsense is of 0 channels/),
    expect.stringMatching(/^helios.v1.cancel.x fits nothing: .*\/id must be string/),
    expect.stringMatching(/^helios.v1.cancel.x fits nothing: .*the header Odd is not documented/),
  ]);
});

/** Not sent here: no worker dies, nobody is missing, and our own processes always send batches. */
const NOT_HERE = ['dead', 'noResponders', 'work', 'report'];

/** What other clients say. */
async function foreign(): Promise<void> {
  const json = headers();
  json.set('Content-Type', 'application/json');
  const options = { headers: json, timeout: 20_000 };
  await nc.request('helios.v1.call._', JSON.stringify({ object: 'agents/7' }), options);
  await nc.request('helios.v1.call._', JSON.stringify({ object: 'agents/8' }), options);
  // {"object": "agents/7"} in MessagePack.
  await nc.request('helios.v1.call._', Buffer.from('\x81\xa6object\xa8agents/7', 'latin1'), { timeout: 20_000 });
  await nc.request('helios.v1.request.urgent._', JSON.stringify({ id: 'mine', object: 'agents/7' }), options);
  nc.publish('helios.v1.cancel.mine', JSON.stringify({ id: 'mine' }), { headers: json });
  // {"id": "mine"}
  nc.publish('helios.v1.cancel.mine', Buffer.from('\x81\xa2id\xa4mine', 'latin1'));
}

/** Looks on, as the inspector does. */
async function look(): Promise<void> {
  const watch = { type: 'watch', viewer: 'v', leaseMs: 5_000, budget: 1_000, filter: { sample: 1, failed: true } };
  nc.publish('helios.v1.inspect.control', encodeMessage(watch));
  nc.publish('helios.v1.inspect.control', encodeMessage({ type: 'unwatch', viewer: 'other' }));
  await nc.flush();
}

/** Waits until something was heard on each of these channels. */
async function heardFrom(channels: readonly string[]): Promise<void> {
  await expect
    .poll(
      () => channels.filter((channel) => !seen.some(({ subject }) => asyncapi.channelsOf(subject).includes(channel))),
      {
        timeout: 20_000,
      },
    )
    .toEqual([]);
}

function judge(messages: readonly Msg[]): { readonly faults: readonly string[]; readonly fitted: ReadonlySet<string> } {
  const faults: string[] = [];
  const fitted = new Set<string>();
  /** Where answers are awaited, and of which channel they are. */
  const awaited = new Map<string, string>();
  for (const message of messages) {
    const { subject, reply } = message;
    // JetStream's own copies, as it gives them out.
    if (reply?.startsWith('$JS.ACK.')) continue;
    const isOurs = subject.startsWith('helios.v1.');
    const channels = isOurs ? asyncapi.channelsOf(subject) : awaitedAt(awaited, subject);
    const [channel = ''] = channels;
    if (reply && channel === 'request') awaited.set(reply, 'receipts');
    else if (reply && channel === 'call') awaited.set(`${prefixOf(reply)}.*`, 'answers');
    else if (reply && channel === 'work') awaited.set(`${prefixOf(reply)}.*`, 'reports');
    // What JetStream and its askers say to one another is none of ours.
    if (channels.length === 0 && !isOurs) continue;
    const { fitting, faults: why } = asyncapi.messagesOf(channel, sentOf(message, channel));
    for (const name of fitting) fitted.add(name);
    if (channels.length !== 1) faults.push(`${subject} is of ${channels.length} channels`);
    else if (fitting.length === 0) faults.push(`${subject} fits nothing: ${why.join('; ')}`);
  }
  return { faults, fitted };
}

function awaitedAt(awaited: ReadonlyMap<string, string>, subject: string): string[] {
  const channel = awaited.get(subject) ?? awaited.get(`${prefixOf(subject)}.*`);
  return channel === undefined ? [] : [channel];
}

function sentOf({ data, headers: hdrs }: Msg, channel: string): Sent {
  const found = Object.fromEntries([...(hdrs ?? [])].map(([name, values]) => [name, values[0] ?? '']));
  if (found['Content-Type'] === 'application/json' || channel === 'receipts') {
    return { contentType: 'application/json', headers: found, payload: JSON.parse(Buffer.from(data).toString()) };
  }
  const payload = data.length === 0 ? undefined : JSON.parse(encodeJson(decodeMessage(data)));
  return { contentType: 'application/msgpack', headers: found, payload };
}

function prefixOf(subject: string): string {
  return subject.slice(0, subject.lastIndexOf('.'));
}
