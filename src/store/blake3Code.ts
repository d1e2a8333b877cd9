/**
 * The WebAssembly that blake3.ts runs, put together when the process starts: the compression of BLAKE3 with the rows of
 * its state in SIMD registers, as its authors' SSE4.1 code has them, for one chunk and for two side by side. It is
 * written here instruction by instruction since no compiler is part of the build; it is 3 KB.
 */
import { END, I32, unsigned, V128, WasmCode } from './wasmCode.js';

/** Where the module's memory has what: chaining values of 32 bytes from 0 on, then the input. */
export const INPUT_AT = 2_048;
/** Pages of 64 KiB. */
const MEMORY_PAGES = 1;

export const CHUNK_BYTES = 1_024;
const BLOCK_BYTES = 64;
const VALUE_BYTES = 32;
const ROUNDS = 7;
export const FLAG_CHUNK_START = 1;
export const FLAG_CHUNK_END = 2;
export const FLAG_PARENT = 4;
export const FLAG_ROOT = 8;
/** What a chunk starts from: the first words of the fractional parts of the square roots of the first eight primes. */
export const IV: readonly number[] = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/** What the module exports. Chaining values and inputs are told by their places in its memory. */
export interface Blake3Module {
  readonly memory: { readonly buffer: ArrayBuffer };
  /**
   * Compresses the blocks of one chunk, or of what is left of it, into the chaining value at `valueAt`. The input has
   * room for a whole block: what is behind its end is set to zero.
   */
  readonly run: (
    at: number,
    bytes: number,
    counter: number,
    firstFlags: number,
    lastFlags: number,
    valueAt: number,
  ) => void;
  /** Compresses the first `blocks` blocks of two chunks, one behind the other, none of them the last of its chunk. */
  readonly pair: (at: number, blocks: number, counter: number, valuesAt: number) => void;
}

/** Sixteen message words, four rows of state and what is needed beside them, as numbers of locals. */
interface Lane {
  readonly rows: Four;
  readonly words: Four;
  readonly next: Four;
  readonly spare: number;
  /** The chaining value's two halves. */
  readonly low: number;
  readonly high: number;
}
type Four = readonly [number, number, number, number];

/** Locals of vectors that a lane takes. */
const LANE_LOCALS = 15;

/** What this file uses of it; it is part of no library that the compiler is given. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Blake3Module };
};

/** `null` where the engine has no SIMD. */
export function compileBlake3(): Blake3Module | null {
  const bytes = moduleBytes();
  if (!WebAssembly.validate(bytes)) return null;
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
}

function runCode(): WasmCode {
  const [at, bytes, counter, firstFlags, lastFlags, valueAt] = [0, 1, 2, 3, 4, 5];
  const lane = laneFrom(6);
  const [flags, size, roundsLeft] = [21, 22, 23];
  const code = new WasmCode();
  // Zeros behind the end, where it is not that of a block.
  code
    .get(bytes)
    .int(BLOCK_BYTES - 1)
    .and()
    .if();
  for (const offset of [0, 16, 32, 48]) code.get(at).get(bytes).plus().vector([0, 0, 0, 0]).store(offset);
  code.end();
  code.get(valueAt).load(0).set(lane.low).get(valueAt).load(16).set(lane.high);
  code.get(firstFlags).set(flags);
  code.loop();
  code.int(BLOCK_BYTES).set(size);
  code.get(bytes).int(BLOCK_BYTES).atMost().if();
  code.get(bytes).set(size).get(flags).get(lastFlags).or().set(flags);
  code.end();
  begin(code, lane, at, 0);
  code.get(counter).replace(0).get(size).replace(2).get(flags).replace(3).set(lane.rows[3]);
  compress(code, [lane], roundsLeft);
  fold(code, lane);
  code.int(0).set(flags).get(at).int(BLOCK_BYTES).plus().set(at);
  code.get(bytes).get(size).minus().tee(bytes).againIf();
  code.end();
  code.get(valueAt).get(lane.low).store(0).get(valueAt).get(lane.high).store(16);
  return code;
}

function pairCode(): WasmCode {
  const [at, blocks, counter, valuesAt] = [0, 1, 2, 3];
  const lanes = [laneFrom(4), laneFrom(4 + LANE_LOCALS)];
  const [flags, roundsLeft] = [34, 35];
  const code = new WasmCode();
  for (const { low, high } of lanes) code.vector(IV.slice(0, 4)).set(low).vector(IV.slice(4)).set(high);
  code.int(FLAG_CHUNK_START).set(flags);
  code.loop();
  for (const [index, lane] of lanes.entries()) {
    begin(code, lane, at, index * CHUNK_BYTES);
    code.get(counter).int(index).plus().replace(0).int(BLOCK_BYTES).replace(2).get(flags).replace(3).set(lane.rows[3]);
  }
  compress(code, lanes, roundsLeft);
  for (const lane of lanes) fold(code, lane);
  code.int(0).set(flags).get(at).int(BLOCK_BYTES).plus().set(at);
  code.get(blocks).int(1).minus().tee(blocks).againIf();
  code.end();
  for (const [index, { low, high }] of lanes.entries()) {
    const offset = index * VALUE_BYTES;
    code.get(valuesAt).get(low).store(offset);
    code
      .get(valuesAt)
      .get(high)
      .store(offset + 16);
  }
  return code;
}

function laneFrom(local: number): Lane {
  const four = (from: number): Four => [from, from + 1, from + 2, from + 3];
  return {
    ...{ rows: four(local), words: four(local + 4), next: four(local + 8) },
    ...{ spare: local + 12, low: local + 13, high: local + 14 },
  };
}

/** Loads a block and sets the state up for it, but for its last row, which is on the stack, all zero. */
function begin(code: WasmCode, { rows, words, low, high }: Lane, at: number, offset: number): void {
  for (const [index, word] of words.entries())
    code
      .get(at)
      .load(offset + 16 * index)
      .set(word);
  code.get(low).set(rows[0]).get(high).set(rows[1]).vector(IV.slice(0, 4)).set(rows[2]);
  // Counter (its upper half stays 0: inputs are short), bytes in the block, flags.
  code.vector([0, 0, 0, 0]);
}

/** The state after its rounds becomes the chaining value. */
function fold(code: WasmCode, { rows, low, high }: Lane): void {
  code.get(rows[0]).get(rows[2]).xor().set(low).get(rows[1]).get(rows[3]).xor().set(high);
}

/** Seven rounds. What several lanes do is mixed step by step: one alone leaves half of the processor waiting. */
function compress(code: WasmCode, lanes: readonly Lane[], roundsLeft: number): void {
  const together = (stepsOf: (code: WasmCode, lane: Lane) => readonly Step[]) => {
    const steps = lanes.map((lane) => stepsOf(code, lane));
    for (let index = 0; index < (steps[0]?.length ?? 0); index++) for (const ofLane of steps) ofLane[index]?.();
  };
  code.int(ROUNDS).set(roundsLeft);
  together(firstWords);
  code.block().loop();
  together(round);
  code.get(roundsLeft).int(1).minus().tee(roundsLeft).isZero().leaveIf();
  together(nextWords);
  code.again().end().end();
}

/** Puts some instructions down. */
type Step = () => unknown;

/** The words in the order in which the first round needs them. */
function firstWords(code: WasmCode, { words: m, next: t }: Lane): readonly Step[] {
  return [
    pick(code, t[0], m[0], m[1], [0, 2, 4, 6]),
    pick(code, t[1], m[0], m[1], [1, 3, 5, 7]),
    pick(code, t[2], m[2], m[3], [6, 0, 2, 4]),
    pick(code, t[3], m[2], m[3], [7, 1, 3, 5]),
  ];
}

/** The words permuted, in the order in which the next round needs them. */
function nextWords(code: WasmCode, { words: m, next: t, spare }: Lane): readonly Step[] {
  return [
    ...m.map((word, index) => () => code.get(t[index] as number).set(word)),
    pick(code, t[0], m[0], m[1], [1, 5, 7, 2]),
    pick(code, spare, m[2], m[3], [2, 2, 7, 7]),
    pick(code, t[1], m[0], spare, [3, 5, 0, 7]),
    pick(code, t[2], m[3], m[1], [0, 1, 4, 5]),
    pick(code, t[2], t[2], m[2], [0, 2, 7, 1]),
    pick(code, t[3], m[1], m[3], [2, 6, 3, 7]),
    pick(code, t[3], m[2], t[3], [1, 5, 4, 0]),
  ];
}

/** The mixing function on the columns of the state, then on its diagonals, which are turned into columns and back. */
function round(code: WasmCode, { rows, next: t }: Lane): readonly Step[] {
  const [a, b, c, d] = rows;
  const half = (word: number, first: number, second: number) => [
    () => code.get(a).get(b).add().get(word).add().set(a),
    () => code.get(d).get(a).xor().set(d).rotate(d, first),
    () => code.get(c).get(d).add().set(c),
    () => code.get(b).get(c).xor().set(b).rotate(b, second),
  ];
  const turn = (row: number, from: Four) => pick(code, row, row, row, from);
  return [
    ...[...half(t[0], 16, 12), ...half(t[1], 8, 7)],
    ...[turn(a, [3, 0, 1, 2]), turn(d, [2, 3, 0, 1]), turn(c, [1, 2, 3, 0])],
    ...[...half(t[2], 16, 12), ...half(t[3], 8, 7)],
    ...[turn(a, [1, 2, 3, 0]), turn(d, [2, 3, 0, 1]), turn(c, [3, 0, 1, 2])],
  ];
}

/** Four words out of two registers: 0 to 3 of the left one, 4 to 7 of the right one. */
function pick(code: WasmCode, to: number, left: number, right: number, from: Four): Step {
  return () => code.get(left).get(right).shuffleWords(from).set(to);
}

function moduleBytes(): Uint8Array {
  const run = functionOf(LANE_LOCALS, 3, runCode());
  const pair = functionOf(2 * LANE_LOCALS, 2, pairCode());
  const exported = (name: string, kind: number, index: number) => [name.length, ...Buffer.from(name), kind, index];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [2, ...signature(6), ...signature(4)]),
    ...section(3, [2, 0, 1]),
    ...section(5, [1, 0, MEMORY_PAGES]),
    ...section(7, [3, ...exported('memory', 2, 0), ...exported('run', 0, 0), ...exported('pair', 0, 1)]),
    ...section(10, [2, ...run, ...pair]),
  ]);
}

function functionOf(vectors: number, integers: number, { bytes }: WasmCode): number[] {
  const body = [2, ...unsigned(vectors), V128, ...unsigned(integers), I32, ...bytes, END];
  return [...unsigned(body.length), ...body];
}

function signature(parameters: number): number[] {
  return [0x60, parameters, ...new Array<number>(parameters).fill(I32), 0];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}
