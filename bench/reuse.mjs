/**
 * Claim: an insertion at the front of a list, a character in a text, an entry at the end of a million: each writes a path
 * and uses all other blocks again. Automerge and Yjs, which keep every change for ever, do the same to the one document
 * that they have.
 */
import { next as automerge } from '@automerge/automerge';
import * as Y from 'yjs';
import { Helios } from '../dist/index.js';
import { agent } from './agents.mjs';
import { distribution } from './timing.mjs';

export const name = 'reuse';
export const claim = 'what an edit leaves as it was is used again';

/** Characters of an agent's diary, of which the text is made: nothing in it comes twice. */
const DIARY = 1_000;
const EDITS = 2_000;
const FEW_EDITS = 200;

export async function run(bench) {
  const few = bench.isQuick ? 10 : 1;
  await insertions(bench, 100_000 / few);
  await characters(bench, 1_000_000 / few);
  await appends(bench, 1_000_000 / few);
}

const row = (n) => ({ n, text: `row ${n}`, done: n % 3 === 0 });

async function insertions(bench, size) {
  const label = `insertion at the front of a list of ${size.toLocaleString('en-US')} records`;
  const helios = await Helios.open({ store: 'memory' });
  const list = helios.create(
    'list',
    Array.from({ length: size }, (_, n) => row(n)),
  );
  await reused(bench, label, helios, list, (draft) => draft.unshift(row(-1)));
  const ours = timed(list, EDITS, (draft, index) => draft.unshift(row(-index)));
  const array = new Y.Doc().getArray('list');
  array.insert(
    0,
    Array.from({ length: size }, (_, n) => row(n)),
  );
  const theirs = distribution(EDITS, (index) => array.insert(0, [row(-index)]));
  bench.report(`${label}, with its root, p50 (p95 ${ours.p95.toFixed(0)})`, {
    ...{ value: ours.p50, unit: 'µs', peer: { name: 'yjs', value: theirs.p50 } },
  });
  await helios.close();
}

async function characters(bench, size) {
  const label = `one character in a text of ${(size / 1e6).toLocaleString('en-US')} MB`;
  const diaries = Array.from({ length: Math.ceil(size / DIARY) }, (_, n) => `${n}: ${agent(n).diary}\n`);
  const text = diaries.join('').slice(0, size);
  const helios = await Helios.open({ store: 'memory' });
  const ref = helios.create('text', text);
  const place = (index) => (index * 7_919) % size;
  await reused(bench, label, helios, ref, (draft) => draft.splice(size / 2, 0, 'x'));
  const ours = timed(ref, EDITS, (draft, index) => draft.splice(place(index), 0, 'x'));
  const shared = new Y.Doc().getText('text');
  shared.insert(0, text);
  let document = automerge.from({ text });
  const peers = [
    ['yjs', distribution(EDITS, (index) => shared.insert(place(index), 'x'))],
    [
      'automerge',
      distribution(FEW_EDITS, (index) => {
        document = automerge.change(document, (draft) => automerge.splice(draft, ['text'], place(index), 0, 'x'));
      }),
    ],
  ];
  for (const [peer, { p50 }] of peers) {
    bench.report(`${label}, with its root, p50 (p95 ${ours.p95.toFixed(0)})`, {
      ...{ value: ours.p50, unit: 'µs', peer: { name: peer, value: p50 } },
    });
  }
  await helios.close();
}

async function appends(bench, size) {
  const helios = await Helios.open({ store: 'memory' });
  const count = size.toLocaleString('en-US');
  const entries = Array.from({ length: size }, (_, n) => n);
  const lists = [
    ['log', entries, (draft, index) => draft.push(size + index)],
    ['map', new Map(entries.map((n) => [`k${n}`, n])), (draft, index) => draft.set(`l${index}`, index)],
    ['set', new Set(entries), (draft, index) => draft.add(size + index)],
  ];
  for (const [type, value, add] of lists) {
    const ref = helios.create(type, value);
    await reused(bench, `one entry more in a ${type} of ${count}`, helios, ref, (draft) => add(draft, 0));
    const { p50, p95 } = timed(ref, EDITS, add);
    bench.report(`one entry more in a ${type} of ${count}, with its root, p50 (p95 ${p95.toFixed(0)})`, {
      ...{ value: p50, unit: 'µs' },
    });
  }
  await helios.close();
}

function timed(ref, count, recipe) {
  let state = ref;
  return distribution(count, (index) => {
    state = state.edit((draft) => {
      recipe(draft, index);
    });
    return state.root;
  });
}

async function reused(bench, label, helios, ref, recipe) {
  await ref.save(label);
  const { blocks } = helios.stats().store;
  const edited = (await helios.load(label)).edit((draft) => {
    recipe(draft);
  });
  await edited.save();
  // The commit is a block too, of the version and not of its value.
  const added = helios.stats().store.blocks - blocks - 1;
  bench.report(`${label}: blocks used again`, {
    ...{ value: (1 - added / blocks) * 100, unit: '% of blocks', toReach: 'at least 99' },
  });
}
