import { deepStrictEqual } from 'node:assert';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Client, defineType, Helios, type HeliosEvent } from '../src/index.js';
import { type NatsServer, startNatsServer } from './natsServer.js';
import { serveOverNats } from './servedOverNats.js';

const Agent = defineType({ name: 'agent', schema: z.object({ hp: z.number(), bytes: z.instanceof(Uint8Array) }) });
const AGENT = { hp: 7, bytes: new Uint8Array([1, 2, 3]) };

let server: NatsServer;
let prefixes = 0;
beforeAll(async () => {
  server = await startNatsServer();
});
afterAll(() => server.stop());

interface Open {
  readonly way: Client;
  close(): Promise<void>;
}

async function openEmbedded(): Promise<Open> {
  const helios = await Helios.open({ store: 'memory', types: [Agent] });
  await helios.create(Agent, AGENT).save('agents/7');
  return { way: helios, close: () => helios.close() };
}

async function openClient(): Promise<Open> {
  const reach = { nats: server.url, prefix: `durable-${++prefixes}.v1` };
  const served = await serveOverNats({ ...reach, types: [Agent] });
  await served.rooms.objects.create(Agent, AGENT).save('agents/7');
  const client = await Helios.connect(reach);
  const close = async () => {
    await client.close();
    await served.close();
  };
  return { way: client, close };
}

/** What comes until the end of one request, as `state worker attempt`. */
async function untilEnd(events: AsyncIterable<HeliosEvent>, id: string): Promise<HeliosEvent[]> {
  const seen: HeliosEvent[] = [];
  for await (const event of events) {
    if (event.id !== id) continue;
    seen.push(event);
    if (!['queued', 'restoring'].includes(event.state)) break;
  }
  return seen;
}

describe.each([
  ['embedded', openEmbedded],
  ['over NATS', openClient],
])('%s', (_, open) => {
  let opened: Open;
  let way: Client;
  beforeEach(async () => {
    opened = await open();
    way = opened.way;
  });
  afterEach(() => opened.close());

  test('what is submitted has one outcome, and its way there can be watched', async () => {
    const events = way.events();
    const submission = await way.submit('agents/7', { priority: 0.9 });
    expect(submission.duplicate).toBe(false);
    const outcome = await submission.outcome();
    expect(outcome).toMatchObject({ id: submission.id, state: 'materialized', type: 'agent', object: 'agents/7' });
    const seen = await untilEnd(events, submission.id);
    expect(seen.map(({ state }) => state)).toEqual(['queued', 'restoring', 'materialized']);
    const { cursor: _here, ...event } = seen[2] ?? {};
    const { cursor: _there, ...same } = outcome;
    expect(event).toEqual(same);
    expect(same).toMatchObject({ attempt: 1, version: 1, bytes: expect.any(Number), worker: expect.any(String) });
    expect('value' in same).toBe(false);
  });

  test('the value comes along if it is asked for, whole or at paths', async () => {
    const whole = await (await way.submit('agents/7', { includeValue: true })).outcome();
    deepStrictEqual(whole.state === 'materialized' && whole.value, AGENT);
    const part = await (await way.submit('agents/7', { includeValue: true, paths: ['hp'] })).outcome();
    deepStrictEqual(part.state === 'materialized' && part.value, { hp: 7 });
    const byRoot = whole.state === 'materialized' ? { root: whole.root, type: 'agent' } : 'nothing';
    const again = await (await way.submit(byRoot)).outcome();
    expect(again).toMatchObject({ state: 'materialized', type: 'agent' });
    expect(again.object).toBe(whole.state === 'materialized' && whole.root);
  });

  test('one key is one request: the same id, the same outcome, one event', async () => {
    const events = way.events({ state: 'materialized' });
    const submissions = await Promise.all([1, 2, 3].map(() => way.submit('agents/7', { idempotencyKey: 'k1' })));
    expect(new Set(submissions.map(({ id }) => id)).size).toBe(1);
    expect(submissions.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    const outcomes = await Promise.all(submissions.map((submission) => submission.outcome()));
    expect(new Set(outcomes.map(({ at }) => at.getTime())).size).toBe(1);
    const last = await way.submit('agents/7');
    const ids: string[] = [];
    for await (const { id } of events) {
      ids.push(id);
      if (id === last.id) break;
    }
    expect(ids).toEqual([submissions[0]?.id, last.id]);
  });

  test('what can’t be is an outcome too', async () => {
    const outcome = await (await way.submit('agents/8')).outcome();
    expect(outcome).toMatchObject({ state: 'failed', object: 'agents/8', error: { code: 'UNKNOWN_OBJECT' } });
    const events = way.events({ after: outcome.cursor, state: 'failed' });
    expect(await untilEnd(events, outcome.id)).toMatchObject([{ state: 'failed', error: { code: 'UNKNOWN_OBJECT' } }]);
    const unknown = await (await way.submit({ root: 'a'.repeat(64) as never, type: 'nobody' })).outcome();
    expect(unknown).toMatchObject({ state: 'failed', error: { code: 'UNKNOWN_TYPE' } });
  });

  test('many at once all come to their end', async () => {
    const submissions = await Promise.all(Array.from({ length: 200 }, () => way.submit('agents/7')));
    const outcomes = await Promise.all(submissions.map((submission) => submission.outcome()));
    expect(new Set(outcomes.map(({ id }) => id)).size).toBe(200);
    expect(outcomes.every(({ state }) => state === 'materialized')).toBe(true);
  });

  test('options and targets that can’t be are refused', async () => {
    const wrong: [unknown, object?][] = [
      [undefined],
      [''],
      [{ root: 'short', type: 'agent' }],
      ['agents/7', { priority: 2 }],
      ['agents/7', { ttlMs: -1 }],
      ['agents/7', { signal: 'now' }],
      ['agents/7', { idempotencyKey: 7 }],
    ];
    for (const [target, options] of wrong) {
      const submit = way.submit(target as string, options);
      await expect(submit, JSON.stringify([target, options])).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    }
    const gone = way.submit('agents/7', { signal: AbortSignal.abort() });
    await expect(gone).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('closing ends outcomes that are waited for and readings, and refuses all else', async () => {
    const submission = await way.submit('agents/7');
    await submission.outcome();
    const reading = way.events()[Symbol.asyncIterator]().next();
    await way.close();
    expect((await reading).done).toBe(true);
    await expect(submission.outcome()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(submission.cancel()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(way.submit('agents/7')).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

test('embedded, what nobody has saved can be asked for, but not durably', async () => {
  await using helios = await Helios.open({ store: 'memory', types: [Agent] });
  const made = helios.create(Agent, AGENT);
  expect((await helios.request(Agent, made).result).value.hp).toBe(7);
  await expect(helios.submit(made)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  await made.save('mine');
  expect((await (await helios.submit(made)).outcome()).state).toBe('materialized');
});

test('events of one state are typed as that state', async () => {
  await using helios = await Helios.open({ store: 'memory', types: [Agent] });
  await helios.create(Agent, AGENT).save('agents/7');
  const events = helios.events({ state: 'materialized' });
  await helios.submit('agents/7');
  for await (const event of events) {
    const root: string = event.root;
    expect(root).toMatch(/^[0-9a-f]{64}$/);
    break;
  }
});
