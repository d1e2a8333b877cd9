import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { buildOnce } from '../cluster.js';
import { flipBits } from '../integration/bitFlips.js';
import { freshDirectory, removeDirectory } from '../store/directories.js';

beforeAll(buildOnce);
let directory: string;
beforeEach(() => {
  directory = freshDirectory();
});
afterEach(() => removeDirectory(directory));

it('4,000 bits that flip in a store are noticed where they matter, and nothing wrong is ever given', async () => {
  const { noticed, unnoticed, crashed } = await flipBits(directory, 4_000, Date.now() % 2 ** 32);
  expect(noticed).toBeGreaterThan(400);
  expect(unnoticed + noticed + crashed).toBe(4_000);
  expect(crashed).toBeLessThan(80);
}, 600_000);
