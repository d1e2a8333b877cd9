/** What must hold of Helios on many processes, held in a hundred histories; and that a history can be had again. */
import { describe, expect, test } from 'vitest';
import { run } from '../../scripts/run.mjs';
import { projectRoot } from '../house/clone.js';
import { simulate } from './run.js';

const SEEDS = 100;
/** Seeds of one test: with a hundred in one, a bad one would be told of late. */
const SEEDS_A_TEST = 10;
const STEPS = 60;

describe.each(Array.from({ length: SEEDS / SEEDS_A_TEST }, (_, index) => 1 + index * SEEDS_A_TEST))(
  'seeds from %i',
  (from) => {
    test('everything that was accepted ends once, as it was saved, and all comes to rest', async () => {
      for (let seed = from; seed < from + SEEDS_A_TEST; seed++) {
        const { faults, history } = await simulate({ seed, steps: STEPS });
        expect(faults, `npm run simulate -- --seed ${seed} --steps ${STEPS}`).toEqual([]);
        // A history in which nothing happens shows nothing.
        expect(history.durables.size + history.calls.length, `seed ${seed}`).toBeGreaterThan(STEPS / 4);
        expect(history.troubles.length, `seed ${seed}`).toBeGreaterThan(0);
      }
    });
  },
);

test('the same seed makes the same trace, here and in a process of its own', async () => {
  const lines: string[] = [];
  const print = (line: string) => lines.push(line);
  const [seed, steps] = [77, 40];
  const again = ['scripts/simulate.mjs', '--seed', `${seed}`, '--steps', `${steps}`];
  const [here, quiet, loud] = await Promise.all([
    simulate({ seed, steps, print }),
    run(process.execPath, [...again, '--quiet'], { cwd: projectRoot, capture: 'both' }),
    run(process.execPath, again, { cwd: projectRoot, capture: 'stdout' }),
  ]);
  const other = await simulate({ seed: seed + 1, steps, isTraced: true });
  expect([quiet.code, loud.code]).toEqual([0, 0]);
  expect(quiet.output).toContain(`trace ${here.digest}`);
  expect(quiet.output).toContain('all holds');
  expect(loud.output.split('\n').slice(0, lines.length)).toEqual(lines);
  expect(other.digest).not.toBe(here.digest);
});

test('the command says what it takes, and refuses the rest', async () => {
  const told = await run(process.execPath, ['scripts/simulate.mjs', '--help'], { cwd: projectRoot, capture: 'both' });
  expect(told).toMatchObject({ code: 0, output: expect.stringContaining('--seed N') });
  const refused = await run(process.execPath, ['scripts/simulate.mjs', '--seed', 'x'], {
    cwd: projectRoot,
    capture: 'both',
  });
  expect(refused).toMatchObject({ code: 2, output: expect.stringContaining('--seed is a whole number') });
});
