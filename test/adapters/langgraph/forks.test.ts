/** What the official suite does not ask: forks, order, concurrency, and that nobody can harm what is stored. */
import { deepStrictEqual } from 'node:assert/strict';
import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { type Checkpoint, emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HeliosSaver } from '../../../src/adapters/langgraph/index.js';
import { freshDirectory, removeDirectory } from '../../store/directories.js';

let directory: string;
const savers: HeliosSaver[] = [];

beforeEach(() => {
  directory = freshDirectory();
});
afterEach(async () => {
  for (const saver of savers.splice(0)) await saver.end();
  removeDirectory(directory);
});

function open(store = 'memory'): HeliosSaver {
  const saver = new HeliosSaver({ store });
  savers.push(saver);
  return saver;
}

let clock = 0;
const META = { source: 'loop', step: 0, parents: {} } as const;

function checkpoint(values: Record<string, unknown>, version = 1): Checkpoint {
  const versions = Object.fromEntries(Object.keys(values).map((channel) => [channel, version]));
  return { ...emptyCheckpoint(), id: uuid6(++clock), channel_values: values, channel_versions: versions };
}

async function put(saver: HeliosSaver, values: Record<string, unknown>, parent?: string, version = 1) {
  const one = checkpoint(values, version);
  const config = { configurable: { thread_id: 'thread', ...(parent === undefined ? {} : { checkpoint_id: parent }) } };
  await saver.put(config, one, META, one.channel_versions);
  return one.id;
}

const at = (id?: string) => ({
  configurable: { thread_id: 'thread', ...(id === undefined ? {} : { checkpoint_id: id }) },
});

describe.each(['memory', 'directory'])('a thread in a %s', (kind) => {
  const store = () => (kind === 'memory' ? 'memory' : directory);

  it('has ten forks of one checkpoint, each with its own values, though their versions are the same', async () => {
    const saver = open(store());
    const base = await put(saver, { messages: ['hello'], plan: 'none' });
    const forks: string[] = [];
    for (let fork = 0; fork < 10; fork++) {
      forks.push(await put(saver, { messages: ['hello', `fork ${fork}`], plan: `plan ${fork}` }, base, 2));
    }
    for (const [fork, id] of forks.entries()) {
      const tuple = await saver.getTuple(at(id));
      deepStrictEqual(
        { ...tuple?.checkpoint.channel_values },
        { messages: ['hello', `fork ${fork}`], plan: `plan ${fork}` },
      );
      expect(tuple?.parentConfig?.configurable?.checkpoint_id).toBe(base);
    }
    deepStrictEqual(
      { ...(await saver.getTuple(at(base)))?.checkpoint.channel_values },
      { messages: ['hello'], plan: 'none' },
    );
  });

  it('keeps lists right that grow, shrink, change in the middle and begin anew', async () => {
    const saver = open(store());
    const message = (n: number) => new AIMessage({ content: `message ${n}`, id: `${n}` });
    const rows: unknown[][] = [];
    let list: AIMessage[] = [];
    let parent: string | undefined;
    const ids: string[] = [];
    for (let step = 0; step < 60; step++) {
      if (step % 20 === 13) list = list.slice(0, 3);
      else if (step % 20 === 17) list = [message(1_000 + step), ...list];
      else if (step % 20 === 19) list = list.map((one, at) => (at === 2 ? message(2_000 + step) : one));
      else list = [...list, message(step)];
      parent = await put(saver, { messages: list }, parent, step);
      ids.push(parent);
      rows.push(list.map(({ content }) => content));
    }
    const again = kind === 'memory' ? saver : open(store());
    for (const [step, id] of ids.entries()) {
      const messages = (await again.getTuple(at(id)))?.checkpoint.channel_values.messages as AIMessage[];
      expect(messages.map(({ content }) => content)).toEqual(rows[step]);
      expect(messages.every((one) => one instanceof AIMessage)).toBe(true);
    }
  });

  it('stores a message that was changed in place as changed, and leaves older checkpoints as they were', async () => {
    const saver = open(store());
    const messages = [new HumanMessage('hi'), new AIMessage({ content: 'ho', additional_kwargs: { deep: { n: 1 } } })];
    const first = await put(saver, { messages });
    const [, second] = messages as [HumanMessage, AIMessage];
    (second.additional_kwargs.deep as { n: number }).n = 2;
    second.content = 'changed';
    const next = await put(saver, { messages: [...messages] }, first, 2);
    const read = async (id: string) =>
      (await saver.getTuple(at(id)))?.checkpoint.channel_values.messages as AIMessage[];
    expect((await read(first))[1]).toMatchObject({ content: 'ho', additional_kwargs: { deep: { n: 1 } } });
    expect((await read(next))[1]).toMatchObject({ content: 'changed', additional_kwargs: { deep: { n: 2 } } });
    // What was read is changed, too.
    const again = await read(next);
    (again[1]?.additional_kwargs.deep as { n: number }).n = 3;
    const third = await put(saver, { messages: again }, next, 3);
    expect((await read(third))[1]).toMatchObject({ content: 'changed', additional_kwargs: { deep: { n: 3 } } });
    expect((await read(next))[1]).toMatchObject({ additional_kwargs: { deep: { n: 2 } } });
  });

  it('is not harmed by callers who change what they got', async () => {
    const saver = open(store());
    const value = () => ({ list: [{ a: [1] }], bytes: new Uint8Array([1, 2]), map: new Map([['k', { n: 1 }]]) });
    const id = await put(saver, { state: value(), messages: [new HumanMessage('hi')] });
    await saver.putWrites(at(id), [['state', value()]], 'task');
    const harm = (tuple: Awaited<ReturnType<HeliosSaver['getTuple']>>) => {
      const { state, messages } = Object(tuple?.checkpoint.channel_values) as {
        state: ReturnType<typeof value>;
        messages: HumanMessage[];
      };
      const pending = Object(tuple?.pendingWrites)[0][2] as ReturnType<typeof value>;
      for (const one of [state, pending]) {
        one.list[0]?.a.push(2);
        one.bytes[0] = 9;
        one.map.clear();
      }
      if (messages[0]) messages[0].content = 'harmed';
      Object.assign(tuple?.metadata ?? {}, { step: 99 });
      Object.assign(tuple?.checkpoint.versions_seen ?? {}, { harmed: {} });
    };
    harm(await saver.getTuple(at(id)));
    for await (const tuple of saver.list(at())) harm(tuple);
    const tuple = await saver.getTuple(at(id));
    deepStrictEqual(tuple?.checkpoint.channel_values.state, value());
    deepStrictEqual(tuple?.pendingWrites, [['task', 'state', value()]]);
    expect(Object(tuple?.checkpoint.channel_values.messages)[0].content).toBe('hi');
    expect([tuple?.metadata, tuple?.checkpoint.versions_seen]).toEqual([META, {}]);
  });

  it('gives writes in the order of their tasks, by code points, special ones replaced and ordinary ones kept', async () => {
    const saver = open(store());
    const id = await put(saver, { a: 1 });
    const binary = Uint8Array.from({ length: 256 }, (_, at) => at);
    await saver.putWrites(at(id), [['a', 'later path']], 'task-1', '~2');
    await saver.putWrites(
      at(id),
      [
        ['a', '🦊'],
        ['a', binary],
      ],
      '\u{1f98a}',
      '~1',
    );
    await saver.putWrites(at(id), [['a', 'private']], '\ue000', '~1');
    await saver.putWrites(
      at(id),
      [
        ['a', 'no path'],
        ['__error__', 'first'],
      ],
      'task-0',
    );
    await saver.putWrites(
      at(id),
      [
        ['a', 'again'],
        ['__error__', 'second'],
      ],
      'task-0',
    );
    const writes = (await saver.getTuple(at(id)))?.pendingWrites;
    deepStrictEqual(writes, [
      ['task-0', '__error__', 'second'],
      ['task-0', 'a', 'no path'],
      ['\ue000', 'a', 'private'],
      ['\u{1f98a}', 'a', '🦊'],
      ['\u{1f98a}', 'a', binary],
      ['task-1', 'a', 'later path'],
    ]);
  });

  it('takes writes before their checkpoint, and many calls at once', async () => {
    const saver = open(store());
    const one = checkpoint({ a: 1, b: [1, 2] });
    await Promise.all([
      saver.putWrites(at(one.id), [['a', 1]], 't1'),
      saver.putWrites(at(one.id), [['a', 2]], 't2'),
      saver.put(at(), one, META, one.channel_versions),
      ...Array.from({ length: 5 }, (_, task) => saver.putWrites(at(one.id), [['b', task]], `u${task}`)),
    ]);
    const tuple = await saver.getTuple(at());
    expect(tuple?.checkpoint.id).toBe(one.id);
    expect(tuple?.pendingWrites?.map(([task]) => task)).toEqual(['t1', 't2', 'u0', 'u1', 'u2', 'u3', 'u4']);
  });

  it('is copied whole, and both go on by themselves', async () => {
    const saver = open(store());
    const base = await put(saver, { messages: ['start'] });
    await saver.putWrites(at(base), [['messages', 'pending']], 'task');
    const helios = await saver.helios;
    const before = helios.stats().store.blocks;
    await saver.copyThread('thread', 'copy');
    // A commit, and nothing of what the thread holds.
    expect(helios.stats().store.blocks - before).toBe(1);
    const copied = { configurable: { thread_id: 'copy' } };
    expect((await saver.getTuple(copied))?.pendingWrites).toEqual([['task', 'messages', 'pending']]);
    await put(saver, { messages: ['start', 'more'] }, base, 2);
    expect((await saver.getTuple(copied))?.checkpoint.channel_values.messages).toEqual(['start']);
    await saver.deleteThread('thread');
    expect((await saver.getTuple(copied))?.checkpoint.id).toBe(base);
    await expect(saver.copyThread('nobody', 'x')).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
    await expect(saver.copyThread('copy', 'copy')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('is forked at a checkpoint, goes on from there, and shows nothing of what the other did since', async () => {
    const saver = open(store());
    const ids = [await put(saver, { n: [0] })];
    for (let step = 1; step < 6; step++) ids.push(await put(saver, { n: [step] }, ids.at(-1), step));
    await saver.forkThread('thread', ids[2], 'fork');
    const forked = { configurable: { thread_id: 'fork' } };
    const listed = async () => {
      const found: string[] = [];
      for await (const { checkpoint } of saver.list(forked)) found.push(checkpoint.id);
      return found;
    };
    expect((await saver.getTuple(forked))?.checkpoint.id).toBe(ids[2]);
    expect(await listed()).toEqual(ids.slice(0, 3).reverse());
    expect(await saver.getTuple({ configurable: { thread_id: 'fork', checkpoint_id: ids[4] } })).toBeUndefined();
    const next = { ...checkpoint({ n: ['own'] }, 9), id: uuid6(++clock) };
    await saver.put({ configurable: { thread_id: 'fork', checkpoint_id: ids[2] } }, next, META, next.channel_versions);
    expect(await listed()).toEqual([next.id, ...ids.slice(0, 3).reverse()]);
    await saver.forkThread('fork', undefined, 'fork of the fork');
    expect((await saver.getTuple({ configurable: { thread_id: 'fork of the fork' } }))?.checkpoint.id).toBe(next.id);
    expect((await saver.getTuple(at()))?.checkpoint.id).toBe(ids[5]);
    await expect(saver.forkThread('thread', 'no such', 'x')).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
    await expect(saver.forkThread('thread', ids[0], 'fork')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('is gone when it was deleted, and can begin anew', async () => {
    const saver = open(store());
    await put(saver, { a: 1 });
    await saver.deleteThread('thread');
    await saver.deleteThread('thread');
    expect(await saver.getTuple(at())).toBeUndefined();
    const id = await put(saver, { a: 2 });
    expect((await saver.getTuple(at()))?.checkpoint.id).toBe(id);
  });
});

it('two savers on one directory that go on with one thread both land, as branches', async () => {
  const [one, other] = [open(directory), open(directory)];
  const base = await put(one, { messages: ['start'] });
  const rows = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      put(n % 2 === 0 ? one : other, { messages: ['start', `branch ${n}`] }, base, 2),
    ),
  );
  for (const [n, id] of rows.entries()) {
    const tuple = await (n % 2 === 0 ? other : one).getTuple(at(id));
    expect(tuple?.checkpoint.channel_values.messages).toEqual(['start', `branch ${n}`]);
  }
  const listed: string[] = [];
  for await (const { checkpoint } of other.list(at())) listed.push(checkpoint.id);
  expect(listed).toEqual([base, ...rows].sort().reverse());
});

it('what can not be stored is refused with its path, before anything is written; or stored as LangGraph would', async () => {
  const saver = open(directory);
  class Live {
    socket = 1;
  }
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  const bad = {
    fn: () => 1,
    symbol: Symbol('s'),
    live: new Live(),
    loop,
    hole: new Array(3),
    shared: new Uint8Array(new SharedArrayBuffer(4)),
  };
  for (const [key, value] of Object.entries(bad)) {
    const refused = put(saver, { fine: 1, state: { deep: [{ [key]: value }] } });
    await expect(refused, key).rejects.toMatchObject({ code: 'UNSUPPORTED_VALUE' });
    const path = await refused.catch((error) => error.details.path);
    expect(path.slice(0, 4), key).toEqual(['channel_values', 'state', 'deep', 0]);
  }
  expect(await saver.getTuple(at())).toBeUndefined();
  const lenient = new HeliosSaver(await saver.helios, { onUnsupported: 'stock' });
  const id = await put(lenient, { state: { live: new Live(), n: 1 }, exact: -0 });
  const values = (await lenient.getTuple(at(id)))?.checkpoint.channel_values;
  deepStrictEqual({ ...values }, { state: { live: { socket: 1 }, n: 1 }, exact: -0 });
});
