/**
 * The directory of a store: whether it is one, is of our format, or can be made. A marker file carries the store's id
 * and the number of its format, so that another program's directory or another format is refused by looking alone;
 * nothing is written before that is settled.
 */
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { HeliosError } from '../../protocol/errors.js';
import { invalid } from '../change.js';
import { FORMAT } from '../format.js';
import { isFull, storeFault } from './faults.js';

const MARKER_FILE = 'helios.json';
export const DATA_FILE = 'data.mdb';

/** Where LMDB says in the first page of its file that it is one, of which version, and how large its pages are. */
const MAGIC_AT = 24;
const MAGIC = 0xbeef_c0de;
const DATA_VERSION_AT = 28;
const DATA_VERSION = 2;
const PAGE_SIZE_AT = 48;
const PAGE_SIZES: readonly number[] = [512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536];
const START_BYTES = 52;
/** In each of the first two pages: the roots of LMDB's two own trees, and the transaction that wrote the page. */
const ROOTS_AT: readonly number[] = [88, 136];
const MAIN_FLAGS_AT = 100;
const LAST_PAGE_AT = 144;
const TXN_AT = 152;
/** What both of the first two pages say alike: magic, version, size of pages, flags of the tree of tables. */
const START_FIELDS: readonly (readonly [at: number, bytes: number])[] = [
  [MAGIC_AT, 4],
  [DATA_VERSION_AT, 4],
  [PAGE_SIZE_AT, 4],
  [MAIN_FLAGS_AT, 2],
];
const META_TRIES = 5;
/** Pages that a file may lack at its end: what a transaction took and gave back is not written. */
const UNWRITTEN_PAGES = 65_536n;
const NO_PAGE = 2n ** 64n - 1n;
const ID_BYTES = 16;
/** Other files named in a refusal, at most. */
const FILES_NAMED = 3;

export interface DirectoryOptions {
  readonly create: boolean;
  readonly random: (bytes: number) => Uint8Array;
}

/**
 * Makes sure that a directory is a store's, making one where there is nothing (mode 0700) if `create` allows it.
 * An empty directory that is there already keeps its own mode.
 * @returns the store's id
 * @throws HeliosError `INVALID_REQUEST` (details: `directory`) for anything else; the directory is then untouched
 */
export function settleDirectory(directory: string, options: DirectoryOptions): string {
  const files = filesIn(directory);
  if (files?.includes(MARKER_FILE)) {
    const id = readMarker(directory);
    checkAccess(directory);
    checkData(directory, files);
    return id;
  }
  const others = files?.filter((file) => !isDraft(file)) ?? [];
  if (others.length > 0) {
    const named = others.slice(0, FILES_NAMED).join(', ') + (others.length > FILES_NAMED ? ', …' : '');
    throw refusal(
      directory,
      `is not a Helios store: it holds other files (${named}). Name an empty or a new directory.`,
    );
  }
  if (!options.create) {
    throw refusal(directory, files === undefined ? 'does not exist.' : 'holds no store: it is empty.');
  }
  try {
    if (files === undefined) makeDirectory(directory);
    return writeMarker(directory, options.random);
  } catch (error) {
    if (isFull(error)) throw storeFault(error);
    throw refusal(directory, `cannot be made into a store: ${saidBy(error)}.`, error);
  }
}

/** Makes a new file's or directory's name in `directory` survive a power cut. */
export function flushDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The names in a directory; `undefined` when it doesn't exist. */
function filesIn(directory: string): string[] | undefined {
  try {
    if (!statSync(directory).isDirectory()) throw refusal(directory, 'is a file; a store is a directory.');
    return readdirSync(directory).sort();
  } catch (error) {
    switch (systemCode(error)) {
      case 'ENOENT':
        return undefined;
      case 'ENOTDIR':
        throw refusal(directory, 'cannot be a directory: one of the names before it is a file.', error);
      case undefined:
        throw error;
      default:
        throw refusal(directory, `cannot be read: ${saidBy(error)}.`, error);
    }
  }
}

function readMarker(directory: string): string {
  const marker = parseMarker(directory);
  if (marker.format !== FORMAT) {
    throw refusal(
      directory,
      `holds a store of format ${JSON.stringify(marker.format)}; this version of Helios reads format ${FORMAT}.`,
    );
  }
  if (typeof marker.id !== 'string') {
    throw refusal(directory, `is not a Helios store, or is damaged: its ${MARKER_FILE} names no id.`);
  }
  return marker.id;
}

function parseMarker(directory: string): { readonly id: unknown; readonly format: unknown } {
  let text: string;
  try {
    text = readFileSync(join(directory, MARKER_FILE), 'utf8');
  } catch (error) {
    throw refusal(directory, `cannot be read: ${saidBy(error)}.`, error);
  }
  try {
    const marker: unknown = JSON.parse(text);
    if (typeof marker === 'object' && marker !== null && 'helios' in marker) {
      return { id: 'id' in marker ? marker.id : undefined, format: 'format' in marker ? marker.format : undefined };
    }
  } catch {
    // Said below.
  }
  throw refusal(directory, `is not a Helios store, or is damaged: its ${MARKER_FILE} is not a store's marker.`);
}

function checkAccess(directory: string): void {
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw refusal(directory, `cannot be written: ${saidBy(error)}.`, error);
  }
}

/** LMDB would refuse another kind of file only after it had made a lock file, and ends the process on a damaged start. */
function checkData(directory: string, files: readonly string[]): void {
  if (!files.includes(DATA_FILE)) return; // made, but never opened: the process died between
  const file = join(directory, DATA_FILE);
  let start: Buffer;
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
    start = readStart(file);
  } catch (error) {
    throw refusal(directory, `cannot be opened: ${saidBy(error)}.`, error);
  }
  if (start.length === 0) return;
  if (start.readUInt32LE(MAGIC_AT) !== MAGIC) {
    throw refusal(directory, `is damaged: its ${DATA_FILE} is not an LMDB file. Bring it back from a backup.`);
  }
  const pageBytes = start.readUInt32LE(PAGE_SIZE_AT);
  if (start.readUInt16LE(DATA_VERSION_AT) !== DATA_VERSION || !PAGE_SIZES.includes(pageBytes)) {
    throw refusal(directory, `has an LMDB file of another version, or a damaged one. Bring it back from a backup.`);
  }
  checkLength(directory, file, pageBytes);
}

/**
 * LMDB's two first pages are written in turns, by one transaction after another. Where only one is damaged LMDB would
 * end the process, or go on from an older state as if nothing had come after it.
 */
function readMetas(directory: string, file: string, pageBytes: number): Buffer {
  for (let tries = 1; ; tries++) {
    const metas = readStart(file, 2 * pageBytes);
    const second = metas.subarray(pageBytes);
    const isAlike = START_FIELDS.every(([at, bytes]) => metas.readUIntLE(at, bytes) === second.readUIntLE(at, bytes));
    const apart = metas.readBigUInt64LE(TXN_AT) - second.readBigUInt64LE(TXN_AT);
    if (isAlike && apart >= -1n && apart <= 1n) return metas;
    // Another process may have written between the two.
    if (tries < META_TRIES) continue;
    throw refusal(
      directory,
      `is damaged: the first pages of its ${DATA_FILE} don't fit together. Bring it back from a backup.`,
    );
  }
}

/** A file that was cut off ends the process as soon as LMDB reaches for what is missing: its roots at the least. */
function checkLength(directory: string, file: string, pageBytes: number): void {
  const pages = BigInt(Math.floor(statSync(file).size / pageBytes));
  if (pages >= 2n) {
    const metas = readMetas(directory, file, pageBytes);
    const newest = metas.readBigUInt64LE(TXN_AT) > metas.readBigUInt64LE(pageBytes + TXN_AT) ? 0 : pageBytes;
    const isThere = (root: bigint) => root === NO_PAGE || root < pages;
    const isLong = metas.readBigUInt64LE(newest + LAST_PAGE_AT) < pages + UNWRITTEN_PAGES;
    if (isLong && ROOTS_AT.every((at) => isThere(metas.readBigUInt64LE(newest + at)))) return;
  }
  throw refusal(directory, `is damaged: its ${DATA_FILE} was cut off. Bring it back from a backup.`);
}

/** The first bytes of a file, zero-filled; nothing when the file is empty. */
function readStart(file: string, bytes = START_BYTES): Buffer {
  const start = Buffer.alloc(bytes);
  const descriptor = openSync(file, 'r');
  try {
    return readSync(descriptor, start, 0, start.length, 0) === 0 ? Buffer.alloc(0) : start;
  } finally {
    closeSync(descriptor);
  }
}

function makeDirectory(directory: string): void {
  mkdirSync(dirname(directory), { recursive: true });
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error; // another process was quicker
  }
}

/** Writes the marker as a whole or not at all; of several processes one wins, and all return its id. */
function writeMarker(directory: string, random: DirectoryOptions['random']): string {
  const id = Buffer.from(random(ID_BYTES)).toString('hex');
  const draft = join(directory, `${MARKER_FILE}.${id}`);
  writeFileSync(draft, `${JSON.stringify({ helios: 'store', format: FORMAT, id })}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(draft, join(directory, MARKER_FILE));
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  flushDirectory(directory);
  return readMarker(directory);
}

function isDraft(file: string): boolean {
  return file.startsWith(`${MARKER_FILE}.`);
}

function refusal(directory: string, why: string, cause?: unknown): HeliosError {
  return invalid(`${directory} ${why}`, { directory }, cause);
}

function saidBy(error: unknown): string {
  const code = systemCode(error);
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
}

function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
