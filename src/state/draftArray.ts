/**
 * The draft of an array: the handler of the Proxy that the recipe sees, over a real array so that Array.isArray holds.
 * Copying an array costs next to nothing, so the working copy is made with the first entry that is drafted. What would
 * load or draft every entry on the way (push, splice, indexOf, …) has methods of its own, in draftArrayMethods.ts; the
 * rest of Array.prototype works through the Proxy.
 */
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
import type { Part } from './part.js';

const NOTHING: readonly unknown[] = Object.freeze([]);
/** Behind every Proxy, never written to: all that it could say, the handler says. */
const TARGET: unknown[] = Object.assign([], INSPECTED);

export class ArrayDraft implements Draft, ProxyHandler<unknown[]> {
  readonly [SLOT] = true;
  readonly shown: object;
  readonly depth: number;
  isChanged = false;
  private copy: unknown[] | null = null;
  /** What was done to it that no value can hold: said at the end, when the place is known. */
  private refusal: string | undefined;

  constructor(
    readonly edit: Edit,
    readonly parent: Draft | null,
    private readonly base: readonly unknown[],
    private readonly part: Part | null,
  ) {
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
    return this.part ?? this.base;
  }

  get entries(): readonly unknown[] {
    return this.copy ?? this.base;
  }

  get(_target: unknown[], key: string | symbol): unknown {
    if (key === DRAFT) return this;
    this.edit.check();
    const entry: unknown = Reflect.get(this.copy ?? this.base, key);
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
    const entry: unknown = Reflect.get(this.entries, key);
    if (isSame(this.edit, entry, value) && (value !== undefined || Object.hasOwn(this.entries, key))) return true;
    const slot = key === 'length' ? value : this.edit.slotOf(value);
    change(this);
    return Reflect.set(this.prepare(), key, slot);
  }

  deleteProperty(_target: unknown[], key: string | symbol): boolean {
    this.edit.check();
    if (!Object.hasOwn(this.entries, key)) return true;
    change(this);
    return Reflect.deleteProperty(this.prepare(), key);
  }

  has(_target: unknown[], key: string | symbol): boolean {
    this.edit.check();
    return Reflect.has(this.entries, key);
  }

  ownKeys(): (string | symbol)[] {
    this.edit.check();
    return Reflect.ownKeys(this.entries);
  }

  /** As for records: loads and drafts nothing until the value is asked for. */
  getOwnPropertyDescriptor(_target: unknown[], key: string | symbol): PropertyDescriptor | undefined {
    this.edit.check();
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
    const entry = this.entries[index];
    if (!isObject(entry)) return entry;
    if (isSlot(entry)) return entry.shown;
    const opened = this.edit.open(entry, this);
    if (!isObject(opened) || !isSlot(opened)) return opened;
    this.prepare()[index] = opened;
    return opened.shown;
  }

  prepare(): unknown[] {
    this.copy ??= [...this.base];
    return this.copy;
  }

  settle(settling: Settling): unknown {
    return settling.draft(this);
  }

  finish(settling: Settling): readonly unknown[] {
    const { base } = this;
    if (this.refusal !== undefined) settling.refuse(this.refusal);
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
    return isSameAsBase ? base : Object.freeze(copy);
  }

  snapshot(): unknown {
    return this.entries.map(inspectable);
  }
}

const METHODS = methodsOf((draft): draft is ArrayDraft => draft instanceof ArrayDraft, arrayMethods);

function isIndex(key: string | symbol): boolean {
  if (typeof key === 'symbol') return false;
  const index = Number(key);
  return Number.isInteger(index) && index >= 0 && index < 2 ** 32 - 1 && String(index) === key;
}
