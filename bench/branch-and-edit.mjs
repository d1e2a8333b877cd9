/**
 * Claim: a branch with one field changed and its root known costs what the change costs, whatever the size of the
 * object. Peers do what programs do without Helios: copy the object and change the copy (then nothing is named or
 * shared yet), or encode and hash it whole after the change.
 */
import { hash } from 'blake3';
import { Packr } from 'msgpackr';
import { Helios } from '../dist/index.js';
import { agent, world } from './agents.mjs';

export const name = 'branch-and-edit';
export const claim = 'a branch with one edit costs the edit, whatever the size of the object';

/** Regions of agents. About 2 KB each in JSON. */
const OBJECTS = [
  { size: '2 KB', regions: 0, agents: 1 },
  { size: '1 MB', regions: 10, agents: 50 },
  { size: '20 MB', regions: 100, agents: 100 },
];

export async function run(bench) {
  const helios = await Helios.open({ store: 'memory' });
  await compareBranch(bench, helios);
  for (const shape of OBJECTS) {
    if (bench.isQuick && shape.size === '20 MB') continue;
    await compareEdit(bench, helios, shape);
  }
  await helios.close();
}

async function compareBranch(bench, helios) {
  const reference = helios.create('record', agent(0));
  const sink = { last: undefined };
  const plain = { host: helios, held: { part: {}, tree: undefined }, type: 'record', weight: 1, base: null };
  await bench.compare('branch', {
    subject: {
      name: 'ref.branch()',
      run: () => {
        sink.last = reference.branch({ weight: 0.5 });
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
}

async function compareEdit(bench, helios, { size, regions, agents }) {
  const value = regions === 0 ? agent(0) : world(regions, agents);
  const agentIn = (draft, index) =>
    regions === 0 ? draft : draft[`region-${index % regions}`][`agent-${index % agents}`];
  await helios.create('record', value).save(`world of ${size}`);
  const base = await helios.load(`world of ${size}`);
  const packr = new Packr({ structures: [] });
  const edit = {
    name: 'branch, edit, root',
    run: (index) =>
      base.branch({ weight: 0.5 }).edit((draft) => {
        agentIn(draft, index).hp = index;
      }).root,
  };
  const peers = [
    {
      name: 'structuredClone and set',
      run: (index) => {
        const copy = structuredClone(value);
        agentIn(copy, index).hp = index;
        return copy;
      },
    },
    {
      name: 'set, JSON.stringify, BLAKE3',
      run: (index) => {
        agentIn(value, index).hp = index;
        return hash(JSON.stringify(value));
      },
    },
    {
      name: 'set, msgpackr, BLAKE3',
      run: (index) => {
        agentIn(value, index).hp = index;
        return hash(packr.pack(value));
      },
    },
  ];
  for (const peer of peers) await bench.compare(`edit of ${size}`, { subject: edit, peer, operations: 2_000 });
}
