/**
 * The world as a command sees it. Everything that a command reads or writes outside the store comes through here, so
 * that a test can run it in its own process: only main.ts knows the real process, its streams and its signals.
 */
import type { Readable, Writable } from 'node:stream';

/** A stream that may be a terminal. */
export interface Screen extends Writable {
  readonly isTTY?: boolean;
  /** Width of the terminal in characters. */
  readonly columns?: number;
}

export interface Io {
  readonly stdin: Readable;
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute; relative paths in arguments start here. */
  readonly cwd: string;
  /** Aborted with an `Interrupt` when the person or the system wants the command to end. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Why a command was told to end. */
export class Interrupt extends Error {
  override readonly name = 'Interrupt';

  constructor(readonly by: 'SIGINT' | 'SIGTERM') {
    super(`Interrupted by ${by}.`);
  }
}
