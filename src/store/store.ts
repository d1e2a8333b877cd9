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
  /** Older versions that are let go of with this move, by number; those that have a label stay all the same. */
  readonly drop?: readonly number[];
  /** With `to: null`: the versions are not kept as roots for a while, as what is let go of is else. */
  readonly isPurge?: boolean;
}

/** A head or a version as it should be, or what is wrong with one. */
export type Audited = Head | HeadFault;

export interface HeadFault {
  /** Empty where the damage leaves no name to be made out. */
  readonly name: string;
  /** The commit that it pointed at, as far as anything tells. */
  readonly commit: Hash | null;
  /** Absent for the head itself. */
  readonly version?: number;
  readonly problem: 'corrupt' | 'missing';
}

export interface HeadStore {
  get(name: string): Head | undefined;
  /**
   * Heads whose name starts with `prefix`, in order of the names' UTF-8 bytes, after `after`, at most `limit`.
   * @throws HeliosError `CORRUPT_BLOCK` for a damaged record, as all that reads one
   */
  list(options?: { readonly prefix?: string; readonly after?: string; readonly limit?: number }): Iterable<Head>;
  /** A version of a name, as it was committed. */
  version(name: string, version: number): Head | undefined;
  /** Versions of a name, newest first. */
  history(name: string, options?: { readonly limit?: number }): Iterable<Head>;
  /** Labels of a name's versions: what the versions are kept by. */
  labels(name: string): ReadonlyMap<string, number>;
  /**
   * Walks all that is kept about names: each head and version (heads come twice), and a fault for each that is damaged
   * or that others miss. It may be walked slowly, while heads move.
   */
  audit(): Iterable<Audited>;
}

/** What collections have done to a store. */
export interface Swept {
  /** Goes up with each step that freed something: a block that was there before may be gone. */
  readonly count: number;
  /** Nothing was freed that was within reach after this time (milliseconds since 1970). */
  readonly before: number;
}

/** What a collection needs of a store; one at a time, whatever the number of processes. */
export interface Collection {
  /**
   * From now on what is written is recorded.
   * @throws HeliosError `CONFLICT` (details: `until`) while another one is under way
   */
  begin(): Promise<void>;
  /** It goes on: to be called more often than every `LEASE_MS`. @throws HeliosError `CONFLICT` when it took too long */
  renew(): Promise<void>;
  /** Commits that were let go of after `since` (milliseconds since 1970); older ones are forgotten. */
  dropped(since: number): Promise<readonly Hash[]>;
  /** Blocks written or borrowed, and commits moved to, since the beginning or the last look; in no order. */
  written(): Promise<readonly Hash[]>;
  /** Hashes of blocks, in their order, after `after`. */
  hashes(after: Hash | null, limit: number): readonly Hash[];
  /**
   * Frees what `choose` gives back, at most `SWEEP_MAX` blocks, while nobody writes: it is called at once with what was
   * written since the last look, and must not wait.
   * @throws HeliosError `CONFLICT` when the collection took too long and another one may have begun
   */
  sweep(choose: (written: readonly Hash[]) => readonly Hash[], before: number): Promise<Freed>;
  end(): Promise<void>;
}

export interface Freed {
  readonly blocks: number;
  readonly bytes: number;
}

/** Blocks that one step of a collection frees. */
export const SWEEP_MAX = 256;
/** Milliseconds after which a collection that says nothing is taken for dead. */
export const LEASE_MS = 60_000;

export interface Store {
  readonly kind: 'memory' | 'lmdb';
  /** A random id given to the store when it was made. */
  readonly id: string;
  readonly blocks: BlockStore;
  readonly heads: HeadStore;
  /**
   * Writes `blocks`, checks that `borrowed` ones are there, then makes every move or none, as one: after a crash
   * either all of it is there or no head has moved. Resolves when committed.
   * With `swept`, only if nothing was freed since that was read: what was looked up outside of this call is still so.
   * @throws HeliosError `CONFLICT` (details: `name`, `expected`, `found`) · `MISSING_BLOCK` · `STORE_FULL` ·
   *   `STALE_REFERENCE` when something was freed ·
   *   `DEADLINE_EXCEEDED` when another process holds the write lock for longer than the store waits · `CLOSED`
   */
  commit(change: {
    readonly blocks: Blocks;
    readonly borrowed: readonly Hash[];
    readonly moves: readonly Move[];
    readonly swept?: number;
  }): Promise<void>;
  /**
   * Gives a version of a name a label, by which it is kept; the label leaves the version that had it. `null` takes it
   * away. A version of `kept` or a lower number that is without a label then is let go of.
   * @throws HeliosError `CONFLICT` when there is no such version (any more)
   */
  label(name: string, label: string, version: number | null, kept: number): Promise<void>;
  readonly swept: Swept;
  readonly collection: Collection;
  /** Writes out what is pending and lets the files go. Idempotent. Every later call throws `CLOSED`. */
  close(): Promise<void>;
}
