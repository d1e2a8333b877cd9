/** Starts the programs in children/ and talks to them line by line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly process: ChildProcess;
  /** The next thing that it says; `undefined` when it has ended. */
  next(): Promise<unknown>;
  /** Tells it something and waits for its answer. */
  ask(line: string): Promise<unknown>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves to the exit code, `null` after a signal. */
  readonly ended: Promise<number | null>;
  /** What it wrote to stderr so far. */
  readonly complaints: () => string;
}

/** `before` is a command that runs the rest of its arguments, as `['sh', '-c', 'ulimit -f 1; exec "$@"', 'sh']`. */
export function startChild(name: string, args: readonly string[], before: readonly string[] = []): Child {
  const script = fileURLToPath(new URL(`./children/${name}.mjs`, import.meta.url));
  const [command = '', ...rest] = [...before, process.execPath, script, ...args];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += String(chunk);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null);
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done !== true) return JSON.parse(value);
    if ((await ended) !== 0 && child.signalCode === null) throw new Error(`${name} failed: ${complaints}`);
    return undefined;
  };
  return {
    process: child,
    next,
    ask(line) {
      child.stdin.write(`${line}\n`);
      return next();
    },
    kill: (signal) => void child.kill(signal),
    ended,
    complaints: () => complaints,
  };
}

/** A child that has taken LMDB's write lock of a directory and is stopped with it. */
export async function startStopped(directory: string): Promise<Child> {
  const stopper = startChild('stopper', [directory]);
  await stopper.next();
  const file = `/proc/${stopper.process.pid}/status`;
  while (!/^State:\s+T/m.test(readFileSync(file, 'latin1'))) await nextTurn();
  return stopper;
}
