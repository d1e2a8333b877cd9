/**
 * The draft of an array: the handler of the Proxy that the recipe sees, over a real array so that Array.isArray holds.
 * Copying an array costs next to nothing, so the working copy is made with the first entry that is drafted. What would
 * load or draft every entry on the way (push, splice, indexOf, …) has methods of its own, in draftArrayMethods.ts; the
 * rest of Array.prototype works through the Proxy.
 */
import { inspect } from 'node:util';
import { arrayMethods } from './draftArrayMethods.js';
import type { Edit } from './draftEdit.js';
import { methodsOf } from './draftMethods.js';
import type { Settling } from './draftSettling.js';
import {
  change,
  DRAFT,
  type Draft,
  depthBelow,
  INSPECTED,
  inspectable,
  isObject,
  isSame,
  isSlot,
  plainValue,
  refuseFreezing,
  SLOT,
} from './draftSlot.js';
import type { Pieces } from './tree/pieces.js';

const NOTHING: readonly unknown[] = Object.freeze([]);
/** In place of the working copy that a split list has not. */
const NO_ENTRIES: unknown[] = [];
Object.freeze(NO_ENTRIES);
/** Behind every Proxy, never written to: all that it could say, the handler says. */
const TARGET: unknown[] = Object.assign([], INSPECTED);

export class ArrayDraft implements Draft, ProxyHandler<unknown[]> {
  readonly [SLOT] = true;
  readonly shown: object;
  readonly depth: number;
  isChanged = false;
  private copy: unknown[] | null = null;
  /** In place of base and copy, for a list that is split: as long as it is read and changed element by element. */
  private pieces: Pieces | null = null;
  /** What was done to it that no value can hold: said at the end, when the place is known. */
  private refusal: string | undefined;

  constructor(
    readonly edit: Edit,
    readonly parent: Draft | null,
    private plain: readonly unknown[] | null,
    private readonly part: object | null,
    split: Pieces | null = null,
    private readonly stored: unknown = plain,
  ) {
    this.pieces = split;
    this.depth = depthBelow(parent);
    this.shown = new Proxy(TARGET, this);
  }

  /** A draft that stands nowhere yet, of entries taken out of others. */
  static of(edit: Edit, entries: unknown[]): ArrayDraft {
    const draft = new ArrayDraft(edit, null, NOTHING, null);
    draft.copy = entries;
    draft.isChanged = true;
    return draft;
  }

  get origin(): unknown {
    return this.part ?? this.stored;
  }

  /** As they stand; loads the whole list where it is split. */
  get entries(): readonly unknown[] {
    const { base } = this;
    return this.copy ?? base;
  }

  get length(): number {
    return this.pieces === null ? this.entries.length : this.pieces.length;
  }

  private get base(): readonly unknown[] {
    return this.plain ?? this.gather();
  }

  private gather(): readonly unknown[] {
    const { pieces } = this;
    if (pieces === null) return NOTHING;
    this.plain = pieces.gatheredBefore();
    this.copy = pieces.gathered();
    this.pieces = null;
    return this.plain;
  }

  /** Entries from an index on, as they stand. */
  entriesFrom(start: number): Iterable<unknown> {
    return this.pieces === null ? this.entries.slice(start) : this.pieces.from(start);
  }

  entryAt(index: unknown): unknown {
    if (typeof index !== 'number' || !(index >= 0 && index < this.length)) return undefined;
    return this.pieces === null ? this.entries[index] : this.pieces.get(index);
  }

  put(index: unknown, value: unknown): void {
    this.set(TARGET, String(index), value);
  }

  /** Puts what stands for new elements in the place of others, and gives what stood there. */
  replace(start: number, count: number, slots: readonly unknown[]): unknown[] {
    if (this.pieces !== null) return this.pieces.splice(start, count, slots);
    return this.prepare().splice(start, count, ...slots);
  }

  get(_target: unknown[], key: string | symbol): unknown {
    if (key === DRAFT) return this;
    this.edit.check();
    if (this.pieces !== null && typeof key === 'string') {
      if (key === 'length') return this.pieces.length;
      if (isIndex(key)) return Number(key) < this.pieces.length ? this.read(Number(key)) : undefined;
      return METHODS.get(key) ?? Reflect.get(NOTHING, key);
    }
    if (this.pieces !== null) return Reflect.get(NOTHING, key);
    const entry: unknown = Reflect.get(this.entries, key);
    if (typeof entry === 'function') return METHODS.get(key) ?? entry;
    if (typeof entry !== 'object' || entry === null || typeof key === 'symbol') return entry;
    return this.read(Number(key));
  }

  set(_target: unknown[], key: string | symbol, value: unknown): boolean {
    this.edit.check();
    if (key !== 'length' && !isIndex(key)) {
      this.refusal ??= `a list with a property of its own (${String(key)})`;
      change(this);
      return true;
    }
    const { pieces } = this;
    if (pieces !== null && isIndex(key) && Number(key) < pieces.length) {
      if (isSame(this.edit, pieces.get(Number(key)), value)) return true;
      const slot = this.edit.slotInPlaceOf(pieces.get(Number(key)), value);
      change(this);
      pieces.set(Number(key), slot);
      return true;
    }
    if (pieces !== null && this.resize(pieces, key, value)) return true;
    const entry: unknown = Reflect.get(this.entries, key);
    if (isSame(this.edit, entry, value) && (value !== undefined || Object.hasOwn(this.entries, key))) return true;
    const slot = key === 'length' ? value : this.edit.slotInPlaceOf(entry, value);
    change(this);
    return Reflect.set(this.whole(), key, slot);
  }

  /** A split list gets one element more, or is cut off. False for anything else: then it is an array's own matter. */
  private resize(pieces: Pieces, key: string, value: unknown): boolean {
    const { length } = pieces;
    if (key === 'length') {
      if (!(Number.isInteger(value) && Number(value) >= 0 && Number(value) <= length)) return false;
      if (value === length) return true;
      change(this);
      pieces.shorten(Number(value));
      return true;
    }
    if (Number(key) !== length) return false;
    const slot = this.edit.slotOf(value);
    change(this);
    pieces.append([slot]);
    return true;
  }

  deleteProperty(_target: unknown[], key: string | symbol): boolean {
    this.edit.check();
    if (!Object.hasOwn(this.entries, key)) return true;
    change(this);
    return Reflect.deleteProperty(this.whole(), key);
  }

  has(_target: unknown[], key: string | symbol): boolean {
    this.edit.check();
    const { pieces } = this;
    if (pieces !== null && isIndex(key)) return Number(key) < pieces.length;
    return Reflect.has(this.entries, key);
  }

  ownKeys(): (string | symbol)[] {
    this.edit.check();
    return Reflect.ownKeys(this.entries);
  }

  /** As for records: loads and drafts nothing until the value is asked for. */
  getOwnPropertyDescriptor(_target: unknown[], key: string | symbol): PropertyDescriptor | undefined {
    this.edit.check();
    if (key === 'length' && this.pieces !== null) {
      return { value: this.pieces.length, writable: true, enumerable: false, configurable: false };
    }
    const { entries } = this;
    if (key === 'length') return { value: entries.length, writable: true, enumerable: false, configurable: false };
    if (!Object.hasOwn(entries, key)) return undefined;
    const entry: unknown = Reflect.get(entries, key);
    if (!isObject(entry)) return { value: entry, writable: true, enumerable: true, configurable: true };
    return { get: () => this.read(Number(key)), enumerable: true, configurable: true };
  }

  defineProperty(target: unknown[], key: string | symbol, descriptor: PropertyDescriptor): boolean {
    return this.set(target, key, plainValue(key, descriptor));
  }

  getPrototypeOf(): object {
    return Array.prototype;
  }

  setPrototypeOf(): boolean {
    return refuseFreezing();
  }

  preventExtensions(): boolean {
    return refuseFreezing();
  }

  /** What the recipe sees at an index. Loads it when it is a block of its own. */
  read(index: number): unknown {
    const { pieces } = this;
    const entry = pieces === null ? this.entries[index] : pieces.get(index);
    if (!isObject(entry)) return entry;
    if (isSlot(entry)) return entry.shown;
    const opened = this.edit.open(entry, this);
    if (!isObject(opened) || !isSlot(opened)) return opened;
    if (pieces === null) this.prepare()[index] = opened;
    else pieces.set(index, opened);
    return opened.shown;
  }

  /** A split list needs no working copy as long as it is changed element by element. */
  prepare(): unknown[] {
    if (this.pieces !== null) return NO_ENTRIES;
    this.copy ??= [...this.base];
    return this.copy;
  }

  /** The working copy, of the whole list where it is split. */
  whole(): unknown[] {
    if (this.pieces !== null) this.gather();
    return this.prepare();
  }

  settle(settling: Settling): unknown {
    return settling.draft(this);
  }

  finish(settling: Settling): unknown {
    if (this.refusal !== undefined) settling.refuse(this.refusal);
    if (this.pieces !== null) {
      const edited = this.pieces.edited((index, entry) => {
        if (entry === undefined) settling.refuseAt(index, 'undefined');
        return settling.at(index, entry);
      });
      return edited === this.stored ? this.origin : edited;
    }
    const { base } = this;
    const copy = this.prepare();
    let isSameAsBase = copy.length === base.length;
    for (let index = 0; index < copy.length; index++) {
      const entry = copy[index];
      if (entry === undefined) settling.refuseAt(index, index in copy ? 'undefined' : 'a hole (a sparse array)');
      if (entry === base[index]) continue;
      const value = settling.at(index, entry);
      if (value !== entry) copy[index] = value;
      if (!Object.is(value, base[index])) isSameAsBase = false;
    }
    return isSameAsBase ? this.origin : Object.freeze(copy);
  }

  snapshot(): unknown {
    if (this.pieces !== null) return { [inspect.custom]: () => `[a list of ${this.length} elements, many blocks]` };
    return this.entries.map(inspectable);
  }
}

const METHODS = methodsOf((draft): draft is ArrayDraft => draft instanceof ArrayDraft, arrayMethods);

function isIndex(key: string | symbol): key is string {
  if (typeof key === 'symbol') return false;
  const index = Number(key);
  return Number.isInteger(index) && index >= 0 && index < 2 ** 32 - 1 && String(index) === key;
}
