/**
 * A Date or a typed array of the tree, handed out as a real one of the recipe's own: they can't be put behind a Proxy.
 * Whether it was changed is seen at the end, by comparison. One that stayed as it was is the recipe's to keep.
 */
import { copyOfBytes, copyOfDate } from './copyIn.js';
import type { Edit } from './draftEdit.js';
import type { Settling } from './draftSettling.js';
import { type Draft, SLOT, type Slot } from './draftSlot.js';

export class Leaf implements Slot {
  readonly [SLOT] = true;
  readonly shown: Date | ArrayBufferView;

  constructor(
    readonly edit: Edit,
    readonly parent: Draft | null,
    private readonly base: Date | ArrayBufferView,
    private readonly part: object | null,
  ) {
    this.shown = base instanceof Date ? new Date(base.getTime()) : copyOfBytes(base);
  }

  get origin(): unknown {
    return this.part ?? this.base;
  }

  isChanged(): boolean {
    const { base, shown } = this;
    if (base instanceof Date || shown instanceof Date) return !Object.is(Number(base), Number(shown));
    return Buffer.compare(bytesOf(base), bytesOf(shown)) !== 0;
  }

  settle(settling: Settling): unknown {
    if (!this.isChanged()) return this.origin;
    return this.shown instanceof Date ? copyOfDate(this.shown, settling) : copyOfBytes(this.shown);
  }
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
