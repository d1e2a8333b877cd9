/**
 * The tour on real data: `npm start` runs it.
 *
 * This file says what the tour is taken on: a large document in five releases, and a population of small objects, both
 * from npm packages. What it does with them is in src/cli/tour/, a file for each step, each to be read on its own:
 *
 *   1. importing.ts    stores the releases as versions of one object, and every payload as an object
 *   2. branching.ts    makes ten agents, branches each a hundred times, edits every branch
 *   3. requesting.ts   asks for objects, and for places in the large one, through actors
 *   4. sweeping.ts     shows which priorities pass at which memory pressure; squeezing.ts fills a real heap
 *   5. next.ts         says what to try next, on the store that is left in .helios-tour
 *
 * `helios tour` takes the same tour on a small sample that ships with the package.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

// Before anything is loaded, so that whoever types `npm start` sees at once that it is on its way.
console.log('The tour of Helios on five releases of a 20 MB document and 329 small ones, in one process, no server.');

const { asProcess } = await import('../../dist/cli/asProcess.js');
const { runTour } = await import('../../dist/cli/tour/runTour.js');
const require = createRequire(import.meta.url);

/** Which browser can do what, since when: @mdn/browser-compat-data, installed five times under names of its own. */
const document = {
  name: 'browser-compat-data',
  releases: ['8.0.14', '8.1.0', '8.1.1', '8.1.2', '8.1.3'].map((release) => ({
    label: release,
    text: () => readFile(require.resolve(`bcd-${release}`), 'utf8'),
  })),
  // Keys may look like numbers or have dots in them. The function says what the path must find.
  places: [
    { path: 'api.AbortController.__compat.status', of: (bcd) => bcd.api.AbortController.__compat.status },
    { path: 'browsers.chrome.releases["10"]', of: (bcd) => bcd.browsers.chrome.releases['10'] },
    { path: 'browsers.safari.releases["10.1"].engine', of: (bcd) => bcd.browsers.safari.releases['10.1'].engine },
  ],
};

/** What GitHub tells webhooks: each example payload is an object, named by its webhook. */
const population = {
  noun: 'payload',
  members: async () => {
    const webhooks = JSON.parse(await readFile(require.resolve('@octokit/webhooks-examples'), 'utf8'));
    return webhooks.flatMap(({ name, examples }) =>
      examples.map((payload, index) => ({ name: `webhooks/${name}/${index}`, value: payload })),
    );
  },
};

await asProcess((io) => {
  const storeDir = resolve(io.cwd, '.helios-tour');
  return runTour({ document, population, storeDir, command: 'node dist/cli/main.js' }, io);
});
