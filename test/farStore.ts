/** A store whose blocks are elsewhere until they are fetched, and a fetch that a test can hold. */
import { type BlockStore, createMemoryStore, type Hash, type Store } from '../src/store/index.js';

export interface FarStore {
  readonly store: Store;
  /** Hashes of blocks that were read or looked for, one for each time. */
  readonly reads: Hash[];
  /** Names of heads that were looked up. */
  readonly names: string[];
  /** What each fetch asked for. */
  readonly fetches: (readonly Hash[])[];
  /** While held, fetches wait. */
  hold(): void;
  release(): void;
  /** The next fetches fail with these, one each. */
  readonly failures: Error[];
  /** Resolves when a fetch has begun. */
  fetched(): Promise<void>;
  /** Everything is elsewhere again. */
  forget(): void;
}

export function createFarStore(): FarStore {
  const near = createMemoryStore();
  const here = new Set<Hash>();
  const reads: Hash[] = [];
  const names: string[] = [];
  const fetches: (readonly Hash[])[] = [];
  const failures: Error[] = [];
  const waiting: (() => void)[] = [];
  let held: Promise<void> | null = null;
  let letGo = () => {};
  const blocks: BlockStore = {
    get: (hash) => {
      reads.push(hash);
      return here.has(hash) ? near.blocks.get(hash) : undefined;
    },
    has: (hash) => {
      reads.push(hash);
      return here.has(hash);
    },
    fetch: async (hashes, options) => {
      fetches.push(hashes);
      for (const told of waiting.splice(0)) told();
      await held;
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      await near.blocks.fetch(hashes, options);
      for (const hash of hashes) here.add(hash);
    },
    put: (added) => near.blocks.put(added),
    get size() {
      return near.blocks.size;
    },
  };
  const heads = {
    ...near.heads,
    get: (name: string) => {
      names.push(name);
      return near.heads.get(name);
    },
  };
  return {
    store: { ...near, kind: 'memory', id: near.id, blocks, heads, commit: near.commit, close: near.close },
    reads,
    names,
    fetches,
    failures,
    hold: () => {
      held = new Promise((resolve) => {
        letGo = resolve;
      });
    },
    release: () => {
      held = null;
      letGo();
    },
    fetched: () => new Promise((resolve) => waiting.push(resolve)),
    forget: () => here.clear(),
  };
}
