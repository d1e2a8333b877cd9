#!/usr/bin/env node
/**
 * The `helios` command as a process: hands the real streams, environment and signals to `run`, and ends the process with
 * its exit code. The first Ctrl-C lets the command end in order, a second one ends it at once.
 */
import { EXIT } from './exit.js';
import { Interrupt } from './io.js';
import { run } from './run.js';

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (controller.signal.aborted) process.exit(EXIT[signal]);
    controller.abort(new Interrupt(signal));
  });
}
// A reader that leaves early (`| head`) is no failure of ours. Commands notice it at their next line.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
  now: Date.now,
});
await Promise.all([process.stdout, process.stderr].map(drained));
// Whatever a config file started (timers, sockets) must not keep a finished command alive.
process.exit(exitCode);

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
}
