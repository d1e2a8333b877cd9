/**
 * Makes `saver.sqlite`: what SqliteSaver of `@langchain/langgraph-checkpoint-sqlite` writes while graphs run on it, and
 * some rows of the format before. `node make.mjs FOLDER`, a folder in which these are installed:
 *
 *   npm install --ignore-scripts @langchain/langgraph-checkpoint-sqlite@1.0.4 @langchain/langgraph@1.7.3 \
 *     @langchain/langgraph-checkpoint@1.2.2 @langchain/core@1.4.0 node-sqlite3-wasm@0.8.60
 *
 * The file that stands here was made where better-sqlite3's binary does not load: SqliteSaver's own code ran, over the
 * few calls of better-sqlite3 that it makes, put on node-sqlite3-wasm below. So its statements, its tables and its rows
 * are SqliteSaver's, and the pages of the file another build's of SQLite. Where better-sqlite3 loads, it is used.
 */
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { graphsOver } from './graphs.mjs';

const FILE = fileURLToPath(new URL('saver.sqlite', import.meta.url));
const require = createRequire(join(resolve(process.argv[2] ?? '.'), 'package.json'));
const { SqliteSaver } = require('@langchain/langgraph-checkpoint-sqlite');
const { emptyCheckpoint, TASKS, uuid6 } = require('@langchain/langgraph-checkpoint');
const langgraph = require('@langchain/langgraph');
const messages = require('@langchain/core/messages');
const { Document } = require('@langchain/core/documents');
const { HumanMessage, SystemMessage } = messages;

function openDatabase() {
  try {
    const Database = require('better-sqlite3');
    const database = new Database(FILE);
    console.log('by better-sqlite3');
    return database;
  } catch {
    console.log('by node-sqlite3-wasm');
    const { Database } = require('node-sqlite3-wasm');
    return likeBetterSqlite(new Database(FILE));
  }
}

function likeBetterSqlite(database) {
  database.exec('PRAGMA locking_mode = EXCLUSIVE'); // without it this build knows no write-ahead log
  const given = (values) => values.map((value) => value ?? null);
  const statements = [];
  return {
    pragma: (text) => database.get(`PRAGMA ${text}`),
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql);
      statements.push(statement);
      return {
        get: (...values) => statement.all(given(values))[0],
        all: (...values) => statement.all(given(values)),
        run: (...values) => statement.run(given(values)),
      };
    },
    transaction: (work) => (argument) => {
      database.exec('BEGIN');
      work(argument);
      database.exec('COMMIT');
    },
    close() {
      for (const statement of statements) statement.finalize();
      database.close();
    },
  };
}

for (const end of ['', '-wal', '-shm', '.lock']) rmSync(FILE + end, { recursive: true, force: true });
const database = openDatabase();
const saver = new SqliteSaver(database);
const graphs = graphsOver({ langgraph, messages }, saver);
const thread = (thread_id, rest = {}) => ({ configurable: { thread_id }, ...rest });
const human = (text) => ({ messages: [new HumanMessage({ content: text, id: text, name: 'user' })] });

// A chat of three turns, with a fork at a checkpoint in its middle, which goes on by itself.
for (const text of ['one', 'two', 'three']) {
  await graphs.agent.invoke(human(text), thread('chat', { metadata: { user: 'Zoë' }, tags: ['a tag'] }));
}
const history = [];
for await (const state of graphs.agent.getStateHistory(thread('chat'))) history.push(state);
const past = history[Math.floor(history.length / 2)].config;
const what = new SystemMessage({ content: 'what if', id: 'what-if' });
const forked = await graphs.agent.updateState(past, { messages: [what], plan: 'another' }, 'tools');
await graphs.agent.invoke(null, forked);
await graphs.agent.invoke(human('four'), thread('chat'));

await graphs.approval.invoke({ question: 'May I?' }, thread('approval'));
await graphs.nested.invoke({ question: 'Deep?' }, thread('nested'));
await graphs.fan.invoke({ items: ['a', 'b', 'bad', 'c'] }, thread('fan'));
await graphs.fan.invoke({ items: [1, 2] }, thread('fan that is done', { durability: 'exit' }));

for (const text of ['un', 'deux', 'trois']) await graphs.delta.invoke(human(text), thread('delta'));

// What a channel may hold, as far as the stock serializer knows it.
const kinds = {
  order: { z: 1, 10: 'ten', a: 2, 9: 'nine' },
  undefinedInside: { a: undefined, list: [undefined, null, 0] },
  map: new Map([
    ['b', { z: 1, a: 2 }],
    ['a', new Set([3, 1, 2])],
  ]),
  regexp: /a+b/giu,
  error: new RangeError('out of range'),
  bytes: Uint8Array.of(0, 1, 255, 128),
  text: `${'äöü 漢字 😀 '.repeat(40)}\u0000\u2028`,
  numbers: [0.1, 1e300, -1, 2 ** 53],
  date: new Date(0),
  document: new Document({ pageContent: 'a page', metadata: { source: 'here', n: 1 } }),
  looksLike: { lc: 1, type: 'something', id: ['a'] },
  alsoLooksLike: { lc: 2, type: 'constructor', id: ['Function'], args: ['return 1'] },
};
await graphs.keeper.invoke({ value: kinds }, thread('Größe 1/2 % 😀'));
await graphs.keeper.invoke({ value: [] }, thread('Größe 1/2 % 😀'));
await graphs.keeper.invoke({ value: [new HumanMessage('in a list'), { plain: true }] }, thread('Größe 1/2 % 😀'));
await graphs.keeper.invoke({ value: Uint8Array.of(9, 8, 7) }, thread(7));

// By hand: a thread of the first format, whose packets are writes of the parent; what is there before its checkpoint.
const [first, second] = [uuid6(1), uuid6(2)];
const old = { ...emptyCheckpoint(), v: 1, pending_sends: [] };
const versions = { messages: 1, 'branch:a': 2 };
const one = {
  ...old,
  id: first,
  channel_values: { messages: ['hi'] },
  channel_versions: versions,
  versions_seen: { a: { start: 1 } },
};
await saver.put(thread('old'), one, { source: 'input', step: -1, writes: { start: 'x' }, parents: {} });
// Which came with an empty list of packets then, too.
const blob = new TextEncoder().encode(JSON.stringify(one));
database.prepare('UPDATE checkpoints SET checkpoint = ? WHERE checkpoint_id = ?').run(blob, first);
const at = { configurable: { thread_id: 'old', checkpoint_ns: '', checkpoint_id: first } };
const packet = (n) => [TASKS, { node: 'work', args: { n } }];
await saver.putWrites(at, [packet(1), ['messages', 'w'], packet(2)], 'b-task');
await saver.putWrites(at, [packet(3), ['raw', Uint8Array.of(1, 200, 0)]], 'a-task');
const two = { ...one, id: second, channel_values: { messages: ['hi', 'ho'], 'branch:a': undefined } };
const odd = { user: 'Zoë', order: { z: 1, a: 2 }, none: undefined, empty: {}, tags: [], 'a.b': true, n: 1e21 };
await saver.put(at, two, { source: 'loop', step: 0, writes: null, parents: {}, odd });
await saver.putWrites(
  { configurable: { ...at.configurable, checkpoint_id: uuid6(3) } },
  [['messages', 'early']],
  'task',
);

database.close();
