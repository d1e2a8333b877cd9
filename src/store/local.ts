/**
 * `fetch` of a store that has nobody to ask: either the blocks are here, or they are missing. Looks in slices, so that
 * a long list stops nobody, and an aborted signal is seen between them.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { HeliosError } from '../protocol/errors.js';
import { missing } from './change.js';
import type { BlockStore, Hash } from './store.js';

/** Blocks looked up in one slice: about a millisecond in LMDB. */
const SLICE = 400;

/** @throws HeliosError `MISSING_BLOCK` (details: `hashes`) · `CANCELLED` when the signal aborts */
export async function fetchLocal(
  has: BlockStore['has'],
  hashes: readonly Hash[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const absent: Hash[] = [];
  for (let at = 0; at < hashes.length || at === 0; at += SLICE) {
    if (at > 0) await nextTurn();
    if (signal?.aborted === true) {
      throw new HeliosError('CANCELLED', `Fetching ${hashes.length} blocks was cancelled.`, { cause: signal.reason });
    }
    for (const hash of hashes.slice(at, at + SLICE)) if (!has(hash)) absent.push(hash);
  }
  if (absent.length > 0) throw missing(absent);
}
