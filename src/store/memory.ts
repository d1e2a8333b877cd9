/**
 * A store in this process's memory: for tests, for trying things out, for states that need not survive. It keeps copies
 * of its own and checks a block whenever it is read, like a store on disk: whoever writes to bytes that are not theirs
 * is found out here and not in a restored value.
 */
import { randomBytes } from 'node:crypto';
import { type Change, checkChange, closed, conflict, missing } from './change.js';
import { verify } from './hash.js';
import { fetchLocal } from './local.js';
import type { Blocks, Hash, Head, HeadStore, Move, Store } from './store.js';
import { compareUtf8, isIllFormed } from './utf8.js';

export interface MemoryStoreOptions {
  /** Where the blocks rest; a map of its own by default. Nobody else may write to it. */
  readonly blocks?: Map<Hash, Uint8Array>;
  /** Bytes for the store's id; cryptographic by default. */
  readonly random?: (bytes: number) => Uint8Array;
}

interface Line {
  head: Head;
  readonly versions: Map<number, Head>;
}

const ID_BYTES = 16;

/** Opens an empty store that lives as long as it is held. */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const { blocks = new Map(), random = randomBytes } = options;
  const heads = new MemoryHeads();
  let bytes = 0;
  for (const block of blocks.values()) bytes += block.length;
  let isClosed = false;
  const assertOpen = () => {
    if (isClosed) throw closed();
  };

  function keep(added: Blocks): void {
    for (const [hash, block] of added) {
      if (blocks.has(hash)) continue;
      blocks.set(hash, block.slice());
      bytes += block.length;
    }
  }

  return {
    kind: 'memory',
    id: Buffer.from(random(ID_BYTES)).toString('hex'),
    blocks: {
      get(hash) {
        assertOpen();
        const block = blocks.get(hash);
        if (block === undefined) return undefined;
        verify(hash, block);
        return Uint8Array.from(block);
      },
      has(hash) {
        assertOpen();
        return blocks.has(hash);
      },
      async fetch(hashes, { signal } = {}) {
        assertOpen();
        await fetchLocal((hash) => blocks.has(hash), hashes, signal);
      },
      async put(added) {
        assertOpen();
        checkChange({ blocks: added, borrowed: [], moves: [] });
        keep(added);
      },
      get size() {
        assertOpen();
        return { blocks: blocks.size, bytes };
      },
    },
    heads: heads.guardedBy(assertOpen),
    async commit(change: Change) {
      assertOpen();
      checkChange(change);
      heads.check(change.moves);
      const absent = change.borrowed.filter((hash) => !blocks.has(hash) && !change.blocks.has(hash));
      if (absent.length > 0) throw missing(absent);
      keep(change.blocks);
      heads.move(change.moves);
    },
    async close() {
      isClosed = true;
    },
  };
}

class MemoryHeads {
  private readonly lines = new Map<string, Line>();
  /** The names in order of their UTF-8 bytes; `null` after a name came or went, until somebody lists. */
  private ordered: string[] | null = null;

  guardedBy(assertOpen: () => void): HeadStore {
    return {
      get: (name) => {
        assertOpen();
        return this.lines.get(name)?.head;
      },
      version: (name, version) => {
        assertOpen();
        return this.lines.get(name)?.versions.get(version);
      },
      list: (options = {}) => {
        assertOpen();
        return this.list(
          options.prefix ?? '',
          wellFormed(options.after ?? ''),
          options.limit ?? Number.POSITIVE_INFINITY,
        );
      },
      history: (name, options = {}) => {
        assertOpen();
        return this.history(name, options.limit ?? Number.POSITIVE_INFINITY);
      },
    };
  }

  check(moves: readonly Move[]): void {
    for (const { name, expect, to } of moves) {
      const head = this.lines.get(name)?.head;
      const found = head?.commit ?? null;
      if (expect !== 'any' && expect !== found) throw conflict(name, expect, found);
      // A number that is taken already: whoever made this head read an older version than is there now.
      if (expect === 'any' && head !== undefined && to !== null && to.version <= head.version) {
        throw conflict(name, expect, found);
      }
    }
  }

  move(moves: readonly Move[]): void {
    for (const { name, to } of moves) {
      const line = this.lines.get(name);
      if ((line === undefined) !== (to === null)) this.ordered = null;
      if (to === null) this.lines.delete(name);
      else if (line === undefined) this.lines.set(name, { head: to, versions: new Map([[to.version, to]]) });
      else {
        line.head = to;
        line.versions.set(to.version, to);
      }
    }
  }

  private *list(prefix: string, after: string, limit: number): Iterable<Head> {
    if (isIllFormed(prefix)) return;
    let left = limit;
    this.ordered ??= [...this.lines.keys()].sort(compareUtf8);
    const names = this.ordered;
    for (let at = firstAfter(names, prefix, after); at < names.length && left > 0; at++) {
      const name = names[at];
      if (name === undefined || !name.startsWith(prefix)) return;
      const line = this.lines.get(name);
      if (line === undefined) continue;
      left--;
      yield line.head;
    }
  }

  private *history(name: string, limit: number): Iterable<Head> {
    const line = this.lines.get(name);
    if (line === undefined) return;
    const newestFirst = [...line.versions.values()].sort((a, b) => b.version - a.version);
    yield* newestFirst.slice(0, limit);
  }
}

/** Half a surrogate pair counts as the character that UTF-8 has for it, as in a store that keeps names as bytes. */
function wellFormed(text: string): string {
  return isIllFormed(text) ? Buffer.from(text).toString() : text;
}

/** Where the first name stands that is not before `prefix` and is after `after`. */
function firstAfter(names: readonly string[], prefix: string, after: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const name = names[middle] ?? '';
    const isBefore = compareUtf8(name, prefix) < 0 || (after !== '' && compareUtf8(name, after) <= 0);
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return low;
}
