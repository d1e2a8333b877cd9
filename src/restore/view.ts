/**
 * Views: the object as it is stored, loaded as it is touched. Within a block a view is plain frozen data; where another
 * block begins it has an enumerable getter that loads that block's view once. Maps and Sets hold their members inside,
 * where no getter can stand, so that the blocks of their members are opened with them (and go on as views).
 */
import { gathered, isRecord, type LoadPart, NODE_ARRAY, NODE_BARE_RECORD, Part, TreeNode } from '../state/index.js';
import { mapEntries, mapMembers } from './mapLeaves.js';
import { viewOfSplitList, viewOfSplitRecord } from './splitView.js';

/** Told of each view what it is of: a part, or a tree in which parts stand. So that it can be assigned without a copy. */
export type MeetView = (view: object, origin: unknown) => void;

const nobody: MeetView = () => {};

/** The view of a state. */
export function viewOf(state: unknown, load: LoadPart, meet: MeetView = nobody): unknown {
  const tree = state instanceof Part ? load(state) : state;
  const view = viewWithin(tree, load, meet);
  // A state that is split is the same block wherever it stands; a small one might be none of its own there.
  if (state instanceof Part && tree instanceof TreeNode && isObject(view)) meet(view, state);
  return view;
}

/** `tree` with views in place of its parts. What holds no part is the same object as before. */
function viewWithin(tree: unknown, load: LoadPart, meet: MeetView): unknown {
  if (!isObject(tree)) return tree;
  if (tree instanceof Part) return viewOfPart(tree, load, meet);
  if (tree instanceof TreeNode) return viewOfSplit(tree, load, meet);
  const view = viewOfPlain(tree, load, meet);
  if (view !== tree) meet(view, tree);
  return view;
}

function viewOfPart(part: Part, load: LoadPart, meet: MeetView): unknown {
  const view = viewWithin(load(part), load, meet);
  if (isObject(view)) meet(view, part);
  return view;
}

function viewOfPlain(tree: object, load: LoadPart, meet: MeetView): object {
  const within = (value: unknown) => viewWithin(value, load, meet);
  if (Array.isArray(tree)) return viewOfArray(tree, load, meet);
  if (tree instanceof Map) return mapEntries(tree, within);
  if (tree instanceof Set) return mapMembers(tree, within);
  return isRecord(tree) ? viewOfRecord(tree, load, meet) : tree;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** A large list or record is shown leaf by leaf; anything else as if it weren't split: its leaves are few, or hidden. */
function viewOfSplit(node: TreeNode, load: LoadPart, meet: MeetView): unknown {
  const isShownByLeaves = node.level > 1 && node.of <= NODE_ARRAY;
  if (!isShownByLeaves) return viewWithin(gathered(node, load), load, meet);
  const viewOfLeaf = (leaf: Part) => viewWithin(load(leaf), load, meet);
  if (node.of === NODE_ARRAY) return viewOfSplitList(node, load, viewOfLeaf);
  return viewOfSplitRecord(node, load, viewOfLeaf, node.of === NODE_BARE_RECORD);
}

function viewOfArray(tree: readonly unknown[], load: LoadPart, meet: MeetView): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < tree.length; index++) {
    const item = tree[index];
    const view = item instanceof Part ? item : viewWithin(item, load, meet);
    if (view === item && !(item instanceof Part)) continue;
    copy ??= [...tree];
    if (item instanceof Part) Object.defineProperty(copy, index, border(item, load, meet));
    else copy[index] = view;
  }
  return copy === undefined ? tree : Object.freeze(copy);
}

function viewOfRecord(
  tree: Readonly<Record<string, unknown>>,
  load: LoadPart,
  meet: MeetView,
): Readonly<Record<string, unknown>> {
  const views = new Map<string, unknown>();
  for (const key of Object.keys(tree)) {
    const item = tree[key];
    const view = item instanceof Part ? item : viewWithin(item, load, meet);
    if (view !== item || item instanceof Part) views.set(key, view);
  }
  if (views.size === 0) return tree;
  const copy: Record<string, unknown> = Object.create(Object.getPrototypeOf(tree) as object | null);
  for (const key of Object.keys(tree)) {
    const view = views.get(key) ?? tree[key];
    const property = view instanceof Part ? border(view, load, meet) : { value: view, enumerable: true };
    Object.defineProperty(copy, key, property);
  }
  return Object.freeze(copy);
}

/** A getter that loads the block when it is first read, and remembers what it gave. */
function border(part: Part, load: LoadPart, meet: MeetView): PropertyDescriptor {
  let view: unknown;
  return {
    enumerable: true,
    get: () => {
      view ??= viewOfPart(part, load, meet);
      return view;
    },
  };
}
