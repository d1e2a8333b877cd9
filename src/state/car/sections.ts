/**
 * The sections of a CAR file as they come, out of chunks of any size: first the header, then each CID with its block.
 * Never holds more than one section and one chunk.
 */
import { HeliosError } from '../../protocol/errors.js';

/** Bytes of one section; no block of ours is near it. */
const SECTION_MAX = 67_108_864;
/** Bytes of a length: more than `SECTION_MAX` needs. */
const LENGTH_BYTES_MAX = 5;

/** @throws HeliosError `INVALID_REQUEST` (details: `offset`) for what is cut off, or no CAR */
export async function* sectionsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) throw refused('is no stream of bytes', offset);
    held = held.length === 0 ? bufferOf(chunk) : Buffer.concat([held, chunk]);
    for (;;) {
      const length = readLength(held, offset);
      if (length === undefined || held.length < length.size + length.value) break;
      yield held.subarray(length.size, length.size + length.value);
      held = held.subarray(length.size + length.value);
      offset += length.size + length.value;
    }
  }
  if (held.length > 0) throw refused('ends within a section: it was cut off', offset);
}

function readLength(bytes: Buffer, offset: number): { readonly value: number; readonly size: number } | undefined {
  let value = 0;
  for (let size = 0; size < LENGTH_BYTES_MAX; size++) {
    const byte = bytes[size];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 0x80 ** size;
    if (byte >= 0x80) continue;
    if (value === 0 || value > SECTION_MAX) break;
    return { value, size: size + 1 };
  }
  throw refused(`has a section of no length that it could have (up to ${SECTION_MAX} bytes)`, offset);
}

export function refused(what: string, offset: number): HeliosError {
  return new HeliosError('INVALID_REQUEST', `This CAR file ${what}, at byte ${offset}. Nothing was changed by it.`, {
    details: { offset },
  });
}

function bufferOf(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
