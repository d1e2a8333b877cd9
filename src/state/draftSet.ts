/**
 * The draft of a Set. Its working copy has each member under what it is found by: the member of the tree, a slot, or
 * the recipe's own object; and what stands for it now, which for a member that was read is its draft.
 */
import { Brought } from './draftBrought.js';
import { showCollection } from './draftCollection.js';
import type { Edit } from './draftEdit.js';
import { type Method, methodsOf } from './draftMethods.js';
import type { Settling } from './draftSettling.js';
import { change, type Draft, depthBelow, inspectable, isObject, isSlot, SLOT } from './draftSlot.js';
import { frozenSet } from './frozen.js';
import type { Part } from './part.js';

export class SetDraft implements Draft {
  readonly [SLOT] = true;
  readonly shown: object;
  readonly depth: number;
  isChanged = false;
  private copy: Map<unknown, unknown> | null = null;

  constructor(
    readonly edit: Edit,
    readonly parent: Draft | null,
    private readonly base: ReadonlySet<unknown>,
    private readonly part: Part | null,
  ) {
    this.depth = depthBelow(parent);
    this.shown = showCollection(this, METHODS, Set.prototype);
  }

  get origin(): unknown {
    return this.part ?? this.base;
  }

  get size(): number {
    return (this.copy ?? this.base).size;
  }

  has(member: unknown): boolean {
    return (this.copy ?? this.base).has(this.placeOf(member));
  }

  add(member: unknown): void {
    const place = this.placeOf(member);
    if ((this.copy ?? this.base).has(place)) return;
    const slot = this.edit.slotOf(member);
    change(this);
    this.prepare().set(place, slot);
  }

  delete(member: unknown): boolean {
    const place = this.placeOf(member);
    if (!(this.copy ?? this.base).has(place)) return false;
    change(this);
    return this.prepare().delete(place);
  }

  clear(): void {
    if (this.size === 0) return;
    change(this);
    this.prepare().clear();
  }

  /**
   * Live, as a Set's own are: what is added or deleted on the way counts. What the recipe added is given as it is, also
   * when it is frozen: a member is found by identity.
   */
  *members(): Generator<unknown, undefined> {
    const copy = this.prepare();
    for (const [place, held] of copy) {
      if (!isObject(held)) yield held;
      else if (held instanceof Brought) yield held.value;
      else if (isSlot(held)) yield held.shown;
      else {
        const opened = this.edit.open(held, this);
        const isOpenedSlot = isObject(opened) && isSlot(opened);
        if (isOpenedSlot) copy.set(place, opened);
        yield isOpenedSlot ? opened.shown : opened;
      }
    }
  }

  prepare(): Map<unknown, unknown> {
    if (this.copy === null) {
      this.copy = new Map();
      for (const member of this.base) this.copy.set(member, member);
    }
    return this.copy;
  }

  settle(settling: Settling): unknown {
    return settling.draft(this);
  }

  finish(settling: Settling): ReadonlySet<unknown> {
    const { base } = this;
    const result = new Set<unknown>();
    let isSameAsBase = true;
    let index = 0;
    for (const held of this.prepare().values()) {
      if (held === undefined) settling.refuseAt(index, 'undefined');
      const member = settling.at(index++, held);
      result.add(member);
      if (!base.has(member)) isSameAsBase = false;
    }
    return isSameAsBase && result.size === base.size ? base : frozenSet(result);
  }

  snapshot(): unknown {
    return new Set([...(this.copy ?? this.base).values()].map(inspectable));
  }

  /** Under what a recipe's member stands in base and copy. */
  private placeOf(member: unknown): unknown {
    if (!isObject(member)) return member;
    const slot = this.edit.slotBehind(member);
    if (slot === undefined) return member;
    return this.copy?.get(slot.origin) === slot ? slot.origin : slot;
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
