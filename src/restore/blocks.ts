/**
 * Blocks as decoded data, from the nearest place that has them: the decoded cache, memory (blocks made here and not yet
 * saved), this machine's store. Never waits: a block that is elsewhere is said to be missing.
 */
import type { ByteCache } from '../cache/index.js';
import { HeliosError } from '../protocol/errors.js';
import type { Decoder, OpenBlock, Part } from '../state/index.js';
import type { Hash, Store } from '../store/index.js';

/** What the decoded cache keeps of a block. A value with typed arrays is kept only for callers that share them. */
export interface Cell {
  /** The block's value with everything below it; `undefined` when it isn't known. */
  whole: unknown;
  /** The block's value with parts where other blocks begin; `undefined` when it isn't known. */
  shallow: unknown;
  /** Whether somebody asked for this block as an object, not as a component of another. */
  isObject: boolean;
  hasBytes: boolean;
  /** Bytes of blocks that the cache is charged for: those below the whole value, and the block itself for the shallow. */
  blockBytes: number;
}

/** How far a restoration had to go; the furthest level counts. */
export const LEVELS = ['object', 'component', 'block', 'local', 'remote'] as const;
export type Level = 0 | 1 | 2 | 3 | 4;

/** A decoded agent takes about two and a half times its block in memory (measured), and a cell its own share. */
const DECODED_RATIO = 2.5;
const CELL_BYTES = 200;

export interface BlocksOptions {
  readonly store: Store;
  readonly decoder: Decoder;
  readonly cache: ByteCache<Cell>;
}

export class Blocks {
  /** Blocks read from the store since the start. */
  storeReads = 0;

  constructor(private readonly options: BlocksOptions) {}

  cell(hash: Hash): Cell | undefined {
    return this.options.cache.get(hash);
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
    const { cache } = this.options;
    const cell = cache.get(part.hash);
    if (cell?.shallow !== undefined) return cell.shallow;
    const open = this.open(part);
    if (open === undefined) throw notLocal([part.hash]);
    const value = open.value();
    if (open.hasBytes) return value;
    const bytes = open.bytes.length;
    if (open.components === 0) this.keepWhole(open, value, bytes, false);
    // A fresh block's parts are held by its reference: the cache must not keep them alive.
    else if (part.fresh === null) {
      const known = cell ?? { whole: undefined, isObject: false, hasBytes: false, blockBytes: 0 };
      this.keep(part.hash, { ...known, shallow: value, blockBytes: known.blockBytes + bytes });
    }
    return value;
  };

  /** Keeps a block's value with everything below it, which is made of so many bytes of blocks. */
  keepWhole(open: OpenBlock, whole: unknown, blockBytes: number, isObject: boolean, hasBytes = false): void {
    const known = this.options.cache.peek(open.hash);
    const isLeaf = open.components === 0 && !hasBytes;
    const shallow = isLeaf ? whole : known?.shallow;
    const ofShallow = isLeaf || shallow === undefined ? 0 : open.bytes.length;
    this.keep(open.hash, { whole, shallow, isObject, hasBytes, blockBytes: blockBytes + ofShallow });
  }

  private keep(hash: Hash, cell: Cell): void {
    this.options.cache.set(hash, cell, decodedBytes(cell.blockBytes));
  }
}

/** Bytes in memory that a value takes which is made of so many bytes of blocks. */
export function decodedBytes(blockBytes: number): number {
  return CELL_BYTES + Math.ceil(blockBytes * DECODED_RATIO);
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
