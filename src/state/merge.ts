/**
 * Three states into one. The changes of either side since `base` are put side by side: where one alone changed something,
 * its change is taken as it is, and only what both touched is read as values and merged (mergeValues.ts). So the cost
 * follows the changes, not the size. Changes nothing itself: it says what to change in ours.
 */
import { ABSENT, type MergeTools, mergeValues } from './mergeValues.js';
import type { Change, Path, Value } from './value.js';

type Key = string | number;

/** One of the three, read where it is asked for. */
export interface MergeSide {
  at(path: Path): Value | undefined;
  view(): unknown;
}

export interface MergeOptions extends MergeTools {
  readonly base: MergeSide;
  readonly ours: MergeSide;
  readonly theirs: MergeSide;
  /** Since base. */
  readonly oursChanges: Iterable<Change>;
  readonly theirsChanges: Iterable<Change>;
}

/** What a side changed at a path and below it. */
interface Touched {
  readonly below: Map<Key, Touched>;
  isHere: boolean;
}

/** The changes that make of ours what both sides make together. */
export function mergeChanges(options: MergeOptions): readonly Change[] {
  const theirs = [...options.theirsChanges];
  const taken = new Set(theirs);
  const merged: Change[] = [];
  const [ours, root] = [touchedBy(options.oursChanges), touchedBy(theirs)];
  const walk = (o: Touched, t: Touched, path: readonly Key[], viewed: unknown) => {
    if (o.isHere || t.isHere || !isRecord(viewed)) {
      for (const change of taken) if (isBelow(change.path, path)) taken.delete(change);
      const change = mergedAt(options, path);
      if (change !== undefined) merged.push(change);
      return;
    }
    for (const [key, below] of t.below) {
      const also = o.below.get(key);
      if (also !== undefined) walk(also, below, [...path, key], Reflect.get(viewed, key));
    }
  };
  // Where ours has nothing below a path, all that theirs changed there is taken.
  if ((ours.isHere || ours.below.size > 0) && theirs.length > 0) walk(ours, root, [], options.base.view());
  return [...theirs.filter((change) => taken.has(change)), ...merged];
}

function mergedAt(options: MergeOptions, path: readonly Key[]): Change | undefined {
  const read = (side: MergeSide): unknown => {
    const value = side.at(path);
    return value === undefined ? ABSENT : value;
  };
  const three = { base: read(options.base), ours: read(options.ours), theirs: read(options.theirs) };
  const after = mergeValues(three, path, options);
  if (after === three.ours) return undefined;
  if (after === ABSENT) return { kind: 'remove', path };
  return { kind: three.ours === ABSENT ? 'add' : 'change', path, after: after as Value };
}

function touchedBy(changes: Iterable<Change>): Touched {
  const root: Touched = { below: new Map(), isHere: false };
  for (const { path } of changes) {
    let at = root;
    for (const key of path) {
      let next = at.below.get(key);
      if (next === undefined) {
        next = { below: new Map(), isHere: false };
        at.below.set(key, next);
      }
      at = next;
    }
    at.isHere = true;
  }
  return root;
}

function isBelow(path: readonly Key[], above: readonly Key[]): boolean {
  return above.every((key, index) => path[index] === key);
}

/** Only a record's fields are the same places on all sides: indexes of lists are not, and keys of Maps are no fields. */
function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
