import { deepStrictEqual } from 'node:assert';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Client, defineType, Helios, HeliosError, type MaterializeRequest, type Root } from '../src/index.js';
import { type NatsServer, startNatsServer } from './natsServer.js';
import { type ServedOverNats, serveOverNats } from './servedOverNats.js';

const Agent = defineType({ name: 'agent', schema: z.object({ hp: z.number(), memory: z.array(z.string()) }) });
class Hero {
  constructor(readonly hp: number) {}
}
const HeroType = defineType({
  ...{ name: 'hero', schema: z.object({ hp: z.number() }) },
  hydrate: ({ hp }) => new Hero(hp),
  dehydrate: ({ hp }) => ({ hp }),
});

let server: NatsServer;
let served: ServedOverNats;
let client: Client;
beforeAll(async () => {
  server = await startNatsServer();
  served = await serveOverNats({ nats: server.url, types: [Agent, HeroType] });
  const { objects } = served.rooms;
  const agent = objects.create(Agent, { hp: 7, memory: ['saw a fox'] });
  await agent.save('agents/7');
  await objects.create(HeroType, { hp: 9 }).save('heroes/1');
  await objects.create(served.rooms.types.require('record'), { friend: agent, n: 1 }).save('links');
  client = await Helios.connect({ nats: server.url });
});
afterAll(async () => {
  await client.close();
  await served.close();
  await server.stop();
});

test('a client asks by name, by root, at paths, and gets frozen values with where they came from', async () => {
  const result = await client.request('agents/7').result;
  deepStrictEqual(result.value, { hp: 7, memory: ['saw a fox'] });
  expect(Object.isFrozen(result.value)).toBe(true);
  expect(result).toMatchObject({ mode: 'whole', worker: 'left', attempt: 1 });
  expect(result.version).toMatchObject({ name: 'agents/7', version: 1, type: 'agent', root: result.root });
  const byRoot = await client.request(Agent, { root: result.root, type: 'agent' }, { priority: 1 }).result;
  expect(byRoot.value.memory[0]).toBe('saw a fox');
  expect(byRoot.version).toBe(undefined);
  const atPaths = await client.request('agents/7', { paths: ['hp', 'memory[0]'] }).result;
  deepStrictEqual(atPaths.value, { hp: 7, 'memory[0]': 'saw a fox' });
});

test('a type that the client knows makes of a value what it makes of it; one that it doesn’t leaves it', async () => {
  expect((await client.request('heroes/1').result).value).toEqual({ hp: 9 });
  const knowing = await Helios.connect({ nats: server.url, types: [HeroType] });
  expect((await knowing.request('heroes/1').result).value).toBeInstanceOf(Hero);
  expect((await knowing.request('heroes/1', { paths: ['hp'] }).result).value).toEqual({ hp: 9 });
  await knowing.close();
  const hero: Hero = (await client.request(HeroType, 'heroes/1').result).value;
  expect(hero).toBeInstanceOf(Hero);
});

test('a link comes as root and type, which can be asked for in their turn', async () => {
  const { value } = await client.request('links').result;
  const { friend } = value as { friend: { root: Root; type: string } };
  expect(Object.isFrozen(friend)).toBe(true);
  expect(Object.keys(friend)).toEqual(['root', 'type']);
  expect((await client.request(friend).result).value).toMatchObject({ hp: 7 });
});

test('whatever is wrong arrives by the result', async () => {
  const ask = client.request.bind(client) as (...args: unknown[]) => MaterializeRequest<unknown>;
  const cases: [string, unknown[], string][] = [
    ['no arguments', [], 'INVALID_REQUEST'],
    ['a name that is not there', ['agents/8'], 'UNKNOWN_OBJECT'],
    ['another type than the object has', [HeroType, 'agents/7'], 'INVALID_REQUEST'],
    ['a root that nobody has', [{ root: '0'.repeat(64), type: 'agent' }], 'MISSING_BLOCK'],
    ['a priority out of range', ['agents/7', { priority: 2 }], 'INVALID_REQUEST'],
    ['a signal that is none', ['agents/7', { signal: 'now' }], 'INVALID_REQUEST'],
    ['a path to nothing', ['agents/7', { paths: ['hq'] }], 'UNKNOWN_PATH'],
    ['an aborted signal', ['agents/7', { signal: AbortSignal.abort() }], 'CANCELLED'],
  ];
  for (const [what, args, code] of cases) {
    const error: unknown = await ask(...args).result.catch((reason: unknown) => reason);
    expect(HeliosError.is(error) ? error.code : error, what).toBe(code);
  }
});

test('a state that nobody has saved is refused, whoever made it; a saved one goes by its root', async () => {
  await using helios = await Helios.open({ store: 'memory', types: [Agent] });
  const made = helios.create(Agent, { hp: 7, memory: ['saw a fox'] });
  const refusal = { code: 'INVALID_REQUEST', message: expect.stringContaining('Save it first') };
  await expect(client.request(Agent, made).result).rejects.toMatchObject(refusal);
  await expect(client.submit(made)).rejects.toMatchObject(refusal);
  await made.save('mine');
  expect((await client.request(Agent, made).result).value.hp).toBe(7);
  const edited = made.edit((draft) => {
    draft.hp = 8;
  });
  await expect(client.request(Agent, edited).result).rejects.toMatchObject(refusal);
});

test('options that can’t be are refused by name', async () => {
  const connect = Helios.connect as (options?: unknown) => Promise<Client>;
  const cases: [unknown, RegExp][] = [
    [undefined, /needs \{ nats \}/],
    [{}, /needs \{ nats \}/],
    [{ nats: '' }, /nats is a URL/],
    [{ nats: 7 }, /nats is a URL/],
    [{ nats: 'http://127.0.0.1' }, /nats/],
    [{ nats: server.url, types: Agent }, /types is an array/],
    [{ nats: server.url, types: [{}] }, /defineType/],
    [{ nats: server.url, prefix: 'a..b' }, /prefix/],
  ];
  for (const [options, message] of cases) {
    const error: unknown = await connect(options).catch((reason: unknown) => reason);
    expect(error, JSON.stringify(options)).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringMatching(message),
    });
  }
});

test('a prefix of nobody’s is unavailable at once, and where no NATS is there is no client', async () => {
  const lost = await Helios.connect({ nats: server.url, prefix: 'nobody.v1' });
  await expect(lost.request('agents/7', { timeoutMs: 60_000 }).result).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  await lost.close();
  await expect(Helios.connect({ nats: 'nats://127.0.0.1:1' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  const bare = await startNatsServer({ jetStream: false });
  await expect(Helios.connect({ nats: bare.url })).rejects.toMatchObject({
    ...{ code: 'UNAVAILABLE', message: expect.stringContaining('JetStream') },
  });
  await bare.stop();
});

test('after closing everything is refused, and what waited has ended', async () => {
  const closing = await Helios.connect({ nats: server.url });
  const events = closing.events()[Symbol.asyncIterator]();
  const next = events.next();
  const quick = closing.request('agents/7');
  await closing.close();
  expect((await quick.result).value).toMatchObject({ hp: 7 });
  expect((await next).done).toBe(true);
  await closing.close();
  await expect(closing.request('agents/7').result).rejects.toMatchObject({ code: 'CLOSED' });
  await expect(closing.submit('agents/7')).rejects.toMatchObject({ code: 'CLOSED' });
  await expect(closing.events()[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'CLOSED' });
  await expect(closing.close({ drainMs: -1 })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
});

test('a server that goes away and comes back: what is asked meanwhile ends in words, what waits goes on', async () => {
  const own = await startNatsServer();
  const serving = await serveOverNats({ nats: own.url, types: [Agent] });
  await serving.rooms.objects.create(Agent, { hp: 7, memory: [] }).save('agents/7');
  const lasting = await Helios.connect({ nats: own.url });
  const events = lasting.events({ state: 'cancelled' })[Symbol.asyncIterator]();
  const next = events.next();
  const before = await lasting.submit('agents/7');
  const outcome = await before.outcome();
  expect(outcome.state).toBe('materialized');
  await own.kill();
  await expect(lasting.request('agents/7', { timeoutMs: 300 }).result).rejects.toMatchObject({
    code: expect.stringMatching(/^(UNAVAILABLE|DEADLINE_EXCEEDED)$/),
    retryable: true,
  });
  const after = before.outcome();
  await own.restart();
  expect(await after).toEqual(outcome);
  const again = async () => (await lasting.request('agents/7', { timeoutMs: 1_000 }).result).value;
  await expect.poll(() => again().catch(() => null), { timeout: 10_000 }).toEqual({ hp: 7, memory: [] });
  await serving.worker.stop(new HeliosError('CLOSED', 'no worker any more'));
  const stays = await lasting.submit('agents/7');
  await stays.cancel();
  expect(await stays.outcome()).toMatchObject({ state: 'cancelled' });
  expect((await next).value).toMatchObject({ id: stays.id, state: 'cancelled' });
  await lasting.close();
  await serving.close();
  await own.stop();
}, 30_000);

test('one signal, many requests: each is cancelled, and types that don’t fit are refused before', async () => {
  const abort = new AbortController();
  const all = [1, 2].map(() => client.request('agents/7', { signal: abort.signal }));
  abort.abort();
  for (const request of all) await expect(request.result).rejects.toMatchObject({ code: 'CANCELLED' });
  const { root } = await client.request('agents/7').result;
  const wrong = client.request(HeroType, { root, type: 'agent' } as never);
  await expect(wrong.result).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
});
