/**
 * A worker's way to the store that all workers share: blocks come from far the first time, which takes its while and may
 * fail. What was made away with is missing for ever.
 */
import type { SimulatedClock } from '../../src/bus/simulated/process.js';
import { HeliosError } from '../../src/protocol/index.js';
import type { BlockStore, Hash, Store } from '../../src/store/index.js';

export interface Slowness {
  readonly clock: Pick<SimulatedClock, 'after'>;
  /** Milliseconds that one fetch takes. */
  readonly delayMs: () => number;
  readonly fails: () => boolean;
}

export function slowly(store: Store, { clock, delayMs, fails }: Slowness): Store {
  const here = new Set<Hash>();
  const blocks: BlockStore = {
    get: (hash) => (here.has(hash) ? store.blocks.get(hash) : undefined),
    has: (hash) => here.has(hash),
    fetch: async (hashes, options) => {
      await new Promise<void>((resolve) => clock.after(delayMs(), resolve, true));
      if (options?.signal?.aborted === true) throw new HeliosError('CANCELLED', 'Nobody waits for these blocks.');
      if (fails()) throw new HeliosError('UNAVAILABLE', 'The blocks are out of reach.');
      const gone = hashes.filter((hash) => !store.blocks.has(hash));
      if (gone.length > 0) throw new HeliosError('MISSING_BLOCK', `${gone.length} blocks are gone.`);
      for (const hash of hashes) here.add(hash);
    },
    put: (added) => store.blocks.put(added),
    get size() {
      return store.blocks.size;
    },
  };
  const { kind, id, heads, collection } = store;
  return {
    ...{ kind, id, blocks, heads, collection },
    get swept() {
      return store.swept;
    },
    commit: (change) => store.commit(change),
    label: (name, label, version, kept) => store.label(name, label, version, kept),
    close: () => store.close(),
  };
}
