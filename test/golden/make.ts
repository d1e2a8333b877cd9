/**
 * Made store/ and its exported file, once: `npx jiti test/golden/make.ts FOLDER`. It refuses to write over what is there:
 * the store that stands beside it was written by version 0.1.0, and is kept.
 */
import { createWriteStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Helios, type Value } from '../../src/index.js';
import { goldenStates, valueType } from './values.js';

const folder = process.argv[2] ?? '';
if (folder === '' || existsSync(folder)) throw new Error('make.ts takes a folder that is not there yet');

const helios = await Helios.open({ store: folder, types: [valueType] });
for (const [name, { type, value }] of Object.entries(goldenStates())) await create(type, value).save(name);

// Versions, a label, references inside a value, a superposition.
const world = await helios.create('record', { turn: 0, places: { inn: 'open' } }).save('history/world');
let turn = await helios.load(world.name);
for (let number = 1; number <= 3; number++) {
  turn = turn.edit((draft) => {
    (draft as { turn: number }).turn = number;
  });
  await turn.save(undefined, { message: `turn ${number}` });
}
await helios.checkpoint('history/world', 'second', 2);
const text = await helios.load('split/text');
await helios.create('record', { of: 'links', text, world: turn.branch({ weight: 0.25 }) }).save('links/two');
const branches = [0.75, 0.25].map((weight, index) => {
  const ref = turn.edit((draft) => {
    (draft as { turn: number }).turn = 10 + index;
  });
  return { ref, weight };
});
await helios.superpose(branches).save('links/superposition');
const names: string[] = [];
for await (const { name } of helios.list()) names.push(name);
await helios.exportTo(Writable.toWeb(createWriteStream(join(folder, 'heads.car'))), names);
await helios.close();

function create(type: string, value: unknown) {
  return type === 'value' ? helios.create(valueType, value) : helios.create(type as 'record', value as Value);
}
