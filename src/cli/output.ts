/**
 * Writing lines to a stream that may be slow, full or gone. Lines are collected into larger writes; a slow reader makes
 * the writer wait instead of filling memory; a reader that left (`| head`) shows as one kind of error that ends the
 * command quietly. It never writes to anything but its stream.
 */
import { HeliosError } from '../protocol/errors.js';
import type { Screen } from './io.js';

/** Characters that are collected before they are handed to the stream. */
const CHUNK_LENGTH = 16_384;

/** The reader of an output has gone away. */
class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

export function isOutputClosed(error: unknown): boolean {
  return error instanceof OutputClosed;
}

export interface Output {
  /** Writes a line. Returns a promise only when the reader is behind: await it before the next line. */
  line(text: string): Promise<void> | undefined;
  /** Resolves when all lines are written. */
  flush(): Promise<void>;
}

export function outputTo(stream: Screen): Output {
  let pending = '';
  let failure: Error | undefined = stream.destroyed ? new OutputClosed('The output is closed.') : undefined;
  const fail = (error: Error) => {
    failure ??= asFailure(error);
  };
  stream.on('error', fail);

  const send = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const text = pending;
      pending = '';
      stream.write(text, (error) => {
        if (error) fail(error);
        if (failure === undefined) resolve();
        else reject(failure);
      });
    });

  return {
    line(text) {
      if (failure !== undefined) throw failure;
      pending += `${text}\n`;
      return pending.length < CHUNK_LENGTH ? undefined : send();
    },
    async flush() {
      if (failure !== undefined) throw failure;
      if (pending !== '') await send();
    },
  };
}

function asFailure(error: Error): Error {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED') return new OutputClosed(error.message);
  return new HeliosError('INTERNAL', `The output could not be written: ${error.message}`, { cause: error });
}
