/**
 * `npm run test:mutants`: changes the block codec and the tree in small ways, one at a time, and looks whether a test
 * notices. All of it takes hours; so a sample is drawn, places of the code by a seed. Fails below a score of 75 %.
 *
 *   npm run test:mutants                          about a hundred mutants, drawn by today's date
 *   npm run test:mutants -- --seed 7 --places 40  forty places of eight lines, drawn by 7
 *   npm run test:mutants -- --all                 all
 */
import './node-version.mjs';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from './run.mjs';
import { command, root, setUpDependencies } from './set-up.mjs';

const PLACES = 16;
const LINES_A_PLACE = 8;
/** What decodes, encodes, splits, joins and edits blocks. */
const FOLDERS = ['src/state', 'src/state/tree'];

async function main() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: new Date().toISOString().slice(0, 10).replaceAll('-', '') },
      places: { type: 'string', default: String(PLACES) },
      all: { type: 'boolean', default: false },
    },
  });
  await setUpDependencies();
  const mutate = values.all
    ? FOLDERS.map((folder) => `${folder}/*.ts`)
    : draw(Number(values.seed), Number(values.places));
  if (!values.all) console.log(`Seed ${values.seed}, ${values.places} places of ${LINES_A_PLACE} lines`);
  const stryker = join(root, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const args = [stryker, 'run', join('test', 'mutants', 'stryker.config.mjs')];
  const { code } = await run(process.execPath, args, {
    cwd: root,
    env: { ...process.env, HELIOS_MUTATE: mutate.join(',') },
  });
  process.exitCode = code;
}

/** Places of the sources, each line as likely as any other. */
function draw(/** @type {number} */ seed, /** @type {number} */ places) {
  const files = FOLDERS.flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('/index.ts'),
  );
  files.sort();
  const counts = files.map((file) => readFileSync(join(root, file), 'utf8').split('\n').length);
  const total = counts.reduce((sum, count) => sum + count, 0);
  let state = seed;
  const drawn = new Set();
  while (drawn.size < places) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    let line = Math.floor((state / 2 ** 32) * total);
    let at = 0;
    while (line >= (counts[at] ?? 0)) line -= counts[at++] ?? 0;
    const from = Math.floor(line / LINES_A_PLACE) * LINES_A_PLACE + 1;
    drawn.add(`${files[at]}:${from}-${Math.min(counts[at] ?? from, from + LINES_A_PLACE - 1)}`);
  }
  return [...drawn];
}

await command(main);
