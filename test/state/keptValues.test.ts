/** Blocks that an edit made keep their values, so that the next edit of the same path reads no block of them again. */
import { deepStrictEqual } from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { Helios } from '../../src/index.js';
import { editTree } from '../../src/state/draft.js';
import { freshBlocks, type Part } from '../../src/state/part.js';
import { largeRecord } from './drafting.js';
import { createForest, type Forest } from './forest.js';
import { checkKept } from './kept.js';

/** Edits that follow one another, each encoded before the next, and what they read from blocks. */
function chain(start: unknown, forest: Forest = createForest()) {
  const { decoder, encoder } = forest;
  let part: Part = forest.plant(start);
  let tree = forest.shallow(part);
  const read: string[] = [];
  const load = (one: Part): unknown => {
    const known = one.fresh?.value;
    if (known !== undefined) return known;
    read.push(one.hash);
    return one.fresh === null ? forest.shallow(one) : decoder.open(one.hash, one.fresh.block, one.fresh).value();
  };
  return {
    read,
    edit<T>(recipe: (draft: T) => void): Part {
      tree = editTree(tree, load, (draft) => recipe(draft as T), { part });
      part = encoder.settled(tree);
      checkKept(part, decoder);
      tree = load(part);
      return part;
    },
    root: (value: unknown) => encoder.value(value).hash,
  };
}

type People = Record<string, { n: number }>;
const people = () => Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`person-${n}`, largeRecord(n)]));

describe('a block that an edit made', () => {
  it('is not read by the next edit of its path, through records and split ones', () => {
    const edits = chain({ people: people(), n: 1 });
    edits.edit<{ people: People }>(({ people }) => {
      if (people['person-7']) people['person-7'].n = 1_000;
    });
    expect(edits.read.length).toBeGreaterThan(2);
    edits.read.length = 0;
    const part = edits.edit<{ people: People }>(({ people }) => {
      if (people['person-7']) people['person-7'].n = 2_000;
    });
    expect(edits.read).toEqual([]);
    const expected = { people: { ...people(), 'person-7': { ...largeRecord(7), n: 2_000 } }, n: 1 };
    expect(part.hash).toBe(edits.root(expected));
  });

  it('is not read by the next edit of a Map that is split', () => {
    const edits = chain(new Map(Object.entries(people())));
    for (const n of [1, 2]) {
      edits.read.length = 0;
      edits.edit<Map<string, { n: number }>>((map) => {
        const one = map.get('person-250');
        if (one) one.n = -n;
      });
    }
    expect(edits.read).toEqual([]);
  });

  it('keeps no value with bytes in it: those who read have their own', () => {
    const edits = chain({ bytes: new Uint8Array([1, 2, 3]), one: largeRecord(1), n: 0 });
    const setOne = (n: number) =>
      edits.edit<{ one: { n: number } }>(({ one }) => {
        one.n = n;
      });
    setOne(5);
    const part = setOne(6);
    expect(part.fresh?.value).toBeUndefined();
    expect(part.hash).toBe(edits.root({ bytes: new Uint8Array([1, 2, 3]), one: { ...largeRecord(1), n: 6 }, n: 0 }));
  });

  it('keeps no value whose keys the program gave in an order of its own', () => {
    const edits = chain({ a: 1, b: 2 });
    const part = edits.edit<Record<string, unknown>>((draft) => {
      draft.within = { z: 1, a: 2 };
    });
    expect(part.fresh?.value).toBeUndefined();
    const sorted = edits.edit<Record<string, unknown>>((draft) => {
      draft.within = { a: 2, z: 1, 10: 3 };
    });
    expect(sorted.fresh?.value).toEqual({ a: 1, b: 2, within: { a: 2, z: 1, 10: 3 } });
  });

  it('keeps no value of a state that a program just made: it may change it', () => {
    const { encoder } = createForest();
    expect(encoder.value({ n: 1 }).fresh?.value).toBeUndefined();
  });

  it('is right where beside what changed stand Maps and Sets that have their order by hashes', () => {
    const one = (n: number) => ({
      n,
      by: new Map<unknown, unknown>([
        [{ n }, 1],
        [[n], 2],
      ]),
      // Keys of the same content are in the order of what they stand for, long texts and numbers among it.
      alike: new Map<unknown, unknown>([
        [[n], 'x'.repeat(3_000)],
        [[n], n],
        [[n], [n]],
      ]),
      in: new Set([[n], { n }, [n, n]]),
    });
    const all = (changed: number) =>
      Object.fromEntries(
        Array.from({ length: 200 }, (_, n) => [`person-${n}`, { ...one(n), n: n === changed ? -1 : n }]),
      );
    for (const changed of [0, 77, 199]) {
      const edits = chain(all(-1));
      const part = edits.edit<People>((draft) => {
        const person = draft[`person-${changed}`];
        if (person) person.n = -1;
      });
      expect(part.hash).toBe(edits.root(all(changed)));
    }
  });

  it('keeps values up to a limit: many changes at once leave most of theirs', () => {
    const text = ''.padEnd(100, 'lorem ipsum ');
    const one = (n: number) => ({ n, ...Object.fromEntries([...'ABCDEFGHIJKLMNOP'].map((key) => [key, text])) });
    const edits = chain(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`person-${n}`, one(n)])));
    const part = edits.edit<People>((draft) => {
      for (let n = 0; n < 300; n++) (draft[`person-${n}`] as { n: number }).n++;
    });
    const blocks = [...freshBlocks(part)].map(([, fresh]) => fresh);
    const kept = blocks.filter(({ value, components }) => components === 0 && value !== undefined);
    expect(kept.length).toBeGreaterThan(4);
    expect(kept.length).toBeLessThan(40);
    expect(blocks.length).toBeGreaterThan(300);
  });
});

describe('an edit of a state', () => {
  it('gives the same root where what it was edited from is saved before it is encoded', async () => {
    const helios = await Helios.open({ store: 'memory' });
    const first = helios.create('record', { ...people(), n: 1, left: largeRecord(1), right: largeRecord(2) });
    await first.save('world');
    const second = (await helios.load('world')).edit((draft) => {
      const world = draft as Record<string, unknown>;
      [world.left, world.right] = [world.right, world.left];
    });
    expect(second.root).toBeDefined();
    const third = second.edit((draft) => {
      const world = draft as People;
      for (const name of ['left', 'person-8']) if (world[name]) world[name].n = 9;
    });
    await second.save('world');
    const changed = { 'person-8': { ...largeRecord(8), n: 9 }, left: { ...largeRecord(2), n: 9 } };
    const plain = { ...people(), ...changed, n: 1, right: largeRecord(1) };
    expect(third.root).toBe(helios.create('record', plain).root);
    deepStrictEqual(third.materialize(), plain);
    await helios.close();
  });
});
