/** Edits of values that really are blocks, with the loads counted. */
import { type EditOptions, editTree } from '../../src/state/draft.js';
import { createEncoder } from '../../src/state/encode.js';
import { FieldsEdit } from '../../src/state/fieldsEdit.js';
import { COMPONENT_LIMIT, NODE_ARRAY, NODE_MAP, NODE_SET } from '../../src/state/format.js';
import { isRecord } from '../../src/state/kind.js';
import { Part } from '../../src/state/part.js';
import { TreeEdit } from '../../src/state/tree/edit.js';
import { gathered } from '../../src/state/tree/gather.js';
import { KeyedSplit } from '../../src/state/tree/keyed.js';
import { TreeNode } from '../../src/state/tree/node.js';
import { Pieces } from '../../src/state/tree/pieces.js';
import type { Value } from '../../src/state/value.js';
import { createForest, type Forest } from './forest.js';
import { clone, recordOf } from './values.js';

export interface Drafting<T> {
  /** The tree as it is: edits follow one another, nothing is encoded in between. */
  tree: unknown;
  /** Blocks loaded so far by the edits. */
  loads: number;
  edit(recipe: (draft: T) => unknown): Drafting<T>;
  /** The whole value as it is now. */
  readonly value: T;
}

/** Text that is a block of its own, each a different one. */
export function longText(seed: number | string): string {
  return `${seed}: `.padEnd(COMPONENT_LIMIT + 100, 'lorem ipsum ');
}

/** A record that is a block of its own, its fields within it. */
export function largeRecord(n: number): { n: number; left: string; right: string } {
  const half = ''.padEnd(COMPONENT_LIMIT * 0.6, `${n} `);
  return { n, left: half, right: half };
}

export function draftOf<T>(value: T, options: EditOptions = {}, forest: Forest = createForest()): Drafting<T> {
  const drafting: Drafting<T> = {
    tree: forest.shallow(forest.plant(value)),
    loads: 0,
    edit(recipe) {
      const load = (part: Part) => {
        drafting.loads++;
        return forest.shallow(part);
      };
      drafting.tree = editTree(drafting.tree, load, (draft) => recipe(draft as T) as undefined, options);
      return drafting;
    },
    get value() {
      return forest.whole(forest.plant(drafting.tree)) as T;
    },
  };
  return drafting;
}

/** The tree as plain data, everything in the order in which it stands: what a recipe would be shown. */
export function expanded(tree: unknown, forest: Forest): Value {
  if (tree instanceof Part) return clone(forest.whole(tree) as Value);
  if (tree instanceof TreeNode || tree instanceof TreeEdit) return expanded(standing(tree, forest), forest);
  if (tree instanceof FieldsEdit) return expanded(tree.plain, forest);
  const within = (value: unknown) => expanded(value, forest);
  if (Array.isArray(tree)) return tree.map(within);
  if (tree instanceof Map) return new Map([...tree].map(([key, value]) => [within(key), within(value)]));
  if (tree instanceof Set) return new Set([...tree].map(within));
  if (!isRecord(tree)) return clone(tree as Value);
  const entries = Object.entries(tree).map(([key, value]) => [key, within(value)] as const);
  return recordOf(entries, Object.getPrototypeOf(tree) as object | null);
}

/** A split value as plain data, in the order in which it stands. */
function standing(tree: TreeNode | TreeEdit, { shallow }: Forest): unknown {
  const { of } = tree instanceof TreeEdit ? tree.base : tree;
  if (of === NODE_ARRAY) return new Pieces(tree, shallow).gathered();
  const split = KeyedSplit.of(tree, shallow);
  if (of === NODE_MAP) return split === undefined ? gathered(tree, shallow) : new Map(split.entries());
  if (of === NODE_SET) return split === undefined ? gathered(tree, shallow) : new Set(split.keys());
  return split?.gathered() ?? gathered(tree, shallow);
}

export function rootOf(value: unknown): string {
  return createEncoder().value(value).hash;
}

/** Runs what must throw and gives its error. */
export function errorOf(run: () => unknown): Error & { code?: string; details?: { path?: unknown; found?: unknown } } {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('it did not throw');
}
