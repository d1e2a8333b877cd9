/**
 * Messages as MessagePack. Plain data is plain MessagePack, so that any client in any language can read and write it;
 * dates are the standard timestamp, bytes are bin, 64-bit integers are read as numbers where one holds them. What
 * msgpackr would change (-0, halves of surrogate pairs, the key `__proto__`) or lacks travels tagged, exactly.
 * Never decodes what `scanPack` has not passed. Record structures and extensions of msgpackr are off: they depend on
 * what was sent before, or run what was sent.
 */
import { isNativeAccelerationEnabled, Packr } from 'msgpackr';
import { HeliosError } from './errors.js';
import { MESSAGE_LIMITS, type MessageLimits } from './limits.js';
import { scanPack } from './packScan.js';
import { toTagged, type WriteOptions } from './tagged.js';
import type { Carrier } from './tags.js';
import { hasLoneSurrogate } from './text.js';
import { tooLarge, withinStack } from './tooLarge.js';
import { fromTagged, type ReadOptions } from './untagged.js';

const packr = new Packr({ useRecords: false, mapsAsObjects: true, variableMapSize: true, useToJSON: false });

/** msgpackr may drop a byte order mark from the front of a text. */
const BYTE_ORDER_MARK = 0xfeff;

const messagePack: Carrier = {
  name: 'MessagePack',
  hasBytes: true,
  hasUtf8Only: true,
  writeNumber: (value) => (Object.is(value, -0) ? { $number: '-0' } : value),
  writeText: (value) => (isExact(value) ? value : { $utf16: Buffer.from(value, 'utf16le') }),
  isPlainKey: (key) => key !== '__proto__' && isExact(key),
  writeDate: (value) => value,
  writeBytes: (value) => value,
  // Copied: what was decoded lies in the message's buffer, which is the connection's.
  readBytes: (written) => (written instanceof Uint8Array ? new Uint8Array(written) : undefined),
};

function isExact(text: string): boolean {
  return text.charCodeAt(0) !== BYTE_ORDER_MARK && !hasLoneSurrogate(text);
}

/**
 * The bytes of a message. They may lie in a larger buffer, which nobody writes to again.
 * @throws HeliosError `UNSUPPORTED_VALUE` (details: `path`) · `TOO_LARGE`
 */
export function encodeMessage(message: unknown, options: WriteOptions = {}): Uint8Array {
  const limits = options.limits ?? MESSAGE_LIMITS;
  const bytes = withinStack('MessagePack', () => packr.pack(toTagged(message, messagePack, limits, options.toLink)));
  if (bytes.length <= limits.bytes) return bytes;
  throw tooLarge('MessagePack', `${bytes.length} bytes (at most ${limits.bytes})`);
}

/**
 * The message that the bytes hold. Nothing in it shares memory with them.
 * @throws HeliosError `INVALID_REQUEST` (details: `position` in the bytes or `path`) · `TOO_LARGE`
 */
export function decodeMessage(
  bytes: Uint8Array,
  options: ReadOptions & { readonly limits?: MessageLimits } = {},
): unknown {
  const { needsReading, hasMark } = scanPack(bytes, options.limits ?? MESSAGE_LIMITS);
  if (hasMark && !isNativeAccelerationEnabled) {
    const message =
      'A text that begins with a byte order mark would lose it here; write it {"$utf16": UTF-16 as bytes}.';
    throw new HeliosError('INVALID_REQUEST', message);
  }
  return withinStack('MessagePack', () => {
    // msgpackr reads Buffers faster, and notes things on the array that it is given.
    const decoded: unknown = packr.unpack(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return needsReading ? fromTagged(decoded, messagePack, options.fromLink) : decoded;
  });
}
