/**
 * Cuts a stream of bytes into lines without decoding or copying what need not be: a stream of any length takes the
 * memory of its longest line.
 */
import { HeliosError } from '../../protocol/errors.js';

/** Bytes of one line or one file, at most: V8 has no longer text than twice this. */
export const TEXT_BYTES_MAX = 268_435_456;

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its end (`\n` or `\r\n`). Valid until the next line is asked for. */
  readonly bytes: Buffer;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * @param label names the stream in errors
 * @throws HeliosError `TOO_LARGE` (details: `line`) for a line above TEXT_BYTES_MAX
 */
export async function* linesOf(
  chunks: AsyncIterable<unknown>,
  label: string,
  bytesMax = TEXT_BYTES_MAX,
): AsyncGenerator<Line> {
  let number = 1;
  let begun: Buffer[] = [];
  let begunBytes = 0;
  const check = (bytes: number) => {
    if (bytes <= bytesMax) return;
    const message = `${label}:${number}: the line is longer than ${bytesMax} bytes. NDJSON has one value a line; is this one document? Then import it as a .json file.`;
    throw new HeliosError('TOO_LARGE', message, { details: { line: number } });
  };
  for await (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : asBuffer(chunk);
    let from = 0;
    for (let to = bytes.indexOf(NEWLINE); to >= 0; to = bytes.indexOf(NEWLINE, from)) {
      check(begunBytes + to - from);
      const last = bytes.subarray(from, to);
      yield { number, bytes: withoutReturn(begun.length === 0 ? last : Buffer.concat([...begun, last])) };
      begun = [];
      begunBytes = 0;
      from = to + 1;
      number++;
    }
    if (from < bytes.length) {
      begun.push(bytes.subarray(from));
      begunBytes += bytes.length - from;
      check(begunBytes);
    }
  }
  if (begunBytes > 0) yield { number, bytes: withoutReturn(Buffer.concat(begun)) };
}

function asBuffer(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError('A stream of bytes was expected.');
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === RETURN ? line.subarray(0, -1) : line;
}
