/** Increments a counter in a directory, so often, with `update`; says the roots that it makes of ten named values. */
import { Helios } from '../../../dist/index.js';
import { namedValues } from './values.mjs';

const [, , directory = '', times = '0'] = process.argv;
const helios = await Helios.open({ store: directory });
process.stdout.write(`${JSON.stringify(rootsOf())}\n`);
for (let done = 0; done < Number(times); done++) {
  await helios.update('counter', (draft) => {
    draft.count += 1;
  });
}
await helios.close();

function rootsOf() {
  return Object.fromEntries(
    Object.entries(namedValues()).map(([name, value]) => [name, helios.create('record', value).root]),
  );
}
