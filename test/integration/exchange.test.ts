/** What another client of NATS may rely on: everything here is said with the `nats` package alone, in JSON. */
import { connect, createInbox, headers, type JetStreamClient, type JetStreamManager, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AGENT, type Served, serve } from './served.js';

let served: Served;
let nc: NatsConnection;
let js: JetStreamClient;
let jsm: JetStreamManager;
beforeAll(async () => {
  served = await serve();
  nc = await connect({ servers: served.nats.url });
  js = nc.jetstream();
  jsm = await nc.jetstreamManager();
}, 120_000);
afterAll(async () => {
  await nc?.close();
  await served?.stop();
});

const asJson = (more: Readonly<Record<string, string>> = {}) => {
  const hdrs = headers();
  for (const [name, value] of Object.entries({ 'Content-Type': 'application/json', ...more })) hdrs.set(name, value);
  return hdrs;
};
const newId = () => crypto.randomUUID();
const WITHIN_MS = 20_000;

/** The terminal event of a request. */
async function eventOf(id: string): Promise<Record<string, unknown>> {
  const consumer = await js.consumers.get('HELIOS_EVENTS', { filterSubjects: `helios.v1.event.*.*.${id}` });
  const message = await consumer.next({ expires: WITHIN_MS });
  if (message === null) throw new Error(`no event of ${id}`);
  return message.json();
}

async function outcomeOf(id: string): Promise<Record<string, unknown>> {
  return (await nc.request(`$JS.API.DIRECT.GET.HELIOS_OUTCOMES.helios.v1.outcome.${id}`)).json();
}

/** Requests are acknowledged after their events. */
async function allDone(): Promise<void> {
  const left = async () => (await jsm.streams.info('HELIOS_REQUESTS')).state.messages;
  await expect.poll(left, { timeout: WITHIN_MS }).toBe(0);
}

describe('a durable request', () => {
  it('that is published plainly is told of as it goes, and has an event and an outcome that say the same', async () => {
    const id = newId();
    const heard: string[] = [];
    const subscription = nc.subscribe(`helios.v1.*.*.*.${id}`, {
      callback: (_, { subject }) => heard.push(subject.split('.').slice(2, 5).join(' ')),
    });
    await nc.flush();
    nc.publish('helios.v1.request.normal.record', JSON.stringify({ id, object: 'agents/7', includeValue: true }), {
      headers: asJson(),
    });
    const event = await eventOf(id);
    expect(event).toEqual({
      ...{
        id,
        type: 'record',
        object: 'agents/7',
        state: 'materialized',
        root: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      ...{ version: 1, bytes: expect.any(Number), worker: expect.any(String), attempt: 1, value: AGENT },
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      timings: { queueUs: expect.any(Number), restoreUs: expect.any(Number), totalUs: expect.any(Number) },
    });
    expect(await outcomeOf(id)).toEqual(event);
    await nc.flush();
    expect(heard).toEqual(['live queued record', 'live restoring record', 'event materialized record']);
    subscription.unsubscribe();
  });

  it.each<[string, string, object, string]>([
    ['for an object that there is none of', '_', { object: 'agents/8' }, 'UNKNOWN_OBJECT'],
    ['of a type that nobody knows', 'nobodys', { object: 'agents/7' }, 'UNKNOWN_TYPE'],
    ['that breaks its schema', '_', { object: 'agents/7', ttlMs: 'long' }, 'INVALID_REQUEST'],
    ['whose subject says another type than itself', 'list', { object: 'agents/7', type: 'record' }, 'INVALID_REQUEST'],
    ['for an object of another type', 'list', { object: 'agents/7' }, 'INVALID_REQUEST'],
    ['that names neither object nor root', '_', {}, 'INVALID_REQUEST'],
  ])('%s fails, and says why', async (_, type, request, code) => {
    const id = newId();
    await js.publish(`helios.v1.request.urgent.${type}`, JSON.stringify({ id, ...request }), { headers: asJson() });
    const event = await eventOf(id);
    expect(event).toMatchObject({
      id,
      state: 'failed',
      error: { code, message: expect.any(String), retryable: false },
    });
    expect(await outcomeOf(id)).toEqual(event);
  });

  it('that is no JSON at all fails at the id that its key stands for, and is gone from the stream', async () => {
    // BLAKE3 of the prefix, a zero byte and the key, in base32: as docs/nats.md has it.
    await js.publish('helios.v1.request.high._', '{"object":', { headers: asJson({ 'Nats-Msg-Id': 'order-1' }) });
    const event = await eventOf('pr6eevd27qyuj7dopk5sk7ngsg');
    expect(event).toMatchObject({ state: 'failed', error: { code: 'INVALID_REQUEST' } });
    await allDone();
  });

  it('of an id that has an outcome keeps it', async () => {
    const id = newId();
    const ask = (object: string) =>
      js.publish('helios.v1.request.normal._', JSON.stringify({ id, object }), { headers: asJson() });
    await ask('agents/8');
    const first = await eventOf(id);
    await ask('agents/7');
    await allDone();
    expect(await outcomeOf(id)).toEqual(first);
  });

  it('can be cancelled by whoever creates its outcome first, and nobody can create another', async () => {
    const id = newId();
    const outcome = (message: string) =>
      JSON.stringify({
        ...{ id, type: '_', object: 'agents/7', at: new Date().toISOString(), state: 'cancelled' },
        error: { code: 'CANCELLED', message, retryable: false },
      });
    const subject = `helios.v1.outcome.${id}`;
    await js.publish(subject, outcome('first'), { headers: asJson(), expect: { lastSubjectSequence: 0 } });
    await expect(js.publish(subject, outcome('second'), { headers: asJson() })).rejects.toThrow();
    nc.publish(`helios.v1.cancel.${id}`, JSON.stringify({ id }), { headers: asJson() });
    await nc.flush();
    await js.publish('helios.v1.request.urgent._', JSON.stringify({ id, object: 'agents/7' }), { headers: asJson() });
    expect(await eventOf(id)).toMatchObject({ state: 'cancelled', error: { message: 'first' } });
    expect(await outcomeOf(id)).toMatchObject({ state: 'cancelled', error: { message: 'first' } });
  });
});

describe('a call', () => {
  const call = async (type: string, body: string) =>
    nc.request(`helios.v1.call.${type}`, body, { headers: asJson(), timeout: WITHIN_MS });

  it('in JSON is answered in JSON, with the last token of its inbox as its id where it has none', async () => {
    const answer = await call('record', JSON.stringify({ object: 'agents/7' }));
    expect(answer.headers?.get('Content-Type')).toBe('application/json');
    expect(answer.json()).toMatchObject({ id: answer.subject.split('.').at(-1), value: AGENT, mode: 'whole' });
    expect((await call('_', JSON.stringify({ id: 'mine', object: 'agents/7' }))).json()).toMatchObject({ id: 'mine' });
  });

  it.each<[string, string, string, string, string]>([
    ['for what is not there', '_', '{"object":"agents/8"}', 'UNKNOWN_OBJECT', '404'],
    ['that is no JSON', '_', '{"object":', 'INVALID_REQUEST', '400'],
    ['that is a list and no batch', '_', '[{"object":"agents/7"}]', 'INVALID_REQUEST', '400'],
    ['that breaks its schema', '_', '{"object":"agents/7","priority":2}', 'INVALID_REQUEST', '400'],
    ['of a type that is not the object’s', 'list', '{"object":"agents/7"}', 'INVALID_REQUEST', '400'],
    ['of a type that nobody knows', 'nobodys', '{"object":"agents/7"}', 'UNKNOWN_TYPE', '404'],
  ])('%s fails with the headers of the services convention', async (_, type, body, code, status) => {
    const answer = await call(type, body);
    expect(answer.json()).toMatchObject({ state: 'failed', error: { code } });
    expect(answer.headers?.get('Nats-Service-Error-Code')).toBe(status);
    expect(answer.headers?.get('Nats-Service-Error')).toMatch(new RegExp(`^${code}: `));
  });

  it('that wants its answer elsewhere than in an inbox is dropped: it could forge an event', async () => {
    const forged = `helios.v1.event.materialized._.${newId()}`;
    const heard: string[] = [];
    const subscription = nc.subscribe(forged, { callback: (_, { subject }) => heard.push(subject) });
    nc.publish('helios.v1.call._', JSON.stringify({ object: 'agents/7' }), { headers: asJson(), reply: forged });
    // What came after it has been answered.
    await call('_', JSON.stringify({ object: 'agents/7' }));
    await nc.flush();
    expect(heard).toEqual([]);
    subscription.unsubscribe();
  });

  it('may be one of a batch, each answered at its id', async () => {
    const inbox = createInbox();
    const answers = nc.subscribe(`${inbox}.*`, { max: 2 });
    const calls = [
      { id: 'a', object: 'agents/7', paths: ['hp'] },
      { id: 'b', object: 'agents/8' },
    ];
    nc.publish('helios.v1.call._', JSON.stringify(calls), {
      headers: asJson({ 'Helios-Batch': '1' }),
      reply: `${inbox}.batch`,
    });
    const found: Record<string, unknown> = {};
    for await (const message of answers) found[message.subject.slice(inbox.length + 1)] = message.json();
    expect(found).toMatchObject({
      a: { id: 'a', value: { hp: 10 } },
      b: { state: 'failed', error: { code: 'UNKNOWN_OBJECT' } },
    });
  });

  it('is answered by the server itself where nobody is', async () => {
    await expect(nc.request('nobody.v1.call._', '{"object":"agents/7"}')).rejects.toThrow(
      expect.objectContaining({ code: '503' }),
    );
  });
});
