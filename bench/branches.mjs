/**
 * Claim: a thousand branches of a document of 20 MB, a hundred edits each, cost their edits, on disk and in memory. What
 * immer holds for as many versions is reckoned from twenty of them.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const name = 'branches';
export const claim = 'a thousand branches cost their edits';

const CHILD = fileURLToPath(new URL('children/branches.mjs', import.meta.url));
const VERSIONS_OF_IMMER = 20;
const SHAPES = [
  { shape: 'rows', what: '100,000 rows of 200 B' },
  { shape: 'agents', what: '10,000 agents of 2 KB' },
];
const KINDS = [
  { where: 'scattered', label: '100 scattered edits each', toReach: 'at most 2.5' },
  { where: 'neighbours', label: '100 edits of neighbours each', toReach: 'at most 0.4' },
];

export function run(bench) {
  const count = bench.isQuick ? 50 : 1_000;
  mkdirSync(bench.folder, { recursive: true });
  for (const { shape, what } of SHAPES) {
    for (const { where, label, toReach } of KINDS) {
      const name = `${count.toLocaleString('en-US')} branches of ${what}, ${label}`;
      const ours = heldBy('helios', count, shape, where, join(bench.folder, `${shape}-${where}`));
      const immer = heldBy('immer', VERSIONS_OF_IMMER, shape, where, '');
      bench.report(`${name}: new bytes a branch`, {
        ...{ value: (ours.newBytes / ours.documentBytes) * 100, unit: '% of the document', toReach },
      });
      bench.report(`${name}: branch, edit, save`, {
        ...{ value: ours.ms, unit: 'ms', peer: { name: 'immer, nothing saved', value: immer.ms } },
      });
      bench.report(`${name}: memory with all held`, {
        ...{ value: ours.heldBytes / 1e6, unit: 'MB', toReach: 'at most 10 % of it' },
        peer: { name: 'immer, from 20 versions', value: ((immer.heldBytes / VERSIONS_OF_IMMER) * count) / 1e6 },
      });
    }
  }
}

function heldBy(...args) {
  const flags = ['--expose-gc', '--max-old-space-size=4000', CHILD];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, ...args.map(String)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The child of the benchmark of branches ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}
