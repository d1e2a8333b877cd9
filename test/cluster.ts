/** Processes of the built `helios` command, as people run them, and what they say line by line. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** Tests of processes run what is in dist/: makes it if it isn't what the sources say. */
export function buildOnce(): void {
  execFileSync(process.execPath, ['scripts/build.mjs', '--if-needed'], { cwd: ROOT, stdio: 'pipe' });
}

export type Fact = Readonly<Record<string, unknown>>;

export interface HeliosProcess {
  readonly process: ChildProcess;
  readonly facts: readonly Fact[];
  /** Resolves with the first fact, said or yet to be said, that is so. Rejects when the process ends without it. */
  until(isSo: (fact: Fact) => boolean): Promise<Fact>;
  /** What it wrote to stderr so far. */
  complaints(): string;
  /** Sends a signal and waits for the end; gives the exit code, null after a signal that it didn't handle. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  readonly ended: Promise<number | null>;
}

export interface ProcessOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts `helios` with these arguments; every line that it prints must be JSON (`--json`). */
export function startProcess(args: readonly string[], { cwd = ROOT, env = {} }: ProcessOptions = {}): HeliosProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    ...{ cwd, env: { PATH: process.env.PATH ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += String(chunk);
  });
  const facts: Fact[] = [];
  const waiting = new Set<() => void>();
  const look = () => {
    for (const check of [...waiting]) check();
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    facts.push(JSON.parse(line));
    look();
  });
  let hasEnded = false;
  const ended = once(child, 'close').then(([code]: (number | null)[]) => {
    hasEnded = true;
    look();
    return code ?? null;
  });
  return {
    ...{ process: child, facts, ended, complaints: () => complaints },
    until: (isSo) =>
      new Promise((resolve, reject) => {
        const check = () => {
          const fact = facts.find(isSo);
          if (fact === undefined && !hasEnded) return;
          waiting.delete(check);
          if (fact !== undefined) resolve(fact);
          else reject(new Error(`helios ${args.join(' ')} ended: ${complaints} ${JSON.stringify(facts)}`));
        };
        waiting.add(check);
        check();
      }),
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

/** `helios worker`, ready to work. */
export async function startWorker(args: readonly string[], options?: ProcessOptions): Promise<HeliosProcess> {
  const started = startProcess(['worker', '--json', ...args], options);
  await started.until(({ state }) => state === 'ready');
  return started;
}

/** `helios up`, with all its workers ready to work. */
export async function startUp(args: readonly string[], options?: ProcessOptions): Promise<HeliosProcess> {
  const started = startProcess(['up', '--json', ...args], options);
  await started.until(({ state }) => state === 'up');
  return started;
}
