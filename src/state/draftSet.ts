/**
 * The draft of a Set. Its working copy has each member under what it is found by: the member of the tree, a slot, or
 * the recipe's own object; and what stands for it now, which for a member that was read is its draft.
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
import type { KeyedSplit } from './tree/keyed.js';
import { isScalar } from './tree/lookup.js';

/** In place of the working copy that a split Set has not. */
const NO_MEMBERS: Map<unknown, unknown> = new Map();

export class SetDraft implements Draft {
  readonly [SLOT] = true;
  readonly shown: object;
  readonly depth: number;
  isChanged = false;
  private copy: Map<unknown, unknown> | null = null;
  /** What was added to a split Set or deleted from it, while it is asked for single members. */
  private written: Map<unknown, unknown> | null = null;

  constructor(
    readonly edit: Edit,
    readonly parent: Draft | null,
    private plain: ReadonlySet<unknown> | null,
    private readonly part: object | null,
    private split: KeyedSplit | null = null,
    private readonly stored: unknown = plain,
  ) {
    this.depth = depthBelow(parent);
    this.shown = showCollection(this, METHODS, Set.prototype);
  }

  get origin(): unknown {
    return this.part ?? this.stored;
  }

  get size(): number {
    const { split } = this;
    if (split === null) return this.source.size;
    let { size } = split;
    for (const [member, value] of this.written ?? []) {
      const isThere = split.get(member) !== undefined;
      if (isThere && value === ABSENT) size--;
      if (!isThere && value !== ABSENT) size++;
    }
    return size;
  }

  /** All members; loads the whole Set where it is split. */
  private get base(): ReadonlySet<unknown> {
    return this.plain ?? this.gather();
  }

  private get source(): ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> {
    const { base } = this;
    return this.copy ?? base;
  }

  private gather(): ReadonlySet<unknown> {
    if (this.plain !== null) return this.plain;
    const { written } = this;
    const plain = (this.split?.gathered() ?? new Set()) as ReadonlySet<unknown>;
    this.plain = plain;
    this.split = null;
    this.written = null;
    if (written !== null) {
      const copy = this.prepare();
      for (const [member, value] of written) {
        if (value === ABSENT) copy.delete(member);
        else copy.set(member, member);
      }
    }
    return plain;
  }

  private holds(split: KeyedSplit, member: unknown): boolean {
    const written = this.written?.get(member);
    return written === undefined ? split.get(member) !== undefined : written !== ABSENT;
  }

  private write(member: unknown, value: unknown): void {
    change(this);
    this.written ??= new Map();
    this.written.set(member, value);
  }

  /** A member is found by itself. */
  entryAt(): undefined {
    return undefined;
  }

  put(member: unknown): void {
    this.add(member);
  }

  has(member: unknown): boolean {
    if (this.split !== null && isScalar(member)) return this.holds(this.split, member);
    return this.source.has(this.placeOf(member));
  }

  add(member: unknown): void {
    if (this.split !== null && isScalar(member)) {
      if (!this.holds(this.split, member)) this.write(member, true);
      return;
    }
    this.gather();
    const place = this.placeOf(member);
    if (this.source.has(place)) return;
    const slot = this.edit.slotOf(member);
    change(this);
    this.prepare().set(place, slot);
  }

  delete(member: unknown): boolean {
    if (this.split !== null && isScalar(member)) {
      if (!this.holds(this.split, member)) return false;
      this.write(member, ABSENT);
      return true;
    }
    const place = this.placeOf(member);
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

  /**
   * Live, as a Set's own are: what is added or deleted on the way counts. What the recipe added is given as it is, also
   * when it is frozen: a member is found by identity.
   */
  *members(): Generator<unknown, undefined> {
    this.gather();
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
    if (this.split !== null) return NO_MEMBERS;
    if (this.copy === null) {
      this.copy = new Map();
      for (const member of this.base) this.copy.set(member, member);
    }
    return this.copy;
  }

  settle(settling: Settling): unknown {
    return settling.draft(this);
  }

  finish(settling: Settling): unknown {
    const { split } = this;
    if (split !== null) {
      const changes = new Map<unknown, unknown>();
      for (const [member, value] of this.written ?? []) {
        if (value !== (split.get(member) ?? ABSENT)) changes.set(member, value);
      }
      return changes.size === 0 ? this.origin : split.with(changes);
    }
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
    return isSameAsBase && result.size === base.size ? this.origin : frozenSet(result);
  }

  snapshot(): unknown {
    if (this.split !== null) return { [inspect.custom]: () => '[a Set of many blocks]' };
    return new Set([...this.source.values()].map(inspectable));
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
