/** Small inputs for the tour, and where the program is that fills a heap: built, since it runs as a process. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Place, TourInput } from '../../../src/cli/tour/tourInput.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export const HEAP_HOLDER = new URL('../../../dist/cli/tour/heapHolder.js', import.meta.url);

export function buildIfNeeded(): void {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs'), '--if-needed'], { cwd: ROOT });
}

/** Two releases of a document with keys as they are in the world, and ten objects. */
export function smallInput(folder: string, places: readonly Place[]): TourInput {
  const releases = [
    { releases: { '10': { since: 2011 }, '10.1': { since: 2017 } }, note: 'first' },
    { releases: { '10': { since: 2011 }, '10.1': { since: 2018 } }, note: 'second' },
  ];
  return {
    document: {
      name: 'document',
      releases: releases.map((release, index) => ({
        label: `r${index}`,
        text: async () => JSON.stringify(release),
      })),
      places,
    },
    population: {
      noun: 'thing',
      members: async () => Array.from({ length: 10 }, (_, index) => ({ name: `things/${index}`, value: { index } })),
    },
    storeDir: join(folder, '.helios-tour'),
    command: 'helios',
  };
}
