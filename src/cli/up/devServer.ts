/**
 * A nats-server for a developer's machine, as `helios up --dev` starts it: on loopback, on a free port, with JetStream in
 * a folder of the store. A shell stands between, which ends the server when whoever started it is gone.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { HeliosError } from '../../protocol/errors.js';

export interface DevServer {
  readonly url: string;
  /** Rejects when the server ends by itself. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 10_000;
/** Where distributions put servers that a user's PATH may leave out. */
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin'];
/** Characters of its log that are kept for when it fails. */
const LOG_LENGTH_MAX = 8_192;

/** Runs the server, and ends it when the pipe on its own stdin ends: the other end is the process that wants it. */
const GUARD = '"$@" </dev/null & server=$!; (cat >/dev/null; kill $server 2>/dev/null) <&3 & wait $server';

/** @throws HeliosError `UNAVAILABLE` when there is no nats-server on the PATH, or it does not start */
export async function startDevServer(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<DevServer> {
  const program = findServer(env.PATH ?? '');
  if (program === null) {
    const ways = [
      'Debian or Ubuntu: apt-get install nats-server',
      'macOS: brew install nats-server',
      'any: https://github.com/nats-io/nats-server/releases, one file to put on the PATH',
    ];
    throw new HeliosError('UNAVAILABLE', `There is no nats-server on the PATH. Get one:\n  ${ways.join('\n  ')}`);
  }
  const port = await freePort();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder];
  const child = spawn('sh', ['-c', GUARD, 'sh', program, ...args], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  let log = '';
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const failed = ended.then((): never => {
    throw new HeliosError('UNAVAILABLE', `The nats-server that was started has ended: ${lastLine(log)}`);
  });
  failed.catch(() => {}); // whoever waits for it hears of it
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new HeliosError('UNAVAILABLE', `${program} was not ready within ${START_TIMEOUT_MS} ms: ${lastLine(log)}`),
      );
    }, START_TIMEOUT_MS);
    child.stderr?.on('data', (chunk: Buffer) => {
      log = (log + String(chunk)).slice(-LOG_LENGTH_MAX);
      if (!log.includes('Server is ready')) return;
      clearTimeout(timer);
      resolve();
    });
  });
  await Promise.race([ready, failed]);
  return {
    url: `nats://127.0.0.1:${port}`,
    failed,
    stop: async () => {
      child.stdio[3]?.destroy();
      await ended;
    },
  };
}

function findServer(path: string): string | null {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ''), ...MORE_FOLDERS];
  return folders.map((folder) => join(folder, 'nats-server')).find((file) => existsSync(file)) ?? null;
}

function lastLine(log: string): string {
  return log.trim().split('\n').at(-1) ?? '';
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
