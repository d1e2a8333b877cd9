/** A population of agents in a Helios store and in the peer's, with the pages of both read once. */
import { join } from 'node:path';
import { Helios } from '../dist/index.js';
import { agent, shuffled } from './agents.mjs';
import { openByHand } from './by-hand.mjs';

const SAVES_TOGETHER = 500;

export const peers = {
  frozen: 'by hand, frozen',
  bare: 'by hand, not frozen',
};

export function nameOf(number) {
  return `agents/${number}`;
}

/**
 * @param {string} folder
 * @param {number} count
 * @returns the store's directory, the order in which agents are asked for, and two peers over the same data
 */
export async function makePopulation(folder, count) {
  const store = join(folder, 'helios');
  const frozen = openByHand(join(folder, 'frozen'), { isFreezing: true });
  const bare = openByHand(join(folder, 'bare'), { isFreezing: false });
  const keys = [];
  const helios = await Helios.open({ store, memoryBytes: 0 });
  for (let from = 0; from < count; from += SAVES_TOGETHER) {
    const numbers = Array.from({ length: Math.min(SAVES_TOGETHER, count - from) }, (_, index) => from + index);
    const saved = await Promise.all(
      numbers.map(async (number) => {
        const value = agent(number);
        await helios.create('record', value).save(nameOf(number));
        await bare.save(nameOf(number), value);
        return frozen.save(nameOf(number), value);
      }),
    );
    keys.push(...saved);
  }
  for (let number = 0; number < count; number++) {
    (await helios.load(nameOf(number))).materialize();
    frozen.restore(keys[number]);
    bare.restore(keys[number]);
  }
  await helios.close();
  const order = shuffled(count);
  return {
    store,
    /** The agent's number for the index of an operation. */
    at: (index) => order[index % count],
    peers: { frozen, bare },
    keys,
    async close() {
      await frozen.close();
      await bare.close();
    },
  };
}
