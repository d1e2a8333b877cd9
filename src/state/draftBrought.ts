/**
 * Something the recipe assigned that does not come from the draft. Until the edit ends it stays the recipe's own
 * object, as with any assignment; then it is checked and copied in. A frozen one is thawed when it is read back, so
 * that what materialize() gave can be assigned and then changed like everything else.
 */
import { copyIn } from './copyIn.js';
import type { Edit } from './draftEdit.js';
import type { Settling } from './draftSettling.js';
import { isObject, SLOT, type Slot } from './draftSlot.js';

export class Brought implements Slot {
  readonly [SLOT] = true;
  readonly origin = undefined;
  private thawed: unknown;

  constructor(
    private readonly edit: Edit,
    /** As the recipe gave it. */
    readonly value: unknown,
  ) {}

  get shown(): unknown {
    if (this.thawed !== undefined) return this.thawed;
    const { value, edit } = this;
    // The view of a large list is a Proxy, which can't say that it is frozen.
    if (isObject(value) && (!Object.isExtensible(value) || edit.originOf(value) !== undefined)) {
      this.thawed = edit.thaw(value);
    }
    return this.thawed ?? this.value;
  }

  /** Whether the recipe means this one when it searches for `value`. */
  is(value: unknown): boolean {
    return value === this.value || (this.thawed !== undefined && value === this.thawed);
  }

  settle(settling: Settling): unknown {
    return copyIn(this.thawed ?? this.value, settling);
  }
}
