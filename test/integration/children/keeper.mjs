/**
 * Does one thing with a store over and over until it is killed, and says what it is at: each line is on disk before it
 * goes on. `keeper.mjs DIRECTORY LOG FIRST-ROUND import|save|collect|planted`; planted is the fault that the test must notice: heads
 * move before their blocks are written.
 */
import { fsyncSync, openSync, writeSync } from 'node:fs';
import { Helios } from '../../../dist/index.js';

const [directory, log, first, what] = process.argv.slice(2);
const file = openSync(log ?? '', 'a');
const helios = await Helios.open({ store: directory ?? '', graceMs: 0 });

function say(/** @type {string} */ phase, /** @type {number} */ round) {
  writeSync(file, `${phase} ${round}\n`);
  fsyncSync(file);
  process.stdout.write(`${phase} ${round}\n`);
}

function world(/** @type {number} */ round) {
  return Object.fromEntries(
    Array.from({ length: 400 }, (_, at) => [
      `agent ${at}`,
      { round: at % 7 === 0 ? round : 0, text: `${at} `.repeat(60) },
    ]),
  );
}

async function save(/** @type {number} */ round) {
  say('saving', round);
  const ref = helios.create('record', world(round));
  say('encoded', round);
  const saving = ref.save(`round/${round}`, { expect: 'any' });
  say('writing', round);
  await saving;
  say('saved', round);
}

async function importOne(/** @type {number} */ round) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  const other = await Helios.open({ store: 'memory' });
  await other.create('record', world(round)).save(`round/${round}`);
  await other.exportTo(new WritableStream({ write: (chunk) => void chunks.push(chunk) }), [`round/${round}`]);
  await other.close();
  say('importing', round);
  let given = 0;
  const input = new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk === undefined) return controller.close();
      if (++given === 2) say('blocks', round);
      controller.enqueue(chunk);
    },
  });
  await helios.importFrom(input);
  say('imported', round);
}

async function collect(/** @type {number} */ round) {
  await helios.create('record', world(round)).save(`round/${round}`, { expect: 'any' });
  say('saved', round);
  if (round > Number(first) + 1) await helios.delete(`round/${round - 2}`);
  say('deleted', round - 2);
  const phases = new Set();
  const collecting = helios.collect({
    onProgress: ({ phase }) => {
      if (!phases.has(phase)) say(phase, round);
      phases.add(phase);
    },
  });
  say('collecting', round);
  await collecting;
  say('collected', round);
}

if (what === 'planted') {
  const { store } = Helios.runtime(helios);
  const commit = store.commit.bind(store);
  store.commit = async (change) => {
    await commit({ blocks: new Map(), borrowed: [], moves: change.moves });
    say('head moved', 0);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await store.blocks.put(change.blocks);
  };
}
const act = what === 'import' ? importOne : what === 'collect' ? collect : save;
for (let round = Number(first); ; round++) await act(round);
