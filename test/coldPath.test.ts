/** Of an object of which nothing is in memory, a place costs the blocks on the way to it: those, and each of them once. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Helios, type Value } from '../src/index.js';
import { Decoder } from '../src/state/decode.js';
import { Part } from '../src/state/part.js';
import { TreeNode } from '../src/state/tree/node.js';
import { openLmdbStore, type Store } from '../src/store/index.js';
import { freshDirectory, removeDirectory } from './store/directories.js';

let directory: string;
beforeEach(() => {
  directory = freshDirectory();
});
afterEach(() => removeDirectory(directory));

const REGIONS = 120;
const AGENTS = 60;

function agent(n: number): Value {
  return {
    n,
    hp: 10,
    diary: `${n} `.repeat(300),
    memory: Array.from({ length: 12 }, (_, at) => ({ at, what: `saw ${n}` })),
  };
}

function world(): Record<string, Value> {
  const region = (r: number) =>
    Object.fromEntries(Array.from({ length: AGENTS }, (_, a) => [`agent-${a}`, agent(r * AGENTS + a)]));
  return Object.fromEntries(Array.from({ length: REGIONS }, (_, r) => [`region-${r}`, region(r)]));
}

/** Blocks on the way to what is under some keys, one after another, the last one's block included. */
function depthOf(store: Store, root: string, keys: readonly string[]): number {
  const decoder = new Decoder();
  let blocks = 0;
  const open = (part: Part): unknown => {
    blocks++;
    return decoder.open(part.hash, store.blocks.get(part.hash) ?? new Uint8Array()).value();
  };
  let value: unknown = open(new Part(root, 0, 0, 0, null));
  for (const key of keys) {
    while (value instanceof TreeNode) {
      const { children, ends } = value;
      value = open(children[ends.findIndex((end) => key <= String(end))] as Part);
    }
    value = (value as Record<string, unknown>)[key];
    if (value instanceof Part) value = open(value);
  }
  return blocks;
}

it('reads a block for each level, by at, view and edit', async () => {
  const writer = await Helios.open({ store: directory });
  await writer.create('record', world()).save('world');
  await writer.close();
  const helios = await Helios.open({ store: directory, memoryBytes: 0 });
  const ref = await helios.load('world');
  const store = openLmdbStore({ directory });
  for (const [r, a] of [
    [0, 0],
    [57, 30],
    [REGIONS - 1, AGENTS - 1],
  ] as const) {
    const depth = depthOf(store, ref.root, [`region-${r}`, `agent-${a}`, 'hp']);
    expect(depth).toBeGreaterThanOrEqual(4);
    const read = (look: () => unknown): [unknown, number] => {
      const before = helios.stats().requests.storeReads;
      return [look(), helios.stats().requests.storeReads - before];
    };
    const path = [`region-${r}`, `agent-${a}`, 'hp'];
    expect(read(() => ref.at(path))).toEqual([10, depth]);
    const view = ref.view() as Record<string, Record<string, { hp: number }>>;
    expect(read(() => view[`region-${r}`]?.[`agent-${a}`]?.hp)[1]).toBeLessThanOrEqual(depth);
    const [edited, reads] = read(() =>
      ref.edit((draft) => {
        const one = (draft as typeof view)[`region-${r}`]?.[`agent-${a}`];
        if (one) one.hp = 11;
      }),
    );
    expect(reads).toBe(depth);
    expect(read(() => (edited as typeof ref).root)[1]).toBe(0);
  }
  await store.close();
  await helios.close();
});
