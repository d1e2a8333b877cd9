/**
 * Names of blocks: BLAKE3 of their bytes, in hex. What is as long as blocks are is hashed on WebAssembly of our own
 * (blake3.ts), anything longer on that of the `blake3` package: the same on every machine. Never caches.
 */
import { createHash, hash } from 'blake3';
import { HeliosError } from '../protocol/errors.js';
import { BLAKE3_INPUT_MAX, Blake3 } from './blake3.js';
import type { Hash } from './store.js';

/** Inputs above this are hashed in pieces, so that the WASM memory, which never shrinks, stays small. */
const PIECE_BYTES = 1_048_576;

const DIGEST_BYTES = 32;
const HASH = /^[0-9a-f]{64}$/;

const short = Blake3.create();

/** The hash of some bytes, of any length: 64 lower-case hex digits. */
export function hashOf(bytes: Uint8Array): Hash {
  return digest(bytes).toString('hex', 0, DIGEST_BYTES);
}

/** The same as 32 bytes. */
export function digestOf(bytes: Uint8Array): Uint8Array {
  const found = digest(bytes);
  // Not out of Buffer's pool: digests are held for long, and each would hold a slab with other things.
  const copy = new Uint8Array(DIGEST_BYTES);
  for (let index = 0; index < DIGEST_BYTES; index++) copy[index] = found[index] as number;
  return copy;
}

/** The digest is in the first 32 bytes, until the next is asked for. */
function digest(bytes: Uint8Array): Buffer {
  if (short === null || bytes.length > BLAKE3_INPUT_MAX) return digestOfLong(bytes);
  short.hash(bytes);
  return short.memory;
}

function digestOfLong(bytes: Uint8Array): Buffer {
  if (bytes.length <= PIECE_BYTES) return hash(bytes) as Buffer;
  const hasher = createHash();
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) hasher.update(bytes.subarray(at, at + PIECE_BYTES));
  return hasher.digest() as Buffer;
}

/** Whether bytes are the block that a hash names. */
export function isNamedBy(hash: Hash, bytes: Uint8Array): boolean {
  return hashOf(bytes) === hash;
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
