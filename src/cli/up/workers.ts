/**
 * The worker processes of one `helios up`: as many as were asked for, started again when one ends by itself, told to end
 * with their parent. They end without being told, too, when the parent is gone: each has a channel to it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ERROR_CODES, HeliosError } from '../../protocol/errors.js';

export interface WorkersOptions {
  readonly count: number;
  /** Arguments of `helios worker`. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** A worker is ready. */
  readonly onReady: (worker: string, pid: number) => void;
  /** A worker has ended without being told to. `worker` is null if it never came to life. */
  readonly onLost: (worker: string | null, how: string, complaint: string) => void;
}

export interface Workers {
  /** Resolves when all are ready; rejects with what one of them said when it can't come to life. */
  readonly ready: Promise<void>;
  /** Tells all to finish what they have and end. Resolves to whether each ended well. */
  drain(): Promise<boolean>;
  /** Ends all at once. */
  kill(): void;
}

/** Milliseconds before a lost worker is started again, doubled for each loss in a row up to the other. */
const RESTART_MS = 100;
const RESTART_MS_MAX = 10_000;
/** Milliseconds of life after which a worker's earlier losses are forgotten. */
const SETTLED_MS = 30_000;
/** Characters of what a worker says on stderr that are kept for when it fails. */
const COMPLAINT_LENGTH_MAX = 4_096;

const MAIN = join(dirname(dirname(fileURLToPath(import.meta.url))), 'main.js');

interface Place {
  child: ChildProcess | null;
  worker: string | null;
  losses: number;
  timer: NodeJS.Timeout | null;
}

export function startWorkers(options: WorkersOptions): Workers {
  const places: Place[] = Array.from({ length: options.count }, () => ({
    ...{ child: null, worker: null, losses: 0, timer: null },
  }));
  let isEnding = false;

  function start(place: Place): Promise<void> {
    const startedAt = performance.now();
    const child = fork(MAIN, ['worker', ...options.args], {
      ...{ cwd: options.cwd, env: { ...options.env }, detached: true, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
    });
    place.child = child;
    place.worker = null;
    let complaint = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk);
      complaint = (complaint + String(chunk)).slice(-COMPLAINT_LENGTH_MAX);
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.on('message', (message) => {
        const worker = readyWorker(message);
        if (worker === undefined) return;
        place.worker = worker;
        options.onReady(worker, child.pid ?? 0);
        resolve();
      });
      child.once('exit', (code, signal) => {
        const { worker } = place;
        place.child = null;
        place.worker = null;
        reject(didNotStart(complaint.trim(), `it ended with ${signal ?? code} before it was ready`));
        if (isEnding) return;
        options.onLost(worker, signal === null ? `exit code ${code}` : signal, complaint.trim());
        place.losses = performance.now() - startedAt > SETTLED_MS ? 1 : place.losses + 1;
        if (worker !== null || place.losses > 1) startLater(place);
      });
    });
  }

  function startLater(place: Place): void {
    const delayMs = Math.min(RESTART_MS_MAX, RESTART_MS * 2 ** (place.losses - 1));
    place.timer = setTimeout(() => {
      place.timer = null;
      if (!isEnding) start(place).catch(() => {}); // its end has been told by then
    }, delayMs);
  }

  function stopStarting(): void {
    isEnding = true;
    for (const { timer } of places) if (timer !== null) clearTimeout(timer);
  }

  const ready = Promise.all(places.map(start)).then(() => {});
  return {
    ready,
    async drain() {
      stopStarting();
      const ends = places.map(({ child }) => child === null || ended(child));
      for (const { child } of places) child?.kill('SIGTERM');
      return (await Promise.all(ends)).every((isGood) => isGood);
    },
    kill() {
      stopStarting();
      for (const { child } of places) child?.kill('SIGKILL');
    },
  };
}

/** In the words of the worker, which says last why it ends: `CODE: message`. */
function didNotStart(complaint: string, how: string): HeliosError {
  const [, said, message] = [...complaint.matchAll(/^([A-Z_]+): (.+)$/gm)].at(-1) ?? [];
  const code = ERROR_CODES.find((one) => one === said);
  if (code !== undefined) return new HeliosError(code, `A worker did not start: ${message}`);
  return new HeliosError('INTERNAL', `A worker did not start: ${complaint || how}`);
}

function ended(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode === 0);
    else child.once('exit', (code) => resolve(code === 0));
  });
}

function readyWorker(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || !('worker' in message)) return undefined;
  return typeof message.worker === 'string' ? message.worker : undefined;
}
