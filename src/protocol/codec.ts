/**
 * Messages as MessagePack. Plain data is plain MessagePack, so that any client in any language can read and write it;
 * dates are the standard timestamp, bytes are bin, 64-bit integers are read as numbers where one holds them. What
 * decoders change (-0, halves of surrogate pairs, the key `__proto__`) or MessagePack lacks travels tagged, exactly.
 * Every hop writes and reads: each is one pass. What msgpackr writes is the measure, held against it in tests.
 */
import { MESSAGE_LIMITS, type MessageLimits } from './limits.js';
import { countOfItems, endOfItem } from './packItems.js';
import { PackReader } from './packReader.js';
import { PackWriter } from './packWriter.js';
import type { WriteOptions } from './tagged.js';
import { withinStack } from './tooLarge.js';
import type { ReadOptions } from './untagged.js';

/**
 * Those that nobody uses. One of each does, unless a callback writes or reads another message meanwhile. They hold
 * memory to work in and keys that they have met, never anything of a message.
 */
const writers: PackWriter[] = [];
const readers: PackReader[] = [];

export interface DecodeOptions extends ReadOptions {
  readonly limits?: MessageLimits;
}

/** An item of a batch, or why it could not be decoded. */
export type DecodedItem = { readonly body: unknown } | { readonly error: unknown };

/**
 * The bytes of a message. They may lie in a larger buffer, which nobody writes to again.
 * @throws HeliosError `UNSUPPORTED_VALUE` (details: `path`) · `TOO_LARGE`
 */
export function encodeMessage(message: unknown, options: WriteOptions = {}): Uint8Array {
  const writer = writers.pop() ?? new PackWriter();
  try {
    return withinStack('MessagePack', () => writer.write(message, options.limits ?? MESSAGE_LIMITS, options.toLink));
  } finally {
    writers.push(writer);
  }
}

/**
 * The message that the bytes hold. Nothing in it shares memory with them.
 * @throws HeliosError `INVALID_REQUEST` (details: `position` in the bytes or `path`) · `TOO_LARGE`
 */
export function decodeMessage(bytes: Uint8Array, options: DecodeOptions = {}): unknown {
  const reader = readers.pop() ?? new PackReader();
  try {
    reader.begin(bufferOf(bytes), 0, options.limits ?? MESSAGE_LIMITS, options.fromLink);
    return withinStack('MessagePack', () => reader.last());
  } finally {
    reader.finish();
    readers.push(reader);
  }
}

/**
 * The items of a batch: of an array of at most `countMax` messages, each held to the limits by itself. One that can't
 * be decoded harms no other.
 * @throws HeliosError `INVALID_REQUEST` for what is no array, or too short for its items · `TOO_LARGE` beyond `countMax`
 */
export function decodeItems(bytes: Uint8Array, countMax: number, options: DecodeOptions = {}): DecodedItem[] {
  const { count, start } = countOfItems(bytes, countMax);
  const buffer = bufferOf(bytes);
  const items: DecodedItem[] = [];
  const reader = readers.pop() ?? new PackReader();
  let at = start;
  try {
    for (let index = 1; index <= count; index++) {
      const isLast = index === count;
      try {
        reader.begin(buffer, at, options.limits ?? MESSAGE_LIMITS, options.fromLink);
        items.push({ body: withinStack('MessagePack', () => (isLast ? reader.last() : reader.next())) });
        at = reader.at;
      } catch (error) {
        // Nobody knows yet where it ends. Where nobody can, those behind it are refused like it.
        at = endOfItem(buffer, at);
        items.push({ error });
      }
    }
  } finally {
    reader.finish();
    readers.push(reader);
  }
  return items;
}

/** The same memory: a Buffer reads texts. */
function bufferOf(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
