/**
 * Views: the object as it is stored, loaded as it is touched. Within a block a view is plain frozen data; where another
 * block begins it has an enumerable getter that loads that block's view once. Maps and Sets hold their members inside,
 * where no getter can stand, so that the blocks of their members are opened with them (and go on as views).
 */
import { gathered, isRecord, type LoadPart, NODE_ARRAY, NODE_BARE_RECORD, Part, TreeNode } from '../state/index.js';
import { mapEntries, mapMembers } from './mapLeaves.js';
import { viewOfSplitList, viewOfSplitRecord } from './splitView.js';

/** `tree` with views in place of its parts. What holds no part is the same object as before. */
export function viewOf(tree: unknown, load: LoadPart): unknown {
  if (typeof tree !== 'object' || tree === null) return tree;
  if (tree instanceof Part) return viewOf(load(tree), load);
  if (tree instanceof TreeNode) return viewOfSplit(tree, load);
  if (Array.isArray(tree)) return viewOfArray(tree, load);
  if (tree instanceof Map) return mapEntries(tree, (item) => viewOf(item, load));
  if (tree instanceof Set) return mapMembers(tree, (member) => viewOf(member, load));
  return isRecord(tree) ? viewOfRecord(tree, load) : tree;
}

/** A large list or record is shown leaf by leaf; anything else as if it weren't split: its leaves are few, or hidden. */
function viewOfSplit(node: TreeNode, load: LoadPart): unknown {
  const isShownByLeaves = node.level > 1 && node.of <= NODE_ARRAY;
  if (!isShownByLeaves) return viewOf(gathered(node, load), load);
  const viewOfLeaf = (leaf: Part) => viewOf(load(leaf), load);
  if (node.of === NODE_ARRAY) return viewOfSplitList(node, load, viewOfLeaf);
  return viewOfSplitRecord(node, load, viewOfLeaf, node.of === NODE_BARE_RECORD);
}

function viewOfArray(tree: readonly unknown[], load: LoadPart): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < tree.length; index++) {
    const item = tree[index];
    const view = item instanceof Part ? item : viewOf(item, load);
    if (view === item && !(item instanceof Part)) continue;
    copy ??= [...tree];
    if (item instanceof Part) Object.defineProperty(copy, index, border(item, load));
    else copy[index] = view;
  }
  return copy === undefined ? tree : Object.freeze(copy);
}

function viewOfRecord(tree: Readonly<Record<string, unknown>>, load: LoadPart): Readonly<Record<string, unknown>> {
  const views = new Map<string, unknown>();
  for (const key of Object.keys(tree)) {
    const item = tree[key];
    const view = item instanceof Part ? item : viewOf(item, load);
    if (view !== item || item instanceof Part) views.set(key, view);
  }
  if (views.size === 0) return tree;
  const copy: Record<string, unknown> = Object.create(Object.getPrototypeOf(tree) as object | null);
  for (const key of Object.keys(tree)) {
    const view = views.get(key) ?? tree[key];
    const property = view instanceof Part ? border(view, load) : { value: view, enumerable: true };
    Object.defineProperty(copy, key, property);
  }
  return Object.freeze(copy);
}

/** A getter that loads the block when it is first read, and remembers what it gave. */
function border(part: Part, load: LoadPart): PropertyDescriptor {
  let view: unknown;
  return {
    enumerable: true,
    get: () => {
      view ??= viewOf(load(part), load);
      return view;
    },
  };
}
