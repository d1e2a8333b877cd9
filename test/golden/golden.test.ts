/** What was stored once is read for ever: the store beside this file was written when format 1 was fixed. */
import { deepStrictEqual } from 'node:assert/strict';
import { cpSync, createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { CarReader } from '@ipld/car';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Helios, type StateReference } from '../../src/index.js';
import { Decoder } from '../../src/state/decode.js';
import { createEncoder } from '../../src/state/encode.js';
import type { Limits } from '../../src/state/format.js';
import { TreeNode } from '../../src/state/tree/node.js';
import { isHash } from '../../src/store/index.js';
import { createForest } from '../state/forest.js';
import { values } from '../state/values.js';
import { freshDirectory, removeDirectory } from '../store/directories.js';
import { findingsOf } from '../wholeStore.js';
import { decode, type Linked } from './decoder.js';
import { GOLDEN_ROOTS } from './roots.js';
import { edgeValues, goldenStates, valueType } from './values.js';

const GOLDEN = fileURLToPath(new URL('store/', import.meta.url));
const LINKS = ['links/superposition', 'links/two'];

const directories: string[] = [];
afterAll(() => directories.forEach(removeDirectory));

/** A store is written to when it is opened: so a copy is. */
async function openCopy(): Promise<Helios> {
  const directory = freshDirectory();
  directories.push(directory);
  for (const file of ['data.mdb', 'helios.json']) cpSync(join(GOLDEN, file), join(directory, file));
  return Helios.open({ store: directory, types: [valueType] });
}

async function namesIn(helios: Helios): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of helios.list()) names.push(name);
  return names.sort();
}

describe('the golden store', () => {
  it('gives every state as it was, of its type, under its root', async () => {
    const helios = await openCopy();
    const states = goldenStates();
    expect(await namesIn(helios)).toEqual([...Object.keys(states), 'history/world', ...LINKS].sort());
    for (const [name, { type, value }] of Object.entries(states)) {
      const reference = await helios.load(name);
      expect([name, reference.type, reference.root]).toEqual([name, type, GOLDEN_ROOTS[name]]);
      deepStrictEqual(reference.materialize(), value, name);
    }
    expect(await findingsOf(helios)).toEqual([]);
    await helios.close();
  });

  it('has its versions, label, links and superposition', async () => {
    const helios = await openCopy();
    const versions: unknown[] = [];
    for await (const { version, message, root } of helios.history('history/world'))
      versions.push([version, message, root]);
    expect(versions).toEqual([
      [4, 'turn 3', '990df17de83509e3826390fa79265164a0179f13138b07e4dbb775aa3353a84d'],
      [3, 'turn 2', 'b669d52f8ddf4f5bc4aa374588afc67ac80cd9aa8c69a84a8f7fe4b1f5155ae8'],
      [2, 'turn 1', '34b10b221b794ecce0e26ec61710de0a9f6ba00269ead52594704d85b80619a5'],
      [1, undefined, 'c7185335cb9add4dd9f16fdffe6db6ca85d07ee85a281059e58ad691a808fdfb'],
    ]);
    expect([...(await helios.checkpoints('history/world'))].map(([label, { version }]) => [label, version])).toEqual([
      ['second', 2],
    ]);
    const second = await helios.load('history/world', { version: 2 });
    expect(second.materialize()).toEqual({ turn: 1, places: { inn: 'open' } });

    const two = (await helios.load('links/two')).view() as Record<string, StateReference<unknown, unknown>>;
    expect(two.text?.root).toBe(GOLDEN_ROOTS['split/text']);
    expect([two.world?.weight, two.world?.materialize()]).toEqual([0.25, { turn: 3, places: { inn: 'open' } }]);

    const list = (await helios.load('links/superposition')).materialize() as StateReference<unknown>[];
    const superposition = helios.superpose(list.map((ref) => ({ ref, weight: ref.weight })));
    expect(superposition.id).toBe('3eef8343f5b831219d04835f9f2908ca2fdf70381835478d485e96125a9f8ea1');
    expect(superposition.observe(() => 0.1).type).toBe('record');
    await helios.close();
  });

  it('goes into another store by its exported file, and has the same roots there', async () => {
    const helios = await Helios.open({ store: 'memory', types: [valueType] });
    const file = Readable.toWeb(createReadStream(join(GOLDEN, 'heads.car')));
    await helios.importFrom(file as ReadableStream<Uint8Array>);
    for (const name of Object.keys(goldenStates())) expect((await helios.load(name)).root).toBe(GOLDEN_ROOTS[name]);
    expect(await findingsOf(helios)).toEqual([]);
    await helios.close();
  });

  it('has blocks of every kind, and trees of several levels of everything that is split', async () => {
    const kinds = new Set<string>();
    for (const [hash, block] of await exportedBlocks()) {
      const open = new Decoder().open(hash, block);
      const value = open.value();
      if (!(value instanceof TreeNode)) kinds.add(`kind ${open.kind}`);
      else kinds.add(`node of ${value.of}`).add(value.level > 1 ? 'higher node' : 'node above leaves');
    }
    const nodes = Array.from({ length: 7 }, (_, of) => `node of ${of}`);
    expect([...kinds]).toEqual(expect.arrayContaining(['kind 0', 'kind 1', ...nodes, 'higher node']));
  });
});

describe('the root of', () => {
  it.each(Object.entries({ ...statesAlone(), ...edgeValues() }))('%s is what it always was', (name, value) => {
    expect(createEncoder().value(value).hash).toBe(GOLDEN_ROOTS[name]);
  });

  it('fifty states is told', () => {
    expect(Object.keys(GOLDEN_ROOTS)).toHaveLength(50);
    expect(Object.values(GOLDEN_ROOTS).every(isHash)).toBe(true);
  });
});

describe('a second decoder, written from docs/format.md alone', () => {
  it('is short', () => {
    const lines = readFileSync(new URL('decoder.ts', import.meta.url), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.length).toBeLessThanOrEqual(200);
  });

  it('reads the golden store as ours does, commits and links too', async () => {
    const blocks = await exportedBlocks();
    const read = (hash: string): Uint8Array => blocks.get(hash) ?? missing(hash);
    const linked = (link: Linked): unknown => ({ ...link });
    for (const [name, { value }] of Object.entries(goldenStates())) {
      deepStrictEqual(decode(GOLDEN_ROOTS[name] as string, { read, linked }), value, name);
    }
    const ours = createForest(createEncoder(), decoderOfLinks());
    for (const [hash, block] of blocks) ours.blocks.set(hash, block);
    let commits = 0;
    for (const [hash, block] of blocks) {
      const open = ours.decoder.open(hash, block);
      if (open.kind !== 1) continue;
      commits++;
      // The root of a commit is a component that measures nothing.
      const commit = decode(hash, { read, linked }) as { root: unknown };
      const known = open.value() as { root: { hash: string } };
      deepStrictEqual(commit, { ...known, root: decode(known.root.hash, { read, linked }) });
    }
    expect(commits).toBe(Object.keys(goldenStates()).length + 4 + LINKS.length);
  });

  it('reads random values as ours does, small ones and such that are split', () => {
    const small: Limits = { component: 60, firstLeaf: 70, stretchMax: 280, likelihood: 70 ** 4 / 2 ** 32 };
    const forests = [createForest(), createForest(createEncoder({ limits: small }))];
    fc.assert(
      fc.property(values, (value) => {
        for (const forest of forests) {
          const part = forest.plant(value);
          const read = (hash: string): Uint8Array => forest.blocks.get(hash) ?? missing(hash);
          deepStrictEqual(decode(part.hash, { read }), forest.whole(part));
        }
      }),
      { numRuns: 1_500 },
    );
  }, 60_000);
});

function statesAlone(): Record<string, unknown> {
  return Object.fromEntries(Object.entries(goldenStates()).map(([name, { value }]) => [name, value]));
}

/** The blocks of the exported file, by their hashes. */
async function exportedBlocks(): Promise<Map<string, Uint8Array>> {
  const reader = await CarReader.fromBytes(readFileSync(join(GOLDEN, 'heads.car')));
  const blocks = new Map<string, Uint8Array>();
  for await (const { cid, bytes } of reader.blocks())
    blocks.set(Buffer.from(cid.multihash.digest).toString('hex'), bytes);
  return blocks;
}

function decoderOfLinks(): Decoder {
  return new Decoder({
    fromLink: ({ part, type, schemaVersion, weight }) => ({ root: part.hash, type, schemaVersion, weight }),
  });
}

function missing(hash: string): never {
  throw new Error(`block ${hash} is not there`);
}
