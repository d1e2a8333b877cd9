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
  switch (typeof key) {
    case 'boolean':
      return { item, rank: 1, by: key ? 1 : 0 };
    case 'number':
      // A Map cannot hold both 0 and -0 as keys, so numeric order is complete but for NaN, which comes last.
      return Number.isNaN(key) ? { item, rank: 3, by: 0 } : { item, rank: 2, by: key };
    case 'bigint':
      return { item, rank: 4, by: key };
    case 'string':
      return { item, rank: 5, by: key };
    default:
      return key === null ? { item, rank: 0, by: 0 } : { item, rank: 6, by: hashKey(key, standalone) };
  }
}

function hashKey(value: unknown, standalone: Standalone): Hash {
  return value instanceof Part ? value.hash : standalone(value);
}
