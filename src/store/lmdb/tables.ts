/**
 * The LMDB environment of a store and the tables in it, with their keys. Values that come out of `peek` lie in LMDB's
 * own buffer, which the next read overwrites: whoever uses it copies at once, and nothing here hands it further.
 *
 *   blocks    hash (32 bytes)                          → the block
 *   heads     name (UTF-8)                             → head record
 *   versions  name's length (u16), name, version (u32) → head record; big-endian, so that versions are in order
 *   tips      name, commit (32 bytes)                  → nothing: there while the name points at that commit
 *   labels    name (UTF-8)                             → JSON: the number of the version by label
 *   dropped   time (48-bit, big-endian), commit        → nothing: versions that were let go of
 *   written   hash (32 bytes)                          → nothing: written while a collection is under way
 *   tally     slot (8 bytes)                           → bytes in blocks that one opening has added; see tally.ts
 *   gate      a few constants                          → set and cleared within one transaction, see batch.ts; and
 *                                                        what collections note, see collection.ts
 */
import { open, type RootDatabase } from 'lmdb';
import { HeliosError } from '../../protocol/errors.js';
import { storeFault } from './faults.js';

/** What is used of an LMDB table: `lmdb`'s own declarations lack the options and are looser than it is. */
export interface Table<K> {
  getBinaryFast(key: K): Uint8Array | undefined;
  put(key: K, value: Uint8Array, options?: { readonly noOverwrite?: boolean }): Promise<boolean>;
  remove(key: K): Promise<boolean>;
  /** Queues what `action` queues to be done only if the key is absent then; resolves to whether it was. */
  ifNoExists(key: K, action: () => void): Promise<boolean>;
  /** The same for a key whose value begins with that double, or for any value with `IF_EXISTS`. */
  ifVersion(key: K, version: number, action: () => void): Promise<boolean>;
  getRange(options: {
    readonly start: K;
    readonly end?: K;
    readonly reverse?: boolean;
    readonly limit?: number;
  }): Iterable<{ readonly key: K; readonly value: Uint8Array }>;
  getKeys(options: { readonly start: K; readonly limit?: number }): Iterable<K>;
  getStats(): object;
}

export interface Environment {
  /** Queues what `action` queues as one transaction; resolves when committed. */
  batch(action: () => void): Promise<boolean>;
  transactionSync(action: () => void): void;
  resetReadTxn(): void;
  close(): Promise<void>;
}

export interface Tables {
  readonly environment: Environment;
  readonly blocks: Table<string>;
  readonly heads: Table<string>;
  readonly versions: Table<Uint8Array>;
  readonly tips: Table<Uint8Array>;
  readonly labels: Table<string>;
  readonly dropped: Table<Uint8Array>;
  readonly written: Table<string>;
  readonly tally: Table<Uint8Array>;
  readonly gate: Table<Uint8Array>;
}

/** Address space that the map starts with; it grows by itself, and what is not written takes neither memory nor disk. */
const MAP_BYTES = 2 ** 30;
/** Read transactions at the same time, two or so a process. */
const MAX_READERS = 2_048;
/** Never begin a transaction before all of it is queued: the lock must not wait for JavaScript. */
const NEVER = 2 ** 50;

const HASH_BYTES = 32;
const TABLE_NAMES: ReadonlySet<string> = new Set(
  'blocks heads versions tips labels dropped written tally gate'.split(' '),
);

/** Block hashes in hex, written as the 32 bytes they stand for. What is no hash gets a key all the same: look twice. */
const hashKeys = {
  writeKey(hash: string, target: Buffer, at: number): number {
    const end = at + HASH_BYTES;
    const written = target.write(hash, at, HASH_BYTES, 'hex');
    if (written < HASH_BYTES) target.fill(0, at + written, end);
    return end;
  },
  readKey: (source: Buffer, at: number, end: number): string => source.toString('hex', at, end),
};

const nameKeys = {
  writeKey: (name: string, target: Buffer, at: number): number => at + target.write(name, at, 'utf8'),
  readKey: (source: Buffer, at: number, end: number): string => source.toString('utf8', at, end),
};

/**
 * Opens the environment in a directory that is known to be a store's, and `prepare`s it in the one transaction that
 * makes the tables.
 */
export function openTables(directory: string, mapBytes: number | undefined, prepare: (tables: Tables) => void): Tables {
  const binary = { keyEncoding: 'binary', encoding: 'binary' } as const;
  const settings = {
    ...binary,
    noSubdir: false,
    permissionsMode: 0o600,
    maxReaders: MAX_READERS,
    mapSize: mapBytes ?? MAP_BYTES,
    // One flush a commit, before the page that makes it count: a power cut loses the last commits at most, and never
    // damages what was there. `lmdb`'s overlapping mode takes two, and waits for them as well.
    overlappingSync: false,
    noMetaSync: true,
    eventTurnBatching: false,
    batchStartThreshold: NEVER,
  };
  const root = open<Uint8Array, Uint8Array>(directory, settings);
  try {
    return openAll(root, binary, prepare);
  } catch (error) {
    void root.close();
    throw error;
  }
}

function openAll(
  root: RootDatabase<Uint8Array, Uint8Array>,
  binary: { readonly keyEncoding: 'binary'; readonly encoding: 'binary' },
  prepare: (tables: Tables) => void,
): Tables {
  let tables: Tables | undefined;
  root.transactionSync(() => {
    checkNames(root);
    const hashed = { name: 'blocks', encoding: 'binary', keyEncoder: hashKeys } as const;
    const named = { name: 'heads', encoding: 'binary', keyEncoder: nameKeys } as const;
    const labelled = { name: 'labels', encoding: 'binary', keyEncoder: nameKeys } as const;
    const noted = { name: 'written', encoding: 'binary', keyEncoder: hashKeys } as const;
    tables = {
      environment: root,
      blocks: root.openDB<Uint8Array, string>(hashed),
      heads: root.openDB<Uint8Array, string>(named),
      versions: root.openDB({ name: 'versions', ...binary }),
      tips: root.openDB({ name: 'tips', ...binary }),
      labels: root.openDB<Uint8Array, string>(labelled),
      dropped: root.openDB({ name: 'dropped', ...binary }),
      written: root.openDB<Uint8Array, string>(noted),
      tally: root.openDB({ name: 'tally', ...binary }),
      gate: root.openDB({ name: 'gate', ...binary }),
    };
    prepare(tables);
  });
  if (tables === undefined) throw new Error('LMDB ended the first transaction without running it');
  return tables;
}

/** A table whose name is damaged would be made anew, empty, and what is in it be lost without a word. */
function checkNames(root: RootDatabase<Uint8Array, Uint8Array>): void {
  const names = Array.from(root.getKeys({ start: Uint8Array.of(0) }), (key) =>
    Buffer.from(key).toString().replace(/\0$/, ''),
  );
  const odd = names.find((name) => !TABLE_NAMES.has(name));
  if (odd !== undefined) throw damaged(`it has a table ${JSON.stringify(odd)}, which no store has`);
  const { entryCount }: { entryCount?: unknown } = root.getStats();
  if (entryCount !== names.length)
    throw damaged(`it should have ${String(entryCount)} tables, and has ${names.length}`);
}

function damaged(what: string): HeliosError {
  return new HeliosError('CORRUPT_BLOCK', `The store's file is damaged: ${what}. Bring it back from a backup.`);
}

/** The value under a key in LMDB's own buffer, valid until the next read of any table. */
export function peek<K>(table: Table<K>, key: K): Uint8Array | undefined {
  try {
    const pooled = table.getBinaryFast(key);
    // The pooled buffer overrides its own `length`, which native code doesn't see: only a view has the true one.
    return pooled && new Uint8Array(pooled.buffer, pooled.byteOffset, pooled.length);
  } catch (error) {
    throw storeFault(error);
  }
}

/** How many entries a table has, as LMDB has noted. */
export function entriesIn(table: Pick<Table<never>, 'getStats'>): number {
  const stats = table.getStats();
  if ('entryCount' in stats && typeof stats.entryCount === 'number') return stats.entryCount;
  throw new HeliosError('INTERNAL', 'LMDB does not say how many entries a table has.');
}

export function versionKey(name: string, version: number): Uint8Array {
  const text = Buffer.from(name);
  const key = Buffer.allocUnsafe(2 + text.length + 4);
  key.writeUInt16BE(text.length, 0);
  key.set(text, 2);
  key.writeUInt32BE(version, 2 + text.length);
  return key;
}

const TIME_BYTES = 6;

/** Milliseconds since 1970 and a commit. */
export function droppedKey(at: number, commit: string): Uint8Array {
  const key = Buffer.alloc(TIME_BYTES + HASH_BYTES);
  key.writeUIntBE(Math.max(0, Math.floor(at)), 0, TIME_BYTES);
  key.write(commit, TIME_BYTES, 'hex');
  return key;
}

export function droppedOf(key: Uint8Array): { readonly at: number; readonly commit: string } {
  const bytes = Buffer.from(key);
  return { at: bytes.readUIntBE(0, TIME_BYTES), commit: bytes.toString('hex', TIME_BYTES) };
}

export function tipKey(name: string, commit: string): Uint8Array {
  const text = Buffer.from(name);
  const key = Buffer.allocUnsafe(text.length + HASH_BYTES);
  key.set(text, 0);
  key.write(commit, text.length, 'hex');
  return key;
}

const SHORTEST_NAME = 1;

/** The name and version of a key of `versions`; `undefined` for what can be none. */
export function versionOf(key: Uint8Array): { readonly name: string; readonly version: number } | undefined {
  const bytes = Buffer.from(key);
  if (bytes.length < 2 + SHORTEST_NAME + 4 || bytes.readUInt16BE(0) !== bytes.length - 6) return undefined;
  return { name: bytes.toString('utf8', 2, bytes.length - 4), version: bytes.readUInt32BE(bytes.length - 4) };
}

/** The name and commit of a key of `tips`; `undefined` for what can be none. */
export function tipOf(key: Uint8Array): { readonly name: string; readonly commit: string } | undefined {
  const bytes = Buffer.from(key);
  const end = bytes.length - HASH_BYTES;
  if (end < SHORTEST_NAME) return undefined;
  return { name: bytes.toString('utf8', 0, end), commit: bytes.toString('hex', end) };
}

/** Whether a key comes after another in a table: in one that is damaged it may not, though it was read later. */
export function isAfter(key: string | Uint8Array, other: string | Uint8Array): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(other)) > 0;
}
