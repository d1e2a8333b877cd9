import { createEmbeddedJournal } from '../../../src/bus/index.js';
import { JOURNAL } from '../../../src/bus/simulated/journal.js';
import { createSimulation } from '../../../src/bus/simulated.js';
import { journalContract } from '../../contract/journal.js';
import { pump } from './pump.js';

journalContract('embedded, at a distance', async (settings) => {
  const simulation = createSimulation({
    seed: 1,
    onError: (error) => {
      throw error;
    },
  });
  const { clock } = simulation.start(JOURNAL);
  const journal = createEmbeddedJournal({ ...settings, clock, wallClock: () => 1_769_860_800_000 });
  const [here, there] = [simulation.start('here').journal(journal), simulation.start('there').journal(journal)];
  const stop = pump(simulation, { isPaced: true });
  return { here, there, stop: async () => stop() };
});
