/**
 * A store in this process's memory: for tests, for trying things out, for states that need not survive. It keeps copies
 * of its own and checks a block whenever it is read, like a store on disk: whoever writes to bytes that are not theirs
 * is found out here and not in a restored value.
 */
import { randomBytes } from 'node:crypto';
import {
  type Change,
  checkChange,
  closed,
  collectedByOther,
  collectionLost,
  conflict,
  missing,
  noVersion,
  sweptMeanwhile,
} from './change.js';
import { verify } from './hash.js';
import { fetchLocal } from './local.js';
import {
  type Blocks,
  type Collection,
  type Hash,
  type Head,
  type HeadStore,
  LEASE_MS,
  type Move,
  type Store,
} from './store.js';
import { compareUtf8, isIllFormed } from './utf8.js';

export interface MemoryStoreOptions {
  /** Where the blocks rest; a map of its own by default. Nobody else may write to it. */
  readonly blocks?: Map<Hash, Uint8Array>;
  /** Bytes for the store's id; cryptographic by default. */
  readonly random?: (bytes: number) => Uint8Array;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

interface Line {
  head: Head;
  readonly versions: Map<number, Head>;
  readonly labels: Map<string, number>;
}

const ID_BYTES = 16;

/** Opens an empty store that lives as long as it is held. */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const { blocks = new Map(), random = randomBytes, now = Date.now } = options;
  const heads = new MemoryHeads(now);
  /** While a collection is under way: what was written since its last look. */
  let written: Set<Hash> | null = null;
  /** The blocks that there were when it began, in order. */
  let order: readonly Hash[] = [];
  let renewedAt = 0;
  let swept = { count: 0, before: 0 };
  let bytes = 0;
  for (const block of blocks.values()) bytes += block.length;
  let isClosed = false;
  const assertOpen = () => {
    if (isClosed) throw closed();
  };

  function keep(added: Blocks): void {
    for (const [hash, block] of added) {
      written?.add(hash);
      if (blocks.has(hash)) continue;
      blocks.set(hash, block.slice());
      bytes += block.length;
    }
  }

  function goOn(): Set<Hash> {
    assertOpen();
    if (written === null || now() > renewedAt + LEASE_MS) throw collectionLost();
    renewedAt = now();
    return written;
  }

  function takeWritten(): Hash[] {
    const written = goOn();
    const taken = [...written];
    written.clear();
    return taken;
  }

  const collection: Collection = {
    async begin() {
      assertOpen();
      if (written !== null && now() <= renewedAt + LEASE_MS) throw collectedByOther(renewedAt + LEASE_MS);
      written = new Set();
      order = [...blocks.keys()].sort();
      renewedAt = now();
    },
    async renew() {
      goOn();
    },
    async dropped(since) {
      assertOpen();
      return heads.droppedAfter(since);
    },
    async written() {
      return takeWritten();
    },
    hashes(after, limit) {
      assertOpen();
      let from = 0;
      for (let high = order.length; after !== null && from < high; ) {
        const middle = (from + high) >>> 1;
        if ((order[middle] ?? '') <= after) from = middle + 1;
        else high = middle;
      }
      return order.slice(from, from + limit);
    },
    async sweep(choose, before) {
      const freed = { blocks: 0, bytes: 0 };
      for (const hash of choose(takeWritten())) {
        freed.bytes += blocks.get(hash)?.length ?? 0;
        if (blocks.delete(hash)) freed.blocks++;
      }
      bytes -= freed.bytes;
      if (freed.blocks > 0) swept = { count: swept.count + 1, before: Math.max(swept.before, before) };
      return freed;
    },
    async end() {
      written = null;
      order = [];
    },
  };

  return {
    collection,
    get swept() {
      assertOpen();
      return swept;
    },
    async label(name, label, version, kept) {
      assertOpen();
      heads.label(name, label, version, kept);
    },
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
      if (change.swept !== undefined && change.swept !== swept.count) throw sweptMeanwhile();
      heads.check(change.moves);
      const absent = change.borrowed.filter((hash) => !blocks.has(hash) && !change.blocks.has(hash));
      if (absent.length > 0) throw missing(absent);
      for (const hash of change.borrowed) written?.add(hash);
      // It may be there already, and in neither list.
      for (const { to } of change.moves) if (to !== null) written?.add(to.commit);
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
  /** Commits that were let go of, and when. */
  private readonly dropped = new Map<Hash, number>();

  constructor(private readonly now: () => number) {}

  droppedAfter(since: number): Hash[] {
    for (const [commit, at] of this.dropped) if (at <= since) this.dropped.delete(commit);
    return [...this.dropped.keys()];
  }

  label(name: string, label: string, version: number | null, kept: number): void {
    const line = this.lines.get(name);
    const before = line?.labels.get(label);
    if (version === null) line?.labels.delete(label);
    else if (line?.versions.has(version) !== true) throw noVersion(name, version);
    else line.labels.set(label, version);
    if (line !== undefined && before !== undefined && before <= kept) {
      this.drop(line, [before], line.head.version, false);
    }
  }

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
      labels: (name) => {
        assertOpen();
        return new Map(this.lines.get(name)?.labels);
      },
      audit: () => {
        assertOpen();
        return this.all();
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
    for (const { name, to, drop = [], isPurge } of moves) {
      const line = this.lines.get(name);
      if (line !== undefined)
        this.drop(line, to === null ? [...line.versions.keys()] : drop, to?.version ?? null, isPurge === true);
      if ((line === undefined) !== (to === null)) this.ordered = null;
      if (to === null) this.lines.delete(name);
      else if (line === undefined)
        this.lines.set(name, { head: to, versions: new Map([[to.version, to]]), labels: new Map() });
      else {
        line.head = to;
        line.versions.set(to.version, to);
      }
    }
  }

  /** Lets versions go, but for the newest one and those with a label; without a newest one, all of them. */
  private drop({ versions, labels }: Line, drop: readonly number[], newest: number | null, isPurge: boolean): void {
    const kept = new Set(newest === null ? [] : [...labels.values(), newest]);
    for (const number of drop) {
      const version = versions.get(number);
      if (version === undefined || kept.has(number)) continue;
      versions.delete(number);
      if (!isPurge) this.dropped.set(version.commit, this.now());
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

  /** Nothing can be amiss with names in memory. */
  private *all(): Iterable<Head> {
    for (const { name } of this.list('', '', Number.POSITIVE_INFINITY))
      yield* this.history(name, Number.POSITIVE_INFINITY);
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
