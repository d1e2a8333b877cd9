/** Processes that are killed at what they say they are at, and what must be so in the store that they leave behind. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Helios, type VerifyFinding } from '../../src/index.js';
import { startChild } from '../children.js';
import { freshDirectory, removeDirectory } from '../store/directories.js';
import { findingsOf } from '../wholeStore.js';

export const PHASES = {
  import: ['importing', 'blocks', 'imported'],
  save: ['saving', 'encoded', 'writing', 'saved'],
  collect: ['saved', 'deleted', 'collecting', 'mark', 'sweep', 'collected'],
};

/** Kills one `count` times, each time at another phase or a little after it, and looks at the store each time. */
export async function killAndLook(what: keyof typeof PHASES, count: number): Promise<void> {
  const directory = freshDirectory();
  const store = join(directory, 'store');
  const log = join(directory, 'log');
  try {
    for (let kill = 0; kill < count; kill++) {
      const phases = PHASES[what];
      const phase = phases[kill % phases.length] ?? '';
      rmSync(log, { force: true });
      await runUntil([store, log, String(kill * 1_000), what], phase, 1 + (kill % 3), (kill * 7) % 5);
      expect(await findingsIn(store)).toEqual([]);
      await expectSaved(store, readFileSync(log, 'utf8'));
    }
  } finally {
    removeDirectory(directory);
  }
}

/** The same with the planted fault: what is found then. */
export async function killPlanted(): Promise<readonly VerifyFinding[]> {
  const directory = freshDirectory();
  const store = join(directory, 'store');
  try {
    await runUntil([store, join(directory, 'log'), '0', 'planted'], 'head moved', 1, 0);
    return await findingsIn(store);
  } finally {
    removeDirectory(directory);
  }
}

/** Kills it when it has said the phase so often, and a few milliseconds later. */
async function runUntil(args: readonly string[], phase: string, times: number, laterMs: number): Promise<void> {
  const child = startChild(new URL('./children/keeper.mjs', import.meta.url), args);
  let left = times;
  let text = '';
  const seen = new Promise<void>((resolve, reject) => {
    child.process.stdout?.on('data', (chunk: Buffer) => {
      text += String(chunk);
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith(`${phase} `) && --left === 0) resolve();
    });
    child.process.once('exit', (code) => reject(new Error(`The child ended with ${code} before it was ${phase}.`)));
  });
  await seen;
  if (laterMs > 0) await new Promise((resolve) => setTimeout(resolve, laterMs));
  child.process.kill('SIGKILL');
  await child.ended;
}

async function findingsIn(store: string): Promise<readonly VerifyFinding[]> {
  const helios = await Helios.open({ store });
  const findings = await findingsOf(helios);
  await helios.close();
  return findings;
}

/** Every save that had resolved is there, whole; what was deleted since may be gone. */
async function expectSaved(store: string, log: string): Promise<void> {
  const helios = await Helios.open({ store });
  const lines = log.split('\n').filter((line) => line !== '');
  const roundsOf = (phase: RegExp) =>
    lines.filter((line) => phase.test(line)).map((line) => Number(line.split(' ').at(-1)));
  const deleting = new Set([...roundsOf(/^deleted /), ...roundsOf(/^saved /).map((round) => round - 2)]);
  const isCollect = lines.some((line) => line.startsWith('deleted '));
  for (const round of roundsOf(/^(saved|imported) /)) {
    if (isCollect && deleting.has(round)) continue;
    const value = (await helios.load(`round/${round}`)).materialize();
    expect(Object.keys(Object(value))).toHaveLength(400);
    expect(value).toMatchObject({ 'agent 7': { round } });
  }
  await helios.close();
}
