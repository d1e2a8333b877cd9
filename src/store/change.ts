/**
 * What a change of the store may be, and how it is refused: the same words in every adapter. Looks nothing up.
 */
import { HeliosError } from '../protocol/errors.js';
import { checkHeadName } from '../protocol/names.js';
import { isHash } from './hash.js';
import type { Blocks, Hash, Head, Move } from './store.js';

export interface Change {
  readonly blocks: Blocks;
  readonly borrowed: readonly Hash[];
  readonly moves: readonly Move[];
  /** The count of `Swept` that the change rests on. */
  readonly swept?: number;
}

/** Versions are numbered up to this. */
const MAX_VERSION = 0xffff_ffff;

/** @throws HeliosError `INVALID_REQUEST` when a hash, a name or a version number cannot be one, or a name moves twice */
export function checkChange(change: Change): void {
  for (const hash of change.blocks.keys()) checkHash(hash);
  for (const hash of change.borrowed) checkHash(hash);
  const names = new Set<string>();
  for (const { name, expect, to } of change.moves) {
    checkHeadName(name);
    if (names.has(name)) throw invalid(`One change moves each name once; "${name}" is moved twice.`, { name });
    names.add(name);
    if (expect !== null && expect !== 'any') checkHash(expect);
    if (to !== null) checkHead(name, to);
  }
}

function checkHead(name: string, to: Head): void {
  if (to.name !== name) {
    throw invalid(`A move points a name at a head of that name; "${name}" came with a head of "${to.name}".`, { name });
  }
  checkHash(to.commit);
  checkHash(to.root);
  if (isVersionNumber(to.version)) return;
  throw invalid(`Versions are whole numbers from 1 to ${MAX_VERSION}; "${name}" came with ${to.version}.`, { name });
}

/** Whether a version can have this number. */
export function isVersionNumber(version: number): boolean {
  return Number.isInteger(version) && version >= 1 && version <= MAX_VERSION;
}

function checkHash(hash: Hash): void {
  if (isHash(hash)) return;
  throw invalid(`A hash is 64 lower-case hex digits; got ${JSON.stringify(hash)}.`, { hash });
}

export function conflict(name: string, expected: Hash | null | 'any', found: Hash | null): HeliosError {
  const was = found === null ? 'nothing' : found;
  const wanted = expected === null ? 'nothing' : expected === 'any' ? 'an older version' : expected;
  return new HeliosError('CONFLICT', `"${name}" points at ${was}, not at ${wanted}: load it again and retry.`, {
    details: { name, expected, found },
  });
}

export function noVersion(name: string, version: number): HeliosError {
  const text = `"${name}" has no version ${version} (any more): look at its history again.`;
  return new HeliosError('CONFLICT', text, { details: { name, version } });
}

export function sweptMeanwhile(): HeliosError {
  const text = 'Blocks were freed by a collection since this change was prepared. Prepare it again.';
  return new HeliosError('STALE_REFERENCE', text, { retryable: true });
}

export function collectedByOther(until: number): HeliosError {
  const text = `Another collection of this store is under way, or was not ended: try again when it has, after ${new Date(until).toISOString()} at the latest.`;
  return new HeliosError('CONFLICT', text, { details: { until } });
}

export function collectionLost(): HeliosError {
  return new HeliosError('CONFLICT', 'The collection stood still for too long and was given up. Start it again.');
}

export function missing(hashes: readonly Hash[]): HeliosError {
  const which = hashes.length === 1 ? `Block ${hashes[0]} is` : `${hashes.length} blocks are`;
  return new HeliosError('MISSING_BLOCK', `${which} not in this store, and nobody else can be asked.`, {
    details: { hashes },
  });
}

export function closed(): HeliosError {
  return new HeliosError('CLOSED', 'The store is closed: open it again to go on.');
}

export function invalid(message: string, details: Readonly<Record<string, unknown>>, cause?: unknown): HeliosError {
  return new HeliosError('INVALID_REQUEST', message, { details, cause });
}
