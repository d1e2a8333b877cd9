/**
 * A block again with other children in some places of its child list: what most edits come down to. Nothing is decoded or
 * written anew, since child lists lie at fixed places.
 */

import { digestOf } from '../../store/index.js';
import type { Encoding } from '../encoding.js';
import { CHILD_BYTES } from '../format.js';
import { bytesBelow, CHILD_BYTES_MAX, childAt, headerOf, writeChild } from '../header.js';
import { type FreshBlock, Part } from '../part.js';

/** A child as it was read from the block or given to it, and what comes in its place. */
export interface Exchange {
  readonly from: Part;
  readonly to: Part;
}

/**
 * @param fresh the block, if it was made here; otherwise the children know where they were read
 * @param count of the new block's part
 * @param height of both
 * @returns `undefined` where the block can't be told from the children
 */
export function patchBlock(
  encoding: Encoding,
  fresh: FreshBlock | null,
  exchanges: readonly Exchange[],
  count: number,
  height: number,
): Part | undefined {
  const first = exchanges[0]?.from;
  if (first === undefined) return undefined;
  const old = fresh?.block ?? first.raw;
  if (old === null || old.length <= CHILD_BYTES) return undefined;
  const header = headerOf(old);
  const { listAt, components } = header;
  const block = Buffer.allocUnsafe(old.length);
  block.set(old);
  const known = new Map<number, Part>();
  for (const { from, to } of exchanges) {
    const index = fresh === null ? (from.rawAt - listAt) / CHILD_BYTES : onlyIndexOf(fresh.children, from);
    if (!(index >= 0 && index < components) || (fresh === null && from.raw !== old)) return undefined;
    known.set(index, to);
    writeChild(block, listAt + index * CHILD_BYTES, to);
  }
  const bytes = Math.min(block.length + bytesBelow(block, header), CHILD_BYTES_MAX);
  encoding.newBytes += block.length;
  return Part.at(digestOf(block), 0, bytes, count, height, new PatchedBlock(block, fresh, known));
}

/** The place of a child that stands in one place; -1 where it stands in several. */
function onlyIndexOf(children: readonly Part[], part: Part): number {
  const index = children.indexOf(part);
  return children.indexOf(part, index + 1) === -1 ? index : -1;
}

/** Its list of children is made when somebody asks for it. */
class PatchedBlock implements FreshBlock {
  private list: readonly Part[] | null = null;

  constructor(
    readonly block: Uint8Array,
    before: FreshBlock | null,
    private known: ReadonlyMap<number, Part>,
  ) {
    if (before !== null) this.list = before.children.map((child, index) => known.get(index) ?? child);
  }

  get components(): number {
    return headerOf(this.block).components;
  }

  get children(): readonly Part[] {
    if (this.list === null) {
      const { listAt, components, links } = headerOf(this.block);
      const list: Part[] = [];
      for (let index = 0; index < components + links; index++) {
        list.push(this.known.get(index) ?? childAt(this.block, listAt + index * CHILD_BYTES));
      }
      this.list = list;
      this.known = new Map();
    }
    return this.list;
  }
}
