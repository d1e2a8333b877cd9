/**
 * What became of the elements of a list: which went, which came, and which are still there but changed. Elements that
 * are the same hold the two lists together (align.ts); between them, one that went and one that came are a pair when
 * reading them as one that changed says more than reading them as two.
 */
import { alignSequences, type Gap } from './align.js';
import { diffKind, mayBeBlock, own, type PlainRecord, sameTree } from './diffSame.js';
import type { Standalone } from './keyOrder.js';
import { Part } from './part.js';
import { gathered } from './tree/gather.js';

export interface ListTools {
  readonly load: (part: Part) => unknown;
  readonly standalone: Standalone;
}

export interface Pairing {
  readonly before: number;
  readonly after: number;
  /** The trees of both, where they were loaded to see that they are a pair. */
  readonly opened?: readonly [unknown, unknown];
}

export interface ListChanges {
  /** Indices of the list before, rising. */
  readonly removed: readonly number[];
  /** Indices of the list after, rising. */
  readonly added: readonly number[];
  /** Rising on both sides. */
  readonly changed: readonly Pairing[];
}

/** Elements that went times elements that came, in one gap, for which the best pairs are looked for. */
export const PAIRS_MAX = 1024;
/** Entries of a collection that are looked at, at most, to see whether it is like another. */
const SAMPLE = 64;

export function matchLists(before: readonly unknown[], after: readonly unknown[], tools: ListTools): ListChanges {
  const changes = { removed: [] as number[], added: [] as number[], changed: [] as Pairing[] };
  for (const gap of gapsBetween(before, after, tools.standalone)) {
    const pairs = pairUp(before.slice(gap.beforeFrom, gap.beforeTo), after.slice(gap.afterFrom, gap.afterTo), tools);
    const pairedBefore = new Set(pairs.map((pair) => pair.before + gap.beforeFrom));
    const pairedAfter = new Set(pairs.map((pair) => pair.after + gap.afterFrom));
    for (let at = gap.beforeFrom; at < gap.beforeTo; at++) if (!pairedBefore.has(at)) changes.removed.push(at);
    for (let at = gap.afterFrom; at < gap.afterTo; at++) if (!pairedAfter.has(at)) changes.added.push(at);
    for (const pair of pairs) {
      changes.changed.push({ ...pair, before: pair.before + gap.beforeFrom, after: pair.after + gap.afterFrom });
    }
  }
  return changes;
}

/** Both ends are compared as they are; only what lies between differing ends is worth the hashes. */
function gapsBetween(before: readonly unknown[], after: readonly unknown[], standalone: Standalone): readonly Gap[] {
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && sameTree(before[from], after[from], standalone)) from++;
  let tail = 0;
  while (tail < shorter - from && sameTree(before.at(-1 - tail), after.at(-1 - tail), standalone)) tail++;
  const beforeTo = before.length - tail;
  const afterTo = after.length - tail;
  if (from === beforeTo && from === afterTo) return [];
  if (from === beforeTo || from === afterTo || (from + 1 === beforeTo && from + 1 === afterTo)) {
    return [{ beforeFrom: from, beforeTo, afterFrom: from, afterTo }];
  }
  const identify = identities(standalone);
  const gaps = alignSequences(before.slice(from, beforeTo).map(identify), after.slice(from, afterTo).map(identify));
  return gaps.map((gap) => ({
    beforeFrom: gap.beforeFrom + from,
    beforeTo: gap.beforeTo + from,
    afterFrom: gap.afterFrom + from,
    afterTo: gap.afterTo + from,
  }));
}

/** Numbers for elements: the same for the same value. A small scalar stands for itself, anything else by its hash. */
function identities(standalone: Standalone): (element: unknown) => number {
  const scalars = new Map<unknown, number>();
  const hashes = new Map<string, number>();
  const numbered = <K>(known: Map<K, number>, key: K): number => {
    const id = known.get(key) ?? scalars.size + hashes.size;
    known.set(key, id);
    return id;
  };
  return (element) => {
    if (element instanceof Part) return numbered(hashes, element.hash);
    if (mayBeBlock(element)) return numbered(hashes, standalone(element));
    // A Map takes 0 and -0 for one key.
    return Object.is(element, -0) ? numbered(hashes, '-0') : numbered(scalars, element);
  };
}

/** Pairs by place in the gaps, of which none crosses another. */
function pairUp(removed: readonly unknown[], added: readonly unknown[], tools: ListTools): readonly Pairing[] {
  if (removed.length === 0 || added.length === 0) return [];
  if (removed.length * added.length > PAIRS_MAX) return pairInOrder(removed, added, tools);
  const opened = (element: unknown) => gathered(element, tools.load);
  const left = removed.map(opened);
  const right = added.map(opened);
  const isEven = left.length === right.length;
  const likenesses = left.map((before, row) =>
    right.map((after, column) => likeness(before, after, isEven && row === column, tools.standalone)),
  );
  return bestPairs(likenesses).map(([before, after]) => ({ before, after, opened: [left[before], right[after]] }));
}

/** Too many to compare each with each: the first with the first. Blocks are taken to be alike, and not loaded. */
function pairInOrder(removed: readonly unknown[], added: readonly unknown[], tools: ListTools): readonly Pairing[] {
  const isEven = removed.length === added.length;
  const pairs: Pairing[] = [];
  for (let index = 0; index < Math.min(removed.length, added.length); index++) {
    const [before, after] = [removed[index], added[index]];
    const areBlocks = before instanceof Part && after instanceof Part;
    if (areBlocks || likeness(before, after, isEven, tools.standalone) > 0) pairs.push({ before: index, after: index });
  }
  return pairs;
}

/** The pairs whose likenesses add up to most; of equal ones those that come first. */
function bestPairs(likenesses: readonly (readonly number[])[]): readonly (readonly [number, number])[] {
  const rows = likenesses.length;
  const columns = likenesses[0]?.length ?? 0;
  const best = Array.from({ length: rows + 1 }, () => new Float64Array(columns + 1));
  const at = (row: number, column: number) => best[row]?.[column] ?? 0;
  const like = (row: number, column: number) => likenesses[row]?.[column] ?? 0;
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      const paired = like(row, column) > 0 ? like(row, column) + at(row + 1, column + 1) : 0;
      const line = best[row];
      if (line !== undefined) line[column] = Math.max(paired, at(row + 1, column), at(row, column + 1));
    }
  }
  const pairs: [number, number][] = [];
  let row = 0;
  let column = 0;
  while (row < rows && column < columns) {
    const value = at(row, column);
    if (like(row, column) > 0 && value === like(row, column) + at(row + 1, column + 1)) pairs.push([row++, column++]);
    else if (value === at(row, column + 1)) column++;
    else row++;
  }
  return pairs;
}

const COLLECTIONS: ReadonlySet<string> = new Set(['array', 'record', 'bare record', 'map', 'set']);
/** Something of another kind in the very same place has become what is there now. */
const UNLIKE = 0.1;
const OTHER_SCALAR = 0.25;
const SCALAR = 0.5;

/** 0 for two that are better read as one that went and one that came; else more for more in common. */
function likeness(before: unknown, after: unknown, inPlace: boolean, standalone: Standalone): number {
  const kind = diffKind(before);
  const afterKind = diffKind(after);
  const areScalars = !COLLECTIONS.has(kind) && !COLLECTIONS.has(afterKind);
  if (areScalars) return kind === afterKind ? SCALAR : OTHER_SCALAR;
  if (kind !== afterKind) return inPlace ? UNLIKE : 0;
  const counts = new Comparison(standalone);
  if (kind === 'array') counts.arrays(before as readonly unknown[], after as readonly unknown[]);
  else if (kind === 'map') counts.maps(before as ReadonlyMap<unknown, unknown>, after as ReadonlyMap<unknown, unknown>);
  else if (kind === 'set') counts.sets(before as ReadonlySet<unknown>, after as ReadonlySet<unknown>);
  else counts.records(before as PlainRecord, after as PlainRecord);
  return counts.likeness;
}

/**
 * Counts what two collections have in common. They are alike when they share a key (or an element, or one of them is
 * empty) and at most half of what they hold differs; two differences are always few. A collection that differs from
 * one in the same place counts half: mostly little in it has changed.
 */
class Comparison {
  private all = 0;
  private same = 0;
  private akin = 0;
  private isShared = false;

  constructor(private readonly standalone: Standalone) {}

  get likeness(): number {
    const differing = this.all - this.same - this.akin / 2;
    if (!this.isShared || differing > Math.max(2, this.all / 2)) return 0;
    return 1 + (this.all - differing) / Math.max(1, this.all);
  }

  records(before: PlainRecord, after: PlainRecord): void {
    const keys = new Set([...Object.keys(before).slice(0, SAMPLE), ...Object.keys(after).slice(0, SAMPLE)]);
    for (const key of keys) this.entry(own(before, key), own(after, key));
    this.orEmpty(Object.keys(before).length, Object.keys(after).length);
  }

  maps(before: ReadonlyMap<unknown, unknown>, after: ReadonlyMap<unknown, unknown>): void {
    for (const key of sampled(before.keys(), after.keys())) this.entry(before.get(key), after.get(key));
    this.orEmpty(before.size, after.size);
  }

  sets(before: ReadonlySet<unknown>, after: ReadonlySet<unknown>): void {
    for (const member of sampled(before, after)) {
      this.entry(before.has(member) ? true : undefined, after.has(member) ? true : undefined);
    }
    this.orEmpty(before.size, after.size);
  }

  /** From the start as far as they are the same, the rest of the shorter against the end of the longer. */
  arrays(before: readonly unknown[], after: readonly unknown[]): void {
    const shorter = Math.min(before.length, after.length);
    let start = 0;
    while (start < Math.min(shorter, SAMPLE / 2) && sameTree(before[start], after[start], this.standalone)) start++;
    this.all += start + Math.max(before.length, after.length) - shorter;
    this.same += start;
    if (start > 0) this.isShared = true;
    const rest = Math.min(shorter - start, SAMPLE / 2);
    for (let index = 1; index <= rest; index++) this.element(before.at(-index), after.at(-index));
    this.orEmpty(before.length, after.length);
  }

  private entry(before: unknown, after: unknown): void {
    if (before !== undefined && after !== undefined) this.isShared = true;
    this.compare(before, after);
  }

  private element(before: unknown, after: unknown): void {
    if (this.compare(before, after)) this.isShared = true;
  }

  /** Whether the two have, or may well have, something in common. */
  private compare(before: unknown, after: unknown): boolean {
    this.all++;
    if (sameTree(before, after, this.standalone)) {
      this.same++;
      return true;
    }
    if (!areCollections(before, after)) return false;
    this.akin++;
    return true;
  }

  private orEmpty(before: number, after: number): void {
    if (before === 0 || after === 0) this.isShared = true;
  }
}

/** Two collections of one kind, as far as that is known without loading a block. */
function areCollections(before: unknown, after: unknown): boolean {
  if (before instanceof Part || after instanceof Part) return isCollection(before) && isCollection(after);
  return isCollection(before) && diffKind(before) === diffKind(after);
}

/** Known of a block without loading it, if a child list has told its height. */
export function isCollection(tree: unknown): boolean {
  return tree instanceof Part ? tree.height > 0 : COLLECTIONS.has(diffKind(tree));
}

function sampled(before: Iterable<unknown>, after: Iterable<unknown>): Set<unknown> {
  const sample = new Set<unknown>();
  for (const members of [before, after]) {
    let left = SAMPLE;
    for (const member of members) {
      if (left-- === 0) break;
      sample.add(member);
    }
  }
  return sample;
}
