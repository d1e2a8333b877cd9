/**
 * Makes a clone ready to run: dependencies as the lockfile says, `dist/` as the sources say. Every command that needs
 * either calls `setUp` first; when nothing changed it costs a few milliseconds and starts no process. Plain Node with no
 * dependency, because in a fresh clone there is none yet.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, isBuilt } from './build-dist.mjs';
import { withLock } from './lock.mjs';
import { Interrupted, runNpm } from './run.mjs';

/** The clone that these scripts belong to. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** What set-up throws when a step failed and has said why on stderr itself. */
export class SetUpFailed extends Error {}

/**
 * Installs and builds as far as needed. Safe to run from several processes at once: one works, the others wait.
 *
 * @param {{ rebuild?: boolean }} [options] `rebuild` builds even if `dist/` is up to date
 * @throws {SetUpFailed} when npm or the compiler failed
 */
export async function setUp({ rebuild = false } = {}) {
  if (!rebuild && isInstalled(root) && isBuilt(root)) return;
  await alone(async () => {
    if (!isInstalled(root)) await install();
    if (rebuild || !isBuilt(root)) {
      say('Building dist/ …');
      if (!(await build(root))) throw new SetUpFailed('The build failed; dist/ is as it was before.');
    }
  });
}

/** Only the dependencies, for commands that build as a step of their own. */
export async function setUpDependencies() {
  if (isInstalled(root)) return;
  await alone(async () => {
    if (!isInstalled(root)) await install();
  });
}

/**
 * Runs a script's main function: what set-up refuses and what a signal ended become an exit code without a stack.
 *
 * @param {() => Promise<unknown>} main
 */
export async function command(main) {
  try {
    await main();
  } catch (error) {
    if (error instanceof Interrupted) process.exit(error.exitCode);
    if (!(error instanceof SetUpFailed)) throw error;
    say(error.message);
    process.exit(1);
  }
}

/**
 * Whether node_modules holds what package-lock.json asks for, told by the record that npm leaves of each installation.
 *
 * @param {string} folder of the package
 */
export function isInstalled(folder) {
  const wanted = readPackages(join(folder, 'package-lock.json'));
  const present = readPackages(join(folder, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || present === undefined) return false;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = present[path];
    if (found === undefined) {
      if (entry.optional) continue; // npm leaves out what isn't for this platform
      return false;
    }
    if (found.version !== entry.version || found.integrity !== entry.integrity) return false;
    if (!existsSync(join(folder, path))) return false;
  }
  return Object.entries(present).every(([path, entry]) => wanted[path] !== undefined && isForThisPlatform(entry));
}

/** A node_modules brought along from another kind of machine has that one's binaries. */
function isForThisPlatform(/** @type {LockEntry} */ { os, cpu }) {
  return includes(os, process.platform) && includes(cpu, process.arch);
}

function includes(/** @type {readonly string[] | undefined} */ list, /** @type {string} */ value) {
  if (list === undefined || list.includes('any')) return true;
  return list.includes(value) || (!list.includes(`!${value}`) && list.some((item) => item.startsWith('!')));
}

async function install() {
  say('Installing dependencies as package-lock.json says (npm ci) …');
  // --include: also where NODE_ENV or npm's own settings would leave them out; lmdb's binary is an optional package.
  const { code } = await runNpm(
    ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund'],
    { cwd: root },
  );
  if (code !== 0)
    throw new SetUpFailed('npm ci failed; its reason is above. Run the command again once that is solved.');
  if (!isInstalled(root)) say('npm ci ended well, yet node_modules differs from package-lock.json; going on with it.');
}

/** @param {() => Promise<void>} work */
function alone(work) {
  return withLock(join(root, '.set-up.lock'), work, (holder) =>
    say(`Process ${holder} is setting up; waiting for it …`),
  );
}

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, os?: string[], cpu?: string[] }} LockEntry
 * @param {string} path
 * @returns {Record<string, LockEntry> | undefined}
 */
function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function say(/** @type {string} */ text) {
  console.error(text);
}
