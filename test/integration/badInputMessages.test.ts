/** Messages that are none, on every subject, by a plain client of NATS: each is refused in words, and all goes on. */
import { connect, createInbox, headers, type JetStreamManager, type MsgHdrs, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Helios } from '../../src/index.js';
import { encodeMessage, MAX_BATCH } from '../../src/protocol/index.js';
import { AGENT, type Served, serve } from './served.js';

const WITHIN_MS = 20_000;
const MIB = 1_048_576;

let served: Served;
let nc: NatsConnection;
let jsm: JetStreamManager;
let worker: string;
beforeAll(async () => {
  // Room for what is over the limits of messages.
  served = await serve(['--wait', 'beatMs=100', '--log-level', 'warn'], { config: 'max_payload: 16777216' });
  nc = await connect({ servers: served.nats.url });
  jsm = await nc.jetstreamManager();
  worker = String(served.up.facts.find((fact) => typeof fact.worker === 'string')?.worker);
}, 120_000);
afterAll(async () => {
  await nc?.close();
  await served?.stop();
});

function withHeaders(record: Readonly<Record<string, string>>): MsgHdrs {
  const hdrs = headers();
  for (const [name, value] of Object.entries(record)) hdrs.set(name, value);
  return hdrs;
}

const asJson = (more: Readonly<Record<string, string>> = {}) =>
  withHeaders({ 'Content-Type': 'application/json', ...more });

/** JSON that is none, or of no shape that anybody expects. */
const SHAPELESS = [
  ...['{"object":', '', 'null', 'true', '7', '"text"', '[]', '[{"object":"agents/7"}]', '{}', '{"id":"x"}', '\u0000'],
  ...['{"__proto__":{"object":"agents/7"}}', '{"object":{"object":"agents/7"}}', '{"object":"agents/7","root":"f"}'],
  ...['{"id":7,"object":7,"type":7,"worker":7,"state":7,"attempt":7,"request":7,"beat":"7","types":{}}', '\ufeff{}'],
];
/** MessagePack that is none, or of no shape. */
const PACKED_SHAPELESS = [
  ...[new Uint8Array([0xc1]), new Uint8Array([0x81]), new Uint8Array(9)],
  ...[null, 7, 'text', [], [{ object: 'agents/7' }], {}, new Map([[1, 2]]), 7n].map((body) => encodeMessage(body)),
];
/** What is over the limits of messages. */
const OVERSIZED: readonly (readonly [string, string])[] = [
  ['nested too deep', `{"object":${'['.repeat(3_100)}${']'.repeat(3_100)}}`],
  ['nested deeper than any stack', '['.repeat(MIB)],
  ['too wide', `{"object":[${'0,'.repeat(262_144)}0]}`],
  ['of too many values', `[${Array.from({ length: 5 }, () => `[${'0,'.repeat(249_999)}0]`).join(',')}]`],
  ['of too many bytes', `{"object":"${'x'.repeat(8 * MIB)}"}`],
];

/** The same processes are still there, and do what they did. */
async function expectWell(): Promise<void> {
  const answer = await nc.request('helios.v1.call._', '{"object":"agents/7"}', {
    headers: asJson(),
    timeout: WITHIN_MS,
  });
  expect(answer.json()).toMatchObject({ value: AGENT, worker });
  expect(served.up.process.exitCode).toBeNull();
  expect(served.up.facts.filter(({ state }) => state === 'lost')).toEqual([]);
}

describe('what is no message', () => {
  it.each<[string, () => string]>([
    ['cancel', () => 'helios.v1.cancel.x'],
    ['work', () => `helios.v1.work.${worker}`],
    ['heartbeat', () => `helios.v1.worker.${worker}.heartbeat`],
    ['pressure', () => `helios.v1.worker.${worker}.pressure`],
    ['inspect.control', () => 'helios.v1.inspect.control'],
    ['call, of nobody who waits', () => 'helios.v1.call._'],
  ])('on the subjects of %s changes nothing', async (_, subjectOf) => {
    const subject = subjectOf();
    for (const body of SHAPELESS) {
      nc.publish(subject, body, { headers: asJson() });
      nc.publish(subject, body, { headers: asJson({ 'Helios-Batch': '1' }) });
      nc.publish(subject, body);
    }
    for (const body of PACKED_SHAPELESS) {
      nc.publish(subject, body);
      nc.publish(subject, body, { headers: withHeaders({ 'Helios-Batch': '1' }) });
    }
    for (const [, body] of OVERSIZED) nc.publish(subject, body, { headers: asJson() });
    await nc.flush();
    await expectWell();
  });

  it('as work is reported failed to whoever gave it, where it has an id', async () => {
    const inbox = createInbox();
    const reports = nc.subscribe(inbox, { max: 1 });
    nc.publish(`helios.v1.work.${worker}`, '{"id":"w1","attempt":2,"request":7}', { headers: asJson(), reply: inbox });
    for await (const { data } of reports) {
      // Between Helios's own processes it is MessagePack.
      expect(Buffer.from(data).toString('latin1')).toMatch(/w1[\s\S]*failed[\s\S]*INVALID_REQUEST/);
    }
    await expectWell();
  });

  it('on inspect.control hinders nobody from looking on', async () => {
    const shown = nc.subscribe(`helios.v1.inspect.data.${worker}`, { max: 1 });
    const watch = { type: 'watch', viewer: 'v1', leaseMs: 1_000, filter: { sample: 1 }, budget: 100 };
    nc.publish('helios.v1.inspect.control', JSON.stringify({ ...watch, viewer: 'bad viewer' }), { headers: asJson() });
    nc.publish('helios.v1.inspect.control', JSON.stringify({ ...watch, leaseMs: 1e9 }), { headers: asJson() });
    nc.publish('helios.v1.inspect.control', JSON.stringify(watch), { headers: asJson() });
    for await (const { data } of shown) expect(data.length).toBeGreaterThan(0);
    nc.publish('helios.v1.inspect.control', '{"type":"unwatch","viewer":"v1"}', { headers: asJson() });
  });

  it('as the policy’s record is passed over, and the next one is followed', async () => {
    const bucket = await nc.jetstream().views.kv('HELIOS_POLICY');
    const following = await Helios.open({ nats: served.nats.url, store: served.store });
    for (const body of ['no JSON', '[]', '{"level":7}', '{"level":"high","threshold":-1}', '']) {
      await bucket.put('policy', body);
    }
    await bucket.put('policy', JSON.stringify({ level: 'high', threshold: 0.6 }));
    await expect.poll(() => following.policy.level, { timeout: WITHIN_MS }).toBe('high');
    await following.close();
    await expectWell();
  });

  it('is told of in the log, by its code', () => {
    const codes = new Set([...served.up.complaints().matchAll(/"code":"([A-Z_]+)"/g)].map(([, code]) => code));
    expect([...codes].sort()).toEqual(['INVALID_REQUEST', 'TOO_LARGE']);
  });
});

describe('a call', () => {
  const ask = (body: string | Uint8Array, hdrs = asJson()) =>
    nc.request('helios.v1.call._', body, { headers: hdrs, timeout: WITHIN_MS });

  it.each(SHAPELESS)('that is %j is answered INVALID_REQUEST', async (body) => {
    const answer = await ask(body);
    expect(answer.json()).toMatchObject({
      ...{ id: expect.any(String), state: 'failed' },
      error: { code: 'INVALID_REQUEST', message: expect.stringMatching(/.{20}/), retryable: false },
    });
    expect(answer.headers?.get('Nats-Service-Error-Code')).toBe('400');
  });

  it.each(OVERSIZED)('that is %s is answered TOO_LARGE', async (_, body) => {
    expect((await ask(body)).json()).toMatchObject({
      error: { code: 'TOO_LARGE', message: expect.stringContaining('Send less at once'), retryable: false },
    });
  });

  it('in MessagePack that is none is answered, too', async () => {
    for (const body of PACKED_SHAPELESS) {
      const answer = await nc.request('helios.v1.call._', body, { timeout: WITHIN_MS });
      expect(answer.headers?.get('Nats-Service-Error')).toMatch(/^INVALID_REQUEST: /);
    }
    // A list that says it has 2^32 - 1 entries.
    const boastful = await ask(new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff]), headers());
    expect(boastful.headers?.get('Nats-Service-Error')).toMatch(/^TOO_LARGE: .* 4294967295 entries/);
  });

  it('of a batch of too many is answered once', async () => {
    const calls = Array.from({ length: MAX_BATCH + 1 }, (_, id) => ({ id: `i${id}`, object: 'agents/7' }));
    const answer = await ask(JSON.stringify(calls), asJson({ 'Helios-Batch': '1' }));
    expect(answer.json()).toMatchObject({ error: { code: 'INVALID_REQUEST', message: expect.stringContaining('32') } });
    await expectWell();
  });
});

describe('a durable request', () => {
  it('of any of these shapes has the outcome that says so, and leaves the stream', async () => {
    const js = nc.jetstream();
    const expected: string[] = [];
    const told = nc.subscribe('helios.v1.event.failed.*.*');
    const put = async (body: string | Uint8Array, code: string, options: { readonly headers?: MsgHdrs } = {}) => {
      await js.publish('helios.v1.request.normal._', body, options);
      expected.push(code);
    };
    for (const body of SHAPELESS) await put(body, 'INVALID_REQUEST', { headers: asJson() });
    for (const body of PACKED_SHAPELESS) await put(body, 'INVALID_REQUEST');
    for (const [, body] of OVERSIZED) await put(body, 'TOO_LARGE', { headers: asJson() });
    const found: string[] = [];
    for await (const event of told) {
      const { error } = event.json<{ error: { code: string } }>();
      if (found.push(error.code) === expected.length) break;
    }
    expect(found.sort()).toEqual(expected.sort());
    const left = async () => (await jsm.streams.info('HELIOS_REQUESTS')).state.messages;
    await expect.poll(left, { timeout: WITHIN_MS }).toBe(0);
    await expectWell();
  });
});
