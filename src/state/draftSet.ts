/**
 * The draft of a Set: what it was before, and beside it what the recipe has drafted, added and deleted. A member is found
 * by its place: the member of the tree, a slot, or the recipe's own object. A split Set is read member by member, also
 * when it is iterated.
 */
import { inspect } from 'node:util';
import { Brought } from './draftBrought.js';
import { showCollection } from './draftCollection.js';
import type { Edit } from './draftEdit.js';
import { type Method, methodsOf } from './draftMethods.js';
import { Places, type PlacesBase } from './draftPlaces.js';
import type { Settling } from './draftSettling.js';
import { change, type Draft, depthBelow, inspectable, isObject, isSlot, SLOT } from './draftSlot.js';
import { frozenSet } from './frozen.js';
import { KeyedSplit } from './tree/keyed.js';
import { isScalar } from './tree/lookup.js';

interface SetSource extends PlacesBase {
  keys(): Iterable<unknown>;
}

export class SetDraft implements Draft {
  readonly [SLOT] = true;
  readonly shown: object;
  readonly depth: number;
  isChanged = false;
  /** Of what stands for the members. */
  private readonly places: Places;

  constructor(
    readonly edit: Edit,
    readonly parent: Draft | null,
    private readonly base: SetSource,
    private readonly part: object | null,
    private readonly stored: unknown = base,
  ) {
    this.places = new Places(base);
    this.depth = depthBelow(parent);
    this.shown = showCollection(this, METHODS, Set.prototype);
  }

  get origin(): unknown {
    return this.part ?? this.stored;
  }

  get size(): number {
    return this.places.size;
  }

  /** A member is found by itself. */
  entryAt(): undefined {
    return undefined;
  }

  put(member: unknown): void {
    this.add(member);
  }

  has(member: unknown): boolean {
    return this.places.has(this.placeOf(member));
  }

  add(member: unknown): void {
    const place = this.placeOf(member);
    if (this.places.has(place)) return;
    const slot = this.edit.slotOf(member);
    change(this);
    this.places.added.set(place, slot);
  }

  delete(member: unknown): boolean {
    const place = this.placeOf(member);
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

  /**
   * Live, as a Set's own are: what is added or deleted on the way counts. What the recipe added is given as it is, also
   * when it is frozen: a member is found by identity.
   */
  *members(): Generator<unknown, undefined> {
    for (const [place, held] of this.standing()) {
      if (!isObject(held)) yield held;
      else if (held instanceof Brought) yield held.value;
      else if (isSlot(held)) yield held.shown;
      else {
        const opened = this.edit.open(held, this);
        const isOpenedSlot = isObject(opened) && isSlot(opened);
        if (isOpenedSlot) this.places.put(place, opened);
        yield isOpenedSlot ? opened.shown : opened;
      }
    }
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
      return this.finishSplit(base);
    }
    const result = new Set<unknown>();
    let isSameAsBase = true;
    let index = 0;
    for (const [, held] of this.standing()) {
      if (held === undefined) settling.refuseAt(index, 'undefined');
      const member = settling.at(index++, held);
      result.add(member);
      if (isSameAsBase && !base.has(member)) isSameAsBase = false;
    }
    return isSameAsBase && result.size === base.size ? this.origin : frozenSet(result);
  }

  /** No member is a collection: none was drafted. */
  private finishSplit(split: KeyedSplit): unknown {
    const changes = new Map<unknown, unknown>(this.places.changes);
    for (const member of this.places.added.keys()) {
      if (split.has(member)) changes.delete(member);
      else changes.set(member, true);
    }
    return changes.size === 0 ? this.origin : split.with(changes);
  }

  snapshot(): unknown {
    if (this.base instanceof KeyedSplit) return { [inspect.custom]: () => '[a Set of many blocks]' };
    return new Set([...this.standing()].map(([, held]) => inspectable(held)));
  }

  /** Places and what stands for their members. */
  private standing(): Generator<readonly [unknown, unknown], undefined> {
    return this.places.standing(twice(this.base.keys()));
  }

  /** Under what a recipe's member stands. */
  private placeOf(member: unknown): unknown {
    if (!isObject(member)) return member;
    const slot = this.edit.slotBehind(member);
    if (slot === undefined) return member;
    const { origin } = slot;
    const { changes, added } = this.places;
    return changes.get(origin) === slot || added.get(origin) === slot ? origin : slot;
  }
}

/** A member of the base stands at its own place. */
function* twice(members: Iterable<unknown>): Generator<readonly [unknown, unknown], undefined> {
  for (const member of members) yield [member, member];
}

const methods: Readonly<Record<string, Method<SetDraft>>> = {
  has: (draft, [member]) => draft.has(member),
  add(draft, [member]) {
    draft.add(member);
    return draft.shown;
  },
  delete: (draft, [member]) => draft.delete(member),
  clear: (draft) => draft.clear(),
  keys: (draft) => draft.members(),
  values: (draft) => draft.members(),
  *entries(draft) {
    for (const member of draft.members()) yield [member, member];
  },
  forEach(draft, [visit, self]) {
    if (typeof visit !== 'function') throw new TypeError('forEach() takes a function');
    for (const member of draft.members()) Reflect.apply(visit, self, [member, member, draft.shown]);
  },
};

/** Set methods that newer runtimes have: they compare, and run on a Set of what the recipe sees. */
const COMPARING = [
  'union',
  'intersection',
  'difference',
  'symmetricDifference',
  'isSubsetOf',
  'isSupersetOf',
  'isDisjointFrom',
];

const comparing: [string, Method<SetDraft>][] = [];
for (const name of COMPARING) {
  const native: unknown = Reflect.get(Set.prototype, name);
  if (typeof native === 'function') {
    comparing.push([name, (draft, args) => Reflect.apply(native, new Set(draft.members()), args)]);
  }
}

const METHODS = methodsOf(
  (draft): draft is SetDraft => draft instanceof SetDraft,
  { ...methods, ...Object.fromEntries(comparing) },
  methods.values,
);
