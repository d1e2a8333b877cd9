/** Bits that flip anywhere in a store's file: what is read then is right or refused, and no loss goes without a word. */
import { mkdirSync, statSync } from 'node:fs';
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
  const { size } = statSync(join(store, 'data.mdb'));
  const random = drawing(seed);
  const tally = { unnoticed: 0, noticed: 0, crashed: 0 };
  const start = () => startChild(PROGRAM, ['try', store, scratch], ['env', `HISTORIES=${histories}`]);
  let child = start();
  for (let flip = 0; flip < flips; flip++) {
    const place = [Math.floor(random() * size), Math.floor(random() * 8)];
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
