/**
 * Claim: a branch with one field changed and its root known costs what the change costs, whatever the size of the
 * object, and a place in an object of which nothing is in memory costs the blocks on the way to it. Peers do what
 * programs do without Helios: copy the object and change the copy (then nothing is named or shared yet), or encode and
 * hash it whole after the change; or parse the whole to read one place.
 */
import { join } from 'node:path';
import { hash } from 'blake3';
import { Packr } from 'msgpackr';
import { Helios } from '../dist/index.js';
import { agent, world } from './agents.mjs';
import { distribution, heldBytes } from './timing.mjs';

export const name = 'branch-and-edit';
export const claim = 'a branch with one edit costs the edit, whatever the size of the object';

/** Regions of agents. About 2 KB each in JSON. */
const OBJECTS = [
  { size: '2 KB', regions: 0, agents: 1, toReach: 'at most 10' },
  { size: '1 MB', regions: 10, agents: 50, toReach: 'at most 25' },
  { size: '20 MB', regions: 100, agents: 100, toReach: 'at most 40' },
];
const BRANCHES = 100_000;
const EDITS = 20_000;
const COLD = 3_000;

export async function run(bench) {
  const objects = bench.isQuick ? OBJECTS.slice(0, 2) : OBJECTS;
  for (const object of objects) await ofObject(bench, object);
  if (!bench.isQuick) await ofNothingInMemory(bench, OBJECTS[2]);
}

async function ofObject(bench, { size, regions, agents, toReach }) {
  const helios = await Helios.open({ store: 'memory' });
  const value = regions === 0 ? agent(0) : world(regions, agents);
  await helios.create('record', value).save('world');
  const base = await helios.load('world');
  await branches(bench, base, size);
  edits(bench, base, { size, regions, agents, toReach });
  await compareEdit(bench, base, { size, regions, agents, value });
  await helios.close();
}

async function branches(bench, base, size) {
  const sink = { last: undefined };
  const plain = { host: base, held: { part: {}, tree: undefined }, type: 'record', weight: 1, base: null };
  await bench.compare(`branch of ${size} (p95 to reach: 0.3)`, {
    subject: {
      name: 'ref.branch()',
      run: () => {
        sink.last = base.branch({ weight: 0.5 });
      },
    },
    peer: {
      name: 'an object of five fields',
      run: () => {
        sink.last = { ...plain, weight: 0.5 };
      },
    },
    operations: 100_000,
    sample: 'batch',
  });
  const bytes = heldBytes(() => Array.from({ length: BRANCHES }, () => base.branch({ weight: 0.5 })));
  const figure = { value: bytes / BRANCHES, unit: 'B', toReach: 'at most 200' };
  bench.report(`memory of a branch of ${size}`, figure);
}

/** Each from the state before, its root known. */
function edits(bench, base, { size, regions, agents, toReach }) {
  let state = base;
  const { p50, p95 } = distribution(bench.isQuick ? EDITS / 10 : EDITS, (index) => {
    state = state.edit((draft) => {
      agentIn(draft, index, regions, agents).hp = index;
    });
    return state.root;
  });
  bench.report(`edit and root of ${size}, one after another, p95 (p50 ${p50.toFixed(1)})`, {
    ...{ value: p95, unit: 'µs', toReach },
  });
}

async function compareEdit(bench, base, { size, regions, agents, value }) {
  const packr = new Packr({ structures: [] });
  const edit = {
    name: 'branch, edit, root',
    run: (index) =>
      base.branch({ weight: 0.5 }).edit((draft) => {
        agentIn(draft, index, regions, agents).hp = index;
      }).root,
  };
  const peers = [
    {
      name: 'structuredClone and set',
      run: (index) => {
        const copy = structuredClone(value);
        agentIn(copy, index, regions, agents).hp = index;
        return copy;
      },
    },
    {
      name: 'set, JSON.stringify, BLAKE3',
      run: (index) => {
        agentIn(value, index, regions, agents).hp = index;
        return hash(JSON.stringify(value));
      },
    },
    {
      name: 'set, msgpackr, BLAKE3',
      run: (index) => {
        agentIn(value, index, regions, agents).hp = index;
        return hash(packr.pack(value));
      },
    },
  ];
  for (const peer of peers) await bench.compare(`edit of ${size}`, { subject: edit, peer, operations: 2_000 });
}

/** Out of LMDB, with a decoded cache that keeps nothing; pages that were read once are in the system's cache. */
async function ofNothingInMemory(bench, { size, regions, agents }) {
  const store = join(bench.folder, 'cold');
  const value = world(regions, agents);
  const writer = await Helios.open({ store });
  await writer.create('record', value).save('world');
  await writer.close();
  const helios = await Helios.open({ store, memoryBytes: 0 });
  const base = await helios.load('world');
  const edit = distribution(COLD, (index) => {
    return base.edit((draft) => {
      agentIn(draft, index, regions, agents).hp = index;
    }).root;
  });
  bench.report(`edit and root of ${size}, nothing in memory, p95 (p50 ${edit.p50.toFixed(1)})`, {
    ...{ value: edit.p95, unit: 'µs', toReach: 'at most 70' },
  });
  const path = (index) => [`region-${index % regions}`, `agent-${(index * 7) % agents}`, 'hp'];
  const before = helios.stats().requests.storeReads;
  const place = distribution(COLD, (index) => base.at(path(index)));
  const reads = (helios.stats().requests.storeReads - before) / place.operations;
  bench.report(`one place of ${size}, nothing in memory, p95 (p50 ${place.p50.toFixed(1)})`, {
    ...{ value: place.p95, unit: 'µs', toReach: 'at most 30' },
  });
  bench.report('the same: blocks read for it', { value: reads, unit: 'blocks', toReach: 'the depth' });
  const text = JSON.stringify(value);
  await bench.compare(`one place of ${size}, nothing in memory`, {
    subject: { name: 'ref.at(path)', run: (index) => base.at(path(index)) },
    peer: { name: 'JSON.parse of the whole', run: (index) => agentIn(JSON.parse(text), index, regions, agents).hp },
    operations: 500,
  });
  await helios.close();
}

function agentIn(draft, index, regions, agents) {
  return regions === 0 ? draft : draft[`region-${index % regions}`][`agent-${(index * 7) % agents}`];
}
