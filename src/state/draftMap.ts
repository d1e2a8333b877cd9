/**
 * The draft of a Map. Its working copy has at each place what stands there: entries of the tree, slots, and under keys
 * that the recipe brought those objects themselves, for a key is found by identity.
 */
import { inspect } from 'node:util';
import { copyIn, keySegment } from './copyIn.js';
import { showCollection } from './draftCollection.js';
import type { Edit } from './draftEdit.js';
import { type Method, methodsOf } from './draftMethods.js';
import type { Settling } from './draftSettling.js';
import { change, type Draft, depthBelow, inspectable, isObject, isSame, isSlot, SLOT, type Slot } from './draftSlot.js';
import { frozenMap } from './frozen.js';
import { describe } from './kind.js';
import { ABSENT } from './tree/edit.js';
import type { KeyedSplit } from './tree/keyed.js';
import { isScalar } from './tree/lookup.js';

/** In place of the working copy that a split Map has not. */
const NO_ENTRIES: Map<unknown, unknown> = new Map();

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
  /** What was set or deleted while a split Map is read entry by entry. */
  private written: Map<unknown, unknown> | null = null;

  constructor(
    readonly edit: Edit,
    readonly parent: Draft | null,
    private plain: ReadonlyMap<unknown, unknown> | null,
    private readonly part: object | null,
    /** In place of the base, for a Map that is split: as long as single entries are all that is asked for. */
    private split: KeyedSplit | null = null,
    private readonly stored: unknown = plain,
  ) {
    this.depth = depthBelow(parent);
    this.shown = showCollection(this, METHODS, Map.prototype);
  }

  get origin(): unknown {
    return this.part ?? this.stored;
  }

  get size(): number {
    const { split, written } = this;
    if (split === null) return this.source.size;
    let { size } = split;
    for (const [key, value] of written ?? []) {
      const isThere = split.get(key) !== undefined;
      if (isThere && value === ABSENT) size--;
      if (!isThere && value !== ABSENT) size++;
    }
    return size;
  }

  /** All entries; loads the whole Map where it is split. */
  private get base(): ReadonlyMap<unknown, unknown> {
    return this.plain ?? this.gather();
  }

  private gather(): ReadonlyMap<unknown, unknown> {
    if (this.plain !== null) return this.plain;
    const { written } = this;
    const plain = (this.split?.gathered() ?? new Map()) as ReadonlyMap<unknown, unknown>;
    this.plain = plain;
    this.split = null;
    this.written = null;
    if (written !== null) {
      const copy = this.prepare();
      for (const [key, value] of written) {
        if (value === ABSENT) copy.delete(key);
        else copy.set(key, value);
      }
    }
    return plain;
  }

  /** What stands under a scalar key of a split Map. */
  private held(split: KeyedSplit, key: unknown): unknown {
    const written = this.written?.get(key);
    if (written !== undefined) return written === ABSENT ? undefined : written;
    return split.get(key);
  }

  private write(key: unknown, value: unknown): void {
    this.written ??= new Map();
    this.written.set(key, value);
  }

  entryAt(key: unknown): unknown {
    if (this.split !== null && isScalar(key)) return this.values?.get(key) ?? this.held(this.split, key);
    const place = this.placeOf(key);
    return this.values?.get(place) ?? this.source.get(place);
  }

  put(key: unknown, value: unknown): void {
    this.set(key, value);
  }

  has(key: unknown): boolean {
    if (this.split !== null && isScalar(key)) return this.held(this.split, key) !== undefined;
    return this.source.has(this.placeOf(key));
  }

  get(key: unknown): unknown {
    if (this.split !== null && isScalar(key)) return this.read(key, this.held(this.split, key));
    const place = this.placeOf(key);
    return this.read(place, this.source.get(place));
  }

  set(key: unknown, value: unknown): void {
    if (this.split !== null && isScalar(key) && value !== undefined) {
      const held = this.values?.get(key) ?? this.held(this.split, key);
      if (isSame(this.edit, held, value)) return;
      const slot = this.edit.slotInPlaceOf(held, value);
      change(this);
      this.write(key, slot);
      return;
    }
    this.gather();
    const place = this.placeOf(key);
    const held = this.values?.get(place) ?? this.source.get(place);
    if (isSame(this.edit, held, value) && this.source.has(place)) return;
    const slot = this.edit.slotInPlaceOf(held, value);
    change(this);
    this.prepare().set(place, slot);
  }

  delete(key: unknown): boolean {
    if (this.split !== null && isScalar(key)) {
      if (this.held(this.split, key) === undefined) return false;
      change(this);
      this.write(key, ABSENT);
      return true;
    }
    const place = this.placeOf(key);
    if (!this.source.has(place)) return false;
    change(this);
    return this.prepare().delete(place);
  }

  clear(): void {
    if (this.size === 0) return;
    this.gather();
    change(this);
    this.prepare().clear();
  }

  *keys(): Generator<unknown, undefined> {
    this.gather();
    for (const place of this.prepare().keys()) yield this.showKey(place);
  }

  /** Live, as a Map's own are: what is set or deleted on the way counts. */
  *entries(): Generator<[unknown, unknown], undefined> {
    this.gather();
    for (const [place, held] of this.prepare()) yield [this.showKey(place), this.read(place, held)];
  }

  /** A split Map needs no working copy: what is set is kept aside. */
  prepare(): Map<unknown, unknown> {
    if (this.copy !== null) return this.copy;
    if (this.split !== null) return NO_ENTRIES;
    const copy = new Map(this.base);
    for (const [place, slot] of this.values ?? []) copy.set(place, slot);
    this.values = null;
    this.copy = copy;
    return copy;
  }

  settle(settling: Settling): unknown {
    return settling.draft(this);
  }

  finish(settling: Settling): unknown {
    if (this.split !== null) return this.finishSplit(settling, this.split);
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
    return isSameAsBase && result.size === base.size ? this.origin : frozenMap(result);
  }

  private finishSplit(settling: Settling, split: KeyedSplit): unknown {
    const changes = new Map<unknown, unknown>();
    const settle = (key: unknown, held: unknown) => {
      const value = held === ABSENT ? ABSENT : settling.at(keySegment(key), held);
      const stored = split.get(key);
      if (!Object.is(value, stored === undefined ? ABSENT : stored)) changes.set(key, value);
    };
    for (const [key, slot] of this.values ?? []) if (!this.written?.has(key)) settle(key, slot);
    for (const [key, held] of this.written ?? []) settle(key, held);
    return changes.size === 0 ? this.origin : split.with(changes);
  }

  snapshot(): unknown {
    if (this.split !== null) return { [inspect.custom]: () => '[a Map of many blocks]' };
    const entries = [...this.source];
    return new Map(
      entries.map(([place, held]) => [
        inspectable(this.keySlots?.get(place) ?? place),
        inspectable(this.values?.get(place) ?? held),
      ]),
    );
  }

  private get source(): ReadonlyMap<unknown, unknown> {
    const { base } = this;
    return this.copy ?? base;
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
    else if (this.written?.has(place)) this.written.set(place, opened);
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
