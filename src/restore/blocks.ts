/**
 * Blocks as decoded data, from the nearest place that has them: the decoded cache, memory (blocks made here and not yet
 * saved), this machine's store. Never waits: a block that is elsewhere is said to be missing.
 */
import type { ByteCache } from '../cache/index.js';
import { HeliosError } from '../protocol/errors.js';
import type { Decoder, OpenBlock, Part } from '../state/index.js';
import type { Hash, Store } from '../store/index.js';
import { type Cell, decodedBytes, NONE_SHARED, type SharedCell } from './cell.js';
import type { SharedComponents } from './shared.js';

/** How far a restoration had to go; the furthest level counts. */
export const LEVELS = ['object', 'component', 'block', 'local', 'remote'] as const;
export type Level = 0 | 1 | 2 | 3 | 4;

export interface BlocksOptions {
  readonly store: Store;
  readonly decoder: Decoder;
  readonly cache: ByteCache<Cell>;
  readonly shared: SharedComponents;
}

export class Blocks {
  /** Blocks read from the store since the start. */
  storeReads = 0;

  /** What views that somebody may hold are of. */
  private readonly origins = new WeakMap<object, unknown>();

  constructor(private readonly options: BlocksOptions) {}

  /** Notes that a view shows a part or tree. Bytes are the caller's to write to, and show nothing. */
  readonly meetView = (view: object, origin: unknown): void => {
    if (!ArrayBuffer.isView(view)) this.origins.set(view, origin);
  };

  /** The part or tree that a view shows; `undefined` for anything else. */
  readonly originOf = (view: object): unknown => this.origins.get(view);

  cell(hash: Hash): Cell | undefined {
    const { cache, shared } = this.options;
    const cell = cache.get(hash);
    return cell?.whole === undefined ? (shared.get(hash) ?? cell) : cell;
  }

  /** The component as one that its holder needs not be charged for, if others hold it as well. */
  sharedCell(hash: Hash): SharedCell | undefined {
    return this.options.shared.get(hash);
  }

  /** Whether a block can be opened without going to another machine. */
  isHere(part: Part): boolean {
    return part.fresh !== null || this.options.store.blocks.has(part.hash);
  }

  /** The block, its child list read; `undefined` when it is not on this machine. */
  open(part: Part): OpenBlock | undefined {
    const { fresh, hash } = part;
    if (fresh !== null) return this.options.decoder.open(hash, fresh.block, fresh);
    const bytes = this.options.store.blocks.get(hash);
    if (bytes === undefined) return undefined;
    this.storeReads++;
    return this.options.decoder.open(hash, bytes);
  }

  /** The block's value with parts where other blocks begin. @throws HeliosError `NOT_LOCAL`, `CORRUPT_BLOCK` */
  readonly shallow = (part: Part): unknown => {
    const known = part.fresh?.value;
    if (known !== undefined) return known;
    const { cache, shared } = this.options;
    const cell = cache.get(part.hash);
    if (cell?.shallow !== undefined) return cell.shallow;
    const leaf = shared.get(part.hash)?.shallow;
    if (leaf !== undefined) return leaf;
    const open = this.open(part);
    if (open === undefined) throw notLocal([part.hash]);
    const value = open.value();
    if (open.hasBytes) return value;
    const bytes = open.bytes.length;
    if (open.components === 0) this.keepWhole(open, value, bytes, false);
    // A fresh block's parts are held by its reference: the cache must not keep them alive.
    else if (part.fresh === null) {
      const { whole, isObject = false, hasBytes = false, blockBytes = 0, holds = NONE_SHARED } = cell ?? NOTHING;
      this.keep(part.hash, { whole, shallow: value, isObject, hasBytes, blockBytes: blockBytes + bytes, holds });
    }
    return value;
  };

  /** Keeps a block's value with everything below it, which is made of so many bytes of blocks. */
  keepWhole(
    open: OpenBlock,
    whole: unknown,
    blockBytes: number,
    isObject: boolean,
    hasBytes = false,
    holds = NONE_SHARED,
  ): void {
    const known = this.options.cache.peek(open.hash);
    const isLeaf = open.components === 0 && !hasBytes;
    const shallow = isLeaf ? whole : known?.shallow;
    const ofShallow = isLeaf || shallow === undefined ? 0 : open.bytes.length;
    this.keep(open.hash, { whole, shallow, isObject, hasBytes, blockBytes: blockBytes + ofShallow, holds });
  }

  /**
   * A component with nothing in it that can't be shared was built, or found among those that are kept: the second time,
   * it is shared from then on, as far as there is room.
   */
  meetComponent(open: OpenBlock | null, hash: Hash, whole: unknown, blockBytes: number, holds = NONE_SHARED) {
    const { cache, shared } = this.options;
    if (!shared.meet(hash)) return undefined;
    const shallow = open === null || open.components === 0 ? whole : undefined;
    return shared.promote(hash, { whole, shallow, isObject: false, hasBytes: false, blockBytes, holds }, cache);
  }

  /** After an object is built: what was promoted on the way and isn't held by anything that is kept is let go. */
  settle(): void {
    this.options.shared.settle(this.options.cache);
  }

  private keep(hash: Hash, cell: Cell): void {
    const { cache, shared } = this.options;
    shared.kept(cell);
    cache.set(hash, cell, decodedBytes(cell.blockBytes));
  }
}

/** The blocks that an error says are elsewhere. @throws the error itself when it is another one */
export function missingHashes(error: unknown): readonly Hash[] {
  if (!HeliosError.is(error, 'NOT_LOCAL')) throw error;
  return error.details.hashes as readonly Hash[];
}

export function notLocal(hashes: readonly Hash[], root?: Hash): HeliosError {
  const which = hashes.length === 1 ? `Block ${hashes[0]} is` : `${hashes.length} blocks are`;
  return new HeliosError('NOT_LOCAL', `${which} not on this machine: await fetch() first, or use request().`, {
    details: { hashes, ...(root === undefined ? {} : { root }) },
  });
}

const NOTHING: Partial<Cell> = {};
