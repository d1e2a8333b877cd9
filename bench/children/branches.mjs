/**
 * A thousand versions of a document of 20 MB, held at once: `branches.mjs SIDE COUNT SHAPE scattered|neighbours FOLDER`.
 * The document is 10,000 agents of 2 KB in regions, or 100,000 rows of 200 bytes under one key each. Helios saves each
 * version as a name of its own, with a decoded cache of 4 MB; immer holds them. Prints what they hold, and the new bytes.
 */
import { produce, setAutoFreeze } from 'immer';
import { Helios } from '../../dist/index.js';
import { record, world } from '../agents.mjs';
import { liveBytes } from '../timing.mjs';

const REGIONS = 100;
const AGENTS = 100;
const ROWS = 100_000;
const EDITS = 100;
const CACHE_BYTES = 4_000_000;
const TEXT = 'a fox, a river, a stone, a lantern; '.repeat(4);
const [side, countText, shape, where, folder] = process.argv.slice(2);
const count = Number(countText);

function subject() {
  if (shape === 'agents') return world(REGIONS, AGENTS);
  return record(ROWS, 'row', (one) => ({ hp: one, name: `row ${one}`, text: `${one} ${TEXT}` }));
}

/** A hundred records, anywhere or all beside each other. */
function change(draft, branch) {
  for (let edit = 0; edit < EDITS; edit++) {
    const isScattered = where === 'scattered';
    if (shape === 'rows') {
      // Beside each other in the order of keys: those that begin alike.
      const row = isScattered ? (branch * 7_919 + edit * 104_729) % ROWS : 10_000 + ((branch * 100) % 90_000) + edit;
      draft[`row-${row}`].hp = 1_000_000 + branch + edit;
      continue;
    }
    const place = (branch * 7_919 + edit * 104_729) % (REGIONS * AGENTS);
    const region = isScattered ? place % REGIONS : branch % REGIONS;
    draft[`region-${region}`][`agent-${isScattered ? Math.floor(place / REGIONS) : edit}`].hp = 1_000 + branch + edit;
  }
}

const held = [];
let newBytes = 0;
let documentBytes = 0;
let before = 0;
const startedAt = performance.now();
if (side === 'helios') {
  const helios = await Helios.open({ store: folder, memoryBytes: CACHE_BYTES });
  await helios.create('record', subject()).save('document');
  documentBytes = helios.stats().store.bytes;
  const base = await helios.load('document');
  before = liveBytes();
  for (let branch = 0; branch < count; branch++) {
    const ref = base.branch({ weight: 1 / count }).edit((draft) => change(draft, branch));
    await ref.save(`branches/${branch}`);
    held.push(ref);
  }
  newBytes = (helios.stats().store.bytes - documentBytes) / count;
} else {
  setAutoFreeze(true);
  const base = produce(subject(), () => {});
  before = liveBytes();
  for (let branch = 0; branch < count; branch++) held.push(produce(base, (draft) => change(draft, branch)));
}
const ms = (performance.now() - startedAt) / count;
console.log(JSON.stringify({ heldBytes: liveBytes() - before, newBytes, documentBytes, ms, held: held.length }));
process.exit(0);
