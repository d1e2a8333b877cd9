/**
 * The order of Map keys and Set members in blocks, so that the same collection has the same bytes whatever the order in
 * which it was filled: by kind, then by value within a kind. Collections as keys are ordered by their own hash.
 */
import type { Hash } from '../store/index.js';
import { Part } from './part.js';

/** The hash of a value, or of a tree with parts in it, encoded by itself. */
export type Standalone = (value: unknown) => Hash;

/** One member, ready to be compared: rank of its kind, then what it is compared by. */
interface Ranked<T> {
  readonly item: T;
  readonly rank: number;
  readonly by: number | bigint | string;
}

export function sortEntries(
  map: ReadonlyMap<unknown, unknown>,
  standalone: Standalone,
): (readonly [unknown, unknown])[] {
  return sort(
    [...map],
    (entry) => entry[0],
    standalone,
    ([, a], [, b]) => {
      // Two keys that are different objects with the same content: only their values can order them.
      const left = hashKey(a, standalone);
      const right = hashKey(b, standalone);
      return left < right ? -1 : left > right ? 1 : 0;
    },
  );
}

export function sortMembers(set: ReadonlySet<unknown>, standalone: Standalone): unknown[] {
  return sort(
    [...set],
    (member) => member,
    standalone,
    () => 0,
  );
}

function sort<T>(items: T[], keyOf: (item: T) => unknown, standalone: Standalone, tie: (a: T, b: T) => number): T[] {
  if (items.length < 2) return items;
  const ranked = items.map((item) => rank(item, keyOf(item), standalone));
  ranked.sort((a, b) => {
    if (a.rank !== b.rank) return a.rank - b.rank;
    if (a.by < b.by) return -1;
    return a.by > b.by ? 1 : tie(a.item, b.item);
  });
  return ranked.map((one) => one.item);
}

function rank<T>(item: T, key: unknown, standalone: Standalone): Ranked<T> {
  // A Map cannot hold both 0 and -0 as keys, so numeric order is complete but for NaN, which comes last.
  const rank = rankOf(key);
  return { item, rank, by: rank === 6 ? hashKey(key, standalone) : comparable(key, rank) };
}

function hashKey(value: unknown, standalone: Standalone): Hash {
  return value instanceof Part ? value.hash : standalone(value);
}

/** Keys of a record in the order of their units; they often come in it, which is cheap to see. */
export function sortedKeys(keys: readonly string[]): readonly string[] {
  for (let index = 1; index < keys.length; index++) {
    if ((keys[index - 1] as string) > (keys[index] as string)) return [...keys].sort();
  }
  return keys;
}

/** What is compared by its root in place of a key. */
export interface Hashed {
  readonly hash: Hash;
}

/** Below 0 when one key of a Map comes before another. Keys that are collections are given by their roots. */
export function compareKeys(left: unknown, right: unknown): number {
  const rank = rankOf(left);
  const difference = rank - rankOf(right);
  if (difference !== 0) return difference;
  const a = comparable(left, rank);
  const b = comparable(right, rank);
  return a < b ? -1 : a > b ? 1 : 0;
}

function rankOf(key: unknown): number {
  switch (typeof key) {
    case 'boolean':
      return 1;
    case 'number':
      return Number.isNaN(key) ? 3 : 2;
    case 'bigint':
      return 4;
    case 'string':
      return 5;
    default:
      return key === null ? 0 : 6;
  }
}

function comparable(key: unknown, rank: number): number | bigint | string {
  switch (rank) {
    case 1:
      return key === true ? 1 : 0;
    case 2:
    case 4:
    case 5:
      return key as number | bigint | string;
    case 6:
      return (key as Hashed).hash;
    default:
      return 0;
  }
}
