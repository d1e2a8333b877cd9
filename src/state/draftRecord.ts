/**
 * The draft of a record: the handler of the Proxy that the recipe sees. Reads go to the base until the first write;
 * then a copy is made, once. The keys it was touched at are noted, so that the end looks at those alone.
 */
import { setField } from './copyIn.js';
import type { Edit } from './draftEdit.js';
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
  type Slot,
} from './draftSlot.js';
import type { Part } from './part.js';

type Fields = Record<string, unknown>;

/** Behind every Proxy, never written to: all that it could say, the handler says. */
const TARGET = { ...INSPECTED };

export class RecordDraft implements Draft, ProxyHandler<object> {
  readonly [SLOT] = true;
  readonly shown: object;
  readonly depth: number;
  isChanged = false;
  private copy: Fields | null = null;
  /** By key: the slot that was read into being there; null once something was written there. */
  private touched: Map<string, Slot | null> | null = null;
  /** What was done to it that no value can hold: said at the end, when the place is known. */
  private refusal: string | undefined;

  constructor(
    readonly edit: Edit,
    readonly parent: Draft | null,
    private readonly base: Readonly<Fields>,
    private readonly part: Part | null,
  ) {
    this.depth = depthBelow(parent);
    this.shown = new Proxy(TARGET, this);
  }

  get origin(): unknown {
    return this.part ?? this.base;
  }

  get(_target: object, key: string | symbol): unknown {
    if (typeof key === 'symbol') return key === DRAFT ? this : Reflect.get(this.base, key);
    this.edit.check();
    const entry = (this.copy ?? this.base)[key];
    return typeof entry === 'object' && entry !== null ? this.read(key, entry) : entry;
  }

  /** A plain assignment, also to `__proto__`: a record's keys are all alike. */
  set(_target: object, key: string | symbol, value: unknown): boolean {
    this.edit.check();
    if (typeof key === 'symbol') {
      this.refusal ??= `a key that is a symbol (${String(key)})`;
      change(this);
      return true;
    }
    const { copy } = this;
    const entry = (copy === null ? this.touched?.get(key) : undefined) ?? (copy ?? this.base)[key];
    if (isSame(this.edit, entry, value) && (value !== undefined || this.owns(key))) return true;
    const slot = this.edit.slotOf(value);
    change(this);
    setField(this.prepare(), key, slot);
    this.touch(key, null);
    return true;
  }

  deleteProperty(_target: object, key: string | symbol): boolean {
    this.edit.check();
    if (typeof key === 'symbol' || !this.owns(key)) return true;
    change(this);
    delete this.prepare()[key];
    this.touch(key, null);
    return true;
  }

  has(_target: object, key: string | symbol): boolean {
    this.edit.check();
    return Reflect.has(this.copy ?? this.base, key);
  }

  ownKeys(): (string | symbol)[] {
    this.edit.check();
    return Reflect.ownKeys(this.copy ?? this.base);
  }

  /**
   * Asked for each key by Object.keys, spread and hasOwn, which want no value: an entry that would have to be loaded or
   * drafted to be shown is described by an accessor that does so when it is used.
   */
  getOwnPropertyDescriptor(_target: object, key: string | symbol): PropertyDescriptor | undefined {
    this.edit.check();
    if (typeof key === 'symbol' || !this.owns(key)) return undefined;
    const entry = (this.copy ?? this.base)[key];
    if (!isObject(entry)) return { value: entry, writable: true, enumerable: true, configurable: true };
    return { get: () => this.read(key, entry), enumerable: true, configurable: true };
  }

  defineProperty(target: object, key: string | symbol, descriptor: PropertyDescriptor): boolean {
    return this.set(target, key, plainValue(key, descriptor));
  }

  getPrototypeOf(): object | null {
    return Object.getPrototypeOf(this.base);
  }

  setPrototypeOf(): boolean {
    return refuseFreezing();
  }

  preventExtensions(): boolean {
    return refuseFreezing();
  }

  prepare(): Fields {
    if (this.copy !== null) return this.copy;
    const { base, touched } = this;
    const copy: Fields = Object.getPrototypeOf(base) === null ? { __proto__: null, ...base } : { ...base };
    if (touched !== null) {
      for (const [key, slot] of touched) if (slot !== null) copy[key] = slot;
    }
    this.copy = copy;
    return copy;
  }

  settle(settling: Settling): unknown {
    return settling.draft(this);
  }

  finish(settling: Settling): Readonly<Fields> {
    const { base } = this;
    if (this.refusal !== undefined) settling.refuse(this.refusal);
    const copy = this.prepare();
    let isSameAsBase = true;
    for (const key of this.touched?.keys() ?? []) {
      const entry = Object.hasOwn(copy, key) ? copy[key] : undefined;
      if (entry === undefined) {
        delete copy[key];
        if (Object.hasOwn(base, key)) isSameAsBase = false;
        continue;
      }
      const value = settling.at(key, entry);
      if (value !== entry) copy[key] = value;
      if (!Object.hasOwn(base, key) || !Object.is(base[key], value)) isSameAsBase = false;
    }
    return isSameAsBase ? base : Object.freeze(copy);
  }

  snapshot(): unknown {
    const entries = Object.entries(this.copy ?? this.base);
    return Object.fromEntries(entries.map(([key, entry]) => [key, inspectable(this.touched?.get(key) ?? entry)]));
  }

  private owns(key: string): boolean {
    return Object.hasOwn(this.copy ?? this.base, key);
  }

  private read(key: string, entry: object): unknown {
    if (isSlot(entry)) return entry.shown;
    if (this.copy === null) {
      const known = this.touched?.get(key);
      if (known) return known.shown;
    }
    // What `__proto__` gives where no such key is.
    if (!this.owns(key)) return entry;
    const opened = this.edit.open(entry, this);
    if (!isObject(opened) || !isSlot(opened)) return opened;
    this.touch(key, opened);
    if (this.copy !== null) setField(this.copy, key, opened);
    return opened.shown;
  }

  private touch(key: string, slot: Slot | null): void {
    this.touched ??= new Map();
    this.touched.set(key, slot);
  }
}
