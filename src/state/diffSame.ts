/**
 * Whether two trees are the same value. Blocks are compared by hash alone: nothing is loaded here.
 */

import { COMPONENT_LIMIT, COST_STRING } from './format.js';
import type { Standalone } from './keyOrder.js';
import { byteType, type Kind, kindOf } from './kind.js';
import { Part } from './part.js';

/** What needs no look below: the same object, block or scalar. 0 and -0 are two, NaN is one. */
export function sameAtOnce(before: unknown, after: unknown): boolean {
  if (Object.is(before, after)) return true;
  return before instanceof Part && after instanceof Part && before.hash === after.hash;
}

/** Equal as values, so that they have one root. Recursion is as deep as the value, within one block. */
export function sameTree(before: unknown, after: unknown, standalone: Standalone): boolean {
  if (sameAtOnce(before, after)) return true;
  if (before instanceof Part) return mayBeBlock(after) && before.hash === standalone(after);
  if (after instanceof Part) return mayBeBlock(before) && after.hash === standalone(before);
  if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null) return false;
  const kind = diffKind(before);
  if (kind !== diffKind(after)) return false;
  switch (kind) {
    case 'array':
      return sameArray(before as readonly unknown[], after as readonly unknown[], standalone);
    case 'record':
    case 'bare record':
      return sameRecord(before as PlainRecord, after as PlainRecord, standalone);
    case 'date':
      return (before as Date).getTime() === (after as Date).getTime();
    case 'bytes':
      return sameBytes(before as ArrayBufferView, after as ArrayBufferView);
    default:
      // Maps, Sets and links: their hash settles order, keys that are collections, and what a link says.
      return standalone(before) === standalone(after);
  }
}

/** Whether a tree that is no part may have the value of one: big things are no blocks before they are encoded. */
export function mayBeBlock(tree: unknown): boolean {
  if (typeof tree === 'string') return tree.length + COST_STRING > COMPONENT_LIMIT;
  if (typeof tree === 'bigint') return tree > LARGE_INTEGER || tree < -LARGE_INTEGER;
  return typeof tree === 'object' && tree !== null && !(tree instanceof Part);
}

/** Below this a bigint is far from being a block. */
const LARGE_INTEGER = 2n ** 64n;

export type PlainRecord = Readonly<Record<string, unknown>>;

/** What a record has of its own under a key; `undefined` where nothing is, or undefined, which is no value. */
export function own(record: PlainRecord, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Values of different kinds have nothing to compare: the one has become the other. */
export function diffKind(value: unknown): Kind | 'bare record' {
  const kind = kindOf(value);
  return kind === 'record' && Object.getPrototypeOf(value) === null ? 'bare record' : kind;
}

function sameArray(before: readonly unknown[], after: readonly unknown[], standalone: Standalone): boolean {
  if (before.length !== after.length) return false;
  return before.every((item, index) => sameTree(item, after[index], standalone));
}

function sameRecord(before: PlainRecord, after: PlainRecord, standalone: Standalone): boolean {
  for (const key of Object.keys(before)) if (!sameTree(before[key], own(after, key), standalone)) return false;
  for (const key of Object.keys(after)) {
    if (after[key] !== undefined && own(before, key) === undefined) return false;
  }
  return true;
}

function sameBytes(before: ArrayBufferView, after: ArrayBufferView): boolean {
  if (byteType(before) !== byteType(after) || before.byteLength !== after.byteLength) return false;
  const left = Buffer.from(before.buffer, before.byteOffset, before.byteLength);
  return left.equals(new Uint8Array(after.buffer, after.byteOffset, after.byteLength));
}
