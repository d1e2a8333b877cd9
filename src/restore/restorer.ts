/**
 * Values from roots: whole, as views, at paths. Knows blocks and trees, no types: what a program's type makes of a
 * value is objects.ts. The synchronous ways read this machine only; `restoration` says what it misses and goes on when
 * that has come.
 */
import { parsePath } from '../protocol/paths.js';
import type { Part, Path, Value } from '../state/index.js';
import type { Hash, Store } from '../store/index.js';
import {
  type Assembled,
  assemble,
  assembleFrom,
  assembleLeaf,
  assembleTree,
  partsIn,
  runNow,
  type Step,
} from './assemble.js';
import { type Blocks, type Level, missingHashes, notLocal } from './blocks.js';
import { fetchUntil } from './fetchUntil.js';
import { find, type ParsedPath, parsePaths, select } from './select.js';
import { viewOf } from './view.js';

export class Restorer {
  constructor(
    private readonly store: Store,
    readonly blocks: Blocks,
  ) {}

  /** The whole value and how far it had to be looked for. @throws HeliosError `NOT_LOCAL`, `CORRUPT_BLOCK` */
  whole(part: Part, shareBytes: boolean): Assembled {
    const open = this.blocks.open(part);
    if (open === undefined) throw notLocal([part.hash], part.hash);
    if (open.components === 0) return assembleLeaf(open, part, this.blocks, shareBytes);
    return runNow(assembleFrom(open, part, this.blocks, shareBytes), (hashes) => notLocal(hashes, part.hash));
  }

  /** A tree with its parts' values in place. */
  wholeTree(tree: unknown): unknown {
    return runNow(assembleTree(tree, this.blocks), notLocal).value;
  }

  view(part: Part): unknown {
    return viewOf(part, this.blocks.shallow, this.blocks.meetView);
  }

  at(part: Part, path: Path): Value | undefined {
    return this.wholeTree(find(part, parsePath(path), this.blocks.shallow)) as Value | undefined;
  }

  /** The value, or an object of the values at some paths, in steps; see assemble.ts. */
  *restoration(part: Part, paths: readonly ParsedPath[] | undefined): Generator<Step, Assembled> {
    if (paths === undefined) return yield* assemble(part, this.blocks);
    const value: Record<string, unknown> = {};
    let level: Level = 1;
    let bytes = 0;
    const raise = (to: Level) => {
      if (to > level) level = to;
    };
    for (const path of paths) {
      for (const place of yield* this.places(part, path, raise)) {
        if (Object.hasOwn(value, place.name)) continue;
        const assembled = yield* assembleTree(place.tree, this.blocks);
        Object.defineProperty(value, place.name, { value: assembled.value, enumerable: true });
        bytes += assembled.bytes;
        raise(assembled.level);
      }
      yield null;
    }
    return { value: Object.freeze(value), level, bytes, hasBytes: true };
  }

  /** Looks for a path's places; where a block is missing, waits for it and looks again. */
  private *places(
    part: Part,
    path: ParsedPath,
    raise: (to: Level) => void,
  ): Generator<Step, ReturnType<typeof select>> {
    for (;;) {
      const reads = this.blocks.storeReads;
      try {
        return select(part, path, this.blocks.shallow);
      } catch (error) {
        raise(4);
        yield missingHashes(error);
      } finally {
        if (this.blocks.storeReads > reads) raise(3);
      }
    }
  }

  /** Bytes of the block and of all below it. */
  totalBytes(part: Part): number {
    if (part.bytes > 0) return part.bytes;
    const open = this.blocks.open(part);
    if (open === undefined) throw notLocal([part.hash]);
    let bytes = open.bytes.length;
    for (const child of open.children.slice(0, open.components)) bytes += child.bytes;
    return bytes;
  }

  isLocal(part: Part, paths: readonly Path[] | undefined): boolean {
    return this.missing(part, paths).length === 0;
  }

  /** Brings what is missing here, one level of blocks after another. */
  async fetch(part: Part, options: { readonly paths?: readonly Path[]; readonly signal?: AbortSignal }): Promise<void> {
    const { paths, signal } = options;
    await fetchUntil(this.store.blocks, () => this.missing(part, paths), signal);
  }

  /** Blocks that are elsewhere, as far as can be told from those that are here. */
  private missing(part: Part, paths: readonly Path[] | undefined): readonly Hash[] {
    if (paths === undefined) return this.missingBelow([part]);
    try {
      const places = parsePaths(paths).flatMap((path) => select(part, path, this.blocks.shallow));
      return this.missingBelow(places.flatMap((place) => [...partsIn(place.tree)]));
    } catch (error) {
      return missingHashes(error);
    }
  }

  private missingBelow(parts: readonly Part[]): Hash[] {
    const missing: Hash[] = [];
    const seen = new Set<Hash>();
    const stack = [...parts];
    for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
      if (seen.has(part.hash)) continue;
      seen.add(part.hash);
      const open = this.blocks.open(part);
      if (open === undefined) missing.push(part.hash);
      else for (const child of open.children.slice(0, open.components)) stack.push(child);
    }
    return missing;
  }
}
