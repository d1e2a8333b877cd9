/**
 * Edit: runs a recipe on a draft of a state and gives the new state as a tree in which parts stand for all that was
 * not touched. It loads what the recipe touches and copies what it changes; it hashes and encodes nothing, so edits
 * can follow one another and be paid for once. The idea of drafts comes from Immer; this one works over blocks that
 * are loaded on touch, takes the whole value model, and copies in what the recipe assigns.
 */
import { HeliosError } from '../protocol/errors.js';
import { copyOfBytes } from './copyIn.js';
import { BytesSlot } from './draftBytes.js';
import { Edit } from './draftEdit.js';
import { Leaf } from './draftLeaf.js';
import { Settling } from './draftSettling.js';
import { isObject } from './draftSlot.js';
import { TextSlot } from './draftText.js';
import { describe, kindOf } from './kind.js';
import type { LoadPart, Part } from './part.js';

/** Changes the draft that it is given. Its parameter is of whatever type the caller knows the state to be. */
export type Recipe = { recipe(draft: unknown): void }['recipe'];

export interface EditOptions {
  /** Recognises references inside values: they are taken as they are. Default: there are none. */
  readonly isLink?: (value: object) => boolean;
  /** What a view is of: a part, or a tree in which parts stand. It is assigned as that. Default: nothing is a view. */
  readonly originOf?: (value: object) => unknown;
  /** The block that the tree is the value of, just as it was read, if there is one. */
  readonly part?: Part;
}

/**
 * Runs a recipe on a draft of `tree` (frozen plain data in which parts may stand anywhere, itself never a part) and
 * returns the new tree: the very same one when nothing came out different. When the recipe throws, its error passes
 * through and nothing has happened. Of a state that is a text or bytes itself, a recipe may also return the new ones:
 * there is no other way to make bytes longer.
 * @throws HeliosError `INVALID_REQUEST` for a state that has nothing within to change (a number), for a recipe that is
 *   asynchronous or returns a new value instead of changing the draft, for drafts of other edits and of those that have
 *   ended; `UNSUPPORTED_VALUE` (details: `path`, `found`) for what no value can hold; else what `load` throws
 */
export function editTree(tree: unknown, load: LoadPart, recipe: Recipe, options: EditOptions = {}): unknown {
  const edit = new Edit(load, options.isLink ?? isNever, options.originOf ?? isNothing);
  try {
    const { part } = options;
    const top = edit.openTop(tree, part ?? null);
    if (top === undefined) return refuseTop(tree);
    const returned: unknown = recipe(top instanceof TextSlot ? top.handle : top.shown);
    const bytes = top instanceof Leaf || top instanceof BytesSlot ? edit.bytesReturned(returned) : undefined;
    if (top instanceof TextSlot && typeof returned === 'string') top.become(returned);
    else if (bytes === undefined) refuseReturned(returned, edit);
    else if (!(top as Leaf | BytesSlot).become(bytes)) return copyOfBytes(bytes);
    edit.noticeLeaves();
    const settled = top.settle(new Settling(edit));
    return settled === part ? tree : settled;
  } finally {
    edit.close();
  }
}

function isNever(): boolean {
  return false;
}

function isNothing(): undefined {
  return undefined;
}

/** Primitives are let pass, for `(draft) => draft.list.push(1)` returns one and means nothing by it. */
function refuseReturned(returned: unknown, edit: Edit): void {
  if (!isObject(returned) && typeof returned !== 'function') return;
  if (edit.isByProduct(returned)) return;
  const then: unknown = Reflect.get(returned, 'then');
  if (typeof then === 'function') {
    // Nobody else will wait for it, and it fails as soon as it touches the draft again.
    Reflect.apply(then, returned, [undefined, () => undefined]);
    throw new HeliosError(
      'INVALID_REQUEST',
      'The recipe of an edit is synchronous, but this one returned a promise. Await what it needs first, then edit.',
    );
  }
  const found = kindOf(returned) === 'other' ? describe(returned) : `a new ${kindOf(returned)}`;
  throw new HeliosError(
    'INVALID_REQUEST',
    `The recipe of an edit changes its draft and returns nothing, but this one returned ${found}. Assign to the draft instead, or put braces around the recipe's body.`,
  );
}

function refuseTop(tree: unknown): never {
  throw new HeliosError(
    'INVALID_REQUEST',
    `This state is ${describe(tree)}: it has nothing within that a recipe could change. Create a new one with the value it should have.`,
  );
}
