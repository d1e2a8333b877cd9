/**
 * Values out of a stream of MessagePack, one after the other, in the memory of the largest one. What no JSON has comes
 * as it is (dates, bytes, integers of 64 bits); what no value of Helios is, such as an error, is refused by whoever takes
 * it.
 */
import { pipeline, type Readable } from 'node:stream';
import { UnpackrStream } from 'msgpackr';
import { HeliosError } from '../../protocol/errors.js';
import { MAX_DEPTH } from '../../protocol/limits.js';
import { TEXT_BYTES_MAX } from './lines.js';

/** A null cannot travel in a stream of objects: msgpackr puts this in its place. */
const NULL = Symbol.for('null');

/**
 * @param label names the stream in errors
 * @throws HeliosError `INVALID_REQUEST` (details: `file`, `value`, from 1): nothing that follows can be told apart any
 *   more; `UNSUPPORTED_VALUE` (the same, and `found`, `limit`) for a value so deep that it can't be unpacked
 */
export async function* valuesOf(stream: Readable, label: string): AsyncGenerator<unknown> {
  const options = { mapsAsObjects: true, maxIncompleteBufferSize: TEXT_BYTES_MAX };
  // Numbers where they are exact, else bigints: msgpackr's types don't know of it.
  Reflect.set(options, 'int64AsType', 'auto');
  const unpacked = new UnpackrStream(options);
  pipeline(stream, unpacked, () => {}); // said below, by whoever reads
  let count = 0;
  try {
    for await (const value of unpacked) {
      count++;
      yield value === NULL ? null : value;
    }
  } catch (error) {
    if (isOutOfStack(error)) throw tooDeep(label, count + 1, error);
    if (stream.errored !== null) throw stream.errored;
    const said = error instanceof Error ? error.message : String(error);
    const message = `${label}: value ${count + 1} is not MessagePack: ${said}. What follows it can't be read.`;
    throw new HeliosError('INVALID_REQUEST', message, { details: { file: label, value: count + 1 }, cause: error });
  }
}

/** msgpackr goes down by calls of itself: what is far deeper than any value ends its stack before we see it. */
function isOutOfStack(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes('call stack');
}

function tooDeep(label: string, value: number, cause: unknown): HeliosError {
  const message = `${label}: value ${value} is nested deeper than ${MAX_DEPTH} levels. Flatten it. What follows it can't be read.`;
  const details = { file: label, value, found: 'depth', limit: MAX_DEPTH };
  return new HeliosError('UNSUPPORTED_VALUE', message, { details, cause });
}
