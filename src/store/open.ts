/** Opens the store that a name stands for: the word `memory`, or a directory. */
import { type LmdbStoreOptions, openLmdbStore } from './lmdb.js';
import { createMemoryStore } from './memory.js';
import type { Store } from './store.js';

export type OpenStoreOptions = Omit<LmdbStoreOptions, 'directory'>;

/**
 * @param where `memory`, or the path of a directory (`./memory` for a directory of that name)
 * @throws HeliosError as `openLmdbStore`
 */
export function openStore(where: string, options: OpenStoreOptions = {}): Store {
  if (where === 'memory') return createMemoryStore(options.random === undefined ? {} : { random: options.random });
  return openLmdbStore({ ...options, directory: where });
}
