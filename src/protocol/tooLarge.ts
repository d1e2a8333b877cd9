/** The refusal of what exceeds the limits of messages: one wording, before decoding as after encoding. */
import { HeliosError } from './errors.js';

/** @param what what it has too much of, with the limit */
export function tooLarge(carrier: string, what: string, cause?: unknown): HeliosError {
  const advice = 'Send less at once, ask for parts by paths, or send larger values by their blocks';
  const message = `Too large for a message in ${carrier}: ${what}. ${advice}.`;
  return new HeliosError('TOO_LARGE', message, cause === undefined ? {} : { cause });
}

/**
 * Does something that recurses. Whoever calls from deep in a stack of their own may have less of it left than the limit
 * on depth takes.
 * @throws HeliosError `TOO_LARGE` when the stack or the memory for one text does not suffice
 */
export function withinStack<Result>(carrier: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(carrier, 'more than the stack that is left here can hold', error);
    throw error;
  }
}
