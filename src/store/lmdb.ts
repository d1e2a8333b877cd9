/**
 * A store in a directory, on LMDB: memory-mapped, so that no cache stands between it and the caller, and shared by any
 * number of processes. Durable means committed: what was resolved survives the end of the process, and with durability
 * `power` that of the machine. Every block is copied out and checked before anybody sees it.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HeliosError } from '../protocol/errors.js';
import { checkChange, closed, invalid } from './change.js';
import { corrupt, isHash, isNamedBy } from './hash.js';
import { Collections } from './lmdb/collection.js';
import { DATA_FILE, flushDirectory, settleDirectory } from './lmdb/directory.js';
import { storeFault } from './lmdb/faults.js';
import { Heads } from './lmdb/heads.js';
import { Snapshot } from './lmdb/snapshot.js';
import { entriesIn, openTables, peek, type Tables } from './lmdb/tables.js';
import { foldEnded, Tally } from './lmdb/tally.js';
import { Turnstile, whileNobodyWrites } from './lmdb/turnstile.js';
import { watchWriteLock, withWriteLock } from './lmdb/writeLock.js';
import { Writer } from './lmdb/writer.js';
import { fetchLocal } from './local.js';
import type { BlockStore, Store } from './store.js';

export interface LmdbStoreOptions {
  readonly directory: string;
  /** `process` (default): a commit survives the end of the process; `power`: also that of the machine. */
  readonly durability?: 'process' | 'power';
  /** Whether to make a store where there is none; true by default. */
  readonly create?: boolean;
  /** Milliseconds that a save waits for another process's lock; 10,000 by default. */
  readonly lockWaitMs?: number;
  /** Bytes of address space that the file is first mapped to (it grows by itself); 1 GiB by default. */
  readonly mapBytes?: number;
  /** Bytes for ids; cryptographic by default. */
  readonly random?: (bytes: number) => Uint8Array;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const DEFAULT_LOCK_WAIT_MS = 10_000;

const SLOT_BYTES = 8;
/** How often to look, while opening, whether a stopped process goes on. */
const LOOK_MS = 20;

/**
 * Opens the store in a directory, or makes one. The directory must be a store's, empty, or not there.
 * @throws HeliosError `INVALID_REQUEST` (details: `directory`) when it is anything else: nothing is touched then ·
 *   `DEADLINE_EXCEEDED` when a stopped process holds the write lock · `STORE_FULL`
 */
export function openLmdbStore(options: LmdbStoreOptions): Store {
  const { durability = 'process', create = true, lockWaitMs = DEFAULT_LOCK_WAIT_MS, random = randomBytes } = options;
  const { now = Date.now } = options;
  const directory = resolve(options.directory);
  const id = settleDirectory(directory, { create, random });
  waitForLock(directory, lockWaitMs);
  const tables = openAlone(directory, lockWaitMs, options.mapBytes);
  let closing: Promise<void> | undefined;
  const assertOpen = () => {
    if (closing !== undefined) throw closed();
  };
  const snapshot = new Snapshot(tables.environment, assertOpen);
  const tally = new Tally(tables.tally, random(SLOT_BYTES));
  const disk = durability === 'power' ? new Disk(directory) : undefined;
  const collections = new Collections({ tables, tally, now });
  const writer = new Writer({
    collections,
    now,
    directory,
    tables,
    heads: new Heads(tables, new Snapshot(tables.environment, () => undefined)), // it still reads while it closes
    tally,
    lock: watchWriteLock(directory),
    turnstile: new Turnstile(directory),
    lockWaitMs,
    flush: disk && (() => disk.flush()),
  });

  return {
    kind: 'lmdb',
    id,
    blocks: blocksIn(tables, snapshot, tally, writer, assertOpen),
    heads: new Heads(tables, snapshot),
    collection: collections.through(writer, assertOpen),
    get swept() {
      assertOpen();
      // Whatever is looked up in this turn is then as new as this.
      snapshot.renew();
      return collections.swept();
    },
    async label(name, label, version, kept) {
      assertOpen();
      await writer.alone(() => collections.label(name, label, version, kept));
    },
    async commit(change) {
      assertOpen();
      checkChange(change);
      await writer.write(change);
    },
    close() {
      closing ??= writer.close().then(async () => {
        await disk?.close();
        await tables.environment.close();
      });
      return closing;
    },
  };
}

function blocksIn(
  tables: Tables,
  snapshot: Snapshot,
  tally: Tally,
  writer: Writer,
  assertOpen: () => void,
): BlockStore {
  const { blocks } = tables;
  // A block that is there stays there, so that only a miss is reason to look at a newer state.
  const find = (hash: string): Uint8Array | undefined => {
    try {
      return peek(blocks, hash) ?? (snapshot.freshen() ? peek(blocks, hash) : undefined);
    } catch (error) {
      // A damaged page makes the whole snapshot useless; others may be read.
      snapshot.renew();
      throw error;
    }
  };
  const has = (hash: string): boolean => {
    assertOpen();
    return find(hash) !== undefined && isHash(hash);
  };
  return {
    has,
    get(hash) {
      assertOpen();
      const pooled = find(hash);
      if (pooled === undefined) return undefined;
      const block = new Uint8Array(pooled);
      if (isNamedBy(hash, block)) return block;
      if (!isHash(hash)) return undefined; // another block's hash, written in another way
      throw corrupt(hash, block);
    },
    async fetch(hashes, { signal } = {}) {
      assertOpen();
      await fetchLocal(has, hashes, signal);
    },
    async put(added) {
      assertOpen();
      const change = { blocks: added, borrowed: [], moves: [] };
      checkChange(change);
      await writer.write(change);
    },
    get size() {
      assertOpen();
      snapshot.freshen();
      return { blocks: entriesIn(tables.blocks), bytes: tally.total() };
    },
  };
}

/** @throws HeliosError `STORE_FULL` also where there is no room to mark that this process opens the store */
function openAlone(directory: string, lockWaitMs: number, mapBytes: number | undefined): Tables {
  try {
    return whileNobodyWrites(directory, lockWaitMs, () => openIn(directory, mapBytes));
  } catch (error) {
    throw storeFault(error);
  }
}

function openIn(directory: string, mapBytes: number | undefined): Tables {
  try {
    const tables = openTables(directory, mapBytes, ({ tally }) => foldEnded(tally));
    flushDirectory(directory);
    return tables;
  } catch (error) {
    const fault = storeFault(error);
    if (fault.code !== 'INTERNAL') throw fault;
    throw invalid(`${directory} cannot be opened: ${fault.message}`, { directory }, error);
  }
}

/** Opening takes the write lock once, at once: it must not be asked for while a stopped process holds it. */
function waitForLock(directory: string, lockWaitMs: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  withWriteLock(directory, (lock) => {
    for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
      const holder = lock.holder();
      if (holder?.isStopped !== true) return;
      if (waitedMs >= lockWaitMs) {
        throw new HeliosError(
          'DEADLINE_EXCEEDED',
          `${directory} cannot be opened: process ${holder.process} is stopped while it holds the write lock. Let it go on (kill -CONT ${holder.process}) or end it.`,
          { details: { directory, lockWaitMs, holder: holder.process } },
        );
      }
      Atomics.wait(pause, 0, 0, LOOK_MS);
    }
  });
}

/** The data file, to flush it: LMDB itself leaves the page that makes a commit count to the system. */
class Disk {
  private readonly file: Promise<FileHandle>;

  constructor(directory: string) {
    this.file = openFile(join(directory, DATA_FILE), 'r+');
    this.file.catch(() => undefined); // said at the first flush
  }

  async flush(): Promise<void> {
    await (await this.file).datasync();
  }

  async close(): Promise<void> {
    await (await this.file).close();
  }
}
