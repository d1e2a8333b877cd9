import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { buildOnce } from '../cluster.js';
import { freshDirectory, removeDirectory } from '../store/directories.js';
import { flipBits } from './bitFlips.js';

beforeAll(buildOnce);
let directory: string;
beforeEach(() => {
  directory = freshDirectory();
});
afterEach(() => removeDirectory(directory));

it('300 bits that flip in a store are noticed where they matter, and nothing wrong is ever given', async () => {
  const { noticed, unnoticed, crashed } = await flipBits(directory, 300, 20_261);
  expect(noticed).toBeGreaterThan(30);
  expect(unnoticed + noticed + crashed).toBe(300);
  expect(crashed).toBeLessThan(9);
}, 120_000);
