/**
 * How a command ends: the exit codes and what is said on stderr with them. A command that throws nothing ends with 0;
 * one that must end with another code, having said all there is to say, throws an `Exit`.
 */
import { HeliosError } from '../protocol/errors.js';
import { Interrupt, type Io } from './io.js';
import { isOutputClosed } from './output.js';
import { coloursFor } from './screen/colours.js';
import { printable } from './screen/printable.js';

/** Exit codes, the same for every command. Signals follow the shell's habit of 128 + number. */
export const EXIT = { ok: 0, failed: 1, usage: 2, SIGINT: 130, SIGTERM: 143 } as const;

/** Ends a command with a code and no further word. */
export class Exit extends Error {
  override readonly name = 'Exit';

  constructor(readonly exitCode: number) {
    super(`The command ended with exit code ${exitCode}.`);
  }
}

/** The exit code for what a command threw; says what went wrong on stderr unless that has been said. */
export function exitCodeFor(error: unknown, io: Io): number {
  if (error instanceof Exit) return error.exitCode;
  if (io.signal.aborted) return io.signal.reason instanceof Interrupt ? EXIT[io.signal.reason.by] : EXIT.failed;
  if (isOutputClosed(error)) return EXIT.ok; // the reader has seen enough: `helios ls | head`
  sayError(error, io);
  return EXIT.failed;
}

/** `CODE: message` in one line, or several when the message has them. */
export function sayError(error: unknown, io: Io, before = ''): void {
  const { code, message } = HeliosError.from(error);
  const colours = coloursFor(io.stderr, io.env);
  io.stderr.write(`${before}${colours.red(code)}: ${printable(message, { keepLines: true })}\n`);
}
