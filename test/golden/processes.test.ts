/** A root depends on the value alone: not on the process, on how the program was compiled, or on how the value came about. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { createEncoder } from '../../src/state/encode.js';
import { drawn } from './drawn.js';

const run = promisify(execFile);
const GROWN = fileURLToPath(new URL('children/grown.mjs', import.meta.url));

const SEED = Number(process.env.GOLDEN_SEED ?? 20_261);

it('two processes give the same roots, whatever their edits', async () => {
  const { stdout } = await run(process.execPath, [GROWN, String(SEED)], { maxBuffer: 1 << 26 });
  const theirs = JSON.parse(stdout) as string[];
  const encoder = createEncoder();
  const ours = drawn(SEED).map((value) => encoder.value({ value }).hash);
  expect(new Set(ours).size).toBeGreaterThan(60);
  expect(theirs).toEqual(ours);
}, 60_000);
