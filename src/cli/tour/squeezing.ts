/**
 * Step 4, second half: a process of its own with a heap of 256 MB opens the tour's store, really fills 60 % of that
 * heap, and lets go of it again. What its pressure and threshold actors make of it is told here as it happens.
 */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { shareText } from '../screen/units.js';
import { type Checks, must, mustEqual } from './checks.js';
import type { Move } from './heapHolding.js';
import type { Stage } from './stage.js';

export interface SqueezeOptions {
  readonly storeDir: string;
  /** The program of the process; see heapHolder.ts. */
  readonly program: URL;
  readonly signal: AbortSignal;
}

const HEAP_MB = 256;
const HELD_SHARE = 0.6;
const NORMAL = 'normal';

export async function squeeze(options: SqueezeOptions, stage: Stage, checks: Checks): Promise<readonly Move[]> {
  await stage.say(`  a process with a heap of ${HEAP_MB} MB fills ${shareText(HELD_SHARE)} of it and lets go:`);
  const rises = checks.claim('a filled heap raises the level, and the policy gets a new epoch');
  const falls = checks.claim('once the heap is free again the level falls back to normal, in a policy newer still');
  const moves: Move[] = [];
  const end = await runHolder(options, async (move) => {
    moves.push(move);
    await stage.say(`  ${moveText(move)}`);
  });
  const levels = moves.map(({ level }) => level);
  const highest = levels.findLastIndex((level) => level !== NORMAL);
  rises.prove(() => {
    mustEqual(end, null, end ?? '');
    mustEqual(levels[0], NORMAL, `it began at level ${levels[0]}`);
    must(highest > 0, `the level stayed ${NORMAL}`);
    must(epochOf(moves[highest]) > epochOf(moves[0]), 'the epoch did not rise');
  });
  falls.prove(() => {
    mustEqual(end, null, end ?? '');
    mustEqual(levels.at(-1), NORMAL, `it ended at level ${levels.at(-1)}`);
    must(epochOf(moves.at(-1)) > epochOf(moves[highest]), 'the epoch did not rise');
  });
  await stage.judge(rises, falls);
  return moves;
}

/** @returns null when the process ended well, else what became of it */
function runHolder(options: SqueezeOptions, tell: (move: Move) => Promise<void>): Promise<string | null> {
  const { program, storeDir, signal } = options;
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(program), [storeDir, String(HELD_SHARE)], {
      execArgv: [`--max-old-space-size=${HEAP_MB}`, '--expose-gc'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      signal,
    });
    let said = '';
    let told = Promise.resolve();
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.on('message', (move: Move) => {
      told = told.then(() => tell(move));
    });
    child.on('error', reject);
    child.on('close', (code, killedBy) => {
      const end = code === 0 ? null : `the process ended with ${killedBy ?? `code ${code}`}: ${said.trim()}`;
      told.then(() => resolve(end), reject);
    });
  });
}

function moveText({ atMs, level, epoch, threshold, heapShare }: Move): string {
  const heap = `heap ${shareText(heapShare)} full`.padEnd(18);
  return `${(atMs / 1_000).toFixed(1).padStart(5)} s  ${heap} level ${level.padEnd(9)} policy ${epoch}: priority ${threshold} and above`;
}

function epochOf(move: Move | undefined): bigint {
  return BigInt(move?.epoch ?? -1);
}
