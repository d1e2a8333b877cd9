/**
 * Compiles src/ to dist/. The compiler writes to a folder of its own that takes dist's place only when it is complete,
 * so a failed or interrupted build leaves the old dist/ as it was. dist/.stamp says what it was built from: contents, not
 * times, so that a switched branch or a deleted file counts as a change and a mere touch does not.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

/** Run by name from a shell, so they must be executable. */
const executables = ['cli/main.js'];
const stagingPrefix = '.dist-';

/**
 * Whether dist/ is complete and built from the sources as they are now.
 *
 * @param {string} root
 */
export function isBuilt(root) {
  const dist = join(root, 'dist');
  if (read(join(dist, '.stamp')) !== fingerprint(root)) return false;
  return sources(root).every((path) => existsSync(join(dist, path.replace(/\.ts$/, '.js'))));
}

/**
 * Builds dist/ anew. The caller makes sure that nobody else does so at the same time.
 *
 * @param {string} root
 * @returns {Promise<boolean>} false when the compiler refused; it has said why
 */
export async function build(root) {
  for (const name of readdirSync(root)) {
    if (name.startsWith(stagingPrefix)) remove(join(root, name)); // left by a build that was killed
  }
  const stamp = fingerprint(root); // before compiling: what changes meanwhile is built next time
  const staging = join(root, `${stagingPrefix}${process.pid}`);
  try {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { code } = await run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', staging], {
      cwd: root,
    });
    if (code !== 0) return false;
    for (const path of executables) {
      if (existsSync(join(staging, path))) chmodSync(join(staging, path), 0o755);
    }
    writeFileSync(join(staging, '.stamp'), stamp);
    swap(staging, join(root, 'dist'));
    return true;
  } finally {
    remove(staging);
  }
}

/** Two renames: for some microseconds there is no dist/, never half a one. */
function swap(/** @type {string} */ staging, /** @type {string} */ dist) {
  const old = `${staging}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(staging, dist);
  remove(old);
}

/** Hash of everything that decides what is in dist/. */
function fingerprint(/** @type {string} */ root) {
  const hash = createHash('sha256');
  const settings = ['tsconfig.json', 'tsconfig.build.json', join('node_modules', 'typescript', 'package.json')];
  for (const path of [...settings, ...sources(root).map((source) => join('src', source))]) {
    const content = read(join(root, path)) ?? '';
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** The sources in src/, relative to it, sorted: TypeScript, and the scripts of the inspector's page. */
function sources(/** @type {string} */ root) {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[jt]s$/.test(path) && !path.endsWith('.d.ts'))
    .sort();
}

function read(/** @type {string} */ path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function remove(/** @type {string} */ path) {
  rmSync(path, { recursive: true, force: true });
}
