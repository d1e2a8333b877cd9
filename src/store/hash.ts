/**
 * Names of blocks: BLAKE3 of their bytes, in hex. This runs on the WASM build of the `blake3` package, which is quicker
 * than a native one for blocks of the usual size (2 KB: about 4 µs) and is the same on every machine. Never caches.
 */
import { createHash, hash } from 'blake3';
import { HeliosError } from '../protocol/errors.js';
import type { Hash } from './store.js';

/** Inputs above this are hashed in pieces, so that the WASM memory, which never shrinks, stays small. */
const PIECE_BYTES = 1_048_576;

const HASH = /^[0-9a-f]{64}$/;

/** The hash of some bytes, of any length: 64 lower-case hex digits. */
export function hashOf(bytes: Uint8Array): Hash {
  return digestOf(bytes).toString('hex');
}

/** The same as 32 bytes. */
export function digestOf(bytes: Uint8Array): Buffer {
  if (bytes.length <= PIECE_BYTES) return hash(bytes) as Buffer;
  const hasher = createHash();
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) hasher.update(bytes.subarray(at, at + PIECE_BYTES));
  return hasher.digest() as Buffer;
}

/** Whether bytes are the block that a hash names. Its digits are compared as they are, without a text of their own. */
export function isNamedBy(hash: Hash, bytes: Uint8Array): boolean {
  const digest = digestOf(bytes);
  if (hash.length !== 64) return false;
  for (let index = 0; index < 32; index++) {
    const byte = digest[index] as number;
    if (hash.charCodeAt(2 * index) !== digit(byte >>> 4) || hash.charCodeAt(2 * index + 1) !== digit(byte & 15)) {
      return false;
    }
  }
  return true;
}

/** The character code of a hexadecimal digit. */
function digit(value: number): number {
  return value < 10 ? 48 + value : 87 + value;
}

/** Whether a text can be the name of a block. */
export function isHash(text: string): text is Hash {
  return HASH.test(text);
}

/**
 * Checks that bytes are the block that they are said to be.
 * @throws HeliosError `CORRUPT_BLOCK` (details: `hash`, `found`)
 */
export function verify(hash: Hash, bytes: Uint8Array): void {
  if (!isNamedBy(hash, bytes)) throw corrupt(hash, bytes);
}

/** What to throw when bytes are not the block that they are said to be. */
export function corrupt(hash: Hash, bytes: Uint8Array): HeliosError {
  const found = hashOf(bytes);
  return new HeliosError(
    'CORRUPT_BLOCK',
    `Block ${hash} is damaged: its ${bytes.length} bytes have the hash ${found}. Bring it back from a backup or from another machine.`,
    { details: { hash, found } },
  );
}
