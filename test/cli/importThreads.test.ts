/** `helios import --langgraph-sqlite`, against files that SqliteSaver wrote, and such as it did not. */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sqlite from 'node-sqlite3-wasm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HeliosSaver } from '../../src/adapters/langgraph/index.js';
import { Interrupt } from '../../src/cli/io.js';
import { projectRoot, startNode } from '../house/clone.js';
import { folderWith, helios, json, ndjson, output, put } from './terminal.js';

const MADE = fileURLToPath(new URL('../adapters/langgraph/sqlite/saver.sqlite', import.meta.url));
const IMPORT = ['import', '--langgraph-sqlite', 'db/saver.sqlite'];

/** A folder with the file in db/, changed. */
function withFile(change?: (database: InstanceType<typeof sqlite.Database>) => void): string {
  const folder = folderWith({});
  mkdirSync(join(folder, 'db'));
  copyFileSync(MADE, join(folder, 'db', 'saver.sqlite'));
  if (change !== undefined) inFile(folder, change);
  return folder;
}

function inFile(folder: string, work: (database: InstanceType<typeof sqlite.Database>) => void): void {
  const database = new sqlite.Database(join(folder, 'db', 'saver.sqlite'));
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    work(database);
  } finally {
    database.close();
  }
}

async function checkpointsOf(folder: string, thread: string): Promise<number> {
  const saver = new HeliosSaver({ store: join(folder, '.helios') });
  let found = 0;
  for await (const _ of saver.list({ configurable: { thread_id: thread } })) found++;
  await saver.end();
  return found;
}

/** The folder for temporary files, of this test alone. */
function ownTmpdir(folder: string): string {
  const own = join(folder, 'tmp');
  mkdirSync(own);
  vi.stubEnv('TMPDIR', own);
  return own;
}
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('helios import --langgraph-sqlite', () => {
  it('takes threads in, says what that came to, and again finds nothing new', async () => {
    const folder = withFile();
    const said = await output(folder, ...IMPORT);
    expect(said).toMatch(
      /^Threads +9 \(9 new\)\nCheckpoints +56 \(56 new\)\nWrites +91 \(91 new\)\nBytes read +109\.\d kB\n/,
    );
    expect(said).toMatch(/\nBytes stored +[\d.]+ kB\nShare saved +[\d.]+ %\nTime +\S+ \w+\n$/);
    expect(await checkpointsOf(folder, 'chat')).toBe(22);
    const heads = await ndjson(folder, 'ls', 'langgraph/', '--json');
    expect(heads).toHaveLength(9);
    const again = await json(folder, ...IMPORT, '--json');
    expect(again).toMatchObject({ threads: 9, newThreads: 0, checkpoints: 56, newCheckpoints: 0, newWrites: 0 });
    expect(again).toMatchObject({ differing: 0, skipped: 0, storedBytes: 0, shareSaved: 1 });
    expect(await ndjson(folder, 'ls', 'langgraph/', '--json')).toEqual(heads);
  });

  it('reads a file and a folder that it may not write to, with their log, and leaves them and nothing else', async () => {
    const folder = withFile();
    const database = new sqlite.Database(join(folder, 'db', 'saver.sqlite'));
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec(
      "INSERT INTO checkpoints SELECT 'in the log', checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata FROM checkpoints WHERE thread_id = 'chat'",
    );
    mkdirSync(join(folder, 'copy'));
    for (const end of ['', '-wal']) {
      copyFileSync(join(folder, 'db', `saver.sqlite${end}`), join(folder, 'copy', `saver.sqlite${end}`));
      chmodSync(join(folder, 'copy', `saver.sqlite${end}`), 0o444);
    }
    database.close();
    expect(statSync(join(folder, 'copy', 'saver.sqlite-wal')).size).toBeGreaterThan(0);
    const own = ownTmpdir(folder);
    const before = ['', '-wal'].map((end) => readFileSync(join(folder, 'copy', `saver.sqlite${end}`)));
    chmodSync(join(folder, 'copy'), 0o555);
    const summary = await json(folder, 'import', '--langgraph-sqlite', 'copy/saver.sqlite', '--json');
    expect(summary).toMatchObject({ threads: 10, checkpoints: 56 + 22 });
    expect(readdirSync(join(folder, 'copy')).sort()).toEqual(['saver.sqlite', 'saver.sqlite-wal']);
    expect(['', '-wal'].map((end) => readFileSync(join(folder, 'copy', `saver.sqlite${end}`)))).toEqual(before);
    chmodSync(join(folder, 'copy'), 0o755);
    expect(readdirSync(own)).toEqual([]);
  });

  it('ends at a row that it cannot read, named, and keeps what came before; with --skip-bad it goes on', async () => {
    const folder = withFile((database) => {
      database.exec(
        "UPDATE checkpoints SET checkpoint = '{\"v\": 4, ' WHERE thread_id = 'delta' AND parent_checkpoint_id IS NULL",
      );
      database.exec("UPDATE checkpoints SET type = 'msgpack' WHERE thread_id = 'fan' AND parent_checkpoint_id IS NULL");
      database.exec(
        "UPDATE writes SET value = '[1' WHERE thread_id = 'old' AND channel = '__pregel_tasks' AND task_id = 'a-task'",
      );
      database.exec(
        "UPDATE checkpoints SET checkpoint = '7' WHERE thread_id = 'nested' AND checkpoint_ns = '' AND parent_checkpoint_id IS NULL",
      );
      database.exec("INSERT INTO writes VALUES (x'00ff', '', 'id', 'task', 0, 'channel', 'json', '1')");
    });
    const ended = await helios(folder, IMPORT);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      /^INVALID_REQUEST: db\/saver\.sqlite, thread "delta", checkpoint \S+: It can't be read \(.*JSON.*\)\.\n$/,
    );
    expect(ended.stdout).toContain('Ended early: what was imported until then stays.');
    expect(await checkpointsOf(folder, 'chat')).toBe(22);
    expect(await checkpointsOf(folder, 'old')).toBe(0);
    const skipping = await helios(folder, [...IMPORT, '--skip-bad', '--json']);
    expect(skipping.code).toBe(0);
    expect(JSON.parse(skipping.stdout)).toMatchObject({
      threads: 9,
      checkpoints: 56,
      writes: 91,
      skipped: 5,
      differing: 0,
    });
    const told = skipping.stderr.trimEnd().split('\n');
    expect(told).toHaveLength(5);
    expect(told[1]).toMatch(/thread "fan", checkpoint .*LangGraph for Python wrote it/);
    expect(told[2]).toMatch(/thread "nested", checkpoint .*no record/);
    expect(told[3]).toMatch(/thread "old", write 0 of task a-task at checkpoint /);
    expect(told[4]).toMatch(/1 rows? whose thread_id is no text/);
    expect(await checkpointsOf(folder, 'old')).toBe(2);
    expect(await checkpointsOf(folder, 'fan')).toBe(2);
  });

  it('keeps what the store has under the same ids, and counts it', async () => {
    const folder = withFile();
    await output(folder, ...IMPORT);
    inFile(folder, (database) => {
      database.exec(
        'UPDATE checkpoints SET metadata = \'{"source":"fork"}\' WHERE thread_id = \'approval\' AND parent_checkpoint_id IS NULL',
      );
      database.exec("UPDATE writes SET value = '\"other\"' WHERE thread_id = 'old' AND task_id = 'task'");
    });
    const heads = await ndjson(folder, 'ls', 'langgraph/', '--json');
    expect(await output(folder, ...IMPORT)).toMatch(
      /\nKept +2: the store has something else under the same ids, and keeps that\n/,
    );
    expect(await ndjson(folder, 'ls', 'langgraph/', '--json')).toEqual(heads);
  });

  it('names the first twenty of many bad rows, and counts all', async () => {
    const folder = withFile((database) => {
      database.exec("UPDATE checkpoints SET metadata = '' WHERE thread_id = 'chat'");
    });
    const { stdout, stderr } = await helios(folder, [...IMPORT, '--skip-bad']);
    expect(stderr.trimEnd().split('\n')).toHaveLength(20);
    expect(stdout).toMatch(/\nSkipped +22\n/);
    // Their writes are there, for whoever brings the checkpoints.
    expect(await checkpointsOf(folder, 'chat')).toBe(0);
  });

  it('refuses a thread whose name no head can have, and takes the others', async () => {
    const folder = withFile((database) => {
      database.exec("UPDATE checkpoints SET thread_id = 'a' || char(0) || 'b' WHERE thread_id = 'chat'");
    });
    const { stderr, stdout } = await helios(folder, [...IMPORT, '--skip-bad', '--json']);
    expect(stderr).toMatch(
      /^skipped INVALID_REQUEST: db\/saver\.sqlite, thread "a\\u0000b": A name has no control characters/,
    );
    expect(JSON.parse(stdout)).toMatchObject({ checkpoints: 56, skipped: 22, threads: 9 });
  });

  it.each<[string, string, (folder: string) => void]>([
    ['nothing', 'there is no such file', () => {}],
    ['a folder', 'it is no file', (folder) => mkdirSync(join(folder, 'x'))],
    ['a text', "SQLite can't", (folder) => put(folder, { x: 'Just a text, and long enough to be one.'.repeat(50) })],
    ['an empty file', 'it has no table checkpoints', (folder) => put(folder, { x: '' })],
    ['a file with other tables', 'it has no table writes', (folder) => make(folder, CHECKPOINTS)],
    [
      'a file with other columns',
      'its table writes lacks idx, value',
      (folder) => make(folder, CHECKPOINTS, `CREATE TABLE writes (${KEY}, task_id, channel, type)`),
    ],
    [
      'a file that a program left in the middle of writing',
      'a program ended in the middle of writing it',
      (folder) => {
        copyFileSync(MADE, join(folder, 'x'));
        put(folder, { 'x-journal': 'half' });
      },
    ],
  ])('refuses %s, and makes no store for it', async (_, why, place) => {
    const folder = folderWith({});
    place(folder);
    const own = ownTmpdir(folder);
    const { code, stdout, stderr } = await helios(folder, ['import', '--langgraph-sqlite', 'x']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^INVALID_REQUEST: x: .*\.\n$/);
    expect(stderr).toContain(why);
    expect(existsSync(join(folder, '.helios'))).toBe(false);
    expect(readdirSync(own)).toEqual([]);
  });

  it('says so where the file is damaged further on', async () => {
    const folder = withFile();
    const path = join(folder, 'db', 'saver.sqlite');
    const bytes = readFileSync(path);
    for (let page = 8; page < bytes.length / 4096; page++) bytes.fill(0xee, page * 4096, page * 4096 + 600);
    writeFileSync(path, bytes);
    const { code, stderr } = await helios(folder, IMPORT);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^INVALID_REQUEST: db\/saver\.sqlite: SQLite can't read it \(.*malformed.*\)/),
    ]);
  });

  it.each([
    [['--prefix', 'x/'], 'leave --prefix out'],
    [['other.json'], 'leave other.json out'],
  ])('takes no %j', async (argv, said) => {
    const { code, stderr } = await helios(withFile(), [...IMPORT, ...argv]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(said)]);
  });

  it('ends when it is told to, and says how far it came', async () => {
    const stop = new AbortController();
    stop.abort(new Interrupt('SIGINT'));
    const { code, stdout } = await helios(withFile(), [...IMPORT, '--json'], { signal: stop.signal });
    expect([code, JSON.parse(stdout)]).toEqual([
      130,
      expect.objectContaining({ interrupted: 'SIGINT', checkpoints: 1 }),
    ]);
  });

  it('shows how far it is on a terminal', async () => {
    let now = 0;
    const { stderr } = await helios(withFile(), IMPORT, { terminalColumns: 100, now: () => (now += 100) });
    expect(stderr).toMatch(/import .*% · \d+ checkpoints and writes · ETA/);
  });

  it.each([
    ['node-sqlite3-wasm', /^INVALID_REQUEST: Reading .* npm install node-sqlite3-wasm\n$/],
    ['@langchain', /^INVALID_REQUEST: .*: npm install @langchain\/langgraph-checkpoint @langchain\/core\n$/],
  ])('says what to install where there is no %s', async (missing, said) => {
    expect(existsSync(join(projectRoot, 'dist')), 'dist/ is built (npm run build)').toBe(true);
    const folder = withFile();
    const installed = join(folder, 'node_modules', 'helios-materializer');
    cpSync(join(projectRoot, 'dist'), join(installed, 'dist'), { recursive: true });
    copyFileSync(join(projectRoot, 'package.json'), join(installed, 'package.json'));
    for (const name of readdirSync(join(projectRoot, 'node_modules'))) {
      if (name === missing) continue;
      symlinkSync(join(projectRoot, 'node_modules', name), join(folder, 'node_modules', name));
    }
    const program = join(installed, 'dist', 'cli', 'main.js');
    const { code, stdout, stderr } = await startNode([program, ...IMPORT], folder).ended;
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(said)]);
    if (missing !== '@langchain') return;
    const other = await startNode([program, 'import', 'node_modules/helios-materializer/package.json'], folder).ended;
    expect(other.code, 'what else it does it still can').toBe(0);
  });
});

const KEY = 'thread_id, checkpoint_ns, checkpoint_id';
const CHECKPOINTS = `CREATE TABLE checkpoints (${KEY}, parent_checkpoint_id, type, checkpoint, metadata)`;

function make(folder: string, ...statements: readonly string[]): void {
  const database = new sqlite.Database(join(folder, 'x'));
  for (const statement of statements) database.exec(statement);
  database.close();
}
