/**
 * A save looks which of its blocks are there, then moves its head; a collection marks, then frees. Here each order of the
 * two is forced, step by step, on both stores: nothing that a head holds is ever freed, whatever comes between.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CollectReport, collect } from '../src/state/collect.js';
import { Decoder } from '../src/state/decode.js';
import { createEncoder, type Encoder } from '../src/state/encode.js';
import { HeadMoves } from '../src/state/headMoves.js';
import { storedPart } from '../src/state/index.js';
import type { Part } from '../src/state/part.js';
import { type VerifyFinding, verify } from '../src/state/verify.js';
import { Versions } from '../src/state/versions.js';
import { createMemoryStore, openLmdbStore, type Store } from '../src/store/index.js';
import { freshDirectory, removeDirectory } from './store/directories.js';
import { big } from './wholeStore.js';

type Change = Parameters<Store['commit']>[0];

let directory: string;
const stores: Store[] = [];

beforeEach(() => {
  directory = freshDirectory();
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  removeDirectory(directory);
});

/** The writer's store and the collector's, on the same data. */
function open(kind: 'memory' | 'lmdb'): { readonly writing: Store; readonly collecting: Store } {
  if (kind === 'memory') {
    const store = createMemoryStore();
    stores.push(store);
    return { writing: store, collecting: store };
  }
  const writing = openLmdbStore({ directory });
  const collecting = openLmdbStore({ directory });
  stores.push(writing, collecting);
  return { writing, collecting };
}

/** The same store, in which something happens right before each commit. */
function before(store: Store, happen: (change: Change) => Promise<Change>): Store {
  return {
    ...store,
    get swept() {
      return store.swept;
    },
    commit: async (change) => store.commit(await happen(change)),
  };
}

/** The same store, with steps of its collections in the place of others. */
function collectingWith(store: Store, steps: Partial<Store['collection']>): Store {
  return {
    ...store,
    get swept() {
      return store.swept;
    },
    collection: { ...store.collection, ...steps },
  };
}

function versionsOf(store: Store, encoder: Encoder): Versions {
  const retentionOf = () => ({ versions: 'all' }) as const;
  return new Versions({ store, encoder, now: Date.now, retentionOf, moves: new HeadMoves() });
}

const slices = { steady: () => performance.now(), pause: () => nextTurn() };
const LABEL = { type: 'record', schemaVersion: 1, weight: 1 };

function collectAll(store: Store): Promise<CollectReport> {
  return collect({ store, graceMs: 0, now: Date.now, ...slices });
}

async function findings(store: Store): Promise<VerifyFinding[]> {
  const all: VerifyFinding[] = [];
  for await (const finding of verify({ store, decoder: new Decoder(), ...slices })) all.push(finding);
  return all;
}

async function save(versions: Versions, part: Part, name: string): Promise<unknown> {
  try {
    return (await versions.save(part, LABEL, null, name, {})).version;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

describe.each(['memory', 'lmdb'] as const)('a save, on %s', (kind) => {
  /** A state that was stored and let go of, and the writer that is about to save it again. */
  async function scene(happen: (change: Change, collecting: Store, tries: number) => Promise<Change>) {
    const { writing, collecting } = open(kind);
    const encoder = createEncoder();
    const plain = versionsOf(writing, encoder);
    await plain.save(encoder.value(big(1)), LABEL, null, 'before', {});
    const { root } = collecting.heads.get('before') as { root: string };
    await plain.delete('before', undefined, true);
    let tries = 0;
    const gated = before(writing, (change) => happen(change, collecting, ++tries));
    return { collecting, encoder, root, versions: versionsOf(gated, encoder), tries: () => tries };
  }

  it('that found its blocks there writes them after all when they are freed before its head moves', async () => {
    const written: number[] = [];
    const { collecting, encoder, versions } = await scene(async (change, store, tries) => {
      written.push(change.blocks.size);
      if (tries === 1) expect((await collectAll(store)).blocksFreed).toBeGreaterThan(3);
      return change;
    });
    expect(await save(versions, encoder.value(big(1)), 'again')).toBe(1);
    expect(written[0]).toBe(1);
    expect(written[1]).toBeGreaterThan(3);
    expect(await findings(collecting)).toEqual([]);
  });

  it('that rests on what it did not make is refused when that is freed before its head moves', async () => {
    const { collecting, root, versions, tries } = await scene(async (change, store, tries) => {
      if (tries === 1) await collectAll(store);
      return change;
    });
    expect(await save(versions, storedPart(root), 'again')).toBe('STALE_REFERENCE');
    expect(tries()).toBe(1);
    expect(collecting.heads.get('again')).toBeUndefined();
    expect(await findings(collecting)).toEqual([]);
  });

  it('that moves its head between mark and sweep keeps all that it rests on', async () => {
    const { collecting, root, versions } = await scene(async (change) => change);
    let saved: unknown;
    // All is marked by then, and nothing freed.
    const store = collectingWith(collecting, {
      async written() {
        saved ??= await save(versions, storedPart(root), 'again');
        return collecting.collection.written();
      },
    });
    await collectAll(store);
    expect(saved).toBe(1);
    expect(collecting.heads.get('again')?.root).toBe(root);
    expect(await findings(collecting)).toEqual([]);
    expect(collecting.blocks.has(root)).toBe(true);
  });

  it('that moves its head after the last look, right before blocks are freed, keeps all that it rests on', async () => {
    const { collecting, root, versions } = await scene(async (change) => change);
    let saved: unknown;
    const store = collectingWith(collecting, {
      async sweep(choose, until) {
        saved ??= await save(versions, storedPart(root), 'again');
        return collecting.collection.sweep(choose, until);
      },
    });
    await collectAll(store);
    expect(saved).toBe(1);
    expect(await findings(collecting)).toEqual([]);
  });

  it('would lose blocks if it did not say what it had looked at: so these tests would notice', async () => {
    const { collecting, encoder, versions } = await scene(async ({ swept: _, ...change }, store) => {
      await collectAll(store);
      return change;
    });
    expect(await save(versions, encoder.value(big(1)), 'again')).toBe(1);
    expect((await findings(collecting)).length).toBeGreaterThan(0);
  });
});
