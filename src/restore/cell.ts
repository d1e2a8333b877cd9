/** What the decoded cache keeps of a block, and what that is reckoned to take in memory. */
import type { Hash } from '../store/index.js';

/** A value with typed arrays is kept only for callers that share them. */
export interface Cell {
  /** The block's value with everything below it; `undefined` when it isn't known. */
  whole: unknown;
  /** The block's value with parts where other blocks begin; `undefined` when it isn't known. */
  shallow: unknown;
  /** Whether somebody asked for this block as an object, not as a component of another. */
  isObject: boolean;
  hasBytes: boolean;
  /**
   * Bytes of blocks that the cache is charged for: those below the whole value, without what is in shared components,
   * and the block itself for the shallow.
   */
  blockBytes: number;
  /** Shared components that are part of the whole value. */
  holds: readonly SharedCell[];
}

/** A component that several values hold; see shared.ts. */
export interface SharedCell extends Cell {
  readonly hash: Hash;
  /** Kept values and shared components that it is part of, now. */
  holders: number;
}

export const NONE_SHARED: readonly SharedCell[] = [];

/** A decoded agent takes about two and a half times its block in memory (measured), and a cell its own share. */
const DECODED_RATIO = 2.5;
const CELL_BYTES = 200;

/** Bytes in memory that a value takes which is made of so many bytes of blocks. */
export function decodedBytes(blockBytes: number): number {
  return CELL_BYTES + Math.ceil(blockBytes * DECODED_RATIO);
}
