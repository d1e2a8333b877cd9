/**
 * Opens the store that a command works on, and closes it whatever happens. A command that only reads never makes a store
 * where there is none.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Helios } from '../index.js';
import { HeliosError } from '../protocol/errors.js';
import type { Runtime } from '../runtime.js';
import type { Settings } from './options.js';

/**
 * Runs `work` on the opened store, and gives it the rooms behind it as well. With `mode: 'read'` a missing store is an
 * error. Only here the library is loaded, so that a command's `--help` needn't wait for it.
 * @throws HeliosError `INVALID_REQUEST` (details: `directory`) when there is no store to read; else what `work` throws
 */
export async function withStore<T>(
  settings: Settings,
  mode: 'read' | 'write',
  work: (helios: Helios, runtime: Runtime) => Promise<T>,
  options: { readonly graceMs?: number } = {},
): Promise<T> {
  const { storeDir, config, logger } = settings;
  if (mode === 'read') checkStore(storeDir);
  const { Helios } = await import('../index.js');
  const helios = await Helios.open({
    store: storeDir,
    types: config.types,
    ...options,
    ...(config.memoryBytes === undefined ? {} : { memoryBytes: config.memoryBytes }),
    ...(config.durability === undefined ? {} : { durability: config.durability }),
  });
  try {
    return await work(helios, Helios.runtime(helios));
  } catch (error) {
    logger.debug({ err: error }, 'failed');
    throw error;
  } finally {
    await helios.close();
    logger.debug('closed');
  }
}

/** Bytes that the store's files take on disk. */
export function bytesOnDisk(storeDir: string): number {
  const sizes = readdirSync(storeDir).map((file) => statSync(join(storeDir, file)).size);
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Refuses what opening would make into a store. What is no store for another reason, opening itself refuses. */
function checkStore(directory: string): void {
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found !== undefined && !(found.isDirectory() && readdirSync(directory).length === 0)) return;
  const reason = found === undefined ? `${directory} does not exist` : `${directory} is empty`;
  throw new HeliosError(
    'INVALID_REQUEST',
    `There is no store here: ${reason}. Make one with \`helios import <path>\`, or name another with --store or $HELIOS_STORE.`,
    { details: { directory } },
  );
}
