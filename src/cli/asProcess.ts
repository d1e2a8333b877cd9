/**
 * Runs a command as this process: hands it the real streams, environment and signals, and ends the process with its exit
 * code. The first Ctrl-C lets the command end in order, a second one ends it at once.
 */
import { EXIT, exitCodeFor } from './exit.js';
import { Interrupt, type Io } from './io.js';

/** @param command gives the exit code; what it throws is said on stderr and becomes one */
export async function asProcess(command: (io: Io) => Promise<number>): Promise<never> {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(EXIT[signal]);
      controller.abort(new Interrupt(signal));
    });
  }
  // A reader that leaves early (`| head`) is no failure of ours. Commands notice it at their next line.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const io: Io = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    signal: controller.signal,
    now: Date.now,
  };
  const exitCode = await command(io).catch((error: unknown) => exitCodeFor(error, io));
  await Promise.all([process.stdout, process.stderr].map(drained));
  // Whatever a config file started (timers, sockets) must not keep a finished command alive.
  process.exit(exitCode);
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}
