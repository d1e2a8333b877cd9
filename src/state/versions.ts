/**
 * Versions: what `save` makes. A version is a commit block that names a root, its type and the version before; a head
 * is a name that points at the newest one. Saving writes the new blocks, checks that the borrowed ones are there, and
 * moves the head by compare-and-set, all as one change of the store.
 */
import { describe } from '../protocol/describe.js';
import { HeliosError } from '../protocol/errors.js';
import { checkHeadName, nearest } from '../protocol/names.js';
import type { Hash, Head, Move, Store } from '../store/index.js';
import { closureOf } from './closure.js';
import type { Encoder } from './encode.js';
import type { HeadMoves } from './headMoves.js';
import { freshBlocks, Part, releaseFresh } from './part.js';
import type { Label, SaveOptions } from './reference.js';
import { Turns } from './turns.js';
import type { Root, Version } from './value.js';

export interface VersionsOptions {
  readonly store: Store;
  readonly encoder: Encoder;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How many older versions of an object of a type are kept. */
  readonly retentionOf: (type: string) => Retention;
  /** Told of each move. */
  readonly moves: HeadMoves;
}

export interface Retention {
  /** Versions that are kept, the newest included. */
  readonly versions: number | 'all';
  /** Days after which a version that isn't the newest is let go of, though there may be room for it. */
  readonly days?: number;
}

/** Where a type says nothing else. */
export const DEFAULT_RETENTION: Retention = { versions: 32 };

/** One state of several that are saved as one. */
export interface Saving {
  readonly part: Part;
  readonly label: Label;
  readonly base: Version | null;
  readonly name: string;
  readonly options: SaveOptions;
}

interface Prepared {
  readonly blocks: ReadonlyMap<Hash, Uint8Array>;
  readonly borrowed: readonly Hash[];
  readonly move: Move;
  readonly before: Head | null;
  readonly head: Head;
  /** The count of `Swept` that this rests on. */
  readonly swept: number;
}

/** How often a save that overwrites whatever is there tries again when others move the head meanwhile. */
const OVERWRITE_TRIES = 64;
/** How often a save is prepared anew because a collection has freed something meanwhile. */
const SWEPT_TRIES = 64;
/** Versions that one save lets go of, at most: more of them go with the next ones. */
const DROPS_MAX = 64;
const DAY_MS = 86_400_000;
/** Blocks that are remembered to be whole, with all that is below them. */
const WHOLE_MAX = 65_536;
/** How many names are looked at, from each of three places, for one that was probably meant. */
const NEAREST_LOOKED_AT = 300;

export class Versions {
  private readonly turns = new Turns();
  /** No reference of this process is older. */
  private readonly openedAt: number;
  /** Blocks whose closure was found here when the count of `Swept` was this. */
  private whole = new Set<Hash>();
  private wholeAt = 0;

  constructor(private readonly options: VersionsOptions) {
    this.openedAt = options.now();
  }

  /** Saves a state under a name; see StateReference.save. */
  async save(part: Part, label: Label, base: Version | null, name: string, options: SaveOptions): Promise<Head> {
    checkHeadName(name);
    const { expect } = options;
    // Those of this process who overwrite a name, whatever is there, take turns: each would undo the others' look at it.
    if (expect === 'any') return this.turns.take(name, () => this.attempt(part, label, base, name, options));
    return this.attempt(part, label, base, name, options);
  }

  private async attempt(
    part: Part,
    label: Label,
    base: Version | null,
    name: string,
    options: SaveOptions,
  ): Promise<Head> {
    const { expect } = options;
    for (let attempt = 1; ; attempt++) {
      if (options.signal?.aborted === true) throw cancelled(name, options.signal);
      const current = this.options.store.heads.get(name) ?? null;
      if (expect !== 'any') checkExpected(name, current, expect ?? (base?.name === name ? base : 'absent'));
      try {
        return await this.commit(part, label, name, current, options.message);
      } catch (error) {
        if (isSwept(error) && attempt < SWEPT_TRIES) continue;
        if (expect !== 'any' || attempt >= OVERWRITE_TRIES || !HeliosError.is(error, 'CONFLICT')) throw error;
      }
    }
  }

  /**
   * Saves several states under their names as one: all of them or none. Names are all different.
   * @throws HeliosError as `save` does; `INVALID_REQUEST` for a name that comes twice
   */
  async saveAll(items: readonly Saving[]): Promise<Head[]> {
    const { store } = this.options;
    for (const { name } of items) checkHeadName(name);
    for (let attempt = 1; ; attempt++) {
      const commits = items.map(({ part, label, base, name, options }) => {
        const current = store.heads.get(name) ?? null;
        const { expect } = options;
        if (expect !== 'any') checkExpected(name, current, expect ?? (base?.name === name ? base : 'absent'));
        return this.prepare(part, label, name, current, options.message);
      });
      const [first] = commits;
      if (first === undefined) return [];
      const blocks = new Map(commits.flatMap((commit) => [...commit.blocks]));
      const borrowed = [...new Set(commits.flatMap((commit) => commit.borrowed))].filter((hash) => !blocks.has(hash));
      try {
        await store.commit({ blocks, borrowed, moves: commits.map(({ move }) => move), swept: first.swept });
      } catch (error) {
        if (isSwept(error) && attempt < SWEPT_TRIES) continue;
        const isToTry = items.some(({ options }) => options.expect === 'any') && HeliosError.is(error, 'CONFLICT');
        if (isToTry && attempt < OVERWRITE_TRIES) continue;
        throw this.explained(error);
      }
      for (const { part } of items) releaseFresh(part);
      for (const { before, head } of commits) this.tell(before, head);
      return commits.map(({ head }) => head);
    }
  }

  /** Removes a name with its versions. Its blocks stay until they are collected; for the grace time, without `purge`. */
  async delete(name: string, expect?: Version, purge = false): Promise<void> {
    checkHeadName(name);
    for (let attempt = 1; ; attempt++) {
      const current = this.options.store.heads.get(name);
      if (current === undefined) throw unknownObject(name, this.options.store);
      if (expect !== undefined) checkExpected(name, current, expect);
      try {
        const moves = [{ name, expect: current.commit, to: null, isPurge: purge }];
        await this.options.store.commit({ blocks: new Map(), borrowed: [], moves });
        return this.tell(current, null);
      } catch (error) {
        if (expect !== undefined || attempt >= OVERWRITE_TRIES || !HeliosError.is(error, 'CONFLICT')) throw error;
      }
    }
  }

  private async commit(
    part: Part,
    label: Label,
    name: string,
    current: Head | null,
    message: string | undefined,
  ): Promise<Head> {
    const { blocks, borrowed, move, head, swept } = this.prepare(part, label, name, current, message);
    try {
      await this.options.store.commit({ blocks, borrowed, moves: [move], swept });
    } catch (error) {
      throw this.explained(error);
    }
    releaseFresh(part);
    this.tell(current, head);
    return head;
  }

  /** A head has moved by this process's doing. */
  tell(before: Head | null, after: Head | null): void {
    const { moves } = this.options;
    const name = (after ?? before)?.name;
    if (!moves.isWatched || name === undefined) return;
    const [was, is] = [before, after].map((head) => (head === null ? null : versionOf(head)));
    moves.tell({ name, before: was ?? null, after: is ?? null });
  }

  /** The commit block of a new version and what must be written for it. */
  private prepare(part: Part, label: Label, name: string, current: Head | null, message: string | undefined): Prepared {
    const { store, encoder, now, retentionOf } = this.options;
    const { count: swept, before } = store.swept;
    const head: Omit<Head, 'commit'> = {
      name,
      version: (current?.version ?? 0) + 1,
      root: part.hash,
      type: label.type,
      schemaVersion: label.schemaVersion,
      weight: label.weight,
      at: now(),
      ...(message === undefined ? {} : { message }),
    };
    const commit = encoder.commit({
      at: new Date(head.at),
      message,
      previous: current === null ? undefined : Buffer.from(current.commit, 'hex'),
      // As a link: a commit names its root and measures nothing of it, whether it was made or loaded.
      root: new Part(part.hash, 0, 0, 0, part.fresh),
      schemaVersion: head.schemaVersion,
      type: head.type,
      version: head.version,
      weight: head.weight,
    });
    const blocks = new Map<Hash, Uint8Array>();
    const borrowed = new Set<Hash>();
    for (const [hash, fresh] of freshBlocks(commit)) {
      if (!store.blocks.has(hash)) blocks.set(hash, fresh.block);
      for (const child of fresh.children) if (child.fresh === null) borrowed.add(child.hash);
    }
    if (before >= this.openedAt) this.checkWhole(borrowed, swept);
    const to: Head = { ...head, commit: commit.hash };
    const drop = current === null ? [] : this.dropsOf(current, retentionOf(head.type), head.at);
    const move: Move = { name, expect: current?.commit ?? null, to, ...(drop.length === 0 ? {} : { drop }) };
    return { blocks, borrowed: [...borrowed], move, before: current, head: to, swept };
  }

  /** The highest number of a version that retention would have let go of by now. */
  oldest({ version, type }: Head): number {
    const { versions } = this.options.retentionOf(type);
    return versions === 'all' ? 0 : version - versions;
  }

  /** Versions that the next one pushes out; the store keeps those that have a label. */
  private dropsOf({ name, version }: Head, { versions, days }: Retention, now: number): number[] {
    const { heads } = this.options.store;
    const drops: number[] = [];
    if (days !== undefined) {
      const kept = versions === 'all' ? Number.POSITIVE_INFINITY : versions - 1;
      let place = 0;
      for (const older of heads.history(name)) {
        if (++place > kept || older.at < now - days * DAY_MS) drops.push(older.version);
        if (drops.length >= DROPS_MAX) break;
      }
    } else if (versions !== 'all' && version >= versions) {
      const labelled = new Set(heads.labels(name).values());
      for (let older = version + 1 - versions; older > 0 && drops.length < DROPS_MAX; older--) {
        if (labelled.has(older)) continue;
        if (heads.version(name, older) === undefined) break;
        drops.push(older);
      }
    }
    return drops;
  }

  /**
   * A collection has freed what was out of reach when references of this process were made already: those that a save
   * rests on must be whole, all the way down.
   * @throws HeliosError `STALE_REFERENCE` (details: `missing`) · `CORRUPT_BLOCK`
   */
  private checkWhole(borrowed: Iterable<Hash>, swept: number): void {
    const { blocks } = this.options.store;
    if (this.wholeAt !== swept || this.whole.size > WHOLE_MAX) this.whole = new Set();
    this.wholeAt = swept;
    const seen = new Set<Hash>();
    const isKnown = (hash: Hash) => this.whole.has(hash) || seen.has(hash);
    for (const { hash, block } of closureOf(borrowed, isKnown, (one) => blocks.get(one))) {
      if (block === undefined) throw stale(hash);
      seen.add(hash);
    }
    for (const hash of seen) this.whole.add(hash);
  }

  private explained(error: unknown): unknown {
    if (!HeliosError.is(error, 'MISSING_BLOCK') || this.options.store.swept.count === 0) return error;
    const [missing = ''] = error.details.hashes as readonly Hash[];
    return stale(missing, error);
  }
}

/** Whether a collection has freed something since a change was prepared: to be prepared anew. */
function isSwept(error: unknown): boolean {
  return HeliosError.is(error, 'STALE_REFERENCE') && error.retryable;
}

function stale(missing: Hash, cause?: unknown): HeliosError {
  const text = `Block ${missing}, which this state rests on, was freed by a collection: nothing held it any more. Load the object again, or save references more often than the grace time ends.`;
  return new HeliosError('STALE_REFERENCE', text, { retryable: false, details: { missing }, cause });
}

/** The public record of a version. */
export function versionOf(head: Head): Version {
  return Object.freeze({
    name: head.name,
    version: head.version,
    root: head.root as Root,
    type: head.type,
    weight: head.weight,
    at: new Date(head.at),
    ...(head.message === undefined ? {} : { message: head.message }),
  });
}

/** A root as a part: what lies below it is read from the store when it is needed. */
export function storedPart(root: Hash): Part {
  return new Part(root, 0, 0, 0, null);
}

export function unknownObject(name: string, store: Store): HeliosError {
  const near = nearestHead(name, store);
  const hint = near === undefined ? 'Save something under it first.' : `Did you mean "${near}"?`;
  return new HeliosError('UNKNOWN_OBJECT', `There is no object named "${name}". ${hint}`, {
    details: { name, ...(near === undefined ? {} : { nearest: near }) },
  });
}

/** Looks at the names around where this one would stand, and at the first ones: a store may hold millions. */
function nearestHead(name: string, store: Store): string | undefined {
  const candidates = new Set<string>();
  const folder = name.slice(0, name.lastIndexOf('/') + 1);
  for (const prefix of new Set([name.slice(0, 3), folder, ''])) {
    for (const head of store.heads.list({ prefix, limit: NEAREST_LOOKED_AT })) candidates.add(head.name);
  }
  return nearest(name, candidates);
}

function checkExpected(name: string, current: Head | null, expect: NonNullable<SaveOptions['expect']>): void {
  if (typeof expect !== 'string' && !('version' in Object(expect) && 'root' in Object(expect))) {
    throw new HeliosError(
      'INVALID_REQUEST',
      `expect is a version, a root, 'absent' or 'any', but got ${describe(expect)}.`,
    );
  }
  if (expect === 'absent') {
    if (current === null) return;
  } else if (typeof expect === 'string') {
    if (current?.root === expect) return;
  } else if (current !== null && isVersion(current, expect)) return;
  throw new HeliosError('CONFLICT', `"${name}" points at ${said(current)}, not at ${wanted(expect)}. Load it again.`, {
    details: { name, expected: wanted(expect), found: said(current) },
  });
}

function isVersion(head: Head, version: Version): boolean {
  // A version that went through JSON has its time as text.
  return head.version === version.version && head.root === version.root && head.at === new Date(version.at).getTime();
}

function said(head: Head | null): string {
  return head === null ? 'nothing' : `version ${head.version} (${head.root.slice(0, 12)})`;
}

function wanted(expect: NonNullable<SaveOptions['expect']>): string {
  if (expect === 'absent') return 'nothing';
  if (typeof expect === 'string') return `root ${expect.slice(0, 12)}`;
  return `version ${expect.version} (${expect.root.slice(0, 12)})`;
}

function cancelled(name: string, signal: AbortSignal): HeliosError {
  return new HeliosError('CANCELLED', `Saving "${name}" was cancelled before anything was written.`, {
    cause: signal.reason,
  });
}
