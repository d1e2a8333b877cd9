import { createSimulation } from '../../../src/bus/simulated.js';
import { busContract } from '../../contract/bus.js';
import { pump } from './pump.js';

busContract('simulated', async ({ onError }) => {
  const simulation = createSimulation({
    seed: 1,
    onError: (error, _process, message) => {
      if (message === undefined) throw error;
      onError(error, message);
    },
  });
  const stop = pump(simulation);
  const [here, there] = [simulation.start('here'), simulation.start('there')];
  return { here: here.bus, there: there.bus, stop: async () => stop() };
});
