/**
 * The draft of a record: the handler of the Proxy that the recipe sees. Reads go to the base until the first write;
 * then a copy is made, once. The keys it was touched at are noted, so that the end looks at those alone.
 */
import { inspect } from 'node:util';
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
import { ABSENT } from './tree/edit.js';
import { KeyedSplit } from './tree/keyed.js';

/** Where a record is read field by field: a split one, or the block of one that is not. */
export interface FieldSource {
  readonly isBare: boolean;
  get(key: string): unknown;
  gathered(): unknown;
  with(changes: ReadonlyMap<string, unknown>): unknown;
}

type Fields = Record<string, unknown>;

/** Behind every Proxy, never written to: all that it could say, the handler says. */
const TARGET = { ...INSPECTED };
const NOTHING: object = Object.freeze(Object.create(null));
/** In place of the working copy that a split record has not. */
const NO_FIELDS: Fields = Object.freeze({});

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
  /** What was written while the record is read field by field. */
  private written: Map<string, unknown> | null = null;

  constructor(
    readonly edit: Edit,
    readonly parent: Draft | null,
    private plain: Readonly<Fields> | null,
    private readonly part: object | null,
    /** In place of the base, for a record that is split: as long as single fields are all that is asked for. */
    private split: FieldSource | null = null,
    private readonly stored: unknown = plain,
  ) {
    this.depth = depthBelow(parent);
    this.shown = new Proxy(TARGET, this);
  }

  get origin(): unknown {
    return this.part ?? this.stored;
  }

  /** All fields; loads the whole record where it is split. */
  private get base(): Readonly<Fields> {
    return this.plain ?? this.gather();
  }

  /** All fields as they stand. */
  private get fields(): Readonly<Fields> {
    const { base } = this;
    return this.copy ?? base;
  }

  private gather(): Readonly<Fields> {
    if (this.plain === null) {
      const { split, written } = this;
      this.plain = (split?.gathered() ?? {}) as Readonly<Fields>;
      this.split = null;
      if (written !== null) {
        const copy = this.prepare();
        for (const [key, value] of written) {
          if (value === ABSENT) delete copy[key];
          else setField(copy, key, value);
        }
        this.written = null;
      }
    }
    return this.plain;
  }

  /** What stands under an own key, as the base or the working copy has it. */
  private held(key: string): unknown {
    if (this.split === null) {
      const fields = this.fields;
      return Object.hasOwn(fields, key) ? fields[key] : undefined;
    }
    const written = this.written?.get(key);
    if (written !== undefined) return written === ABSENT ? undefined : written;
    return this.split.get(key);
  }

  get(_target: object, key: string | symbol): unknown {
    if (typeof key === 'symbol') return key === DRAFT ? this : Reflect.get(this.prototype, key);
    this.edit.check();
    const held = this.held(key);
    const entry = held === undefined ? this.inherited(key) : held;
    return typeof entry === 'object' && entry !== null ? this.read(key, entry) : entry;
  }

  entryAt(key: unknown): unknown {
    return typeof key === 'string' ? this.standing(key) : undefined;
  }

  put(key: unknown, value: unknown): void {
    this.set(TARGET, String(key), value);
  }

  /** What stands under an own key, opened or not. */
  private standing(key: string): unknown {
    return (this.copy === null ? this.touched?.get(key) : undefined) ?? this.held(key);
  }

  /** A plain assignment, also to `__proto__`: a record's keys are all alike. */
  set(_target: object, key: string | symbol, value: unknown): boolean {
    this.edit.check();
    if (typeof key === 'symbol') {
      this.refusal ??= `a key that is a symbol (${String(key)})`;
      change(this);
      return true;
    }
    const held = this.standing(key);
    const entry = held === undefined ? this.inherited(key) : held;
    if (isSame(this.edit, entry, value) && (value !== undefined || this.owns(key))) return true;
    const slot = this.edit.slotInPlaceOf(entry, value);
    change(this);
    this.write(key, slot);
    return true;
  }

  deleteProperty(_target: object, key: string | symbol): boolean {
    this.edit.check();
    if (typeof key === 'symbol' || !this.owns(key)) return true;
    change(this);
    this.write(key, ABSENT);
    return true;
  }

  has(_target: object, key: string | symbol): boolean {
    this.edit.check();
    if (this.split !== null && typeof key === 'string') return this.owns(key) || Reflect.has(this.prototype, key);
    return Reflect.has(this.fields, key);
  }

  ownKeys(): (string | symbol)[] {
    this.edit.check();
    return Reflect.ownKeys(this.fields);
  }

  /**
   * Asked for each key by Object.keys, spread and hasOwn, which want no value: an entry that would have to be loaded or
   * drafted to be shown is described by an accessor that does so when it is used.
   */
  getOwnPropertyDescriptor(_target: object, key: string | symbol): PropertyDescriptor | undefined {
    this.edit.check();
    if (typeof key === 'symbol' || !this.owns(key)) return undefined;
    const entry = this.held(key);
    if (!isObject(entry)) return { value: entry, writable: true, enumerable: true, configurable: true };
    return { get: () => this.read(key, entry), enumerable: true, configurable: true };
  }

  defineProperty(target: object, key: string | symbol, descriptor: PropertyDescriptor): boolean {
    return this.set(target, key, plainValue(key, descriptor));
  }

  getPrototypeOf(): object | null {
    if (this.split === null) return Object.getPrototypeOf(this.base) as object | null;
    return this.split.isBare ? null : Object.prototype;
  }

  private get prototype(): object {
    return this.getPrototypeOf() ?? NOTHING;
  }

  /** What a record without such a key answers all the same. */
  private inherited(key: string): unknown {
    return this.split !== null || !this.owns(key) ? Reflect.get(this.prototype, key, this.shown) : undefined;
  }

  private write(key: string, value: unknown): void {
    // A key with undefined under it is a key all the same until the edit ends: only a working copy can tell.
    if (value === undefined) this.gather();
    if (this.split !== null) {
      this.written ??= new Map();
      this.written.set(key, value);
    } else if (value === ABSENT) delete this.prepare()[key];
    else setField(this.prepare(), key, value);
    this.touch(key, null);
  }

  setPrototypeOf(): boolean {
    return refuseFreezing();
  }

  preventExtensions(): boolean {
    return refuseFreezing();
  }

  /** A split record needs no working copy: what is written is kept aside. */
  prepare(): Fields {
    if (this.copy !== null) return this.copy;
    if (this.split !== null) return NO_FIELDS;
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

  finish(settling: Settling): unknown {
    if (this.refusal !== undefined) settling.refuse(this.refusal);
    if (this.split !== null) return this.finishSplit(settling, this.split);
    const { base } = this;
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
    return isSameAsBase ? this.origin : Object.freeze(copy);
  }

  private finishSplit(settling: Settling, split: FieldSource): unknown {
    const changes = new Map<string, unknown>();
    for (const [key, slot] of this.touched ?? []) {
      const entry = this.written?.has(key) ? this.written.get(key) : slot;
      const value = entry === ABSENT || entry === undefined ? undefined : settling.at(key, entry);
      if (!Object.is(value, split.get(key))) changes.set(key, value === undefined ? ABSENT : value);
    }
    return changes.size === 0 ? this.origin : split.with(changes);
  }

  snapshot(): unknown {
    if (this.split instanceof KeyedSplit) return { [inspect.custom]: () => '[a record of many blocks]' };
    const entries = Object.entries(this.fields);
    return Object.fromEntries(entries.map(([key, entry]) => [key, inspectable(this.touched?.get(key) ?? entry)]));
  }

  private owns(key: string): boolean {
    if (this.split !== null) return this.held(key) !== undefined;
    return Object.hasOwn(this.fields, key);
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
    else if (this.written?.has(key)) this.written.set(key, opened);
    return opened.shown;
  }

  private touch(key: string, slot: Slot | null): void {
    this.touched ??= new Map();
    this.touched.set(key, slot);
  }
}
