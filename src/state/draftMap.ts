/**
 * The draft of a Map. Its working copy has at each place what stands there: entries of the tree, slots, and under keys
 * that the recipe brought those objects themselves, for a key is found by identity.
 */
import { copyIn, keySegment } from './copyIn.js';
import { showCollection } from './draftCollection.js';
import type { Edit } from './draftEdit.js';
import { type Method, methodsOf } from './draftMethods.js';
import type { Settling } from './draftSettling.js';
import { change, type Draft, depthBelow, inspectable, isObject, isSame, isSlot, SLOT, type Slot } from './draftSlot.js';
import { frozenMap } from './frozen.js';
import { describe } from './kind.js';
import type { Part } from './part.js';

export class MapDraft implements Draft {
  readonly [SLOT] = true;
  readonly shown: object;
  readonly depth: number;
  isChanged = false;
  private copy: Map<unknown, unknown> | null = null;
  /** Values that were drafted before the working copy was made, by their place. */
  private values: Map<unknown, Slot> | null = null;
  /** Keys that were drafted, by what stands as the key in the tree. */
  private keySlots: Map<unknown, Slot> | null = null;

  constructor(
    readonly edit: Edit,
    readonly parent: Draft | null,
    private readonly base: ReadonlyMap<unknown, unknown>,
    private readonly part: Part | null,
  ) {
    this.depth = depthBelow(parent);
    this.shown = showCollection(this, METHODS, Map.prototype);
  }

  get origin(): unknown {
    return this.part ?? this.base;
  }

  get size(): number {
    return this.source.size;
  }

  has(key: unknown): boolean {
    return this.source.has(this.placeOf(key));
  }

  get(key: unknown): unknown {
    const place = this.placeOf(key);
    return this.read(place, this.source.get(place));
  }

  set(key: unknown, value: unknown): void {
    const place = this.placeOf(key);
    const held = this.values?.get(place) ?? this.source.get(place);
    if (isSame(this.edit, held, value) && this.source.has(place)) return;
    const slot = this.edit.slotOf(value);
    change(this);
    this.prepare().set(place, slot);
  }

  delete(key: unknown): boolean {
    const place = this.placeOf(key);
    if (!this.source.has(place)) return false;
    change(this);
    return this.prepare().delete(place);
  }

  clear(): void {
    if (this.size === 0) return;
    change(this);
    this.prepare().clear();
  }

  *keys(): Generator<unknown, undefined> {
    for (const place of this.prepare().keys()) yield this.showKey(place);
  }

  /** Live, as a Map's own are: what is set or deleted on the way counts. */
  *entries(): Generator<[unknown, unknown], undefined> {
    for (const [place, held] of this.prepare()) yield [this.showKey(place), this.read(place, held)];
  }

  prepare(): Map<unknown, unknown> {
    if (this.copy !== null) return this.copy;
    const copy = new Map(this.base);
    for (const [place, slot] of this.values ?? []) copy.set(place, slot);
    this.values = null;
    this.copy = copy;
    return copy;
  }

  settle(settling: Settling): unknown {
    return settling.draft(this);
  }

  finish(settling: Settling): ReadonlyMap<unknown, unknown> {
    const { base } = this;
    const result = new Map<unknown, unknown>();
    let isSameAsBase = true;
    for (const [place, held] of this.prepare()) {
      const segment = keySegment(place);
      const key = this.settleKey(place, segment, settling);
      if (held === undefined) settling.refuseAt(segment, 'undefined');
      const value = settling.at(segment, held);
      result.set(key, value);
      if (!base.has(key) || !Object.is(base.get(key), value)) isSameAsBase = false;
    }
    return isSameAsBase && result.size === base.size ? base : frozenMap(result);
  }

  snapshot(): unknown {
    const entries = [...this.source];
    return new Map(
      entries.map(([place, held]) => [
        inspectable(this.keySlots?.get(place) ?? place),
        inspectable(this.values?.get(place) ?? held),
      ]),
    );
  }

  private get source(): ReadonlyMap<unknown, unknown> {
    return this.copy ?? this.base;
  }

  /** Under what a recipe's key stands in base and copy. */
  private placeOf(key: unknown): unknown {
    if (!isObject(key)) return key;
    const slot = this.edit.slotBehind(key);
    if (slot === undefined) return key;
    return this.keySlots?.get(slot.origin) === slot ? slot.origin : slot;
  }

  private showKey(place: unknown): unknown {
    if (!isObject(place)) return place;
    if (isSlot(place)) return place.shown;
    if (!this.base.has(place)) return place;
    const known = this.keySlots?.get(place);
    if (known !== undefined) return known.shown;
    const opened = this.edit.open(place, this);
    if (!isObject(opened) || !isSlot(opened)) return opened;
    this.keySlots ??= new Map();
    this.keySlots.set(place, opened);
    return opened.shown;
  }

  private read(place: unknown, held: unknown): unknown {
    if (!isObject(held)) return held;
    if (isSlot(held)) return held.shown;
    const known = this.values?.get(place);
    if (known !== undefined) return known.shown;
    const opened = this.edit.open(held, this);
    if (!isObject(opened) || !isSlot(opened)) return opened;
    if (this.copy !== null) this.copy.set(place, opened);
    else {
      this.values ??= new Map();
      this.values.set(place, opened);
    }
    return opened.shown;
  }

  private settleKey(place: unknown, segment: string | number, settling: Settling): unknown {
    if (place === undefined) settling.refuseAt(segment, describe(place));
    const held = this.keySlots?.get(place) ?? place;
    if (isObject(held) ? isSlot(held) || this.base.has(held) : false) return settling.at(segment, held);
    settling.path.push(segment);
    const key = copyIn(place, settling);
    settling.path.pop();
    return key;
  }
}

const methods: Readonly<Record<string, Method<MapDraft>>> = {
  get: (draft, [key]) => draft.get(key),
  has: (draft, [key]) => draft.has(key),
  set(draft, [key, value]) {
    draft.set(key, value);
    return draft.shown;
  },
  delete: (draft, [key]) => draft.delete(key),
  clear: (draft) => draft.clear(),
  keys: (draft) => draft.keys(),
  entries: (draft) => draft.entries(),
  *values(draft) {
    for (const [, value] of draft.entries()) yield value;
  },
  forEach(draft, [visit, self]) {
    if (typeof visit !== 'function') throw new TypeError('forEach() takes a function');
    for (const [key, value] of draft.entries()) Reflect.apply(visit, self, [value, key, draft.shown]);
  },
};

const METHODS = methodsOf((draft): draft is MapDraft => draft instanceof MapDraft, methods, methods.entries);
