/**
 * `helios import --langgraph-sqlite`: threads that LangGraph's SqliteSaver kept in a file become threads of HeliosSaver.
 * What it takes to read them is loaded only here, since few have it installed.
 */
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import type { MoveCounts, MoveOptions } from '../../adapters/langgraph/moveIn.js';
import { SqliteFile } from '../../adapters/langgraph/sqlite.js';
import type { Helios } from '../../index.js';
import { HeliosError } from '../../protocol/errors.js';
import type { Io } from '../io.js';
import { jsonText } from '../jsonText.js';
import { withStore } from '../openStore.js';
import type { Settings } from '../options.js';
import { outputTo } from '../output.js';
import { type Colours, coloursFor } from '../screen/colours.js';
import { progressOn } from '../screen/progress.js';
import { bytesText, countText, durationText, shareText } from '../screen/units.js';
import { SkipsTold } from './skips.js';
import { drawn, endedJson, shareSaved } from './summary.js';

/** Options that are about values, which threads don't need. */
const OTHERS = ['name', 'prefix', 'key', 'type', 'ndjson', 'msgpack', 'car', 'message'];

interface Asked {
  readonly skipBad?: true;
  readonly json?: true;
}

interface Summary extends MoveCounts {
  /** Bytes that the store has grown by. */
  readonly storedBytes: number;
  readonly durationMs: number;
}

type Mover = typeof import('../../adapters/langgraph/moveIn.js');

/** @throws HeliosError `INVALID_REQUEST` for options, or paths, that don't go with it */
export function checkAlone(paths: readonly string[], options: object): void {
  const other = OTHERS.find((name) => Reflect.get(options, name) !== undefined);
  const odd = other === undefined ? paths[0] : `--${other}`;
  if (odd === undefined) return;
  throw new HeliosError(
    'INVALID_REQUEST',
    `--langgraph-sqlite imports threads, under names of their own: leave ${odd} out.`,
  );
}

/**
 * @param file that SqliteSaver wrote
 * @throws HeliosError `INVALID_REQUEST` for another one, and for what of it can't be taken
 */
export async function importThreads(file: string, asked: Asked, settings: Settings, io: Io): Promise<void> {
  const opened = await SqliteFile.open(resolve(io.cwd, file), file);
  try {
    const mover = await loadMover();
    await withStore(settings, 'write', (helios) => importAll(helios, opened, mover, asked, settings.logger, io));
  } finally {
    opened.close();
  }
}

async function importAll(
  helios: Helios,
  file: SqliteFile,
  { moveIn, noCounts }: Mover,
  { skipBad, json }: Asked,
  logger: Logger,
  io: Io,
): Promise<void> {
  const startedAt = io.now();
  const storedBefore = helios.stats().store.bytes;
  const counts = noCounts();
  const total = file.checkpoints + file.writes;
  const progress = progressOn(io, { label: 'import', counted: 'checkpoints and writes', total, unit: 'pieces' });
  const skips = new SkipsTold(progress, io);
  const options: MoveOptions = {
    counts,
    onRow() {
      io.signal.throwIfAborted();
      const rows = counts.checkpoints + counts.writes;
      progress.at(rows, rows);
    },
    ...(skipBad === true ? { onBad: (error) => skips.tell(error) } : {}),
  };
  let ended: unknown;
  try {
    await moveIn(helios, file, options);
  } catch (error) {
    ended = io.signal.aborted ? io.signal.reason : error;
  } finally {
    progress.end();
  }
  const storedBytes = helios.stats().store.bytes - storedBefore;
  const summary: Summary = { ...counts, storedBytes, durationMs: io.now() - startedAt };
  logger.info(summary, 'imported');
  const out = outputTo(io.stdout);
  if (json === true)
    await out.line(
      jsonText({ ...summary, shareSaved: shareSaved(summary.inputBytes, storedBytes), ...endedJson(ended) }),
    );
  else if (ended === undefined || counts.checkpoints > 0) {
    await out.line(summaryText(summary, ended, coloursFor(io.stdout, io.env)));
  }
  await out.flush();
  if (ended !== undefined) throw ended;
}

/** @throws HeliosError `INVALID_REQUEST` where LangGraph isn't installed */
async function loadMover(): Promise<Mover> {
  try {
    return await import('../../adapters/langgraph/moveIn.js');
  } catch (error) {
    if (Object(error).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const text =
      'Reading what LangGraph stored takes its own packages: npm install @langchain/langgraph-checkpoint @langchain/core';
    throw new HeliosError('INVALID_REQUEST', text, { cause: error });
  }
}

function summaryText(summary: Summary, ended: unknown, colours: Colours): string {
  const { threads, newThreads, checkpoints, newCheckpoints, writes, newWrites, differing, skipped } = summary;
  const lines: [string, string][] = [
    ['Threads', `${countText(threads)} (${countText(newThreads)} new)`],
    ['Checkpoints', `${countText(checkpoints)} (${countText(newCheckpoints)} new)`],
    ['Writes', `${countText(writes)} (${countText(newWrites)} new)`],
  ];
  if (differing > 0) {
    const text = `${countText(differing)}: the store has something else under the same ids, and keeps that`;
    lines.push(['Kept', colours.yellow(text)]);
  }
  if (skipped > 0) lines.push(['Skipped', colours.yellow(countText(skipped))]);
  lines.push(
    ['Bytes read', bytesText(summary.inputBytes)],
    ['Bytes stored', bytesText(summary.storedBytes)],
    ['Share saved', shareText(shareSaved(summary.inputBytes, summary.storedBytes))],
    ['Time', durationText(summary.durationMs * 1000)],
  );
  return drawn(lines, ended, colours);
}
