/** Opens a store, reads a name, closes; so often. What `helios ls` does, again and again. */
import { Helios } from '../../../dist/index.js';

const [, , directory = '', times = '0'] = process.argv;
for (let done = 0; done < Number(times); done++) {
  const helios = await Helios.open({ store: directory });
  await helios.load('counter');
  await helios.close();
}
