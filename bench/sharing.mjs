/**
 * Claim: what objects have in common is stored, and held in memory, once. Seven releases of a document of 20 MB, and
 * ten thousand agents that a hundred templates were the pattern of; in bytes, which don't depend on the machine, and for
 * what is open at once against plain copies of the same.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { hash } from 'blake3';
import { Packr } from 'msgpackr';
import { Helios } from '../dist/index.js';

export const name = 'sharing';
export const claim = 'what objects have in common is stored and held once';

const RELEASES = ['8.0.10', '8.0.14', '8.1.0', '8.1.1', '8.1.2', '8.1.3', '8.1.4'];
const CHILD = fileURLToPath(new URL('children/population.mjs', import.meta.url));
const HEAP_MB = 3_000;

export async function run(bench) {
  await shareReleases(bench);
  const counts = bench.isQuick ? { agents: 1_000, templates: 10 } : { agents: 10_000, templates: 100 };
  openAgents(bench, counts);
  await importRelease(bench);
}

/** Of the bytes of all blocks of all releases, how many need not be written, since a release before has them. */
async function shareReleases(bench) {
  const helios = await Helios.open({ store: 'memory' });
  const shares = [];
  let alone = 0;
  for (const release of RELEASES) {
    const value = JSON.parse(readFileSync(fileOf(release), 'utf8'));
    const before = helios.stats().store.bytes;
    await helios.create('record', value).save(`bcd/${release}`);
    const added = helios.stats().store.bytes - before;
    const whole = await bytesAlone(value);
    alone += whole;
    if (release !== RELEASES[0]) shares.push(1 - added / whole);
  }
  shares.sort((a, b) => a - b);
  const saved = 1 - helios.stats().store.bytes / alone;
  await helios.close();
  bench.report('seven releases of browser-compat-data: saved in all', {
    ...{ value: saved * 100, unit: '% of bytes', toReach: 'at least 80' },
  });
  bench.report('the same: shared with the releases before, median', {
    ...{ value: shares[Math.floor(shares.length / 2)] * 100, unit: '% of bytes', toReach: 'at least 92' },
  });
}

async function bytesAlone(value) {
  const helios = await Helios.open({ store: 'memory' });
  await helios.create('record', value).save('alone');
  const { bytes } = helios.stats().store;
  await helios.close();
  return bytes;
}

/** Each side in a process of its own: what it holds is live bytes after a full collection, Buffers included. */
function openAgents(bench, { agents, templates }) {
  const label = `${agents.toLocaleString('en-US')} agents of ${templates} templates`;
  const ours = heldBy('helios', agents, templates);
  const plain = heldBy('plain', agents, templates);
  bench.report(`${label}: bytes deduplicated in the store`, {
    ...{ value: ours.saved * 100, unit: '% of bytes', toReach: 'at least 90' },
  });
  bench.report(`${label}: memory with all open at once`, {
    ...{ value: ours.heldBytes / 1e6, unit: 'MB', peer: { name: 'plain copies', value: plain.heldBytes / 1e6 } },
    toReach: 'at most 20 % of it',
  });
}

function heldBy(side, agents, templates) {
  const args = ['--expose-gc', `--max-old-space-size=${HEAP_MB}`, CHILD, side, String(agents), String(templates)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`The child of the benchmark that holds ${side} agents ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

async function importRelease(bench) {
  const text = readFileSync(fileOf(RELEASES.at(-1)), 'utf8');
  const packr = new Packr({ structures: [] });
  let helios = null;
  await bench.compare('import of 20 MB of JSON: parse, encode, hash, store', {
    subject: {
      name: 'create and save',
      before: async () => {
        await helios?.close();
        helios = await Helios.open({ store: 'memory' });
      },
      run: (index) => helios.create('record', JSON.parse(text)).save(`release/${index}`),
    },
    peer: { name: 'JSON.parse, msgpackr, BLAKE3', run: () => hash(packr.pack(JSON.parse(text))) },
    operations: 1,
    isAsync: true,
  });
  await helios?.close();
}

function fileOf(release) {
  return createRequire(import.meta.url).resolve(`bcd-${release}`);
}
