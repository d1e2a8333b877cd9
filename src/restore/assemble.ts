/**
 * Builds whole values out of blocks, children before parents, on a stack of its own: a value of any depth and size can
 * be built in slices. Yields `null` after each block, and a list of hashes when it can't go on without blocks that are
 * elsewhere; whoever drives it fetches them and goes on, or gives up.
 */
import { isRecord, join, KIND_NODE, type OpenBlock, Part, TreeNode } from '../state/index.js';
import type { Hash } from '../store/index.js';
import type { Blocks, Level } from './blocks.js';
import { NONE_SHARED, type SharedCell } from './cell.js';
import { mapLeaves } from './mapLeaves.js';

/** One step done (`null`), or the blocks that are needed before the next. */
export type Step = readonly Hash[] | null;

export interface Assembled {
  readonly value: unknown;
  readonly level: Level;
  /** Bytes of the blocks that make up the value, as stored. */
  readonly bytes: number;
  /** Whether there may be typed arrays in it, which nothing freezes: each caller gets copies of its own. */
  readonly hasBytes: boolean;
}

interface Frame {
  readonly open: OpenBlock;
  /** Values of the components, filled from the left. */
  readonly values: unknown[];
  hasBytes: boolean;
  bytes: number;
  /** Of `bytes`, those that shared components are charged with, and these. */
  sharedBytes: number;
  shared: SharedCell[] | null;
}

/** @throws HeliosError `CORRUPT_BLOCK` */
export function* assemble(root: Part, blocks: Blocks, shareBytes = false): Generator<Step, Assembled> {
  const cell = blocks.cell(root.hash);
  if (cell?.whole !== undefined && (shareBytes || !cell.hasBytes)) {
    return { value: cell.whole, level: cell.isObject ? 0 : 1, bytes: 0, hasBytes: cell.hasBytes };
  }
  let open = blocks.open(root);
  if (open !== undefined) return yield* assembleFrom(open, root, blocks, shareBytes);
  while (open === undefined) {
    yield [root.hash];
    open = blocks.open(root);
  }
  return { ...(yield* assembleFrom(open, root, blocks, shareBytes)), level: 4 };
}

/** The same for a block that is open already. */
export function* assembleFrom(
  open: OpenBlock,
  root: Part,
  blocks: Blocks,
  shareBytes: boolean,
): Generator<Step, Assembled> {
  let level: Level = root.fresh === null ? 3 : 2;
  const stack: Frame[] = [];
  let frame = frameOf(open);
  for (;;) {
    const next = frame.open.children[frame.values.length];
    if (next !== undefined && frame.values.length < frame.open.components) {
      const known = blocks.cell(next.hash);
      if (known?.whole !== undefined && !known.hasBytes) {
        frame.values.push(known.whole);
        frame.bytes += next.bytes;
        const isLeaf = known.shallow === known.whole;
        const shared =
          blocks.sharedCell(next.hash) ??
          (isLeaf && isComponentOf(frame) ? blocks.meetComponent(null, next.hash, known.whole, next.bytes) : undefined);
        if (shared !== undefined) hold(frame, shared, next.bytes);
        continue;
      }
      if (next.fresh === null && level < 3) level = 3;
      let below = blocks.open(next);
      while (below === undefined) {
        level = 4;
        yield missingFrom(next, frame, blocks);
        below = blocks.open(next);
      }
      stack.push(frame);
      frame = frameOf(below);
      continue;
    }
    const value = frame.open.value(frame.values);
    const hasBytes = frame.hasBytes || frame.open.hasBytes;
    const { bytes, sharedBytes } = frame;
    const holds = frame.shared ?? NONE_SHARED;
    const above = stack.pop();
    if (above === undefined) {
      if (!hasBytes || shareBytes) blocks.keepWhole(frame.open, value, bytes - sharedBytes, true, hasBytes, holds);
      blocks.settle();
      return { value, level, bytes, hasBytes };
    }
    above.values.push(value);
    above.bytes += bytes;
    const { hash } = frame.open;
    const shared =
      hasBytes || !isComponentOf(above)
        ? undefined
        : blocks.meetComponent(frame.open, hash, value, bytes - sharedBytes, holds);
    if (shared !== undefined) hold(above, shared, bytes);
    else {
      // Leaves only: what holds other blocks would be counted again with each of them.
      if (!hasBytes && frame.open.components === 0) blocks.keepWhole(frame.open, value, bytes, false);
      if (frame.shared !== null) {
        above.sharedBytes += sharedBytes;
        if (above.shared === null) above.shared = frame.shared;
        else above.shared.push(...frame.shared);
      }
    }
    above.hasBytes ||= hasBytes;
    frame = above;
    yield null;
  }
}

/** A block with nothing below it, at once: what most objects are. */
export function assembleLeaf(open: OpenBlock, part: Part, blocks: Blocks, shareBytes: boolean): Assembled {
  const value = open.value();
  const { hasBytes } = open;
  const bytes = open.bytes.length;
  if (!hasBytes || shareBytes) blocks.keepWhole(open, value, bytes, true, hasBytes);
  return { value, level: part.fresh === null ? 3 : 2, bytes, hasBytes };
}

/** The value of a tree with the values of all its parts in place. */
export function* assembleTree(tree: unknown, blocks: Blocks): Generator<Step, Assembled> {
  const values = new Map<Hash, unknown>();
  let level: Level = 0;
  let bytes = 0;
  let hasBytes = false;
  for (const part of partsIn(tree)) {
    if (values.has(part.hash)) continue;
    const assembled = yield* assemble(part, blocks);
    values.set(part.hash, assembled.value);
    level = Math.max(level, assembled.level) as Level;
    bytes += assembled.bytes;
    hasBytes ||= assembled.hasBytes;
  }
  return { value: values.size === 0 ? tree : replaceParts(tree, values), level, bytes, hasBytes };
}

/** Drives a generator that can't wait. @throws what `elsewhere` makes of the blocks that it would wait for */
export function runNow<T>(steps: Generator<Step, T>, elsewhere: (hashes: readonly Hash[]) => Error): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (step.value !== null) throw elsewhere(step.value);
  }
}

/** A copy of a tree with the values of its parts in their places. */
function replaceParts(tree: unknown, values: ReadonlyMap<Hash, unknown>): unknown {
  return mapLeaves(tree, (leaf) => {
    if (leaf instanceof Part) return values.get(leaf.hash);
    if (!(leaf instanceof TreeNode)) return leaf;
    return join(
      leaf.of,
      leaf.type,
      leaf.children.map((child) => values.get(child.hash)),
    );
  });
}

/** The parts that stand in a tree, not those below them. */
export function* partsIn(tree: unknown): Generator<Part> {
  const stack: unknown[] = [tree];
  while (stack.length > 0) {
    const value = stack.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (value instanceof Part) yield value;
    else if (value instanceof TreeNode) yield* value.children;
    else if (Array.isArray(value)) for (const item of value) stack.push(item);
    else if (value instanceof Map) for (const [key, item] of value) stack.push(key, item);
    else if (value instanceof Set) for (const member of value) stack.push(member);
    else if (isRecord(value)) for (const item of Object.values(value)) stack.push(item);
  }
}

function frameOf(open: OpenBlock): Frame {
  return { open, values: [], hasBytes: false, bytes: open.bytes.length, sharedBytes: 0, shared: null };
}

/** Below a node there are pieces of a value, which are made one with it: they are nobody else's. */
function isComponentOf({ open }: Frame): boolean {
  return open.kind !== KIND_NODE;
}

function hold(frame: Frame, shared: SharedCell, bytes: number): void {
  frame.sharedBytes += bytes;
  if (frame.shared === null) frame.shared = [shared];
  else frame.shared.push(shared);
}

/** A component that is elsewhere, and all those after it that are too: one journey fetches them together. */
function missingFrom(needed: Part, frame: Frame, blocks: Blocks): Hash[] {
  const missing = new Set([needed.hash]);
  for (let index = frame.values.length; index < frame.open.components; index++) {
    const part = frame.open.children[index];
    if (part !== undefined && blocks.cell(part.hash)?.whole === undefined && !blocks.isHere(part))
      missing.add(part.hash);
  }
  return [...missing];
}
