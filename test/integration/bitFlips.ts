/** Bits that flip anywhere in a store's file: what is read then is right or refused, and no loss goes without a word. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Child, startChild } from '../children.js';

interface Outcome {
  readonly wrong: readonly string[];
  readonly refused: readonly string[];
  readonly findings: number;
}

export interface Flips {
  /** Outcomes where nothing was noticed, and nothing was wrong either: most of the file is free or unused. */
  readonly unnoticed: number;
  readonly noticed: number;
  /** Where LMDB followed a pointer in its own pages out of the file. */
  readonly crashed: number;
}

const PROGRAM = new URL('./children/bitFlips.mjs', import.meta.url);
const CRASHES = ['SIGBUS', 'SIGSEGV', 'SIGABRT'];

/** Flips so many bits, drawn by a seed, each in a copy of its own of a store in the directory. */
export async function flipBits(directory: string, flips: number, seed: number): Promise<Flips> {
  const [store, scratch] = ['store', 'scratch'].map((name) => join(directory, name)) as [string, string];
  mkdirSync(scratch);
  const maker = startChild(PROGRAM, ['make', store]);
  const histories = JSON.stringify(await maker.next());
  expect(await maker.ended).toBe(0);
  const random = drawing(seed);
  const draw = places(readFileSync(join(store, 'data.mdb')), random);
  const tally = { unnoticed: 0, noticed: 0, crashed: 0 };
  const start = () => startChild(PROGRAM, ['try', store, scratch], ['env', `HISTORIES=${histories}`]);
  let child = start();
  for (let flip = 0; flip < flips; flip++) {
    const place = draw(flip);
    const outcome = await answer(child, JSON.stringify(place));
    if (outcome === undefined) {
      expect(CRASHES, `${place}: ${child.complaints()}`).toContain(child.process.signalCode);
      tally.crashed++;
      child = start();
      continue;
    }
    const { wrong, refused, findings } = outcome;
    expect({ place, wrong }).toEqual({ place, wrong: [] });
    const isNoticed = findings > 0 || refused.includes('CORRUPT_BLOCK');
    if (refused.length > 0) expect({ place, refused, isNoticed }).toEqual({ place, refused, isNoticed: true });
    if (isNoticed) tally.noticed++;
    else tally.unnoticed++;
  }
  child.kill('SIGKILL');
  return tally;
}

const PAGE_BYTES = 4_096;
/** Of LMDB's two first pages only so much says anything. */
const META_BYTES = 200;
const FLAGS_AT = 18;
const BRANCH = 1;
const LEAF = 2;

/** Bits to flip: every other one anywhere, the rest in the few pages that hold names, or lead to others. */
function places(data: Buffer, random: () => number): (flip: number) => readonly [at: number, bit: number] {
  const pages = Array.from({ length: data.length / PAGE_BYTES }, (_, page) => page);
  const pageAt = (page: number) => data.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  const flagsOf = (page: number) => pageAt(page).readUInt16LE(FLAGS_AT);
  const kinds = [
    pages.filter((page) => flagsOf(page) === LEAF && pageAt(page).includes('agents/')),
    pages.filter((page) => flagsOf(page) === BRANCH),
    pages.filter((page) => pageAt(page).includes('dropped')),
    [0, 1],
  ];
  const below = (limit: number) => Math.floor(random() * limit);
  return (flip) => {
    const among = (flip % 2 === 0 ? pages : kinds[((flip - 1) / 2) % kinds.length]) ?? pages;
    const page = among[below(among.length)] ?? 0;
    return [page * PAGE_BYTES + below(page < 2 ? META_BYTES : PAGE_BYTES), below(8)];
  };
}

async function answer(child: Child, line: string): Promise<Outcome | undefined> {
  try {
    return (await child.ask(line)) as Outcome | undefined;
  } catch (error) {
    await child.ended;
    if (child.process.signalCode !== null) return undefined;
    throw error;
  }
}

function drawing(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
