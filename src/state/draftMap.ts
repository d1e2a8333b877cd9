/**
 * The draft of a Map: what it was before, and beside it what the recipe has drafted, set and deleted. An entry is found by
 * its place: the key of the tree, a slot, or for a key that the recipe brought that object itself. A split Map is read
 * entry by entry, also when it is iterated.
 */
import { inspect } from 'node:util';
import { copyIn, keySegment } from './copyIn.js';
import { showCollection } from './draftCollection.js';
import type { Edit } from './draftEdit.js';
import { type Method, methodsOf } from './draftMethods.js';
import { Places, type PlacesBase } from './draftPlaces.js';
import type { Settling } from './draftSettling.js';
import { change, type Draft, depthBelow, inspectable, isObject, isSame, isSlot, SLOT, type Slot } from './draftSlot.js';
import { frozenMap } from './frozen.js';
import { describe } from './kind.js';
import { ABSENT } from './tree/edit.js';
import { KeyedSplit } from './tree/keyed.js';
import { isScalar } from './tree/lookup.js';

interface MapSource extends PlacesBase {
  get(place: unknown): unknown;
  entries(): Iterable<readonly [unknown, unknown]>;
}

export class MapDraft implements Draft {
  readonly [SLOT] = true;
  readonly shown: object;
  readonly depth: number;
  isChanged = false;
  private readonly places: Places;
  /** Keys that were drafted, by what stands as the key in the tree. */
  private keySlots: Map<unknown, Slot> | null = null;

  constructor(
    readonly edit: Edit,
    readonly parent: Draft | null,
    private readonly base: MapSource,
    private readonly part: object | null,
    private readonly stored: unknown = base,
  ) {
    this.places = new Places(base);
    this.depth = depthBelow(parent);
    this.shown = showCollection(this, METHODS, Map.prototype);
  }

  get origin(): unknown {
    return this.part ?? this.stored;
  }

  get size(): number {
    return this.places.size;
  }

  entryAt(key: unknown): unknown {
    return this.standing(this.placeOf(key));
  }

  put(key: unknown, value: unknown): void {
    this.set(key, value);
  }

  has(key: unknown): boolean {
    return this.places.has(this.placeOf(key));
  }

  get(key: unknown): unknown {
    const place = this.placeOf(key);
    return this.read(place, this.standing(place));
  }

  set(key: unknown, value: unknown): void {
    const place = this.placeOf(key);
    const isThere = this.places.has(place);
    const held = isThere ? this.standing(place) : undefined;
    if (isThere && isSame(this.edit, held, value)) return;
    const slot = this.edit.slotInPlaceOf(held, value);
    change(this);
    if (isThere) this.places.put(place, slot);
    else this.places.added.set(place, slot);
  }

  delete(key: unknown): boolean {
    const place = this.placeOf(key);
    if (!this.places.has(place)) return false;
    change(this);
    this.places.delete(place);
    return true;
  }

  clear(): void {
    if (this.size === 0) return;
    change(this);
    this.places.clear();
  }

  *keys(): Generator<unknown, undefined> {
    for (const [place] of this.standingEntries()) yield this.showKey(place);
  }

  /** Live, as a Map's own are: what is set or deleted on the way counts. */
  *entries(): Generator<[unknown, unknown], undefined> {
    for (const [place, held] of this.standingEntries()) yield [this.showKey(place), this.read(place, held)];
  }

  prepare(): object {
    return this.places.changes;
  }

  settle(settling: Settling): unknown {
    return settling.draft(this);
  }

  finish(settling: Settling): unknown {
    const { base, places } = this;
    if (base instanceof KeyedSplit && !places.isCleared && [...places.added.keys()].every(isScalar)) {
      return this.finishSplit(settling, base);
    }
    const result = new Map<unknown, unknown>();
    let isSameAsBase = true;
    for (const [place, held] of this.standingEntries()) {
      const segment = keySegment(place);
      const key = this.settleKey(place, segment, settling);
      const value = settledValue(segment, held, settling);
      result.set(key, value);
      if (isSameAsBase && (!base.has(key) || !Object.is(base.get(key), value))) isSameAsBase = false;
    }
    return isSameAsBase && result.size === base.size ? this.origin : frozenMap(result);
  }

  private finishSplit(settling: Settling, split: KeyedSplit): unknown {
    const changes = new Map<unknown, unknown>();
    const note = (key: unknown, held: unknown) => {
      const value = held === ABSENT ? ABSENT : settledValue(keySegment(key), held, settling);
      const stored = split.get(key);
      if (Object.is(value, stored === undefined ? ABSENT : stored)) changes.delete(key);
      else changes.set(key, value);
    };
    for (const [key, held] of this.places.changes) note(key, held);
    for (const [key, held] of this.places.added) note(key, held);
    return changes.size === 0 ? this.origin : split.with(changes);
  }

  snapshot(): unknown {
    if (this.base instanceof KeyedSplit) return { [inspect.custom]: () => '[a Map of many blocks]' };
    const entries = [...this.standingEntries()];
    return new Map(
      entries.map(([place, held]) => [inspectable(this.keySlots?.get(place) ?? place), inspectable(held)]),
    );
  }

  /** Places and what stands there, not opened, as a Map has them. */
  private standingEntries(): Generator<readonly [unknown, unknown], undefined> {
    return this.places.standing(this.base.entries());
  }

  /** What stands at a place, not opened; `undefined` where nothing does. */
  private standing(place: unknown): unknown {
    const { places, base } = this;
    if (places.added.has(place)) return places.added.get(place);
    if (places.isCleared) return undefined;
    const held = places.changes.get(place);
    if (held === ABSENT) return undefined;
    return held === undefined && !places.changes.has(place) ? base.get(place) : held;
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
    const opened = this.edit.open(held, this);
    if (!isObject(opened) || !isSlot(opened)) return opened;
    this.places.put(place, opened);
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

function settledValue(segment: string | number, held: unknown, settling: Settling): unknown {
  if (held === undefined) settling.refuseAt(segment, 'undefined');
  return settling.at(segment, held);
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
