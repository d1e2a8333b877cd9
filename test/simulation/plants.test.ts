/** That the simulation can fail: each fault that is put in is found, in the words that are meant for it. */
import { describe, expect, test } from 'vitest';
import { PLANTS } from './plants.js';
import { simulate } from './run.js';

/** Seeds in which a fault must have shown itself. */
const SEEDS_MAX = 60;
const STEPS = 60;

describe('a planted fault is found:', () => {
  test.each(Object.entries(PLANTS))('%s', async (_, { plant, found }) => {
    const said: string[] = [];
    for (let seed = 1; seed <= SEEDS_MAX; seed++) {
      const { faults } = await simulate({ seed, steps: STEPS, plant });
      if (faults.some((fault) => found.test(fault))) {
        if (process.env.HELIOS_TELL !== undefined)
          console.log(`seed ${seed}: ${faults.find((fault) => found.test(fault))}`);
        return;
      }
      said.push(...faults.slice(0, 3));
    }
    expect.unreachable(`not in ${SEEDS_MAX} seeds; but: ${said.slice(0, 5).join('; ') || 'nothing'}`);
  });
});
