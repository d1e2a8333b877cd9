/**
 * BLAKE3 of what is as short as blocks are, on WebAssembly of our own (blake3Code.ts): input and output are copied
 * once, and two chunks are worked on side by side. It cuts the input into chunks and joins their chaining values to the
 * tree of BLAKE3's specification; where there is no SIMD, or for longer inputs, hash.ts uses the `blake3` package.
 */
import {
  type Blake3Module,
  CHUNK_BYTES,
  compileBlake3,
  FLAG_CHUNK_END,
  FLAG_CHUNK_START,
  FLAG_PARENT,
  FLAG_ROOT,
  INPUT_AT,
  IV,
} from './blake3Code.js';

/** Bytes of the longest input: 61 chunks, all that the module's memory of 64 KiB has room for. */
export const BLAKE3_INPUT_MAX = 62_464;

const BLOCK_BYTES = 64;
const VALUE_BYTES = 32;
const VALUE_WORDS = VALUE_BYTES / 4;
/** Where the two chaining values are put that a parent is made of. */
const PARENT_AT = INPUT_AT - BLOCK_BYTES;

export class Blake3 {
  /** After `hash`: the digest is in its first 32 bytes. */
  readonly memory: Buffer;
  private readonly words: Uint32Array;
  private readonly run: Blake3Module['run'];
  private readonly pair: Blake3Module['pair'];

  private constructor({ memory, run, pair }: Blake3Module) {
    this.memory = Buffer.from(memory.buffer);
    this.words = new Uint32Array(memory.buffer);
    this.run = run;
    this.pair = pair;
  }

  /** `null` where the engine has no SIMD. */
  static create(): Blake3 | null {
    const module = compileBlake3();
    return module === null ? null : new Blake3(module);
  }

  /** Hashes at most BLAKE3_INPUT_MAX bytes; the digest is left in `memory`. */
  hash(bytes: Uint8Array): void {
    const { length } = bytes;
    this.memory.set(bytes, INPUT_AT);
    if (length === 0) this.memory.fill(0, INPUT_AT, INPUT_AT + BLOCK_BYTES);
    if (length <= CHUNK_BYTES) {
      this.startValue(0);
      this.run(INPUT_AT, length, 0, FLAG_CHUNK_START, FLAG_CHUNK_END | FLAG_ROOT, 0);
      return;
    }
    // A stack of chaining values of whole subtrees, the largest first. Chunks come in pairs.
    let depth = 0;
    for (let chunk = 0; ; ) {
      const left = length - chunk * CHUNK_BYTES;
      depth += this.chunks(chunk, left, depth);
      chunk += 2;
      if (left <= 2 * CHUNK_BYTES) break;
      for (let joined = chunk; joined % 2 === 0; joined /= 2) this.parent(--depth - 1, 0);
    }
    while (depth > 2) this.parent(--depth - 1, 0);
    this.parent(0, FLAG_ROOT);
  }

  /** The next two chunks, or the last one, onto the stack. */
  private chunks(chunk: number, left: number, depth: number): number {
    const at = INPUT_AT + chunk * CHUNK_BYTES;
    const valueAt = depth * VALUE_BYTES;
    const second = Math.min(left - CHUNK_BYTES, CHUNK_BYTES);
    if (second <= BLOCK_BYTES) {
      this.chunk(at, Math.min(left, CHUNK_BYTES), chunk, depth);
      if (second <= 0) return 1;
      this.chunk(at + CHUNK_BYTES, second, chunk + 1, depth + 1);
      return 2;
    }
    const together = Math.ceil(second / BLOCK_BYTES) - 1;
    const done = together * BLOCK_BYTES;
    this.pair(at, together, chunk, valueAt);
    this.run(at + done, CHUNK_BYTES - done, chunk, 0, FLAG_CHUNK_END, valueAt);
    this.run(at + CHUNK_BYTES + done, second - done, chunk + 1, 0, FLAG_CHUNK_END, valueAt + VALUE_BYTES);
    return 2;
  }

  private chunk(at: number, bytes: number, counter: number, depth: number): void {
    this.startValue(depth);
    this.run(at, bytes, counter, FLAG_CHUNK_START, FLAG_CHUNK_END, depth * VALUE_BYTES);
  }

  /** Joins the chaining value at a place on the stack and the one above it. */
  private parent(depth: number, flags: number): void {
    const { words } = this;
    const from = depth * VALUE_WORDS;
    for (let index = 0; index < 2 * VALUE_WORDS; index++) {
      words[PARENT_AT / 4 + index] = words[from + index] as number;
    }
    this.startValue(depth);
    this.run(PARENT_AT, BLOCK_BYTES, 0, FLAG_PARENT, flags, depth * VALUE_BYTES);
  }

  private startValue(depth: number): void {
    const { words } = this;
    const from = depth * VALUE_WORDS;
    for (let index = 0; index < VALUE_WORDS; index++) words[from + index] = IV[index] as number;
  }
}
