/**
 * One contestant by itself: changes one field deep in an object of 1 MB, over and over, each time from the state before,
 * and prints how long that took: `contestant.mjs NAME SHAPE ROUNDS`. The shape is `nested`, 10 regions of 50 agents of
 * 2 KB, or `flat`, 7,000 entries of 150 bytes under one key each. What each contestant gives back, and what it can't, is
 * in docs/benchmarks.md.
 */
import { next as automerge } from '@automerge/automerge';
import { hash } from 'blake3';
import { produce } from 'immer';
import { create } from 'mutative';
import * as Y from 'yjs';
import { Helios } from '../../dist/index.js';
import { record, world } from '../agents.mjs';

const REGIONS = 10;
const AGENTS = 50;
const ENTRIES = 7_000;
const [name = '', shape = '', rounds = '0'] = process.argv.slice(2);
const isFlat = shape === 'flat';

const contestants = {
  async helios() {
    const helios = await Helios.open({ store: 'memory' });
    await helios.create('record', subject()).save('world');
    let state = await helios.load('world');
    return (region, one, value) => {
      state = state.edit((draft) => {
        draft[region][one].hp = value;
      });
      return state.root;
    };
  },
  immer: () => recipe(produce),
  mutative: () => recipe(create),
  structuredClone() {
    let state = subject();
    return (region, one, value) => {
      state = structuredClone(state);
      state[region][one].hp = value;
    };
  },
  /** What it takes to have a name for the state as well. */
  'JSON and BLAKE3'() {
    const state = subject();
    return (region, one, value) => {
      state[region][one].hp = value;
      return hash(JSON.stringify(state));
    };
  },
  automerge() {
    let state = automerge.from(subject());
    return (region, one, value) => {
      state = automerge.change(state, (draft) => {
        draft[region][one].hp = value;
      });
      return automerge.getHeads(state);
    };
  },
  yjs() {
    const doc = new Y.Doc();
    const top = doc.getMap('world');
    for (const [region, agents] of Object.entries(subject())) top.set(region, shared(agents));
    return (region, one, value) => doc.transact(() => top.get(region).get(one).set('hp', value));
  },
};

const TEXT = 'a fox, a river, a stone, a lantern; '.repeat(3);

const edit = await contestants[name]();
const samples = new Float64Array(Number(rounds));
const warmUp = Math.ceil(samples.length / 4);
for (let round = -warmUp; round < samples.length; round++) {
  const index = round + warmUp;
  const startedAt = performance.now();
  if (isFlat) edit('entries', `entry-${(index * 7_919) % ENTRIES}`, index);
  else edit(`region-${index % REGIONS}`, `agent-${index % AGENTS}`, index);
  if (round >= 0) samples[round] = (performance.now() - startedAt) * 1_000;
}
samples.sort();
const at = (share) => samples[Math.ceil(samples.length * share) - 1];
console.log(JSON.stringify({ p50: at(0.5), p95: at(0.95) }));
process.exit(0);

function recipe(make) {
  let state = make(subject(), () => {});
  return (region, one, value) => {
    state = make(state, (draft) => {
      draft[region][one].hp = value;
    });
  };
}

function subject() {
  if (!isFlat) return world(REGIONS, AGENTS);
  return { entries: record(ENTRIES, 'entry', (one) => ({ hp: one, name: `entry ${one}`, text: TEXT })) };
}

function shared(value) {
  if (Array.isArray(value)) return Y.Array.from(value.map(shared));
  if (typeof value !== 'object') return value;
  return new Y.Map(Object.entries(value).map(([key, one]) => [key, shared(one)]));
}
