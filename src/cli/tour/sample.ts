/** The input of the small tour: excerpts of public data that ship with the package, see samples/NOTICE.txt. */
import { readFile } from 'node:fs/promises';
import type { Member, TourDocument, TourInput, TourPopulation } from './tourInput.js';

const SAMPLES = new URL('../../../samples/', import.meta.url);
const RELEASES = ['8.0.14', '8.1.0', '8.1.1', '8.1.2', '8.1.3'];

export function sampleInput(where: Pick<TourInput, 'storeDir' | 'command'>): TourInput {
  return { document, population, ...where };
}

const document: TourDocument = {
  name: 'browser-compat-data',
  releases: RELEASES.map((label) => ({
    label,
    text: () => readFile(new URL(`compat-data/${label}.json`, SAMPLES), 'utf8'),
  })),
  places: [
    { path: 'browsers.chrome.releases["10"]', of: (bcd) => bcd.browsers.chrome.releases['10'] },
    {
      path: 'browsers.safari.releases["10.1"].release_date',
      of: (bcd) => bcd.browsers.safari.releases['10.1'].release_date,
    },
  ],
};

const population: TourPopulation = {
  noun: 'payload',
  members: async () => {
    const lines = (await readFile(new URL('webhooks.ndjson', SAMPLES), 'utf8')).trimEnd().split('\n');
    return lines.map((line): Member => {
      const { webhook, payload } = JSON.parse(line);
      return { name: `webhooks/${webhook}`, value: payload };
    });
  },
};
