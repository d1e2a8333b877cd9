/** Starts the programs that tests run beside themselves, and talks to them line by line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
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
export function startChild(program: URL, args: readonly string[], before: readonly string[] = []): Child {
  const script = fileURLToPath(program);
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
    if ((await ended) !== 0 && child.signalCode === null) throw new Error(`${script} failed: ${complaints}`);
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
