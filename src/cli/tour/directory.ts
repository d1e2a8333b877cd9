/**
 * The directory that holds a tour's store: made anew at each run, kept afterwards for the reader to look into. It
 * replaces only what an earlier tour made, as a file with the id of that very store says, and removes only the files
 * that a store has: what anybody else put there stays, and the tour refuses to go on.
 */
import { lstatSync, readdirSync, readFileSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeliosError } from '../../protocol/errors.js';

const MARKER_FILE = 'tour.json';
/** The store's own marker. Its id ties the tour's marker to this store: copied elsewhere, it means nothing. */
const STORE_FILE = 'helios.json';
const STORE_FILES = /^(helios\.json(\.[0-9a-f]+)?|data\.mdb|lock\.mdb|tour\.json)$/;

interface Marker {
  readonly storeId: string;
  /** The process that is taking the tour, or took it. */
  readonly pid: number;
  readonly isDone: boolean;
}

/**
 * Removes what an earlier tour left, so that the directory does not exist or is empty.
 * @throws HeliosError `INVALID_REQUEST` (details: `directory`) when anything else is there, which is then untouched
 */
export function clearTour(directory: string): void {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) throw refusal(directory, 'is no directory');
  const files = readdirSync(directory);
  if (files.length === 0) return;
  const marker = readMarker(directory);
  if (marker === null) throw refusal(directory, 'was not made by a tour');
  const foreign = files.filter((file) => !STORE_FILES.test(file));
  if (foreign.length > 0) throw refusal(directory, `also holds ${foreign.slice(0, 3).join(', ')}`);
  if (!marker.isDone && isAlive(marker.pid))
    throw refusal(directory, `is in use by another tour, process ${marker.pid}`);
  // The marker goes last: an interrupted removal can be taken up again.
  for (const file of [...files].sort((a, b) => rank(a) - rank(b))) unlinkSync(join(directory, file));
  rmdirSync(directory);
}

/** Says that the store in this directory is a tour's, and that it is being taken. */
export function markTour(directory: string): void {
  writeMarker(directory, false);
}

/** Says that the tour has ended, well or not, if it came as far as having a store. */
export function markDone(directory: string): void {
  if (readMarker(directory) !== null) writeMarker(directory, true);
}

function writeMarker(directory: string, isDone: boolean): void {
  const marker: Marker = { storeId: storeId(directory) ?? '', pid: process.pid, isDone };
  writeFileSync(join(directory, MARKER_FILE), `${JSON.stringify({ madeBy: 'helios tour', ...marker })}\n`);
}

function readMarker(directory: string): Marker | null {
  const marker = readJson(join(directory, MARKER_FILE));
  const { madeBy, storeId: id, pid, isDone } = marker ?? {};
  if (madeBy !== 'helios tour' || typeof id !== 'string' || typeof pid !== 'number') return null;
  const present = storeId(directory);
  if (present !== null && present !== id) return null;
  return { storeId: id, pid, isDone: isDone === true };
}

function storeId(directory: string): string | null {
  const id = readJson(join(directory, STORE_FILE))?.id;
  return typeof id === 'string' ? id : null;
}

function readJson(file: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

function rank(file: string): number {
  return file === MARKER_FILE ? 1 : 0;
}

/** Whether the process runs that said it is at work; our own leftover after a crash has our number by chance only. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function refusal(directory: string, why: string): HeliosError {
  return new HeliosError(
    'INVALID_REQUEST',
    `The tour makes its store anew in ${directory}, but that ${why}. Move it away, or name another directory with --store.`,
    { details: { directory } },
  );
}
