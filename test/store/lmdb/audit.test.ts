/** What is taken out of, or put wrongly into, an LMDB store behind its back, and what verification makes of it. */
import { open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Helios, type VerifyFinding } from '../../../src/index.js';
import { openLmdbStore } from '../../../src/store/index.js';
import { encodeHead, encodeLabels } from '../../../src/store/lmdb/headRecord.js';
import { tipKey, versionKey } from '../../../src/store/lmdb/tables.js';
import { findingsOf } from '../../wholeStore.js';
import { freshDirectory, removeDirectory } from '../directories.js';

let directory: string;
beforeEach(async () => {
  directory = freshDirectory();
  const helios = await Helios.open({ store: directory });
  for (let at = 0; at < 150; at++) await helios.create('record', { at }).save(`agents/${at}`);
  for (let turn = 1; turn <= 4; turn++) {
    await helios.update('agents/7', (draft: { turn?: number }) => {
      draft.turn = turn;
    });
  }
  await helios.checkpoint('agents/7', 'second', 2);
  await helios.close();
});
afterEach(() => removeDirectory(directory));

interface Raw {
  put(table: string, key: Uint8Array, value: Uint8Array): void;
  remove(table: string, key: Uint8Array): void;
}

/** Changes the tables past the store; gives back the commit of agents/7. */
async function behind(act: (raw: Raw, commit: string) => void): Promise<string> {
  const store = openLmdbStore({ directory });
  const commit = store.heads.get('agents/7')?.commit ?? '';
  await store.close();
  const binary = { keyEncoding: 'binary', encoding: 'binary' } as const;
  const root = open<Uint8Array, Uint8Array>(directory, { ...binary, noSubdir: false });
  const tableOf = (name: string) => root.openDB<Uint8Array, Uint8Array>({ name, ...binary });
  act(
    {
      put: (table, key, value) => void tableOf(table).putSync(key, value),
      remove: (table, key) => void tableOf(table).removeSync(key),
    },
    commit,
  );
  await root.close();
  return commit;
}

async function withHelios<T>(act: (helios: Helios) => Promise<T>): Promise<T> {
  const helios = await Helios.open({ store: directory, graceMs: 0 });
  try {
    return await act(helios);
  } finally {
    await helios.close();
  }
}

/** What is found, when a collection frees nothing on top of it. */
async function found(): Promise<readonly VerifyFinding[]> {
  return withHelios(async (helios) => {
    const { blocks } = helios.stats().store;
    await expect(helios.collect()).rejects.toMatchObject({ code: 'CORRUPT_BLOCK' });
    expect(helios.stats().store.blocks).toBe(blocks);
    return findingsOf(helios);
  });
}

const NAME = Buffer.from('agents/7');

describe('verification of an LMDB store', () => {
  it('finds nothing amiss in one that is whole', async () => {
    expect(await withHelios(findingsOf)).toEqual([]);
  });

  it('misses a head that has vanished, by its versions and by its tip', async () => {
    const commit = await behind((raw) => raw.remove('heads', NAME));
    const all = await found();
    expect(all.every(({ problem, what }) => problem === 'missing' && what === 'head')).toBe(true);
    expect(all).toContainEqual({ hash: commit, problem: 'missing', what: 'head', heldBy: ['agents/7'] });
  });

  it('names a head that lies under another name, whose reading is refused', async () => {
    await behind((raw, commit) => {
      const head = { name: 'agents/7', version: 5, commit, root: commit, type: 'record', schemaVersion: 1 };
      raw.put('heads', Buffer.from('agents/6'), encodeHead({ ...head, weight: 1, at: 1 }));
    });
    const corrupt = { code: 'CORRUPT_BLOCK', details: { name: 'agents/6' } };
    await withHelios(async (helios) => {
      await expect(helios.load('agents/6')).rejects.toMatchObject(corrupt);
      await expect(helios.update('agents/6', () => {})).rejects.toMatchObject(corrupt);
    });
    const all = await found();
    expect(all).toContainEqual({ hash: '', problem: 'corrupt', what: 'head', heldBy: ['agents/6'] });
    expect(new Set(all.flatMap(({ heldBy }) => heldBy))).toEqual(new Set(['agents/6', 'agents/6@1']));
  });

  it('names a version that has vanished, the newest or one that a label keeps', async () => {
    await behind((raw) => raw.remove('versions', versionKey('agents/7', 5)));
    expect((await found()).flatMap(({ heldBy }) => heldBy)).toEqual(['agents/7@5']);
    const reading = withHelios(async (helios) => {
      for await (const _ of helios.history('agents/7'));
    });
    await expect(reading).rejects.toMatchObject({ code: 'CORRUPT_BLOCK' });
    await behind((raw) => raw.remove('versions', versionKey('agents/7', 2)));
    expect((await found()).flatMap(({ heldBy }) => heldBy)).toEqual(['agents/7@5', 'agents/7@2']);
  });

  it('names a version that lies under another number', async () => {
    await behind((raw, commit) => {
      const head = { name: 'agents/7', version: 3, commit, root: commit, type: 'record', schemaVersion: 1 };
      raw.put('versions', versionKey('agents/7', 4), encodeHead({ ...head, weight: 1, at: 1 }));
    });
    expect(await found()).toEqual([{ hash: '', problem: 'corrupt', what: 'head', heldBy: ['agents/7@4'] }]);
    await expect(withHelios((helios) => helios.load('agents/7', { version: 4 }))).rejects.toMatchObject({
      code: 'CORRUPT_BLOCK',
    });
  });

  it('names a head whose tip has vanished, or points elsewhere', async () => {
    const commit = await behind((raw, commit) => raw.remove('tips', tipKey('agents/7', commit)));
    expect(await found()).toEqual([{ hash: commit, problem: 'corrupt', what: 'head', heldBy: ['agents/7'] }]);
    const other = 'ab'.repeat(32);
    await behind((raw, commit) => {
      raw.put('tips', tipKey('agents/7', commit), new Uint8Array(0));
      raw.put('tips', tipKey('agents/7', other), new Uint8Array(0));
    });
    expect(await found()).toEqual([{ hash: other, problem: 'corrupt', what: 'head', heldBy: ['agents/7'] }]);
  });

  it('names labels that are damaged, or of versions that are not there', async () => {
    await behind((raw) => raw.put('labels', NAME, Buffer.from('{"second":2')));
    expect(await found()).toEqual([{ hash: '', problem: 'corrupt', what: 'head', heldBy: ['agents/7'] }]);
    await expect(withHelios((helios) => helios.checkpoints('agents/7'))).rejects.toMatchObject({
      code: 'CORRUPT_BLOCK',
    });
    await behind((raw) => raw.put('labels', NAME, encodeLabels('agents/7', new Map([['later', 9]]))));
    expect(await found()).toEqual([{ hash: '', problem: 'missing', what: 'head', heldBy: ['agents/7@9'] }]);
  });

  it('says so where keys are none, and no name can be made out', async () => {
    await behind((raw) => {
      raw.put('versions', Buffer.from('no key'), new Uint8Array(9));
      raw.put('tips', Buffer.from('no key'), new Uint8Array(0));
    });
    expect(await found()).toEqual([{ hash: '', problem: 'corrupt', what: 'head', heldBy: [] }]);
  });
});

it('a store with a table that none has is not opened: one of ours has lost its name', async () => {
  await behind((raw) => raw.put('labelz', NAME, NAME));
  await expect(Helios.open({ store: directory })).rejects.toMatchObject({
    code: 'CORRUPT_BLOCK',
    message: expect.stringContaining('"labelz"'),
  });
});
