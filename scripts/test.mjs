/**
 * `npm test`: everything that must hold before a change goes in. Runs all gates even if one fails, then the tests, then
 * says what failed and counts: each gate is one, each test is one. `--long` runs test/long/ as well, and a sample of the
 * mutants.
 */
import './node-version.mjs';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { obtainNatsServer, withFolder } from './nats-server.mjs';
import { requireNode } from './node-version.mjs';
import { run } from './run.mjs';
import { command, root, SetUpFailed, setUpDependencies } from './set-up.mjs';
import { verdict } from './verdict.mjs';

/** Each a script under node_modules/ or of our own. The build is first because tests start programs from dist/. */
const gates = [
  { name: 'build', script: 'scripts/build.mjs', args: ['--if-needed'] },
  { name: 'format and lint', script: 'node_modules/@biomejs/biome/bin/biome', args: ['ci', '.'] },
  { name: 'types', script: 'node_modules/typescript/bin/tsc', args: ['--noEmit'] },
  { name: 'types of scripts', script: 'node_modules/typescript/bin/tsc', args: ['--noEmit', '-p', 'scripts'] },
  { name: 'import direction', script: 'scripts/import-direction.mjs', args: [] },
  { name: 'unused code', script: 'node_modules/knip/bin/knip.js', args: ['--no-progress'] },
  { name: 'package', script: 'scripts/package-check.mjs', args: [] },
];

async function main() {
  requireNode(20, 19, 'npm test');
  const options = process.argv.slice(2);
  if (options.some((option) => option !== '--long')) {
    console.error('npm test runs everything and takes no arguments. For some tests: npx vitest run test/store');
    process.exit(1);
  }
  const results = [];
  try {
    await setUpDependencies();
    results.push(await findNatsServer());
  } catch (error) {
    if (!(error instanceof SetUpFailed)) throw error;
    console.error(error.message);
    console.log('0 passed, 1 failed');
    process.exit(1);
  }
  for (const gate of gates) results.push(await runGate(gate));
  const { code, tally } = await runTests(options.includes('--long'));
  if (options.includes('--long')) results.push(await tryMutants());
  const { text, isGood } = verdict(results, tally, code);
  console.log(text);
  if (!isGood) process.exitCode = 1;
}

/** Puts a nats-server on the PATH of all that follows. @throws {SetUpFailed} */
async function findNatsServer() {
  const name = 'nats-server';
  const startedAt = performance.now();
  try {
    process.env.PATH = withFolder(process.env.PATH ?? '', await obtainNatsServer());
    printLine(name, true, startedAt);
    return { name, isGood: true };
  } catch (error) {
    printLine(name, false, startedAt);
    throw error;
  }
}

function printLine(/** @type {string} */ name, /** @type {boolean} */ isGood, /** @type {number} */ startedAt) {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${isGood ? '✓' : '✗'} ${name.padEnd(18)}${seconds} s`);
}

/** Prints one line, and what the gate said if it failed. */
async function runGate(/** @type {typeof gates[number]} */ { name, script, args }) {
  const startedAt = performance.now();
  const { code, output } = await run(process.execPath, [join(root, script), ...args], { cwd: root, capture: 'both' });
  printLine(name, code === 0, startedAt);
  if (code !== 0) console.log(output.trimEnd().replace(/^/gm, '  '));
  return { name, isGood: code === 0 };
}

/** Says what it does as it goes: it takes a quarter of an hour. */
async function tryMutants() {
  const { code } = await run(process.execPath, [join(root, 'scripts', 'mutants.mjs')], { cwd: root });
  return { name: 'mutants', isGood: code === 0 };
}

/** @returns {Promise<{ code: number, tally: import('./vitest-tally.mjs').Tally | undefined }>} */
async function runTests(/** @type {boolean} */ isLong) {
  const folder = mkdtempSync(join(tmpdir(), 'helios-tally-'));
  const path = join(folder, 'tally.json');
  try {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts', 'vitest-tally.mjs')}`];
    const args = [vitest, 'run', '--coverage', '--allowOnly=false', '--mode', isLong ? 'long' : 'test', ...reporters];
    const { code } = await run(process.execPath, args, { cwd: root, env: { ...process.env, HELIOS_TALLY: path } });
    return { code, tally: readTally(path) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readTally(/** @type {string} */ path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

await command(main);
