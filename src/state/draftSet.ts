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
import type { Settling } from './draftSettling.js';
import { change, type Draft, depthBelow, inspectable, isObject, isSlot, SLOT } from './draftSlot.js';
import { frozenSet } from './frozen.js';
import { ABSENT } from './tree/edit.js';
import { KeyedSplit } from './tree/keyed.js';
import { isScalar } from './tree/lookup.js';

/** What a Set was before: plain, or split, and then read member by member. */
interface SetSource {
  readonly size: number;
  has(member: unknown): boolean;
  keys(): Iterable<unknown>;
}

export class SetDraft implements Draft {
  readonly [SLOT] = true;
  readonly shown: object;
  readonly depth: number;
  isChanged = false;
  /** Of places of the base: the draft of the member there, or ABSENT. */
  private readonly changes = new Map<unknown, unknown>();
  /** Places that are new, or were deleted and added again, with what stands for their members. */
  private readonly added = new Map<unknown, unknown>();
  /** Of `changes`, those that are ABSENT. */
  private deleted = 0;
  /** Whether all of the base was deleted. */
  private isCleared = false;

  constructor(
    readonly edit: Edit,
    readonly parent: Draft | null,
    private readonly base: SetSource,
    private readonly part: object | null,
    private readonly stored: unknown = base,
  ) {
    this.depth = depthBelow(parent);
    this.shown = showCollection(this, METHODS, Set.prototype);
  }

  get origin(): unknown {
    return this.part ?? this.stored;
  }

  get size(): number {
    return (this.isCleared ? 0 : this.base.size - this.deleted) + this.added.size;
  }

  /** A member is found by itself. */
  entryAt(): undefined {
    return undefined;
  }

  put(member: unknown): void {
    this.add(member);
  }

  has(member: unknown): boolean {
    return this.holds(this.placeOf(member));
  }

  add(member: unknown): void {
    const place = this.placeOf(member);
    if (this.holds(place)) return;
    const slot = this.edit.slotOf(member);
    change(this);
    this.added.set(place, slot);
  }

  delete(member: unknown): boolean {
    const place = this.placeOf(member);
    if (!this.holds(place)) return false;
    change(this);
    if (this.added.delete(place)) return true;
    this.changes.set(place, ABSENT);
    this.deleted++;
    return true;
  }

  clear(): void {
    if (this.size === 0) return;
    change(this);
    this.changes.clear();
    this.added.clear();
    this.deleted = 0;
    this.isCleared = true;
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
        if (isOpenedSlot) (this.added.has(place) ? this.added : this.changes).set(place, opened);
        yield isOpenedSlot ? opened.shown : opened;
      }
    }
  }

  prepare(): object {
    return this.changes;
  }

  settle(settling: Settling): unknown {
    return settling.draft(this);
  }

  finish(settling: Settling): unknown {
    const { base } = this;
    if (base instanceof KeyedSplit && !this.isCleared && [...this.added.keys()].every(isScalar)) {
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
    const changes = new Map<unknown, unknown>(this.changes);
    for (const member of this.added.keys()) {
      if (split.has(member)) changes.delete(member);
      else changes.set(member, true);
    }
    return changes.size === 0 ? this.origin : split.with(changes);
  }

  snapshot(): unknown {
    if (this.base instanceof KeyedSplit) return { [inspect.custom]: () => '[a Set of many blocks]' };
    return new Set([...this.standing()].map(([, held]) => inspectable(held)));
  }

  /** Places and what stands for their members: first those of the base, then the new ones. */
  private *standing(): Generator<readonly [unknown, unknown], undefined> {
    if (!this.isCleared) {
      for (const place of this.base.keys()) {
        if (this.isCleared) break;
        const held = this.changes.get(place) ?? place;
        if (held !== ABSENT) yield [place, held];
      }
    }
    yield* this.added;
  }

  private holds(place: unknown): boolean {
    if (this.added.has(place)) return true;
    return !this.isCleared && this.changes.get(place) !== ABSENT && this.base.has(place);
  }

  /** Under what a recipe's member stands. */
  private placeOf(member: unknown): unknown {
    if (!isObject(member)) return member;
    const slot = this.edit.slotBehind(member);
    if (slot === undefined) return member;
    const { origin } = slot;
    return this.changes.get(origin) === slot || this.added.get(origin) === slot ? origin : slot;
  }
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
