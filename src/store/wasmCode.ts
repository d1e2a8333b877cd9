/**
 * The instructions of WebAssembly that blake3Code.ts is written in, as bytes put down one after another. It knows these
 * few and checks nothing: a module that is wrong is refused by the engine.
 */

export const I32 = 0x7f;
export const V128 = 0x7b;
export const END = 0x0b;
const VOID_BLOCK = 0x40;
/** Before the instructions on vectors of 128 bits, here always four words of 32. */
const SIMD = 0xfd;

export class WasmCode {
  readonly bytes: number[] = [];

  get(local: number): this {
    return this.put(0x20, local);
  }

  set(local: number): this {
    return this.put(0x21, local);
  }

  tee(local: number): this {
    return this.put(0x22, local);
  }

  /** A number from 0 to 8,191. */
  int(value: number): this {
    // Numbers have a sign, which is the highest bit of the last byte.
    return value < 0x40 ? this.put(0x41, value) : this.put(0x41, (value & 0x7f) | 0x80, value >>> 7);
  }

  /** Whether the number below the top is at most that on top. */
  atMost(): this {
    return this.put(0x4d);
  }

  plus(): this {
    return this.put(0x6a);
  }

  minus(): this {
    return this.put(0x6b);
  }

  isZero(): this {
    return this.put(0x45);
  }

  and(): this {
    return this.put(0x71);
  }

  or(): this {
    return this.put(0x72);
  }

  if(): this {
    return this.put(0x04, VOID_BLOCK);
  }

  block(): this {
    return this.put(0x02, VOID_BLOCK);
  }

  loop(): this {
    return this.put(0x03, VOID_BLOCK);
  }

  /** Goes on at the start of the innermost loop. */
  againIf(): this {
    return this.put(0x0d, 0);
  }

  again(): this {
    return this.put(0x0c, 0);
  }

  /** Leaves the block around the innermost loop. */
  leaveIf(): this {
    return this.put(0x0d, 1);
  }

  end(): this {
    return this.put(END);
  }

  load(offset: number): this {
    return this.put(SIMD, 0, 0, ...unsigned(offset));
  }

  store(offset: number): this {
    return this.put(SIMD, 11, 0, ...unsigned(offset));
  }

  vector(words: readonly number[]): this {
    this.put(SIMD, 12);
    for (const word of words) this.put(word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24);
    return this;
  }

  /** Another number as one word of a vector. */
  replace(word: number): this {
    return this.put(SIMD, 28, word);
  }

  /** Sixteen bytes out of the two vectors: 0 to 15 of the lower, 16 to 31 of the upper one. */
  shuffle(from: readonly number[]): this {
    return this.put(SIMD, 13, ...from);
  }

  /** Four words out of the two vectors: 0 to 3 of the lower, 4 to 7 of the upper one. */
  shuffleWords(from: readonly number[]): this {
    return this.shuffle(from.flatMap((word) => [4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3]));
  }

  add(): this {
    return this.put(SIMD, ...unsigned(174));
  }

  xor(): this {
    return this.put(SIMD, 81);
  }

  /** Turns each word of a local to the right; by whole bytes it is one instruction. */
  rotate(local: number, bits: number): this {
    if (bits % 8 === 0) {
      const by = bits / 8;
      const from = [0, 1, 2, 3].flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + ((byte + by) & 3)));
      return this.get(local).get(local).shuffle(from).set(local);
    }
    const [left, right, both] = [unsigned(171), unsigned(173), 80];
    this.get(local)
      .int(bits)
      .put(SIMD, ...right);
    return this.get(local)
      .int(32 - bits)
      .put(SIMD, ...left)
      .put(SIMD, both)
      .set(local);
  }

  private put(...bytes: readonly number[]): this {
    for (const byte of bytes) this.bytes.push(byte);
    return this;
  }
}

/** As WebAssembly has its numbers without sign: LEB128. */
export function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
