/**
 * Runs another program and waits for it: the one place where scripts start children. A signal that reaches us ends the
 * child first, so that whoever called can clean up (a lock, a half-written folder) before the process goes.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** What `run` rejects with when a signal came while the child ran. `exitCode` is the shell's: 130 for SIGINT. */
export class Interrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`Interrupted by ${signal}.`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, capture?: 'both' | 'stdout', timeoutMs?: number }} options
 *   `capture: 'both'` collects what the child prints in `output`, in order; `'stdout'` collects that alone and lets the
 *   rest through. After `timeoutMs` the child is killed, and `output` says so
 * @returns {Promise<{ code: number, output: string }>} `code` is 1 for a child that a signal killed
 */
export function run(command, args, { cwd, env = process.env, capture, timeoutMs }) {
  return new Promise((resolve, reject) => {
    const stderr = capture === 'both' ? 'pipe' : 'inherit';
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: capture === undefined ? 'inherit' : ['ignore', 'pipe', stderr],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }

    /** @type {NodeJS.Signals | undefined} */
    let received;
    const onSignal = (/** @type {NodeJS.Signals} */ signal) => {
      received ??= signal;
      // Ctrl-C in a terminal reaches the whole process group: the child has it already, and two would mean "at once".
      if (!(signal === 'SIGINT' && process.stdin.isTTY)) child.kill(signal);
    };
    const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
    for (const signal of signals) process.on(signal, onSignal);
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            output += `Killed after ${timeoutMs / 1000} s without an end.\n`;
            child.kill('SIGKILL');
            // Its own children may hold the pipes open.
            child.stdout?.destroy();
            child.stderr?.destroy();
          }, timeoutMs);
    const settle = () => {
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, onSignal);
    };

    child.on('error', (error) => {
      settle();
      reject(error);
    });
    child.on('close', (code) => {
      settle();
      if (received !== undefined) reject(new Interrupted(received));
      else resolve({ code: code ?? 1, output });
    });
  });
}

/**
 * Runs npm: the very one that started us where there is one, so that both are of one version.
 *
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} options
 */
export function runNpm(args, options) {
  const cli = process.env.npm_execpath;
  if (cli !== undefined && /npm-cli\.c?js$/.test(cli)) return run(process.execPath, [cli, ...args], options);
  return run('npm', args, options);
}
