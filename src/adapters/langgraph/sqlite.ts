/**
 * A file that LangGraph's SqliteSaver wrote, read row by row by a SQLite that is WebAssembly, and so loads anywhere. The
 * file is opened for reading alone, through a link in a folder of its own, where that SQLite may put its lock and find a
 * copy of the write-ahead log: nothing is written into the file or beside it.
 */
import { copyFileSync, mkdtempSync, realpathSync, rmSync, type Stats, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from 'node-sqlite3-wasm';
import { HeliosError } from '../../protocol/errors.js';

export interface CheckpointRow {
  readonly namespace: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly type: string;
  readonly checkpoint: Uint8Array | string;
  readonly metadata: Uint8Array | string;
}

export interface WriteRow {
  readonly namespace: string;
  /** Of the checkpoint that they are writes at. */
  readonly id: string;
  readonly task: string;
  readonly path: string;
  readonly index: number;
  readonly channel: string;
  readonly type: string;
  readonly value: Uint8Array | string;
}

/** The name of a thread, and the bytes by which its rows are found. */
export interface ThreadKey {
  readonly thread: string;
  readonly bytes: Uint8Array;
}

type Row = Readonly<Record<string, unknown>>;

const TABLES = {
  checkpoints: [
    'thread_id',
    'checkpoint_ns',
    'checkpoint_id',
    'parent_checkpoint_id',
    'type',
    'checkpoint',
    'metadata',
  ],
  writes: ['thread_id', 'checkpoint_ns', 'checkpoint_id', 'task_id', 'idx', 'channel', 'type', 'value'],
} as const;

export class SqliteFile {
  /** How many rows there are. */
  readonly checkpoints: number;
  readonly writes: number;
  private readonly hasPaths: boolean;
  private readonly before: string;

  private constructor(
    private readonly database: Database,
    private readonly folder: string,
    private readonly real: string,
    /** As the caller calls it. */
    readonly label: string,
  ) {
    this.before = stampOf(real);
    this.hasPaths = this.checkTables();
    this.checkpoints = this.count('checkpoints');
    this.writes = this.count('writes');
  }

  /**
   * @param label what messages call it
   * @throws HeliosError `INVALID_REQUEST` for what is no such file, or where the library isn't installed
   */
  static async open(file: string, label = file): Promise<SqliteFile> {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined) throw refusal(label, 'there is no such file');
    if (!found.isFile()) throw refusal(label, 'it is no file');
    const { Database } = await loadLibrary();
    const real = realpathSync(file);
    if (sizeOf(`${real}-journal`) > 0) {
      throw refusal(
        label,
        'a program ended in the middle of writing it. Open it once with SQLite, which puts it right',
      );
    }
    const folder = mkdtempSync(join(tmpdir(), 'helios-sqlite-'));
    let database: Database | undefined;
    try {
      const link = join(folder, 'file');
      symlinkSync(real, link);
      if (sizeOf(`${real}-wal`) > 0) copyFileSync(`${real}-wal`, `${link}-wal`);
      database = new Database(link, { readOnly: true, fileMustExist: true });
      // Without shared memory, which it has not, the log can be read by one alone.
      database.exec('PRAGMA locking_mode = EXCLUSIVE');
      return new SqliteFile(database, folder, real, label);
    } catch (error) {
      database?.close();
      rmSync(folder, { recursive: true, force: true });
      throw HeliosError.is(error) ? error : refusal(label, `SQLite can't open it (${messageOf(error)})`, error);
    }
  }

  /** All threads that have rows, in order of their bytes. */
  *threads(): Generator<ThreadKey> {
    const first = (where: string) =>
      `SELECT CAST(min(t) AS BLOB) AS t FROM (SELECT min(thread_id) AS t FROM checkpoints ${where} UNION ALL SELECT min(thread_id) FROM writes ${where})`;
    // Whatever is a text is less than any bytes.
    const after = first("WHERE thread_id > CAST(?1 AS TEXT) AND thread_id < x''");
    for (let row = this.get(first("WHERE thread_id < x''")); row?.t instanceof Uint8Array; ) {
      const bytes = row.t;
      yield { thread: textOf(bytes), bytes };
      row = this.get(after, bytes);
    }
  }

  /** The checkpoints of a thread, by namespace and id. */
  *checkpointsOf({ bytes }: ThreadKey): Generator<CheckpointRow> {
    const sql = `SELECT ${texts('checkpoint_ns', 'checkpoint_id', 'parent_checkpoint_id', 'type')}, checkpoint, metadata
      FROM checkpoints WHERE thread_id = CAST(?1 AS TEXT) ORDER BY checkpoints.checkpoint_ns, checkpoints.checkpoint_id`;
    for (const row of this.rows(sql, bytes)) {
      const parent = textOf(row.parent_checkpoint_id);
      yield {
        namespace: textOf(row.checkpoint_ns),
        id: textOf(row.checkpoint_id),
        parent: parent === '' ? undefined : parent,
        type: row.type === null ? 'json' : textOf(row.type),
        checkpoint: contentOf(row.checkpoint),
        metadata: contentOf(row.metadata),
      };
    }
  }

  /** The writes of a thread, by checkpoint, task and index; also those whose checkpoint is not there. */
  *writesOf({ bytes }: ThreadKey): Generator<WriteRow> {
    const path = this.hasPaths ? ', CAST(task_path AS BLOB) AS task_path' : '';
    const sql = `SELECT ${texts('checkpoint_ns', 'checkpoint_id', 'task_id', 'channel', 'type')}, idx, value${path}
      FROM writes WHERE thread_id = CAST(?1 AS TEXT) ORDER BY writes.checkpoint_ns, writes.checkpoint_id, writes.task_id, writes.idx`;
    for (const row of this.rows(sql, bytes)) {
      yield {
        namespace: textOf(row.checkpoint_ns),
        id: textOf(row.checkpoint_id),
        task: textOf(row.task_id),
        path: textOf(row.task_path),
        index: Number(row.idx),
        channel: textOf(row.channel),
        type: row.type === null ? 'json' : textOf(row.type),
        value: contentOf(row.value),
      };
    }
  }

  /** @throws HeliosError `CONFLICT` if somebody has written into it, or its log, since it was opened */
  checkUnchanged(): void {
    if (stampOf(this.real) === this.before) return;
    throw new HeliosError(
      'CONFLICT',
      `${this.label} was written to while it was read, so what came of it may be of two times. Stop the program that does so, and import once more: what is there already stays.`,
    );
  }

  close(): void {
    this.database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @returns whether writes have paths of tasks */
  private checkTables(): boolean {
    let hasPaths = false;
    for (const [table, needed] of Object.entries(TABLES)) {
      const columns = [...this.rows(`PRAGMA table_info(${table})`)].map(({ name }) => name);
      const missing = needed.filter((column) => !columns.includes(column));
      if (columns.length === 0) throw refusal(this.label, `it has no table ${table}, so SqliteSaver did not write it`);
      if (missing.length > 0) throw refusal(this.label, `its table ${table} lacks ${missing.join(', ')}`);
      if (table === 'writes') hasPaths = columns.includes('task_path');
    }
    return hasPaths;
  }

  private count(table: string): number {
    return Number(this.get(`SELECT count(*) AS n FROM ${table}`)?.n);
  }

  private get(sql: string, value?: Uint8Array): Row | undefined {
    for (const row of this.rows(sql, value)) return row;
    return undefined;
  }

  /** @throws HeliosError `INVALID_REQUEST` where the file is damaged, `CONFLICT` where it was written to */
  private *rows(sql: string, value?: Uint8Array): Generator<Row> {
    let statement: ReturnType<Database['prepare']> | undefined;
    try {
      statement = this.database.prepare(sql);
      yield* statement.iterate(value === undefined ? [] : [value]);
    } catch (error) {
      this.checkUnchanged();
      throw refusal(this.label, `SQLite can't read it (${messageOf(error)})`, error);
    } finally {
      // Throws again what the last row threw.
      endQuietly(statement);
    }
  }
}

function endQuietly(statement: ReturnType<Database['prepare']> | undefined): void {
  try {
    statement?.finalize();
  } catch {
    // It was told when it happened.
  }
}

/** @throws HeliosError `INVALID_REQUEST` where it is not installed */
async function loadLibrary(): Promise<{ Database: typeof Database }> {
  try {
    return (await import('node-sqlite3-wasm')).default;
  } catch (error) {
    throw new HeliosError(
      'INVALID_REQUEST',
      `Reading SqliteSaver's files takes node-sqlite3-wasm, which does not load here (${messageOf(error)}): npm install node-sqlite3-wasm`,
      { cause: error },
    );
  }
}

/** As bytes, for a text of SQLite may hold a NUL, where reading it as text would end. */
function texts(...columns: readonly string[]): string {
  return columns.map((column) => `CAST(${column} AS BLOB) AS ${column}`).join(', ');
}

function textOf(bytes: unknown): string {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('utf8') : '';
}

function contentOf(value: unknown): Uint8Array | string {
  return value instanceof Uint8Array || typeof value === 'string' ? value : '';
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Changes whenever the file or its log does. */
function stampOf(real: string): string {
  const stamp = (found: Stats | undefined) =>
    found === undefined || found.size === 0 ? '' : `${found.size} ${found.mtimeMs}`;
  return [real, `${real}-wal`].map((path) => stamp(statSync(path, { throwIfNoEntry: false }))).join();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n', 1).join() : String(error);
}

function refusal(label: string, why: string, cause?: unknown): HeliosError {
  const options = { details: { file: label }, ...(cause === undefined ? {} : { cause }) };
  return new HeliosError('INVALID_REQUEST', `${label}: ${why}.`, options);
}
