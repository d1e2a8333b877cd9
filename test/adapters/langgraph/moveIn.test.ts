/** What SqliteSaver kept in a file: all of it comes out of HeliosSaver as the file has it. */
import { deepStrictEqual } from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as messages from '@langchain/core/messages';
import * as langgraph from '@langchain/langgraph';
import { type CheckpointTuple, JsonPlusSerializer, uuid6 } from '@langchain/langgraph-checkpoint';
import sqlite from 'node-sqlite3-wasm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HeliosSaver, importFromSqlite, type MoveOptions } from '../../../src/adapters/langgraph/index.js';
import { moveIn } from '../../../src/adapters/langgraph/moveIn.js';
import { SqliteFile } from '../../../src/adapters/langgraph/sqlite.js';
import { Helios } from '../../../src/index.js';
import { freshDirectory, removeDirectory } from '../../store/directories.js';
import { graphsOver } from './sqlite/graphs.mjs';

const MADE = fileURLToPath(new URL('sqlite/saver.sqlite', import.meta.url));

let folder: string;
let file: string;
let helios: Helios;
let saver: HeliosSaver;

beforeEach(async () => {
  folder = freshDirectory();
  mkdirSync(join(folder, 'db'), { recursive: true });
  file = join(folder, 'db', 'saver.sqlite');
  copyFileSync(MADE, file);
  helios = await Helios.open({ store: 'memory' });
  saver = new HeliosSaver(helios);
});
afterEach(async () => {
  await helios.close();
  removeDirectory(folder);
});

const move = (options: MoveOptions = {}) => importFromSqlite(helios, file, options);

type Row = Record<string, unknown>;
async function all<T>(given: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of given) found.push(one);
  return found;
}

const serde = new JsonPlusSerializer();
const config = (thread: unknown, namespace: unknown, id: unknown) => {
  return { configurable: { thread_id: thread, checkpoint_ns: namespace, checkpoint_id: id } };
};

/** Changes a copy of the file, or asks it something. */
function inFile<T>(work: (database: InstanceType<typeof sqlite.Database>) => T, path = file): T {
  const database = new sqlite.Database(path);
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** The file as the stock serializer reads its rows, by nothing of ours: what getTuple is to give for each checkpoint. */
async function stockTuples(path = file): Promise<CheckpointTuple[]> {
  const [checkpoints, writes] = inFile(
    (database) => [
      database.all('SELECT * FROM checkpoints') as Row[],
      database.all('SELECT * FROM writes ORDER BY task_id, idx') as Row[],
    ],
    path,
  );
  const read = (type: unknown, content: unknown) => serde.loadsTyped(String(type), content as Uint8Array);
  const tuples: CheckpointTuple[] = [];
  for (const row of checkpoints) {
    const { thread_id: thread, checkpoint_ns: namespace, checkpoint_id: id, parent_checkpoint_id: parent } = row;
    const at = (wanted: unknown) =>
      writes.filter(
        (write) => write.thread_id === thread && write.checkpoint_ns === namespace && write.checkpoint_id === wanted,
      );
    const pendingWrites: [string, string, unknown][] = [];
    for (const write of at(id)) {
      pendingWrites.push([String(write.task_id), String(write.channel), await read(write.type, write.value)]);
    }
    const checkpoint = await read(row.type, row.checkpoint);
    if (checkpoint.v < 4 && parent !== null) {
      const packets = at(parent).filter(({ channel }) => channel === '__pregel_tasks');
      checkpoint.channel_values.__pregel_tasks = await Promise.all(packets.map(({ type, value }) => read(type, value)));
      checkpoint.channel_versions.__pregel_tasks = Math.max(...Object.values<number>(checkpoint.channel_versions));
    }
    tuples.push({
      config: config(thread, namespace, id),
      checkpoint,
      metadata: await read(row.type, row.metadata),
      pendingWrites,
      ...(parent === null ? {} : { parentConfig: config(thread, namespace, parent) }),
    });
  }
  return tuples;
}

/** Equal to the class and to the order of keys. A getter that makes a value when it is read is that value. */
function same(ours: CheckpointTuple | undefined, stock: CheckpointTuple): void {
  for (const name of Object.keys(ours?.checkpoint.channel_values ?? {})) void ours?.checkpoint.channel_values[name];
  deepStrictEqual(ours, stock);
  const parts = ({ checkpoint, metadata, pendingWrites }: CheckpointTuple) => {
    return JSON.stringify([checkpoint.channel_values, checkpoint.versions_seen, metadata, pendingWrites]);
  };
  expect(parts(ours as CheckpointTuple)).toBe(parts(stock));
}

async function everythingIsThere(from = file): Promise<number> {
  const stock = await stockTuples(from);
  for (const tuple of stock) same(await saver.getTuple(tuple.config), tuple);
  const threads = new Set(stock.map((tuple) => tuple.config.configurable?.thread_id));
  for (const thread of threads) {
    const wanted = stock.filter((tuple) => tuple.config.configurable?.thread_id === thread);
    wanted.sort((a, b) => (a.checkpoint.id < b.checkpoint.id ? 1 : -1));
    const listed = await all(saver.list({ configurable: { thread_id: thread } }));
    expect(listed).toHaveLength(wanted.length);
    for (const [at, tuple] of listed.entries()) same(tuple, wanted[at] as CheckpointTuple);
    const newest = wanted.find((tuple) => tuple.config.configurable?.checkpoint_ns === '') as CheckpointTuple;
    same(await saver.getTuple({ configurable: { thread_id: thread } }), newest);
  }
  return stock.length;
}

describe('moving in from SqliteSaver', () => {
  it('brings every checkpoint, write and metadata out of HeliosSaver as the stock serializer reads them', async () => {
    const counts = await move();
    expect(counts).toMatchObject({ threads: 9, newThreads: 9, checkpoints: 56, writes: 91, skipped: 0, differing: 0 });
    expect(counts).toMatchObject({ newCheckpoints: 56, newWrites: 91 });
    expect(await everythingIsThere()).toBe(56);
    const kinds = (await saver.getTuple({ configurable: { thread_id: 'Größe 1/2 % 😀' } }))?.checkpoint.channel_values;
    expect(kinds?.more).toMatchObject({ kept: [expect.any(messages.HumanMessage), { plain: true }] });
    expect((await all(helios.list())).map(({ name }) => name)).toContain('langgraph/Größe 1/2 % 😀');
  });

  it('keeps writes by their task and index, binary ones byte for byte, and those that came before their checkpoint', async () => {
    await move();
    const first = (await stockTuples()).find(({ config: { configurable }, parentConfig }) => {
      return configurable?.thread_id === 'old' && parentConfig === undefined;
    });
    const there = await saver.getTuple(first?.config ?? {});
    expect(there?.pendingWrites?.find(([, channel]) => channel === 'raw')?.[2]).toEqual(Uint8Array.of(1, 200, 0));
    // Written again, as a resumed run does: those that are there stay.
    await saver.putWrites(first?.config ?? {}, [['messages', 'another']], 'b-task');
    deepStrictEqual((await saver.getTuple(first?.config ?? {}))?.pendingWrites, first?.pendingWrites);
    const early = inFile((database) => {
      return database.get("SELECT * FROM writes WHERE thread_id = 'old' ORDER BY checkpoint_id DESC LIMIT 1");
    }) as Row;
    const id = String(early.checkpoint_id);
    const checkpoint = { v: 4, id, ts: '', channel_values: {}, channel_versions: {}, versions_seen: {} };
    const metadata = { source: 'loop' as const, step: 1, parents: {} };
    await saver.put({ configurable: { thread_id: 'old', checkpoint_ns: '' } }, checkpoint, metadata, {});
    expect((await saver.getTuple(config('old', '', id)))?.pendingWrites).toEqual([['task', 'messages', 'early']]);
  });

  it('lets graphs go on where they were: interrupts, also of a graph in a graph, packets, chats, delta channels', async () => {
    await move();
    const graphs = graphsOver({ langgraph, messages }, saver);
    const { Command } = langgraph;
    const thread = (thread_id: string) => ({ configurable: { thread_id } });
    const { tasks } = await graphs.approval.getState(thread('approval'));
    const waiting: { id: string; value: unknown }[] = tasks.flatMap((task: { interrupts: unknown }) => task.interrupts);
    expect(waiting.map(({ value }) => value)).toEqual([
      { question: 'May I?', by: 'ask' },
      { question: 'May I?', by: 'second' },
    ]);
    const resume = Object.fromEntries(waiting.map(({ id }, at) => [id, `yes ${at}`]));
    const answered = await graphs.approval.invoke(new Command({ resume }), thread('approval'));
    expect(answered.answers).toEqual(['ask: yes 0', 'second: yes 1', 'closed after 2']);

    const deep = await graphs.nested.invoke(new Command({ resume: 'sure' }), thread('nested'));
    expect(deep.answers).toEqual([[[], 'prepared', 'inner: sure'], 'after']);

    const fanned = await graphs.fan.invoke(new Command({ resume: { done: ['mended'] } }), thread('fan'));
    expect(fanned.done).toEqual(['a!', 'b!', 'mended', 'c!', 'joined 4']);

    const before = (await graphs.agent.getState(thread('chat'))).values.messages.length;
    const chat = await graphs.agent.invoke({ messages: [new messages.HumanMessage('five')] }, thread('chat'));
    expect(chat.messages).toHaveLength(before + 6);
    expect(await all(graphs.agent.getStateHistory(thread('chat')))).toHaveLength(22 + 5);

    const delta = await graphs.delta.invoke({ messages: [new messages.HumanMessage('quatre')] }, thread('delta'));
    expect(delta.messages.map(({ content }: { content: unknown }) => content)).toEqual([
      'un',
      '1',
      'deux',
      '3',
      'trois',
      '5',
      'quatre',
      '7',
    ]);
  });

  it('changes nothing when it is done again', async () => {
    await move();
    const heads = async () => (await all(helios.list())).map(({ name, root, version }) => [name, root, version]);
    const before = await heads();
    const again = await move();
    expect(again).toMatchObject({ threads: 9, newThreads: 0, checkpoints: 56, newCheckpoints: 0, newWrites: 0 });
    expect(again.differing).toBe(0);
    expect(await heads()).toEqual(before);
  });

  it('adds to a thread that went on, here and there: both are kept', async () => {
    await move();
    const graphs = graphsOver({ langgraph, messages }, saver);
    const chat = { configurable: { thread_id: 'chat' } };
    await graphs.agent.invoke({ messages: [new messages.HumanMessage('here')] }, chat);
    const here = await all(saver.list(chat));
    const [newest] = (await stockTuples()).filter((tuple) => tuple.config.configurable?.thread_id === 'chat').reverse();
    if (newest === undefined) throw new Error('There is no chat.');
    const id = uuid6(9);
    const { checkpoint } = newest;
    const there = { ...checkpoint, id, channel_values: { ...checkpoint.channel_values, plan: 'there' } };
    const [, bytes] = await serde.dumpsTyped(there);
    inFile((database) => {
      database.run(
        `INSERT INTO checkpoints SELECT thread_id, checkpoint_ns, ?1, checkpoint_id, type, ?2, metadata
         FROM checkpoints WHERE checkpoint_id = ?3`,
        [id, bytes, checkpoint.id],
      );
    });
    expect(await move()).toMatchObject({ newThreads: 0, newCheckpoints: 1, newWrites: 0, differing: 0 });
    const both = await all(saver.list(chat));
    expect(both).toHaveLength(here.length + 1);
    expect(both.find((tuple) => tuple.checkpoint.id === id)?.checkpoint.channel_values.plan).toBe('there');
    for (const tuple of here) expect(await saver.getTuple(tuple.config)).toEqual(tuple);
  });

  it('brings numbers that JSON writes otherwise, lists that change in their middle, and threads larger than what it remembers', async () => {
    const text = 'x'.repeat(1_500_000);
    const lists = [[1, 2, 3], [1, 9, 3, 4], [1, 9], [], ['-0', { a: 1, b: 2 }], ['-0', { b: 2, a: 1 }], [[], text]];
    const states = [
      ...lists.map((list) => JSON.stringify({ list, same: { z: 1, a: ['kept'] }, text: text + list.length })),
      '{"list":[[],1],"minus":-0,"deep":{"list":[-0,1e400,1]},"same":{"z":1,"a":["kept"]}}',
      '{"list":[[],1],"minus":0,"deep":{"list":[-0]}}',
      '{"list":{"lc":2,"type":"undefined"},"lc":1,"type":"constructor","id":["langchain_core","messages"]}',
    ];
    inFile((database) => {
      for (const [at, state] of states.entries()) {
        const rest = `"v":4,"id":"${at}","ts":"","channel_versions":{},"versions_seen":{}${at === 7 ? ',"n":-0' : ''}`;
        const values = [
          'values',
          '',
          `${at}`,
          at === 0 ? null : `${at - 1}`,
          `{${rest},"channel_values":${state}}`,
          '{"n":-0}',
        ];
        database.run(
          "INSERT INTO checkpoints VALUES (?1, ?2, ?3, ?4, 'json', CAST(?5 AS BLOB), CAST(?6 AS BLOB))",
          values,
        );
      }
    });
    expect(await move()).toMatchObject({ newCheckpoints: 56 + states.length, skipped: 0 });
    expect(await everythingIsThere()).toBe(56 + states.length);
    expect(await move()).toMatchObject({ newCheckpoints: 0, newWrites: 0, differing: 0 });
    // Each of the large texts is there once.
    expect(helios.stats().store.bytes).toBeLessThan(9 * text.length);
  });

  it('reads by the serializer of the program, also what that keeps as no JSON', async () => {
    class Shouting extends JsonPlusSerializer {
      override async loadsTyped(type: string, data: Uint8Array | string): Promise<unknown> {
        const loaded: unknown = await super.loadsTyped(type, data);
        return typeof loaded === 'object' ? JSON.parse(JSON.stringify(loaded).replaceAll('M', 'm')) : loaded;
      }
    }
    const thread = { configurable: { thread_id: 'approval' } };
    expect(await move({ serde: new Shouting() })).toMatchObject({ newCheckpoints: 56, skipped: 0 });
    expect((await saver.getTuple(thread))?.checkpoint.channel_values).toMatchObject({ question: 'may I?' });
    expect(await move({ serde: new Shouting() })).toMatchObject({ newCheckpoints: 0, differing: 0 });
  });

  it('tells which row holds what Helios does not, and takes those around it', async () => {
    const deep = `${'['.repeat(1_200)}${']'.repeat(1_200)}`;
    inFile((database) => {
      const row = { v: 4, id: 'x', ts: '', channel_versions: {}, versions_seen: {} };
      const cut = JSON.stringify(row).slice(0, -1);
      database.run(
        `INSERT INTO checkpoints SELECT thread_id, checkpoint_ns, 'z-deep', checkpoint_id, type, CAST(?1 AS BLOB), metadata
         FROM checkpoints WHERE thread_id = 'approval' ORDER BY checkpoint_id DESC LIMIT 1`,
        [`${cut},"channel_values":{"deep":${deep}}}`],
      );
      database.run("UPDATE writes SET value = CAST(?1 AS BLOB) WHERE thread_id = 'old' AND task_id = 'task'", [deep]);
    });
    await expect(move()).rejects.toMatchObject({
      code: 'UNSUPPORTED_VALUE',
      message: expect.stringMatching(/thread "approval", checkpoint z-deep: /),
    });
    const bad: string[] = [];
    const counts = await move({ onBad: ({ message }) => void bad.push(message) });
    expect(counts).toMatchObject({ checkpoints: 57, writes: 91, skipped: 2, threads: 9, differing: 0 });
    expect(bad).toEqual([
      expect.stringMatching(/thread "approval", checkpoint z-deep: /),
      expect.stringMatching(/thread "old", write 0 of task task at checkpoint /),
    ]);
    expect(await saver.getTuple(config('approval', '', 'z-deep'))).toBeUndefined();
    expect(await all(saver.list({ configurable: { thread_id: 'approval' } }))).toHaveLength(2);
  });

  it('does not take a parent that the store has otherwise for what the file says of it', async () => {
    const parent = { configurable: { thread_id: 'values', checkpoint_ns: '' } };
    const stored = {
      v: 4,
      id: '1',
      ts: '',
      channel_values: { list: ['ours'], one: 'ours' },
      channel_versions: {},
      versions_seen: {},
    };
    await saver.put(parent, stored, { source: 'loop', step: 0, parents: {} }, { list: 1, one: 1 });
    inFile((database) => {
      for (const [id, before] of [
        ['1', null],
        ['2', '1'],
        ['3', '2'],
      ]) {
        const checkpoint = { ...stored, id, channel_values: { list: ['theirs'], one: 'theirs' } };
        const values = ['values', '', id ?? '', before ?? null, JSON.stringify(checkpoint), '{"source":"loop"}'];
        database.run(
          "INSERT INTO checkpoints VALUES (?1, ?2, ?3, ?4, 'json', CAST(?5 AS BLOB), CAST(?6 AS BLOB))",
          values,
        );
      }
    });
    expect(await move()).toMatchObject({ newCheckpoints: 56 + 2, differing: 1 });
    for (const [id, whose] of [
      ['1', 'ours'],
      ['2', 'theirs'],
      ['3', 'theirs'],
    ]) {
      const values = (await saver.getTuple(config('values', '', id)))?.checkpoint.channel_values;
      expect({ ...values }).toEqual({ list: [whose], one: whose });
    }
  });

  it('is told when somebody writes into the file meanwhile', async () => {
    const opened = await SqliteFile.open(file);
    inFile((database) => database.exec("DELETE FROM writes WHERE thread_id = 'old' AND task_id = 'task'"));
    await expect(moveIn(helios, opened)).rejects.toMatchObject({ code: 'CONFLICT' });
    opened.close();
    expect(await move()).toMatchObject({ threads: 9, newThreads: 0, checkpoints: 56, writes: 90, differing: 0 });
  });

  it('lands with what another one saves at the same time', async () => {
    const other = new HeliosSaver(helios);
    const id = uuid6(3);
    const checkpoint = { v: 4, id, ts: '', channel_values: { a: 1 }, channel_versions: { a: 1 }, versions_seen: {} };
    const at = { configurable: { thread_id: 'chat', checkpoint_ns: '' } };
    let puts = Promise.resolve<unknown>(undefined);
    let rows = 0;
    const counts = await move({
      onRow() {
        if (++rows % 10 === 0)
          puts = puts.then(() =>
            other.put(at, { ...checkpoint, id: `${id}-${rows}` }, { source: 'loop', step: 1, parents: {} }, { a: 1 }),
          );
      },
    });
    await puts;
    expect(counts).toMatchObject({ newCheckpoints: 56, newWrites: 91, differing: 0 });
    expect(await all(other.list(at))).toHaveLength(22 + Math.floor(rows / 10));
    expect(rows).toBe(147);
  });
});
