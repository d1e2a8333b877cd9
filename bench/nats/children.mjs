/** Processes of a benchmark: each says that it is ready, and ends with the benchmark. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const HELIOS = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** A program of this folder; resolves when it has sent a message. */
export async function startPeer(file, args) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  process.on('exit', () => child.kill('SIGKILL'));
  await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
  });
  return { stop: () => ended(child), tell: (word) => told(child, word) };
}

/** `helios up` with these arguments; resolves when it and its workers are ready. */
export async function startHelios(args) {
  const child = fork(HELIOS, ['up', '--json', ...args], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  process.on('exit', () => child.kill('SIGKILL'));
  let text = '';
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.includes('"state":"up"')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`helios up ended with ${code}: ${text}`)));
  });
  return { stop: () => ended(child) };
}

/** Resolves when it has done what it was told. */
function told(child, word) {
  return new Promise((resolve) => {
    child.once('message', resolve);
    child.send(word);
  });
}

function ended(child) {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.removeAllListeners('exit');
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
