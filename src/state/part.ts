/**
 * A part of a value that is a block of its own, held by hash. Parts stand in decoded blocks where another block
 * begins, so that a tree can be walked, edited and encoded again without touching what lies below.
 */
import type { Hash } from '../store/index.js';

/** A block made in this process and perhaps not yet saved. It holds its own new parts, and nothing older. */
export interface FreshBlock {
  readonly block: Uint8Array;
  /** In the order of the block's child list: components, then links. */
  readonly children: readonly Part[];
  /** How many of `children` are components; the rest are links. */
  readonly components: number;
  /** The block's value as reading it would give it, where that is known; else `undefined`. */
  readonly value: unknown;
}

export class Part {
  /** The hash as bytes, 32 from `rawAt`; null where only its text is known. */
  raw: Uint8Array | null = null;
  rawAt = 0;
  /** It was made here and has been saved since: somebody may hold its value without ever having read its block. */
  isReleased = false;
  private text: Hash | undefined;

  constructor(
    hash: Hash | undefined,
    /** Bytes of the block and of all component blocks below it, repeats counted. */
    readonly bytes: number,
    /** Entries of a collection, units of a string, bytes of a byte array; 1 for anything else. */
    readonly count: number,
    /** Levels of collections from here down. */
    readonly height: number,
    /** The block itself when it was made here and is not saved yet; otherwise it is looked up in the store. */
    public fresh: FreshBlock | null,
  ) {
    this.text = hash;
  }

  /** A part whose hash lies in a child list, or was just computed. Its text is made when somebody asks. */
  static at(
    raw: Uint8Array,
    rawAt: number,
    bytes: number,
    count: number,
    height: number,
    fresh: FreshBlock | null,
  ): Part {
    const part = new Part(undefined, bytes, count, height, fresh);
    part.raw = raw;
    part.rawAt = rawAt;
    return part;
  }

  get hash(): Hash {
    if (this.text === undefined) this.text = hexOf(this.raw, this.rawAt);
    return this.text;
  }
}

/** Where a hash is copied to be told in hex: a Buffer on it where it lies costs several times as much. */
const digest = Buffer.allocUnsafeSlow(32);

function hexOf(raw: Uint8Array | null, at: number): Hash {
  if (raw === null) return '';
  for (let index = 0; index < 32; index++) digest[index] = raw[at + index] as number;
  return digest.toString('hex');
}

/** The value of a part's block: frozen plain data, with parts where further blocks begin. */
export type LoadPart = (part: Part) => unknown;

/** A reference inside a value: it names another root, and is never decoded with the value that holds it. */
export interface Link {
  readonly part: Part;
  readonly type: string;
  readonly schemaVersion: number;
  readonly weight: number;
}

/** Lets go of all fresh blocks below a part and of its own: they are in the store now. Uses no recursion. */
export function releaseFresh(root: Part): void {
  const stack = [root];
  for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
    if (part.fresh === null) continue;
    for (const child of part.fresh.children) stack.push(child);
    part.fresh = null;
    part.isReleased = true;
  }
}

/** Visits the fresh blocks below a part, each once, children before parents. Uses no recursion. */
export function* freshBlocks(root: Part): Generator<readonly [Hash, FreshBlock]> {
  const seen = new Set<Hash>();
  const stack: { part: Part; fresh: FreshBlock; next: number }[] = [];
  const enter = (part: Part) => {
    if (part.fresh === null || seen.has(part.hash)) return;
    seen.add(part.hash);
    stack.push({ part, fresh: part.fresh, next: 0 });
  };
  enter(root);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const child = top.fresh.children[top.next++];
    if (child !== undefined) enter(child);
    else {
      stack.pop();
      yield [top.part.hash, top.fresh];
    }
  }
}
