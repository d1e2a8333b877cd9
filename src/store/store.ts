/**
 * The seams of the store: where blocks and heads rest. A block is immutable bytes named by their BLAKE3 hash; a head is
 * a name that points at a commit block and moves only by compare-and-set. The store knows neither values nor types:
 * it never decodes what it keeps, but it checks every block that comes from disk or network against its hash.
 */

/** 64 lower-case hex digits: the BLAKE3 of a block's bytes. */
export type Hash = string;

/** Blocks to write, by hash. The store keeps no reference to the map, but may keep the byte arrays: never change them. */
export type Blocks = ReadonlyMap<Hash, Uint8Array>;

export interface BlockStore {
  /**
   * The block's bytes if this machine has them, else `undefined`. The bytes are the caller's to keep, never to write to.
   * @throws HeliosError `CORRUPT_BLOCK` when what lies under the hash is something else (details: `hash`).
   */
  get(hash: Hash): Uint8Array | undefined;
  /** Whether this machine has the block, without reading or checking it. */
  has(hash: Hash): boolean;
  /**
   * Brings blocks to this machine; resolves when every one of them is here.
   * @throws HeliosError `MISSING_BLOCK` (details: `hashes`) when nobody has them, `CANCELLED` when the signal aborts.
   */
  fetch(hashes: readonly Hash[], options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Writes blocks ahead of the commit that will name them. Resolves when committed (survives the process). */
  put(blocks: Blocks): Promise<void>;
  /** Number of blocks and the bytes in them (their own, without the store's overhead). O(1). */
  readonly size: { readonly blocks: number; readonly bytes: number };
}

/** What a head points at, with what `list` shows, so that listing reads no block. */
export interface Head {
  readonly name: string;
  /** 1 for the first version of a name, then one more for each. */
  readonly version: number;
  /** Hash of the commit block. */
  readonly commit: Hash;
  readonly root: Hash;
  readonly type: string;
  readonly schemaVersion: number;
  readonly weight: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly message?: string;
}

/**
 * One move of a head: only if the name now points at `expect` (a commit's hash; `null`: nothing; `'any'`: whatever).
 * Version numbers are the caller's word; with `'any'` one that the name has reached already is a `CONFLICT`, because
 * whoever chose it had read an older head.
 */
export interface Move {
  readonly name: string;
  readonly expect: Hash | null | 'any';
  /** `null` deletes the head and its versions. */
  readonly to: Head | null;
}

export interface HeadStore {
  get(name: string): Head | undefined;
  /** Heads whose name starts with `prefix`, in order of the names' UTF-8 bytes, after `after`, at most `limit`. */
  list(options?: { readonly prefix?: string; readonly after?: string; readonly limit?: number }): Iterable<Head>;
  /** A version of a name, as it was committed. */
  version(name: string, version: number): Head | undefined;
  /** Versions of a name, newest first. */
  history(name: string, options?: { readonly limit?: number }): Iterable<Head>;
}

export interface Store {
  readonly kind: 'memory' | 'lmdb';
  /** A random id given to the store when it was made. */
  readonly id: string;
  readonly blocks: BlockStore;
  readonly heads: HeadStore;
  /**
   * Writes `blocks`, checks that `borrowed` ones are there, then makes every move or none, as one: after a crash
   * either all of it is there or no head has moved. Resolves when committed.
   * @throws HeliosError `CONFLICT` (details: `name`, `expected`, `found`) · `MISSING_BLOCK` · `STORE_FULL` ·
   *   `DEADLINE_EXCEEDED` when another process holds the write lock for longer than the store waits · `CLOSED`
   */
  commit(change: {
    readonly blocks: Blocks;
    readonly borrowed: readonly Hash[];
    readonly moves: readonly Move[];
  }): Promise<void>;
  /** Writes out what is pending and lets the files go. Idempotent. Every later call throws `CLOSED`. */
  close(): Promise<void>;
}
