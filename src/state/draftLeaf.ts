/**
 * A Date or a typed array of the tree, handed out as a real one of the recipe's own: they can't be put behind a Proxy
 * without somebody noticing. Whether it was changed is seen at the end, by comparison. One that stayed as it was is the
 * recipe's to keep.
 */
import { HeliosError } from '../protocol/errors.js';
import { copyOfBytes, copyOfDate } from './copyIn.js';
import type { Edit } from './draftEdit.js';
import type { Settling } from './draftSettling.js';
import { type Draft, SLOT, type Slot } from './draftSlot.js';
import { ELEMENT_BYTES } from './format.js';
import { byteType } from './kind.js';
import type { TreeEdit } from './tree/edit.js';
import type { TreeNode } from './tree/node.js';
import { overwritesOf, Units } from './tree/units.js';

/** What has no Proxy behind it that could note changes: it is looked at when the edit ends. */
export interface HandedOut extends Slot {
  readonly parent: Draft | null;
  isChanged(): boolean;
}

export class Leaf implements HandedOut {
  readonly [SLOT] = true;
  readonly shown: Date | ArrayBufferView;

  constructor(
    readonly edit: Edit,
    readonly parent: Draft | null,
    private readonly base: Date | ArrayBufferView,
    private readonly part: object | null,
    /** Of a typed array that is split: the tree that it was put together of. */
    private readonly tree: TreeNode | TreeEdit | null = null,
  ) {
    this.shown = base instanceof Date ? new Date(base.getTime()) : copyOfBytes(base);
  }

  get origin(): unknown {
    return this.part ?? this.tree ?? this.base;
  }

  isChanged(): boolean {
    const { base, shown } = this;
    if (base instanceof Date || shown instanceof Date) return !Object.is(Number(base), Number(shown));
    if (byteType(shown) < 0) throw cutOff();
    return Buffer.compare(bytesOf(base), bytesOf(shown)) !== 0;
  }

  /** Takes over the content of another one of the same type and length; false where it is none. */
  become(other: ArrayBufferView): boolean {
    const { shown } = this;
    if (shown instanceof Date || byteType(shown) !== byteType(other) || shown.byteLength !== other.byteLength)
      return false;
    bytesOf(shown).set(bytesOf(other));
    return true;
  }

  settle(settling: Settling): unknown {
    if (!this.isChanged()) return this.origin;
    const { base, shown, tree } = this;
    if (shown instanceof Date || base instanceof Date) return copyOfDate(shown as Date, settling);
    if (tree === null) return copyOfBytes(shown);
    const units = new Units(tree, this.edit.load);
    units.overwrite(overwritesOf(bytesOf(base), bytesOf(shown), ELEMENT_BYTES[byteType(base)] ?? 1));
    return units.edited();
  }
}

function cutOff(): HeliosError {
  const text = 'The memory of bytes in a draft was given away. Give away a copy: slice() makes one.';
  return new HeliosError('INVALID_REQUEST', text);
}

export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
