/** Increments a counter in a directory, so often, with `update`; says the roots that it makes of ten named values. */
import { Helios } from '../../../dist/index.js';
import { namedValues } from './values.mjs';

const [, , directory = '', times = '0'] = process.argv;
const helios = await Helios.open({ store: directory });
process.stdout.write(`${JSON.stringify(rootsOf())}\n`);
for (let done = 0; done < Number(times); done++) {
  // A process that is slower than the other may lose a hundred times in a row, which is no loss of an update.
  await helios.update('counter', (draft) => void draft.count++, { retries: 10_000 });
}
await helios.close();

function rootsOf() {
  return Object.fromEntries(
    Object.entries(namedValues()).map(([name, value]) => [name, helios.create('record', value).root]),
  );
}
