/**
 * One process at a time: a lock file for work that two processes in one clone must not do at once. The file names its
 * holder; the holder touches it while it works, so that a lock whose holder was killed is recognized and taken over.
 * It keeps honest processes out of each other's way and is no security boundary.
 */
import { linkSync, readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** How often the holder shows that it lives, and how long it may be silent before it counts as gone. */
const beatMs = 1_000;
const silentMs = 30_000;
const pollMs = 100;

/**
 * Waits for the lock, runs `work`, releases the lock whatever happened.
 *
 * @template T
 * @param {string} path of the lock file
 * @param {() => Promise<T>} work
 * @param {(holder: string) => void} onWait called once if another process has the lock
 * @returns {Promise<T>}
 */
export async function withLock(path, work, onWait) {
  const token = `${process.pid} ${hostname()} ${process.hrtime.bigint()}`;
  await acquire(path, token, onWait);
  const beat = setInterval(() => touch(path), beatMs);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if (read(path) === token) unlinkSync(path);
  }
}

/**
 * @param {string} path
 * @param {string} token
 * @param {(holder: string) => void} onWait
 */
async function acquire(path, token, onWait) {
  let waiting = false;
  for (;;) {
    if (create(path, token)) return;
    const held = read(path);
    if (held === undefined) continue;
    if (isStale(path, held)) {
      takeAway(path, held, token);
      continue;
    }
    if (!waiting) onWait(held.split(' ')[0] ?? '?');
    waiting = true;
    await sleep(pollMs);
  }
}

function create(/** @type {string} */ path, /** @type {string} */ token) {
  try {
    writeFileSync(path, token, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function isStale(/** @type {string} */ path, /** @type {string} */ held) {
  const [pid, host] = held.split(' ');
  if (host === hostname() && !isAlive(Number(pid))) return true;
  try {
    return Date.now() - statSync(path).mtimeMs > silentMs;
  } catch {
    return false;
  }
}

/** Removes the lock `held`, and only that one: another process may have been quicker and hold a new lock by now. */
function takeAway(/** @type {string} */ path, /** @type {string} */ held, /** @type {string} */ token) {
  const aside = `${path}.${token.replaceAll(' ', '-')}`;
  try {
    renameSync(path, aside);
    if (read(aside) !== held) linkSync(aside, path);
    unlinkSync(aside);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(codeOf(error) ?? '')) throw error;
  }
}

function isAlive(/** @type {number} */ pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function read(/** @type {string} */ path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function touch(/** @type {string} */ path) {
  try {
    utimesSync(path, new Date(), new Date());
  } catch {
    // Taken away from us: whoever did so thought us dead. The work is written so that two at once do no lasting harm.
  }
}

const codeOf = (/** @type {unknown} */ error) => /** @type {NodeJS.ErrnoException} */ (error).code;
