/**
 * How the children of a node are told apart: by the last key of each, or by its mark where entries have no keys. Also
 * how much an entry of a node counts when nodes are cut (docs/format.md, "Nodes" and "Which values are split").
 */
import { keyCost } from '../cost.js';
import { digestOfKey, digestOfMember } from '../digest.js';
import { COST_BLOCK, COST_KEY, NODE_BARE_RECORD, NODE_MAP, NODE_RECORD, NODE_SET, SIZE_MARKED } from '../format.js';
import { compareKeys } from '../keyOrder.js';

/** A Map's key or a Set's member that is a collection, as a node tells it. */
export class HashedKey {
  constructor(
    /** Its root. */
    readonly hash: string,
  ) {}
}

/** The last key of a child's stretch, or the mark of its last entry. */
export type End = unknown;

export function isOfRecord(of: number): boolean {
  return of === NODE_RECORD || of === NODE_BARE_RECORD;
}

export function isOfMembers(of: number): boolean {
  return of === NODE_MAP || of === NODE_SET;
}

export function isOfKeys(of: number): boolean {
  return of <= NODE_BARE_RECORD || isOfMembers(of);
}

export function sizeOfEnd(of: number, end: End): number {
  if (isOfRecord(of)) return COST_BLOCK + (end as string).length + COST_KEY;
  return isOfMembers(of) ? COST_BLOCK + keyCost(end) : SIZE_MARKED;
}

export function markOfEnd(of: number, end: End): number {
  if (isOfRecord(of)) return digestOfKey(end as string);
  if (isOfMembers(of)) return end instanceof HashedKey ? digestOfMember(undefined, end.hash) : digestOfMember(end);
  return end as number;
}

/** Whether a key comes after the end of a child's stretch. */
export function isBehind(of: number, key: unknown, end: End): boolean {
  if (isOfRecord(of)) return (key as string) > (end as string);
  return compareKeys(key, end) > 0;
}
