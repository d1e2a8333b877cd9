/**
 * A block again with other children in some places of its child list: what most edits come down to. Nothing is decoded or
 * written anew, since child lists lie at fixed places.
 */

import { digestOf, hashOf } from '../../store/index.js';
import type { Encoding } from '../encoding.js';
import { changedFields, type Fields } from '../fieldsEdit.js';
import { CHILD_BYTES } from '../format.js';
import { frozenMap } from '../frozen.js';
import { bytesBelow, CHILD_BYTES_MAX, childAt, type Header, headerOf, writeChild } from '../header.js';
import { type FreshBlock, Part } from '../part.js';
import { TreeNode } from './node.js';

/** A child as it was read from the block or given to it, and what comes in its place. */
export interface Exchange {
  /** Where it stands in the block's value: a record's or Map's key; its index, in a node. */
  readonly key: unknown;
  readonly from: Part;
  readonly to: Part;
}

/** What a patched block is made of: nothing of it is older, so that a long row of edits frees what it leaves behind. */
export interface Patched {
  /** A record or Map with parts in it, or a node, as it was read. */
  readonly value: unknown;
  /** Of the block; null for a node, which says itself where it was made. */
  readonly part: Part | null;
  /** The block, if it was made here; otherwise the children know where they were read. */
  readonly fresh: FreshBlock | null;
  /** Of the new block's part. */
  readonly count: number;
  /** Of both. */
  readonly height: number;
}

/** @returns `undefined` where the block, or the place of a child in it, can't be told from the children */
export function patchBlock(encoding: Encoding, before: Patched, exchanges: readonly Exchange[]): Part | undefined {
  const { fresh, count, height } = before;
  const first = exchanges[0]?.from;
  if (first === undefined) return undefined;
  const old = fresh?.block ?? first.raw;
  if (old === null || old.length <= CHILD_BYTES) return undefined;
  // The value may have been known without its block, which was saved meanwhile: then its children are of older blocks.
  if (fresh === null && before.part?.isReleased && hashOf(old) !== before.part.hash) return undefined;
  const header = headerOf(old);
  const block = Buffer.allocUnsafe(old.length);
  block.set(old);
  const known = fresh === null ? [] : fresh instanceof PatchedBlock ? fresh.known.slice() : fresh.children.slice();
  const isNode = before.value instanceof TreeNode;
  for (const { key, from, to } of exchanges) {
    const index = isNode ? (key as number) : indexOf(old, header, from);
    if (index === -1) return undefined;
    known[index] = to;
    writeChild(block, header.listAt + index * CHILD_BYTES, to);
  }
  const bytes = Math.min(block.length + bytesBelow(block, header), CHILD_BYTES_MAX);
  encoding.newBytes += block.length;
  const patched = new PatchedBlock(block, header, known, before.value, exchanges);
  return Part.at(digestOf(block), 0, bytes, count, height, patched);
}

/** The place of a child in a block's list; -1 where it stands in several or in none. */
function indexOf(block: Uint8Array, { listAt, components }: Header, { raw, rawAt }: Part): number {
  if (raw === null) return -1;
  if (raw === block) {
    const index = (rawAt - listAt) / CHILD_BYTES;
    return index < components ? index : -1;
  }
  let found = -1;
  for (let index = 0; index < components; index++) {
    const at = listAt + index * CHILD_BYTES;
    if (block[at] !== raw[rawAt] || !isSameHash(block, at, raw, rawAt)) continue;
    if (found !== -1) return -1;
    found = index;
  }
  return found;
}

function isSameHash(one: Uint8Array, at: number, other: Uint8Array, otherAt: number): boolean {
  for (let index = 1; index < 32; index++) if (one[at + index] !== other[otherAt + index]) return false;
  return true;
}

/** Its list of children and its value are made when somebody asks for them. */
class PatchedBlock implements FreshBlock {
  readonly components: number;
  private list: readonly Part[] | null = null;
  private made: unknown;

  constructor(
    readonly block: Uint8Array,
    private readonly header: Header,
    /** Children by their place: at least all those that are not in a store yet. */
    readonly known: readonly (Part | undefined)[],
    private base: unknown,
    private exchanges: readonly Exchange[],
  ) {
    this.components = header.components;
  }

  get children(): readonly Part[] {
    if (this.list === null) {
      const { listAt, components, links } = this.header;
      const list: Part[] = [];
      for (let index = 0; index < components + links; index++) {
        list.push(this.known[index] ?? childAt(this.block, listAt + index * CHILD_BYTES));
      }
      this.list = list;
    }
    return this.list;
  }

  get value(): unknown {
    // Typed arrays belong to those who read them: each has its own.
    if (this.header.tailBytes > 0) return undefined;
    if (this.made === undefined) {
      this.made = exchangedIn(this.base, this.exchanges, this);
      this.base = undefined;
      this.exchanges = [];
    }
    return this.made;
  }
}

function exchangedIn(base: unknown, exchanges: readonly Exchange[], fresh: FreshBlock): unknown {
  if (base instanceof TreeNode) {
    const children = [...base.children];
    for (const { key, to } of exchanges) children[key as number] = to;
    return new TreeNode(base.of, base.type, base.level, children, base.ends, fresh);
  }
  if (base instanceof Map) {
    const map = new Map<unknown, unknown>(base);
    for (const { key, to } of exchanges) map.set(key, to);
    return frozenMap(map);
  }
  const changes = new Map(exchanges.map(({ key, to }) => [key as string, to] as const));
  return Object.freeze(changedFields(base as Fields, changes));
}
