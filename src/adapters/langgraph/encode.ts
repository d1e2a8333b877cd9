/**
 * What a graph holds as plain data for Helios, each kind so that it comes back as it was: classes of LangChain, undefined,
 * the order of keys. What can't be kept is refused with its path, before anything is written.
 */

import { types } from 'node:util';
import { isDeltaSnapshot } from '@langchain/langgraph-checkpoint';
import { describe } from '../../protocol/describe.js';
import { HeliosError } from '../../protocol/errors.js';
import { type Classes, idOf, isLangChainObject, type LangChainObject, unknownClass } from './classes.js';
import { isMarked, MARK, type Marked } from './marks.js';
import { isSame } from './sameness.js';
import { Stamp } from './stamp.js';

/** A LangChain object's own fields, encoded, and how many it has with those that are LangChain's. */
interface Snapshot {
  readonly keys: readonly string[];
  readonly fields: readonly unknown[];
  readonly count: number;
}

const TYPED_ARRAYS: readonly object[] = [
  ...[Uint8Array, Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView],
].map((View) => View.prototype);

const ERRORS = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError];

/** The key by which LangGraph knows a value that replaces what a channel has, whatever its reducer. */
const OVERWRITE = '__overwrite__';

/** Of an encoded object; made when it is first needed. */
interface Notes {
  /** What live ones are compared by: their own fields as they were then, encoded. */
  snapshot?: Snapshot;
  /** Ids of the classes in it, without those of messages. */
  ids?: readonly string[];
}

export class Encoder {
  /** Ids of the classes that were met since this was last emptied, without those of messages; one that is unknown, too. */
  readonly met = new Set<string>();
  /** Makes an object once more out of what it was encoded to. */
  remake: (encoded: object) => LangChainObject | undefined = () => undefined;
  /** What LangChain objects were encoded to; those that were made here carry it themselves. */
  private readonly known = new WeakMap<object, object>();
  /** What is known of an encoded object. */
  private readonly notes = new WeakMap<object, Notes>();
  private readonly path: (string | number)[] = [];
  private readonly ancestors = new Set<object>();

  constructor(private readonly classes: Classes) {}

  /** @throws HeliosError `UNSUPPORTED_VALUE` (details: `path`, `found`) */
  encode(value: unknown, ...path: readonly (string | number)[]): unknown {
    this.path.length = 0;
    this.path.push(...path);
    this.ancestors.clear();
    return this.value(value);
  }

  /** The elements of a list: of those that were encoded before and have not changed since, the very same objects. */
  elements(list: readonly unknown[], ...path: readonly (string | number)[]): readonly unknown[] {
    this.path.length = 0;
    this.path.push(...path);
    this.ancestors.clear();
    return this.array(list);
  }

  private value(value: unknown): unknown {
    switch (typeof value) {
      case 'object':
        return value === null ? null : this.object(value);
      case 'undefined':
        return { [MARK]: 'undefined' } satisfies Marked;
      case 'function':
      case 'symbol':
        return this.refuse(describe(value));
      default:
        return value;
    }
  }

  private object(value: object): unknown {
    const known = this.known.get(value) ?? Stamp.of(value);
    if (known !== undefined) {
      const notes = this.notesOf(known);
      notes.snapshot ??= this.snapshotOf(known);
      if (isUnchanged(value, notes.snapshot)) {
        notes.ids ??= classesIn(known);
        for (let index = 0; index < notes.ids.length; index++) this.met.add(notes.ids[index] as string);
        return known;
      }
    }
    if (this.ancestors.has(value)) this.refuse('a cycle (a value that holds itself)');
    this.ancestors.add(value);
    try {
      return this.composed(value);
    } finally {
      this.ancestors.delete(value);
    }
  }

  private composed(value: object): unknown {
    if (Array.isArray(value)) return this.array(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.record(value as Record<string, unknown>);
    if (isLangChainObject(value)) return this.langChain(value);
    if (value instanceof Map && prototype === Map.prototype) return this.map(value);
    if (value instanceof Set && prototype === Set.prototype) return this.set(value);
    if (types.isDate(value) && prototype === Date.prototype) {
      return Number.isNaN(value.getTime()) ? ({ [MARK]: 'date' } satisfies Marked) : new Date(value.getTime());
    }
    if (ArrayBuffer.isView(value)) return this.bytes(value, prototype);
    return this.other(value);
  }

  private other(value: object): unknown {
    if (types.isRegExp(value)) {
      const { source, flags, lastIndex } = value;
      return { [MARK]: 'regexp', source, flags, lastIndex } satisfies Marked;
    }
    if (value instanceof URL) return { [MARK]: 'url', href: value.href } satisfies Marked;
    if (types.isNativeError(value)) return this.error(value);
    if (isDeltaSnapshot(value)) return { [MARK]: 'snapshot', value: this.at('value', value.value) } satisfies Marked;
    if ('lg_name' in value) {
      // What LangGraph makes of these when it stores them, and takes for them, is a record.
      if (value.lg_name === 'Send') {
        const { node, args, timeout } = value as { node?: unknown; args?: unknown; timeout?: unknown };
        return this.record({ node, args, ...(timeout === undefined ? {} : { timeout }) });
      }
      if (value.lg_name === 'Overwrite' && OVERWRITE in value) return this.record({ [OVERWRITE]: value[OVERWRITE] });
    }
    return this.refuse(describe(value));
  }

  private array(list: readonly unknown[]): readonly unknown[] {
    const elements: unknown[] = [];
    for (let index = 0; index < list.length; index++) {
      if (list[index] === undefined && !(index in list)) this.refuse('a hole (a sparse array)');
      elements.push(this.at(index, list[index]));
    }
    return elements;
  }

  private record(record: Readonly<Record<string, unknown>>): unknown {
    const symbol = Object.getOwnPropertySymbols(record).find((key) =>
      Object.prototype.propertyIsEnumerable.call(record, key),
    );
    if (symbol !== undefined) this.refuse(`a key that is a symbol (${String(symbol)})`);
    const keys = Object.keys(record);
    const entries = keys.map((key) => [key, this.at(key, record[key])] as const);
    if (Object.hasOwn(record, MARK)) return { [MARK]: 'record', entries } satisfies Marked;
    const prototype = Object.getPrototypeOf(record) as object | null;
    const order = orderOf(keys);
    if (order === undefined) return recordOf(entries, prototype);
    // As it comes back: places are told in that order.
    const sorted: (readonly [string, unknown])[] = [];
    for (const [index, entry] of entries.entries()) sorted[order[index] as number] = entry;
    return { [MARK]: 'ordered', order, value: recordOf(sorted, prototype) } satisfies Marked;
  }

  private map(map: ReadonlyMap<unknown, unknown>): unknown {
    const entries = [...map].map(
      ([key, item], index) => [this.at(`key ${index}`, key), this.at(`value ${index}`, item)] as const,
    );
    return isInOrder([...map.keys()]) ? new Map(entries) : ({ [MARK]: 'map', entries } satisfies Marked);
  }

  private set(set: ReadonlySet<unknown>): unknown {
    const members = [...set].map((member, index) => this.at(index, member));
    return isInOrder([...set]) ? new Set(members) : ({ [MARK]: 'set', members } satisfies Marked);
  }

  private bytes(view: ArrayBufferView, prototype: unknown): unknown {
    if (types.isSharedArrayBuffer(view.buffer)) this.refuse('bytes that are shared between threads');
    if (Buffer.isBuffer(view)) return { [MARK]: 'buffer', bytes: new Uint8Array(view) } satisfies Marked;
    return TYPED_ARRAYS.includes(prototype as object) ? structuredClone(view) : this.refuse(describe(view));
  }

  private error(error: Error): Marked {
    const own = Object.fromEntries(
      Object.getOwnPropertyNames(error).map((key) => [key, this.at(key, Reflect.get(error, key))]),
    );
    const name = ERRORS.find((one) => Object.getPrototypeOf(error) === one.prototype)?.name ?? error.constructor.name;
    return { [MARK]: 'error', name, own };
  }

  /** As what it was made of; what its constructor does not make again stands beside that. */
  private langChain(object: LangChainObject): unknown {
    const id = idOf(object);
    const Class = this.classes.get(id);
    if (Class === undefined) {
      this.met.add(id);
      throw unknownClass(id);
    }
    if (!id.startsWith(MESSAGES)) this.met.add(id);
    const kwargs = this.at('kwargs', object.lc_kwargs);
    const again = new Class(structured(object.lc_kwargs));
    const fields = this.fieldsOf(object);
    const made = this.fieldsOf(again as LangChainObject);
    const own = Object.entries(fields).filter(([key, field]) => !isSame(field, made[key]));
    const gone = Object.keys(made).filter((key) => !Object.hasOwn(fields, key));
    const beside = [...own, ...gone.map((key) => [key, { [MARK]: 'undefined' }] as const)];
    const encoded: Marked = {
      [MARK]: 'lc',
      id,
      kwargs,
      ...(beside.length === 0 ? {} : { own: Object.fromEntries(beside) }),
    };
    this.known.set(object, encoded);
    const count = Object.keys(object).length;
    this.notesOf(encoded).snapshot = { keys: Object.keys(fields), fields: Object.values(fields), count };
    return encoded;
  }

  private fieldsOf(object: LangChainObject): Readonly<Record<string, unknown>> {
    const fields: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(object)) if (!key.startsWith('lc_')) fields[key] = this.at(key, field);
    return fields;
  }

  private notesOf(encoded: object): Notes {
    let notes = this.notes.get(encoded);
    if (notes === undefined) {
      notes = {};
      this.notes.set(encoded, notes);
    }
    return notes;
  }

  private snapshotOf(encoded: object): Snapshot {
    const again = this.remake(encoded);
    return again === undefined ? NO_SNAPSHOT : this.snapshot(again);
  }

  private snapshot(object: LangChainObject): Snapshot {
    const fields = this.fieldsOf(object);
    return { keys: Object.keys(fields), fields: Object.values(fields), count: Object.keys(object).length };
  }

  private at(segment: string | number, value: unknown): unknown {
    this.path.push(segment);
    const encoded = this.value(value);
    this.path.pop();
    return encoded;
  }

  private refuse(found: string): never {
    const { path } = this;
    throw new HeliosError(
      'UNSUPPORTED_VALUE',
      `${path.join('.')} holds ${found}, which can't be stored as it is. Keep it out of the graph's state, or open HeliosSaver with { onUnsupported: 'stock' } to store what LangGraph's own serializer makes of it.`,
      { details: { path: [...path], found } },
    );
  }
}

const MESSAGES = 'langchain_core/messages/';

function isUnchanged(object: object, { keys, fields, count }: Snapshot): boolean {
  const live = object as Readonly<Record<string, unknown>>;
  for (let index = 0; index < keys.length; index++) {
    const field = live[keys[index] as string];
    if (field !== fields[index] && !isSame(field, fields[index])) return false;
  }
  return Object.keys(object).length === count;
}

/** Ids of the classes in an encoded object, without those of messages. */
function classesIn(encoded: object): readonly string[] {
  const ids = new Set<string>();
  const stack: unknown[] = [encoded];
  for (let one = stack.pop(); one !== undefined; one = stack.pop()) {
    if (typeof one !== 'object' || one === null || ArrayBuffer.isView(one)) continue;
    if (isMarked(one) && one[MARK] === 'lc' && !one.id.startsWith(MESSAGES)) ids.add(one.id);
    stack.push(...(one instanceof Map ? [...one].flat() : one instanceof Set ? one : Object.values(one)));
  }
  return [...ids];
}

const NO_SNAPSHOT: Snapshot = { keys: [], fields: [], count: -1 };

/** A constructor may put what it is given right: it gets a copy of the first level. */
function structured(kwargs: unknown): unknown {
  return typeof kwargs === 'object' && kwargs !== null && !Array.isArray(kwargs) ? { ...kwargs } : kwargs;
}

export function recordOf(entries: readonly (readonly [string, unknown])[], prototype: object | null): object {
  const record = Object.create(prototype) as Record<string, unknown>;
  for (const [key, value] of entries) putOwn(record, key, value);
  return record;
}

/** A field of the record's own, whatever its name. */
export function putOwn(record: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') record[key] = value;
  else Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
}

/** Where each key stands in the order that Helios gives keys; `undefined` where that is their order already. */
export function orderOf(keys: readonly string[]): readonly number[] | undefined {
  let isOrdered = true;
  let before: string | undefined;
  for (const key of keys) {
    if (isIndex(key)) continue;
    if (before !== undefined && before > key) isOrdered = false;
    before = key;
  }
  if (isOrdered) return undefined;
  const places = new Map(inOrder(keys).map((key, place) => [key, place]));
  return keys.map((key) => places.get(key) as number);
}

/** Keys in the order that Helios gives them: integers first, as JavaScript has them, then the others by their units. */
export function inOrder(keys: readonly string[]): string[] {
  return [...keys.filter(isIndex), ...keys.filter((key) => !isIndex(key)).sort()];
}

function isIndex(key: string): boolean {
  const number = Number(key);
  return Number.isInteger(number) && number >= 0 && number < 4_294_967_295 && String(number) === key;
}

/** Whether Helios gives these keys of a Map, or members of a Set, in this order: those of one simple kind, ascending. */
function isInOrder(keys: readonly unknown[]): boolean {
  const kind = typeof keys[0];
  if (kind !== 'string' && kind !== 'number' && kind !== 'bigint') return keys.length === 0;
  return keys.every((key, at) => {
    return typeof key === kind && (at === 0 || (keys[at - 1] as string) < (key as string));
  });
}
