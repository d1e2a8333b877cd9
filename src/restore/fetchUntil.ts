/** Fetching what a look at a state says is missing, one level of blocks after another, until nothing is. */
import { HeliosError } from '../protocol/errors.js';
import type { BlockStore, Hash } from '../store/index.js';

/** @throws HeliosError `UNAVAILABLE` when blocks that were fetched are missing again; what `fetch` throws */
export async function fetchUntil(
  blocks: BlockStore,
  look: () => readonly Hash[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const fetched = new Set<Hash>();
  for (let missing = look(); missing.length > 0; missing = look()) {
    const again = missing.find((hash) => fetched.has(hash));
    if (again !== undefined) {
      const text = `Block ${again} was fetched and is missing again: the store does not keep what it brings.`;
      throw new HeliosError('UNAVAILABLE', text, { details: { hashes: missing } });
    }
    for (const hash of missing) fetched.add(hash);
    await blocks.fetch(missing, signal === undefined ? {} : { signal });
  }
}
