/**
 * A nats-server for the tests: the one on the PATH, else one where Debian puts it, else the one that apt-get installs
 * when we are root and there is an apt-get. Otherwise says in which ways to get one. Starts no server: each test starts
 * its own, on loopback.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './run.mjs';
import { root, SetUpFailed } from './set-up.mjs';

/** Where packages put it that users without special rights have not on their PATH. */
const usualFolders = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
/** For each run of apt-get; a mirror that is slow but alive takes about ten seconds. */
const aptDeadlineMs = 180_000;

const ways = `  apt install nats-server             Debian, Ubuntu
  brew install nats-server            macOS
  https://github.com/nats-io/nats-server/releases
Put it on the PATH, then run the command again.`;

/**
 * @typedef {{ path?: string, isRoot?: boolean, folders?: readonly string[], deadlineMs?: number }} Options
 *   What the tests of this very step set; the system's own where absent.
 */

/**
 * Returns the folder to put on the PATH of children, so that they find nats-server; it may be there already.
 *
 * @param {Options} [options]
 * @throws {SetUpFailed} with the ways to get one
 */
export async function obtainNatsServer(options = {}) {
  const { path = process.env.PATH ?? '', isRoot = process.getuid?.() === 0, folders = usualFolders } = options;
  const places = [...path.split(delimiter).filter((folder) => folder !== ''), ...folders];
  const found = holderOf('nats-server', places);
  if (found !== undefined) return found;
  const reason = await install(path, isRoot, options.deadlineMs ?? aptDeadlineMs);
  const installed = reason === undefined ? holderOf('nats-server', places) : undefined;
  if (installed !== undefined) return installed;
  const why = reason ?? 'apt-get installed it, but it is in no folder where it was looked for.';
  throw new SetUpFailed(`The tests start a nats-server of their own, and there is none here. ${why}\n${ways}`);
}

/**
 * A PATH with the folder on it, behind all others.
 *
 * @param {string} path
 * @param {string} folder
 */
export function withFolder(path, folder) {
  return path.split(delimiter).includes(folder) ? path : [path, folder].filter((part) => part !== '').join(delimiter);
}

/** Returns the first folder that holds a program of this name. */
function holderOf(/** @type {string} */ name, /** @type {readonly string[]} */ folders) {
  return folders.find((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Returns why it is not installed now; undefined when apt-get says that it is. */
async function install(/** @type {string} */ path, /** @type {boolean} */ isRoot, /** @type {number} */ deadlineMs) {
  const aptFolder = holderOf('apt-get', path.split(delimiter));
  if (aptFolder === undefined) return 'There is no apt-get that could install it.';
  if (!isRoot) return 'Only root may install it with apt-get.';
  const apt = async (/** @type {string[]} */ ...args) => {
    const env = { ...process.env, PATH: path, DEBIAN_FRONTEND: 'noninteractive' };
    const { code, output } = await run(join(aptFolder, 'apt-get'), args, {
      cwd: root,
      env,
      capture: 'both',
      timeoutMs: deadlineMs,
    });
    return code === 0 ? undefined : output;
  };
  const installing = () => apt('install', '-y', '-q', '--no-install-recommends', 'nats-server');
  let failure = await installing();
  // It doesn't know the package before it has lists of them: those of a fresh container are empty.
  if (failure !== undefined && /unable to locate|no installation candidate/i.test(failure)) {
    failure = (await apt('update', '-q')) ?? (await installing());
  }
  if (failure === undefined) return undefined;
  return `apt-get could not install it:\n${failure.trimEnd().replace(/^/gm, '  ')}\n`;
}
