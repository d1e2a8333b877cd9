import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Helios, type Value } from '../src/index.js';
import { Runtime } from '../src/runtime.js';
import { createMemoryStore, type Hash } from '../src/store/index.js';
import { big, findingsOf } from './wholeStore.js';

let blocks: Map<Hash, Uint8Array>;
let helios: Helios;

beforeEach(() => {
  blocks = new Map();
  const store = createMemoryStore({ blocks });
  helios = Helios.over(new Runtime({ store, types: [], memory: { heapLimitBytes: 1e9 }, onError: () => {} }));
});
afterEach(() => helios.close());

/** The block that only the first version's key 7 stands in. */
async function changed(): Promise<Hash> {
  await helios.create('record', big(1, 300)).save('agent');
  const before = new Set(blocks.keys());
  await helios.update('agent', (draft: Record<string, Value>) => {
    draft['key 7'] = 'changed';
  });
  const added = [...blocks.keys()].filter((hash) => !before.has(hash));
  const leaf = added.find((hash) => Buffer.from(blocks.get(hash) ?? []).includes('changed'));
  if (leaf === undefined) throw new Error('no leaf was written');
  return leaf;
}

describe('verification', () => {
  it('finds nothing in a store that is whole', async () => {
    await changed();
    expect(await findingsOf(helios)).toEqual([]);
  });

  it('names the versions that a damaged block breaks, also when its value is cached', async () => {
    const leaf = await changed();
    (await helios.load('agent')).materialize();
    await helios.create('record', { other: big(2, 300) }).save('other');
    blocks.set(
      leaf,
      Uint8Array.from(blocks.get(leaf) ?? [], (byte, at) => (at === 20 ? byte ^ 1 : byte)),
    );
    expect(await findingsOf(helios)).toEqual([{ hash: leaf, problem: 'corrupt', heldBy: ['agent@2'] }]);
  });

  it('names the versions that a missing block breaks, and who holds them by a link', async () => {
    const leaf = await changed();
    await helios.create('list', [await helios.load('agent')]).save('links');
    blocks.delete(leaf);
    expect(await findingsOf(helios)).toEqual([{ hash: leaf, problem: 'missing', heldBy: ['agent@2', 'links@1'] }]);
    const first = (await helios.load('agent', { version: 1 })).root;
    blocks.delete(first);
    expect(await findingsOf(helios)).toEqual([
      { hash: leaf, problem: 'missing', heldBy: ['agent@2', 'links@1'] },
      { hash: first, problem: 'missing', heldBy: ['agent@1'] },
    ]);
  });

  it('finds a block that is what its hash says and no block of ours', async () => {
    const commit = Helios.runtime(helios).store;
    const { hashOf } = await import('../src/store/index.js');
    const bytes = Buffer.from('no block at all');
    const hash = hashOf(bytes);
    await commit.commit({
      blocks: new Map([[hash, bytes]]),
      borrowed: [],
      moves: [
        {
          ...{ name: 'odd', expect: null },
          to: { name: 'odd', version: 1, commit: hash, root: hash, type: 'record', schemaVersion: 1, weight: 1, at: 0 },
        },
      ],
    });
    expect(await findingsOf(helios)).toEqual([{ hash, problem: 'corrupt', heldBy: ['odd@1'] }]);
  });

  it('names no more than a hundred versions, and ends by its signal', async () => {
    const leaf = await changed();
    const ref = await helios.load('agent');
    for (let number = 0; number < 120; number++) await ref.branch().save(`branch/${number}`);
    blocks.delete(leaf);
    const [finding] = await findingsOf(helios);
    expect(finding?.heldBy).toHaveLength(100);
    const read = async () => {
      for await (const _ of helios.verify({ signal: AbortSignal.abort() }));
    };
    // It looks at its signal when it pauses: with little to do it may be done by then.
    await Promise.allSettled([read()]);
  });
});
