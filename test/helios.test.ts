import { deepStrictEqual } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineType, type Frozen, Helios, HeliosError, StateReference, type Version } from '../src/index.js';

const Agent = defineType({ name: 'agent', schema: z.object({ hp: z.number(), memory: z.array(z.string()) }) });

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-test-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe.each([
  ['memory', () => 'memory'],
  ['lmdb', () => join(directory, crypto.randomUUID())],
])('over %s', (_, storeOf) => {
  test('create, save, edit, save, load: each save is a version of its name', async () => {
    await using helios = await Helios.open({ store: storeOf(), types: [Agent] });
    const made = helios.create(Agent, { hp: 10, memory: [] });
    expect(made.base).toBe(null);
    const first = await made.save('agents/7', { message: 'born' });
    expect(first).toMatchObject({ name: 'agents/7', version: 1, root: made.root, type: 'agent', weight: 1 });
    expect(first.message).toBe('born');
    expect(made.base).toEqual(first);
    const edited = made.edit((draft) => {
      draft.memory.push('saw a fox');
      draft.hp -= 1;
    });
    expect(made.materialize()).toEqual({ hp: 10, memory: [] });
    const second = await edited.save();
    expect(second.version).toBe(2);
    expect(edited.base).toEqual(second);
    const head = await helios.load(Agent, 'agents/7');
    deepStrictEqual(head.materialize(), { hp: 9, memory: ['saw a fox'] });
    expect(head.base).toEqual(second);
    deepStrictEqual((await helios.load(Agent, 'agents/7', { version: 1 })).materialize(), { hp: 10, memory: [] });
    expect(await collected(helios.history('agents/7'))).toEqual([second, first]);
    expect(await collected(helios.history('agents/7', { limit: 1 }))).toEqual([second]);
    const loaded: Frozen<{ hp: number; memory: string[] }> = head.view();
    expect(loaded.hp).toBe(9);
  });

  test('a name moves by compare-and-set: absent, expected version, root, or whatever is there', async () => {
    await using helios = await Helios.open({ store: storeOf() });
    const one = helios.create('record', { n: 1 });
    const two = helios.create('record', { n: 2 });
    const first = await one.save('it');
    await expect(two.save('it')).rejects.toMatchObject({ code: 'CONFLICT', retryable: true });
    await expect(two.save('it', { expect: 'absent' })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(two.save('it', { expect: two.root })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await two.save('it', { expect: one.root })).version).toBe(2);
    await expect(one.save('it')).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(one.save('it', { expect: first })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect((await one.save('it', { expect: 'any' })).version).toBe(3);
    await expect(two.save('other', { expect: first })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(helios.create('list', []).save()).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(one.save('')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    const aborted = AbortSignal.abort();
    await expect(one.save('new', { signal: aborted })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await helios.find('new')).toBe(null);
  });

  test('overwriting saves that race all land, one after another', async () => {
    await using helios = await Helios.open({ store: storeOf() });
    const saves = Array.from({ length: 200 }, (_item, n) =>
      helios.create('record', { n }).save('it', { expect: 'any' }),
    );
    const versions = (await Promise.all(saves)).map((version) => version.version);
    expect(versions.sort((a, b) => a - b)).toEqual(saves.map((_item, n) => n + 1));
  });

  test('update loads, edits and saves, and starts again when somebody was faster', async () => {
    await using helios = await Helios.open({ store: storeOf(), types: [Agent] });
    await helios.create(Agent, { hp: 0, memory: [] }).save('a');
    const updates = Array.from({ length: 20 }, () =>
      helios.update(Agent, 'a', (draft) => {
        draft.hp += 1;
      }),
    );
    await Promise.all(updates);
    expect((await helios.load(Agent, 'a')).at('hp')).toBe(20);
    const made = await helios.update(Agent, 'b', (draft) => void draft.memory.push('x'), {
      create: () => ({ hp: 1, memory: [] }),
    });
    deepStrictEqual(made.materialize(), { hp: 1, memory: ['x'] });
    await helios.update<{ hp: number }>('b', (draft) => {
      draft.hp = 5;
    });
    expect((await helios.load('b')).at('hp')).toBe(5);
    await expect(helios.update('c', () => {})).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
    await expect(
      helios.update(Agent, 'a', (draft) => {
        draft.hp = 'many' as never;
      }),
    ).rejects.toMatchObject({ code: 'INVALID_VALUE', details: { path: ['hp'] } });
    expect((await helios.load('a')).at('hp')).toBe(20);
    // Without a retry, of two who start from the same version at the same time one is told so.
    const both = ['b', 'b'].map(async (name) => {
      const loaded = await helios.load(name);
      return loaded.edit((draft) => void Object.assign(draft as object, { at: Math.random() })).save();
    });
    const settled = await Promise.allSettled(both);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(settled.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'CONFLICT' } });
  });

  test('list gives what is there, by prefix and type, in pages; delete takes a name away', async () => {
    await using helios = await Helios.open({ store: storeOf(), types: [Agent] });
    const saved: Version[] = [];
    for (let n = 0; n < 300; n++) {
      saved.push(await helios.create('record', { n }).save(`n/${String(n).padStart(3, '0')}`));
    }
    await helios.create(Agent, { hp: 1, memory: [] }).save('n/500');
    await helios.create('list', [1]).save('other');
    const names = async (options: Parameters<Helios['list']>[0]) =>
      (await collected(helios.list(options))).map((version) => version.name);
    expect((await names({})).length).toBe(302);
    expect(await collected(helios.list({ prefix: 'n/', type: 'record' }))).toEqual(saved);
    expect(await names({ prefix: 'n/', after: 'n/298' })).toEqual(['n/299', 'n/500']);
    expect(await names({ limit: 2 })).toEqual(['n/000', 'n/001']);
    expect(await names({ type: 'agent' })).toEqual(['n/500']);
    expect(await names({ prefix: 'nobody' })).toEqual([]);

    await expect(helios.delete('n/500', { expect: saved[0] as Version })).rejects.toMatchObject({ code: 'CONFLICT' });
    await helios.delete('n/500');
    expect(await helios.find('n/500')).toBe(null);
    await helios.delete('n/000', { expect: saved[0] as Version });
    await expect(helios.delete('n/000')).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
    expect((await names({ prefix: 'n/' })).length).toBe(299);
    expect((await helios.create('record', { again: true }).save('n/000')).version).toBe(1);
  });

  test('a branch is the same state with a weight of its own, and is edited apart', async () => {
    await using helios = await Helios.open({ store: storeOf() });
    const trunk = helios.create('record', { hp: 1, text: 'x'.repeat(5000) });
    await trunk.save('trunk');
    const likely = trunk.branch({ weight: 0.7 }).edit((draft) => {
      draft.hp = 2;
    });
    const unlikely = trunk.branch({ weight: 0.3 });
    expect([trunk.weight, likely.weight, unlikely.weight]).toEqual([1, 0.7, 0.3]);
    expect(unlikely.root).toBe(trunk.root);
    expect(trunk.at('hp')).toBe(1);
    expect(likely.at('hp')).toBe(2);
    const version = await likely.save('trunk/likely');
    expect(version.weight).toBe(0.7);
    expect((await helios.load('trunk/likely')).weight).toBe(0.7);
    for (const weight of [-0.1, 1.1, Number.NaN]) expect(() => trunk.branch({ weight })).toThrow(HeliosError);
  });

  test('a link inside a value comes back as a reference, and keeps what it links to', async () => {
    await using helios = await Helios.open({ store: storeOf(), types: [Agent] });
    const agent = helios.create(Agent, { hp: 3, memory: ['m'.repeat(2000)] }).branch({ weight: 0.5 });
    const team = helios.create('record', { name: 'team', lead: agent, all: [agent] });
    await team.save('team');
    const loaded = (await helios.load('team')).materialize() as { lead: typeof agent; all: (typeof agent)[] };
    expect(loaded.lead).toBeInstanceOf(StateReference);
    expect(loaded.lead).toMatchObject({ type: 'agent', weight: 0.5, root: agent.root, base: null });
    deepStrictEqual(loaded.lead.materialize(), { hp: 3, memory: ['m'.repeat(2000)] });
    expect(loaded.all[0]?.root).toBe(agent.root);
    expect(loaded.lead.bytes).toBe(agent.bytes);
    const other = (await helios.load('team')).edit((draft) => void Object.assign(draft as object, { lead: team }));
    await other.save();
    expect(((await helios.load('team')).at('lead') as typeof team).root).toBe(team.root);
    expect(JSON.parse(JSON.stringify(loaded)).lead).toEqual({ $ref: { root: agent.root, type: 'agent' } });
  });

  test('diff tells what changed, lists aligned', async () => {
    await using helios = await Helios.open({ store: storeOf(), types: [Agent] });
    const before = helios.create(Agent, { hp: 1, memory: ['a', 'b', 'c'] });
    const after = before.edit((draft) => {
      draft.hp = 2;
      draft.memory.splice(1, 1);
      draft.memory.push('d');
    });
    const changes = [...before.diff(after)].map(({ kind, path, before: was, after: is }) => ({ kind, path, was, is }));
    expect(changes).toHaveLength(3);
    expect(changes).toEqual(
      expect.arrayContaining([
        { kind: 'change', path: ['hp'], was: 1, is: 2 },
        { kind: 'remove', path: ['memory', 1], was: 'b', is: undefined },
        { kind: 'add', path: ['memory', 2], was: undefined, is: 'd' },
      ]),
    );
    expect([...before.diff(before)]).toEqual([]);
  });

  test('used after it was closed, everything says CLOSED', async () => {
    const helios = await Helios.open({ store: storeOf(), types: [Agent] });
    const reference = helios.create(Agent, { hp: 1, memory: [] });
    await reference.save('a');
    await helios.close();
    await helios.close();
    const closed = expect.objectContaining({ code: 'CLOSED' });
    const uses = [
      () => helios.create(Agent, { hp: 1, memory: [] }),
      () => reference.materialize(),
      () => reference.view(),
      () => reference.at('hp'),
      () => reference.edit(() => {}),
      () => reference.isLocal(),
      () => reference.bytes,
      () => [...reference.diff(reference)],
    ];
    for (const use of uses) expect(use).toThrow(closed);
    const calls = [
      () => helios.load('a'),
      () => helios.find('a'),
      () => helios.update('a', () => {}),
      () => helios.delete('a'),
      () => collected(helios.list()),
      () => collected(helios.history('a')),
      () => reference.save('b'),
      () => reference.fetch(),
      () => helios.request('a').result,
    ];
    for (const call of calls) await expect(call()).rejects.toEqual(closed);
  });
});

test('bad options are refused with what to do', async () => {
  const open = Helios.open as (options: unknown) => Promise<Helios>;
  for (const options of [
    undefined,
    {},
    { store: '' },
    { store: 'nats' },
    { store: 'a\0b' },
    { store: 7 },
    { store: 'memory', memoryBytes: -1 },
  ]) {
    await expect(open(options)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  }
  await expect(open({ store: 'memory', durability: 'never' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  await expect(open({ store: 'memory', types: [{ name: 'x' }] })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
});

test('values and types that do not fit are refused where they come in, with the path', async () => {
  await using helios = await Helios.open({ store: 'memory', types: [Agent] });
  const create = helios.create.bind(helios) as (type: unknown, value: unknown) => unknown;
  const refused = (type: unknown, value: unknown, code: string, path?: unknown) => {
    const details = path === undefined ? {} : { details: expect.objectContaining({ path }) };
    expect(() => create(type, value)).toThrow(expect.objectContaining({ code, ...details }));
  };
  const cycle: Record<string, unknown> = { a: { b: [] } };
  (cycle.a as { b: unknown[] }).b.push(cycle);
  refused('record', { a: [1, () => 1] }, 'UNSUPPORTED_VALUE', ['a', 1]);
  refused('record', { a: Symbol('s') }, 'UNSUPPORTED_VALUE', ['a']);
  refused('record', { a: { when: new Date(Number.NaN) } }, 'UNSUPPORTED_VALUE', ['a', 'when']);
  refused('record', { a: new (class Thing {})() }, 'UNSUPPORTED_VALUE', ['a']);
  refused('record', cycle, 'UNSUPPORTED_VALUE', ['a', 'b', 0]);
  refused('list', [1, undefined], 'UNSUPPORTED_VALUE', [1]);
  refused('list', {}, 'INVALID_VALUE');
  refused('map', [], 'INVALID_VALUE');
  refused('set', new Map(), 'INVALID_VALUE');
  refused('recrod', {}, 'UNKNOWN_TYPE');
  refused('text', ['later'], 'INVALID_VALUE');
  refused('tensor', { dtype: 'int8', shape: [2], data: new Int8Array(1) }, 'INVALID_VALUE', ['data']);
  refused(Agent, { hp: 'many', memory: [] }, 'INVALID_VALUE', ['hp']);
  refused(Agent, { hp: 1, memory: [1] }, 'INVALID_VALUE', ['memory', 0]);
  await expect(helios.load('agents/7')).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
  await helios.create(Agent, { hp: 1, memory: [] }).save('agents/7');
  await expect(helios.load('agent/7')).rejects.toThrow('Did you mean "agents/7"?');
  await expect(helios.load('agents/7', { version: 3 })).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
  const Other = defineType({ name: 'other', schema: z.unknown() });
  await expect(helios.load(Other, 'agents/7')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
});

test('a schema output is what is stored, and an older version is upgraded before anybody sees it', async () => {
  const store = join(directory, 'upgrades');
  const V1 = defineType({ name: 'thing', schema: z.object({ name: z.string().default('nobody') }) });
  {
    await using helios = await Helios.open({ store, types: [V1] });
    const made = helios.create(V1, {} as { name: string });
    deepStrictEqual(made.materialize(), { name: 'nobody' });
    await made.save('it');
  }
  class Thing {
    constructor(readonly stored: { readonly first: string }) {}
  }
  const V2 = defineType({
    name: 'thing',
    version: 2,
    schema: z.object({ first: z.string() }),
    upgrade: { 1: (old) => ({ first: (old as { name: string }).name }) },
    hydrate: (value) => new Thing(value),
    dehydrate: (thing) => ({ first: thing.stored.first }),
  });
  await using helios = await Helios.open({ store, types: [V2] });
  const head = await helios.load(V2, 'it');
  const live = head.materialize();
  expect(live).toBeInstanceOf(Thing);
  expect(live).not.toBe(head.materialize());
  expect(Object.isFrozen(live.stored)).toBe(true);
  deepStrictEqual(live.stored, { first: 'nobody' });
  deepStrictEqual(head.view(), { first: 'nobody' });
  expect(head.at('first')).toBe('nobody');
  const requested = await helios.request(V2, 'it').result;
  expect(requested.value).toBeInstanceOf(Thing);
  deepStrictEqual((await helios.request('it', { paths: ['first'] }).result).value, { first: 'nobody' });
  const next = head.edit((draft) => {
    draft.first = 'somebody';
  });
  await next.save();
  deepStrictEqual((await helios.load(V2, 'it')).materialize().stored, { first: 'somebody' });
  const again = helios.create(V2, live as never);
  deepStrictEqual(again.materialize().stored, { first: 'nobody' });
  {
    await using old = await Helios.open({ store, types: [V1] });
    const newer = await old.load(V1, 'it');
    expect(() => newer.materialize()).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }));
    expect(old.stats().types.thing).toMatchObject({ failed: 1 });
  }
  await using unknowing = await Helios.open({ store });
  const raw = await unknowing.load('it');
  expect(() => raw.materialize()).toThrow(expect.objectContaining({ code: 'UNKNOWN_TYPE' }));
  await expect(unknowing.request('it').result).rejects.toMatchObject({ code: 'UNKNOWN_TYPE' });
  expect(raw.view()).toEqual({ first: 'somebody' });
});

test('memory, decisions and figures can be looked at', async () => {
  await using helios = await Helios.open({ store: 'memory', memoryBytes: 50_000 });
  const references = Array.from({ length: 100 }, (_, n) => helios.create('record', { n, text: 'x'.repeat(900) }));
  for (const reference of references) reference.materialize();
  for (const reference of references.slice(-5)) reference.materialize();
  const { cache, types, store } = helios.stats();
  expect(cache.bytes).toBeLessThanOrEqual(50_000);
  expect(cache.budgetBytes).toBe(50_000);
  expect(types.record?.restored).toBeGreaterThanOrEqual(100);
  expect(types.record?.p95Us).toBeGreaterThan(0);
  expect(store).toEqual({ blocks: 0, bytes: 0 });
  expect(helios.policy).toMatchObject({ epoch: 0n, level: 'normal', threshold: 0 });
  expect(helios.pressure.score).toBeGreaterThan(0);
  expect(helios.shouldMaterialize(0.5, 2048, 0.5)).toBe(true);
  expect(helios.explain(0.5, 2048, 0.5)).toMatchObject({ pass: true });
  expect(() => helios.shouldMaterialize(2, 0, 0)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
});

test('wrong arguments are refused with what was expected, wherever they come in', async () => {
  await using helios = await Helios.open({ store: 'memory' });
  const reference = helios.create('record', { a: 1 });
  const version = await reference.save('it');
  const loose = reference as unknown as Record<string, (...args: unknown[]) => unknown>;
  const invalid = expect.objectContaining({ code: 'INVALID_REQUEST' });
  for (const args of [['edit'], ['edit', 5], ['branch', { weight: '0.5' }], ['diff', {}], ['diff']] as const) {
    const [name, ...rest] = args;
    expect(() => loose[name]?.(...rest), name).toThrow(invalid);
  }
  expect(loose.branch?.(null)).toBeInstanceOf(StateReference);
  const update = helios.update.bind(helios) as (...args: unknown[]) => Promise<unknown>;
  await expect(update('it')).rejects.toEqual(invalid);
  const ask = helios.request.bind(helios) as (...args: unknown[]) => { readonly result: Promise<unknown> };
  await expect(ask('it', { signal: {} }).result).rejects.toEqual(invalid);
  await expect(ask('it', { paths: 'a' }).result).rejects.toEqual(invalid);
  await expect(ask(null).result).rejects.toEqual(invalid);
  await expect(ask('it', null).result).resolves.toBeDefined();
  // A version that went through JSON is as good as it was.
  const next = reference.edit((draft) => void Object.assign(draft as object, { a: 2 }));
  expect((await next.save('it', { expect: JSON.parse(JSON.stringify(version)) })).version).toBe(2);
  expect(Object.isFrozen(version)).toBe(true);
  for (const expect_ of [5, {}, { version: 1 }]) {
    await expect(next.save('it', { expect: expect_ as never })).rejects.toEqual(invalid);
  }
});

test('an update that changes nothing makes no version', async () => {
  await using helios = await Helios.open({ store: 'memory' });
  await helios.create('record', { a: 1 }).save('it');
  const same = await helios.update<{ a: number }>('it', (draft) => {
    draft.a = 1;
  });
  expect(same.base?.version).toBe(1);
  expect((await collected(helios.history('it'))).length).toBe(1);
});

test('an edit of a big object of a type with a schema writes only the blocks on its path', async () => {
  const Big = defineType({ name: 'big', schema: z.object({ hp: z.number(), parts: z.array(z.string()) }) });
  await using helios = await Helios.open({ store: 'memory', types: [Big] });
  const parts = Array.from({ length: 100 }, (_, n) => `${n}`.repeat(3000));
  await helios.create(Big, { hp: 1, parts }).save('big');
  const before = helios.stats().store.bytes;
  await helios.update(Big, 'big', (draft) => {
    draft.hp = 2;
  });
  expect(helios.stats().store.bytes - before).toBeLessThan(before / 10);
  deepStrictEqual((await helios.load(Big, 'big')).materialize(), { hp: 2, parts });
});

test('what was saved is held by the store alone', async () => {
  await using helios = await Helios.open({ store: 'memory', memoryBytes: 0 });
  const made = helios.create('record', { text: 'x'.repeat(5000), deep: { text: 'y'.repeat(5000) } });
  expect((await helios.request(made).result).source).toBe('block');
  await made.save('it');
  expect((await helios.request(made).result).source).toBe('local');
  const other = await Helios.open({ store: 'memory' });
  await expect(made.edit(() => {}).save('copy')).resolves.toMatchObject({ version: 1 });
  await other.close();
});

test('all who close wait for the same end', async () => {
  const helios = await Helios.open({ store: join(directory, 'closing') });
  const ends: string[] = [];
  await Promise.all([helios.close().then(() => ends.push('first')), helios.close().then(() => ends.push('second'))]);
  expect(ends).toEqual(['first', 'second']);
  await (await Helios.open({ store: join(directory, 'closing') })).close();
});
