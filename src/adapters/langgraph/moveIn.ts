/**
 * Threads of another checkpointer become threads here: every checkpoint with its metadata and parent, every write with
 * its task and index, as they were. What is here already stays as it is, so that doing it again changes nothing. Rows are
 * taken one by one; many of a thread are saved at once.
 */
import { setImmediate } from 'node:timers/promises';
import { JsonPlusSerializer, type SerializerProtocol } from '@langchain/langgraph-checkpoint';
import type { Helios } from '../../helios.js';
import { HeliosError } from '../../protocol/errors.js';
import { checkHeadName } from '../../protocol/names.js';
import {
  type Known,
  type PutCheckpoint,
  type PutWrite,
  Seen,
  type Tally,
  withCheckpoints,
  withWrites,
} from './broughtIn.js';
import { Codec, type CodecOptions } from './codec.js';
import { orderOf } from './encode.js';
import { JsonSource, type ReadCheckpoint } from './jsonSource.js';
import { Lists } from './lists.js';
import { type CheckpointRow, SqliteFile, type ThreadKey, type WriteRow } from './sqlite.js';
import { nameOf, type StoredWrite, type ThreadReference, Threads } from './thread.js';

export interface MoveOptions extends CodecOptions {
  /** What reads the values. Default: LangGraph's own serializer. */
  readonly serde?: SerializerProtocol;
  /** Is told what of the file can't be taken, with its place, and may throw it to end there. Default: it does. */
  readonly onBad?: (error: HeliosError) => void;
  /** Is told that a row was read: the counts say how far it is. May throw to end there. */
  readonly onRow?: () => void;
  /** Counted here, as it goes; so they are known also when it ends early. */
  readonly counts?: MoveCounts;
}

export interface MoveCounts {
  /** Threads that have something in the store now, and how many of them were not there before. */
  threads: number;
  newThreads: number;
  /** Read, those that could not be taken too. */
  checkpoints: number;
  writes: number;
  newCheckpoints: number;
  newWrites: number;
  /** Checkpoints and writes that the store has otherwise under the same ids: it keeps its own. */
  differing: number;
  /** Rows that could not be taken. */
  skipped: number;
  /** Of values. */
  inputBytes: number;
}

/** Changes of a thread that are saved at once, at most. */
const MOVE_STEPS_MAX = 256;
/** Bytes of new values that are, unless one alone has more. */
const MOVE_BYTES_MAX = 8_388_608;
/** Saves on their way at the same time, of different threads or one after another. */
const MOVES_MAX = 16;

/** A row that is to be put into its thread. */
interface Step {
  readonly put: PutCheckpoint | PutWrite;
  /** For messages. */
  readonly place: string;
}

/** A thread that is being taken. */
interface Taken {
  readonly thread: string;
  readonly known: Known;
  /** Whether the store has something of it. */
  isThere: boolean;
}

/**
 * Takes over what SqliteSaver kept in a file, as `helios import --langgraph-sqlite` does: for programs with a serializer
 * of their own, or classes.
 * @throws HeliosError `INVALID_REQUEST` for another file; else as `moveIn`
 */
export async function importFromSqlite(helios: Helios, file: string, options: MoveOptions = {}): Promise<MoveCounts> {
  const opened = await SqliteFile.open(file);
  try {
    return await moveIn(helios, opened, options);
  } finally {
    opened.close();
  }
}

/**
 * @throws HeliosError `INVALID_REQUEST` for a row that can't be read, and others of its kind, unless `onBad` says
 *   otherwise; `CONFLICT` if the file was written to meanwhile
 */
export async function moveIn(helios: Helios, file: SqliteFile, options: MoveOptions = {}): Promise<MoveCounts> {
  const { counts = noCounts() } = options;
  const move = new Move(helios, file, counts, options);
  try {
    await move.takeAll();
  } finally {
    await move.settle();
  }
  move.throwFailure();
  return counts;
}

export function noCounts(): MoveCounts {
  const rows = { checkpoints: 0, writes: 0, newCheckpoints: 0, newWrites: 0, differing: 0, skipped: 0 };
  return { threads: 0, newThreads: 0, ...rows, inputBytes: 0 };
}

class Move {
  private readonly threads: Threads;
  private readonly source: JsonSource;
  private readonly saving = new Set<Promise<void>>();
  private failure: unknown;
  private steps: Step[] = [];
  private stepBytes = 0;

  constructor(
    helios: Helios,
    private readonly file: SqliteFile,
    private readonly counts: MoveCounts,
    private readonly options: MoveOptions,
  ) {
    const serde = options.serde ?? new JsonPlusSerializer();
    this.threads = new Threads({ helios, onFailedSweep: () => {} });
    this.source = new JsonSource(serde, new Codec(options, serde));
  }

  async takeAll(): Promise<void> {
    for (const key of this.file.threads()) {
      await this.takeThread(key);
      await this.room();
    }
    this.file.checkUnchanged();
    const { checkpoints, writes } = this.counts;
    const left = this.file.checkpoints - checkpoints + (this.file.writes - writes);
    if (left !== 0) {
      const text = `${this.file.label} has ${left} rows whose thread_id is no text, which no thread has.`;
      this.refuse(new HeliosError('INVALID_REQUEST', text), left);
    }
  }

  async settle(): Promise<void> {
    await Promise.all(this.saving);
  }

  throwFailure(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  private async takeThread(key: ThreadKey): Promise<void> {
    const { thread } = key;
    const { file, counts } = this;
    let isNamed = true;
    try {
      checkHeadName(nameOf(thread));
    } catch (error) {
      isNamed = false;
      this.refuse(at(`${file.label}, thread ${JSON.stringify(thread)}`, error), 0);
    }
    const taken: Taken = { thread, known: { seen: new Seen(), lists: new Lists() }, isThere: false };
    try {
      for (const row of file.checkpointsOf(key)) {
        counts.checkpoints++;
        counts.inputBytes += row.checkpoint.length + row.metadata.length;
        if (isNamed) await this.takeCheckpoint(taken, row);
        else counts.skipped++;
        await this.turn();
      }
      for (const row of file.writesOf(key)) {
        counts.writes++;
        counts.inputBytes += row.value.length;
        if (isNamed) await this.takeWrite(taken, row);
        else counts.skipped++;
        await this.turn();
      }
    } finally {
      // What was taken is saved also when something went wrong after it.
      this.flush(taken);
    }
  }

  /** Reading a row waits for nothing: what else the process does gets its turn between two. */
  private async turn(): Promise<void> {
    this.options.onRow?.();
    await setImmediate();
  }

  private async takeCheckpoint(taken: Taken, row: CheckpointRow): Promise<void> {
    const { thread, known } = taken;
    const { namespace, id, parent, type } = row;
    const place = `checkpoint ${id}`;
    let read: ReadCheckpoint;
    let metadata: unknown;
    const met = new Set<string>();
    try {
      const parents = parent === undefined ? undefined : known.seen.get(namespace, parent);
      read = await this.source.checkpoint({ type, content: row.checkpoint }, parents);
      metadata = await this.source.value({ type, content: row.metadata }, met, 'metadata');
    } catch (error) {
      this.refuse(this.placed(thread, namespace, place, type, error), 1);
      return;
    }
    const { rest, pieces } = read;
    known.seen.add(namespace, id, pieces, read.size);
    const classes = new Set(
      [read.classes, met, ...[...pieces.values()].map((piece) => piece.classes)].flatMap((all) => [...all]),
    );
    const order = orderOf([...pieces.keys()]);
    const stored = {
      checkpoint: rest,
      metadata,
      ...(parent === undefined ? {} : { parent }),
      ...(order === undefined ? {} : { order }),
      ...(classes.size === 0 ? {} : { classes: [...classes] }),
    };
    const put = { thread, namespace, id, parent, stored, pieces, bytes: row.checkpoint.length };
    await this.add(taken, { put, place: placeIn(thread, namespace, place) }, read.size);
  }

  private async takeWrite(taken: Taken, row: WriteRow): Promise<void> {
    const { thread } = taken;
    const { namespace, id, task, path, index, channel, type } = row;
    const place = `write ${index} of task ${task} at checkpoint ${id}`;
    const met = new Set<string>();
    let value: unknown;
    try {
      value = await this.source.value({ type, content: row.value }, met, 'writes', channel);
    } catch (error) {
      this.refuse(this.placed(thread, namespace, place, type, error), 1);
      return;
    }
    const write: StoredWrite = { task, path, index, channel, value, ...(met.size === 0 ? {} : { classes: [...met] }) };
    const put = { namespace, id, write };
    await this.add(taken, { put, place: placeIn(thread, namespace, place) }, row.value.length);
  }

  // ── Saving ──────────────────────────────────────────────────────────────────────────────────────────────────────

  private async add(taken: Taken, step: Step, bytes: number): Promise<void> {
    this.throwFailure();
    this.steps.push(step);
    this.stepBytes += bytes;
    if (this.steps.length < MOVE_STEPS_MAX && this.stepBytes < MOVE_BYTES_MAX) return;
    this.flush(taken);
    await this.room();
  }

  private async room(): Promise<void> {
    while (this.saving.size >= MOVES_MAX) await Promise.race(this.saving);
  }

  private flush(taken: Taken): void {
    const { steps } = this;
    if (steps.length === 0) return;
    this.steps = [];
    this.stepBytes = 0;
    const saved = this.save(taken, steps)
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .finally(() => this.saving.delete(saved));
    this.saving.add(saved);
  }

  private async save(taken: Taken, steps: readonly Step[]): Promise<void> {
    const { counts } = this;
    let tally: Tally = { checkpoints: 0, writes: 0, differing: 0 };
    try {
      const isNew = await this.threads.rework(taken.thread, 'moved in from SqliteSaver', (ref) => {
        tally = { checkpoints: 0, writes: 0, differing: 0 };
        return withAll(ref, steps, taken.known, tally);
      });
      if (isNew) counts.newThreads++;
    } catch (error) {
      if (!HeliosError.is(error, 'UNSUPPORTED_VALUE') && !HeliosError.is(error, 'TOO_LARGE')) throw error;
      // One of them can't be stored: so each by itself, and it is told which.
      const [first] = steps;
      if (steps.length > 1) for (const step of steps) await this.save(taken, [step]);
      else this.refuse(at(`${this.file.label}, ${first?.place}`, error), 1);
      return;
    }
    counts.newCheckpoints += tally.checkpoints;
    counts.newWrites += tally.writes;
    counts.differing += tally.differing;
    if (!taken.isThere) counts.threads++;
    taken.isThere = true;
  }

  private refuse(error: HeliosError, rows: number): void {
    this.counts.skipped += rows;
    if (this.options.onBad === undefined) throw error;
    this.options.onBad(error);
  }

  private placed(thread: string, namespace: string, place: string, type: string, error: unknown): HeliosError {
    const python = type === 'msgpack' ? ' LangGraph for Python wrote it, whose values this does not read.' : '';
    return at(`${this.file.label}, ${placeIn(thread, namespace, place)}`, error, python);
  }
}

function withAll(ref: ThreadReference, steps: readonly Step[], known: Known, tally: Tally): ThreadReference {
  const checkpoints: PutCheckpoint[] = [];
  const writes: PutWrite[] = [];
  for (const { put } of steps) 'write' in put ? writes.push(put) : checkpoints.push(put);
  return withWrites(withCheckpoints(ref, checkpoints, known, tally), writes, tally);
}

function placeIn(thread: string, namespace: string, place: string): string {
  return `thread ${JSON.stringify(thread)}${namespace === '' ? '' : `, namespace ${namespace}`}, ${place}`;
}

function at(place: string, error: unknown, more = ''): HeliosError {
  const { code, message } = HeliosError.is(error)
    ? error
    : {
        code: 'INVALID_REQUEST' as const,
        message: `It can't be read (${error instanceof Error ? error.message : String(error)}).`,
      };
  return new HeliosError(code, `${place}: ${message}${more}`, { details: { place }, cause: error });
}
