/**
 * What must change in one state to make it another. Compares hashes and descends only where they differ, so that the
 * cost follows the change and not the state; a block is loaded when both states have one in the same place and they
 * are not the same. Never writes, never waits: a block that is elsewhere is an error of `load`.
 */
import type { Hash } from '../store/index.js';
import { isCollection, matchLists } from './diffList.js';
import { diffKind, own, type PlainRecord, sameAtOnce, sameTree } from './diffSame.js';
import { NODE_ARRAY } from './format.js';
import { type LoadPart, Part } from './part.js';
import { unsharedElements, unsharedEntries } from './tree/compare.js';
import { isOfKeys } from './tree/ends.js';
import { gathered } from './tree/gather.js';
import { hasHashedKeys } from './tree/lookup.js';
import { TreeNode } from './tree/node.js';
import type { Change, Value } from './value.js';

export interface DiffOptions {
  /** The tree of a block: its value with parts where other blocks begin. */
  readonly load: LoadPart;
  /** The whole value of a tree; called when `before` or `after` of a change is first read. */
  readonly whole: (tree: unknown) => unknown;
  /** The hash of a tree encoded as a value by itself. */
  readonly standalone: (tree: unknown) => Hash;
}

/**
 * The changes that lead from one tree to the other, found while they are iterated; iterating again finds them again.
 * `before` and `after` of a change are loaded when first read. Trees are plain data with parts at block borders, or
 * parts themselves.
 *
 * - Records, and Maps by their text and number keys: an entry that came is `add`, one that went `remove`, and what is
 *   under a key of both is compared in turn. Keys come in order: numbers before texts, texts by their UTF-16 units.
 * - Lists are aligned by the hashes of their elements. The index of a `remove` is one of the list before, every other
 *   index (also inside a longer path) one of the list after. An element that changed is compared with what it was when
 *   the two have enough in common, else it is a `remove` and an `add`. A list's removals come first, from the last to
 *   the first, then what came, then what changed: so changes can be applied one by one, in the order they come in.
 * - Sets are like Maps from each member to itself: `['tags', 'fox']` is the member `fox` of the Set `tags`.
 * - Where a Map or Set differs in keys or members that no path can name (neither text nor finite number), it is one
 *   `change` as a whole. So is everything that has no parts, and whatever became a value of another kind.
 * - A link is compared by all it says: root, type, schema version and weight.
 *
 * The path `[]` is the whole value. No changes: both have the same root.
 *
 * @throws what `load`, `whole` and `standalone` throw, while iterating or when `before` and `after` are read
 */
export function diffTrees(before: unknown, after: unknown, options: DiffOptions): Iterable<Change> {
  return { [Symbol.iterator]: () => walk(before, after, options) };
}

/** Where in the value: the segment and what it stands in. `null` is the whole value. */
interface Place {
  readonly above: Place | null;
  readonly segment: string | number;
}

/** Two trees at one place, still to be compared. */
interface Pair {
  readonly place: Place | null;
  readonly before: unknown;
  readonly after: unknown;
  /** The blocks behind them, where they were loaded already. */
  readonly opened?: readonly [unknown, unknown];
}

type Step = Pair | Change;

/** Goes down on a stack of its own: a change comes out the same way from any depth. */
function* walk(before: unknown, after: unknown, options: DiffOptions): Generator<Change, void, undefined> {
  const comparison = new Comparison(options);
  const stack: Iterator<Step>[] = [comparison.compare({ place: null, before, after })[Symbol.iterator]()];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const next = top.next();
    if (next.done === true) stack.pop();
    else if ('kind' in next.value) yield next.value;
    else stack.push(comparison.compare(next.value)[Symbol.iterator]());
  }
}

const NOTHING: readonly Step[] = [];

class Comparison {
  constructor(private readonly options: DiffOptions) {}

  /** Changes, and pairs one level further down. */
  compare(pair: Pair): Iterable<Step> {
    if (sameAtOnce(pair.before, pair.after)) return NOTHING;
    if (this.isKnownToDiffer(pair)) return [this.changed(pair)];
    const [left, right] = pair.opened ?? [this.open(pair.before), this.open(pair.after)];
    if (left instanceof TreeNode && right instanceof TreeNode && left.of === right.of) {
      if (left.of === NODE_ARRAY) return this.splitLists(pair.place, left, right);
      if (isOfKeys(left.of) && !hasHashedKeys(left) && !hasHashedKeys(right))
        return this.plain(pair, ...unsharedEntries(left, right, this.options.load));
    }
    return this.plain(pair, gathered(left, this.options.load), gathered(right, this.options.load));
  }

  private plain(pair: Pair, before: unknown, after: unknown): Iterable<Step> {
    const kind = diffKind(before);
    if (kind !== diffKind(after)) return [this.changed(pair)];
    switch (kind) {
      case 'record':
      case 'bare record':
        return this.records(pair.place, before as PlainRecord, after as PlainRecord);
      case 'array':
        return this.lists(pair.place, before as readonly unknown[], after as readonly unknown[]);
      case 'map':
        return this.maps(pair, before as ReadonlyMap<unknown, unknown>, after as ReadonlyMap<unknown, unknown>);
      case 'set':
        return this.sets(pair, before as ReadonlySet<unknown>, after as ReadonlySet<unknown>);
      default:
        return sameTree(before, after, this.options.standalone) ? NOTHING : [this.changed(pair)];
    }
  }

  /**
   * A block that can be known, without loading it, to have nothing in common with what stands on the other side. What a
   * child list says of its blocks can be relied on; a root may be a part of which nothing is known.
   */
  private isKnownToDiffer({ place, before, after }: Pair): boolean {
    if (place === null || !(before instanceof Part || after instanceof Part)) return false;
    if (isCollection(before) !== isCollection(after)) return true;
    return before instanceof Part && after instanceof Part && before.height === 0;
  }

  private open(tree: unknown): unknown {
    return tree instanceof Part ? this.options.load(tree) : tree;
  }

  private *records(above: Place | null, before: PlainRecord, after: PlainRecord): Generator<Step> {
    for (const key of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
      const step = this.entry(above, key, own(before, key), own(after, key));
      if (step !== undefined) yield step;
    }
  }

  private *lists(above: Place | null, before: readonly unknown[], after: readonly unknown[]): Generator<Step> {
    const { removed, added, changed } = matchLists(before, after, this.options);
    for (const index of removed.toReversed()) yield this.removed({ above, segment: index }, before[index]);
    for (const index of added) yield this.added({ above, segment: index }, after[index]);
    for (const pair of changed) {
      const place = { above, segment: pair.after };
      const opened = pair.opened === undefined ? {} : { opened: pair.opened };
      yield { place, before: before[pair.before], after: after[pair.after], ...opened };
    }
  }

  /** Lists of which only the leaves that differ are looked at. */
  private *splitLists(above: Place | null, before: TreeNode, after: TreeNode): Generator<Step> {
    const gaps = unsharedElements(before, after, this.options.load);
    const found = gaps.map((gap) => ({ gap, ...matchLists(gap.before, gap.after, this.options) }));
    for (const { gap, removed } of found.toReversed()) {
      for (const index of removed.toReversed()) {
        yield this.removed({ above, segment: gap.beforeFrom + index }, gap.before[index]);
      }
    }
    for (const { gap, added } of found) {
      for (const index of added) yield this.added({ above, segment: gap.afterFrom + index }, gap.after[index]);
    }
    for (const { gap, changed } of found) {
      for (const pair of changed) {
        const place = { above, segment: gap.afterFrom + pair.after };
        const opened = pair.opened === undefined ? {} : { opened: pair.opened };
        yield { place, before: gap.before[pair.before], after: gap.after[pair.after], ...opened };
      }
    }
  }

  private maps(
    pair: Pair,
    before: ReadonlyMap<unknown, unknown>,
    after: ReadonlyMap<unknown, unknown>,
  ): Iterable<Step> {
    if (!this.isSameOfUnnamed(before, after, (entries) => new Map(entries))) return [this.changed(pair)];
    return this.named(pair.place, before, after);
  }

  private sets(pair: Pair, before: ReadonlySet<unknown>, after: ReadonlySet<unknown>): Iterable<Step> {
    const [left, right] = [before, after].map((set) => new Map(set.entries()));
    if (left === undefined || right === undefined) return NOTHING;
    if (!this.isSameOfUnnamed(left, right, (entries) => new Set(entries.map(([member]) => member)))) {
      return [this.changed(pair)];
    }
    return this.named(pair.place, left, right);
  }

  /** Whether both have the same entries under keys that can't stand in a path. */
  private isSameOfUnnamed(
    before: ReadonlyMap<unknown, unknown>,
    after: ReadonlyMap<unknown, unknown>,
    collect: (entries: (readonly [unknown, unknown])[]) => unknown,
  ): boolean {
    const [left, right] = [before, after].map((map) => [...map].filter(([key]) => !isSegment(key)));
    if (left === undefined || right === undefined || left.length !== right.length) return false;
    return left.length === 0 || this.options.standalone(collect(left)) === this.options.standalone(collect(right));
  }

  private *named(
    above: Place | null,
    before: ReadonlyMap<unknown, unknown>,
    after: ReadonlyMap<unknown, unknown>,
  ): Generator<Step> {
    const keys = [...new Set([...before.keys(), ...after.keys()])].filter(isSegment);
    const numbers = keys.filter((key) => typeof key === 'number').sort((a, b) => a - b);
    for (const key of [...numbers, ...keys.filter((key) => typeof key === 'string').sort()]) {
      const step = this.entry(above, key, before.get(key), after.get(key));
      if (step !== undefined) yield step;
    }
  }

  private entry(above: Place | null, segment: string | number, before: unknown, after: unknown): Step | undefined {
    if (sameAtOnce(before, after)) return undefined;
    const place = { above, segment };
    if (before === undefined) return this.added(place, after);
    if (after === undefined) return this.removed(place, before);
    return { place, before, after };
  }

  private added(place: Place, tree: unknown): Change {
    const after = this.lazily(tree);
    return Object.freeze({
      kind: 'add',
      path: pathOf(place),
      get after() {
        return after();
      },
    });
  }

  private removed(place: Place, tree: unknown): Change {
    const before = this.lazily(tree);
    return Object.freeze({
      kind: 'remove',
      path: pathOf(place),
      get before() {
        return before();
      },
    });
  }

  private changed(pair: Pair): Change {
    const before = this.lazily(pair.before);
    const after = this.lazily(pair.after);
    return Object.freeze({
      kind: 'change',
      path: pathOf(pair.place),
      get before() {
        return before();
      },
      get after() {
        return after();
      },
    });
  }

  /** The whole value of a tree, made at the first call; the tree is let go then. */
  private lazily(tree: unknown): () => Value {
    const { whole } = this.options;
    let held = tree;
    let isWhole = false;
    return () => {
      if (!isWhole) {
        held = whole(held);
        isWhole = true;
      }
      return held as Value;
    };
  }
}

function isSegment(key: unknown): key is string | number {
  return typeof key === 'string' || (typeof key === 'number' && Number.isFinite(key));
}

function pathOf(place: Place | null): readonly (string | number)[] {
  const path: (string | number)[] = [];
  for (let here = place; here !== null; here = here.above) path.push(here.segment);
  return Object.freeze(path.reverse());
}
