/**
 * What a recipe sees in the place of a large typed array: a Proxy that is an instance of its class, of the same length,
 * with all methods. Methods that give a new typed array give a real one. It is no typed array to code in C++, which reads
 * memory and asks no Proxy: for that, `slice()` gives a real one to read, and `buffer` loads all of it to be written to.
 */
import { inspect } from 'node:util';
import type { BytesSlot } from './draftBytes.js';
import { refuseFreezing } from './draftSlot.js';
import { BYTE_TYPES } from './format.js';

/** A typed array, of numbers or of bigints. */
export interface Elements extends ArrayBufferView {
  readonly length: number;
  readonly buffer: ArrayBuffer;
  [index: number]: unknown;
  set(elements: ArrayLike<unknown>, at?: number): void;
  subarray(from: number, to: number): Elements;
  slice(from?: number, to?: number): Elements;
  fill(value: unknown): Elements;
  map(change: (element: unknown, index: number) => unknown): Elements;
  filter(isKept: (element: unknown, index: number) => unknown): Elements;
  sort(compare?: (one: unknown, other: unknown) => number): Elements;
  reverse(): Elements;
}

/** A typed array on a buffer. */
export function elementsOn(type: number, buffer: ArrayBuffer): Elements {
  const View = BYTE_TYPES[type] ?? Uint8Array;
  // DataView alone is none, and is never shown by a view.
  return new View(buffer) as Elements;
}

/** The length of a view that shows all there is. */
export const ALL = -1;

/** Read from what a recipe holds, gives the view behind it. */
const VIEW: unique symbol = Symbol('view');

/** Behind every Proxy, never written to: all that it could say, the handler says. */
const TARGET = {
  [inspect.custom](this: object): unknown {
    const view = bytesViewBehind(this);
    return view === undefined ? this : { [inspect.custom]: () => `[a ${view.name} of ${view.length}, many blocks]` };
  },
};

export function bytesViewBehind(value: object): BytesView | undefined {
  const view: BytesView | undefined = Reflect.get(value, VIEW);
  return view instanceof BytesView ? view : undefined;
}

export class BytesView implements ProxyHandler<object> {
  readonly length: number;
  readonly isWhole: boolean;
  readonly shown: object;

  private constructor(
    readonly slot: BytesSlot,
    readonly from: number,
    length: number,
  ) {
    this.isWhole = length === ALL;
    this.length = this.isWhole ? slot.length : length;
    this.shown = new Proxy(TARGET, this);
  }

  static proxy(slot: BytesSlot, from: number, length: number): object {
    return new BytesView(slot, from, length).shown;
  }

  get name(): string {
    return this.class.name;
  }

  get class(): { readonly name: string; readonly prototype: object } {
    return BYTE_TYPES[this.slot.type] ?? Uint8Array;
  }

  get(_target: object, key: string | symbol): unknown {
    if (key === VIEW) return this;
    this.slot.edit.check();
    if (typeof key === 'string') {
      const index = indexOf(key);
      if (index !== undefined) return index >= 0 && index < this.length ? this.slot.get(this.from + index) : undefined;
    }
    switch (key) {
      case 'length':
        return this.length;
      case 'byteLength':
        return this.length * this.slot.width;
      case 'byteOffset':
        return this.from * this.slot.width;
      case 'BYTES_PER_ELEMENT':
        return this.slot.width;
      case 'buffer':
        return this.slot.whole().buffer;
      case Symbol.toStringTag:
        return this.name;
      default:
        return METHODS.get(key) ?? Reflect.get(this.class.prototype, key, this.shown);
    }
  }

  /** A write outside of it does nothing, as with any typed array. */
  set(_target: object, key: string | symbol, value: unknown): boolean {
    this.slot.edit.check();
    const index = typeof key === 'string' ? indexOf(key) : undefined;
    if (index === undefined) return false;
    if (index >= 0 && index < this.length) this.slot.set(this.from + index, value);
    return true;
  }

  defineProperty(target: object, key: string | symbol, descriptor: PropertyDescriptor): boolean {
    return 'value' in descriptor && this.set(target, key, descriptor.value);
  }

  deleteProperty(_target: object, key: string | symbol): boolean {
    return !this.has(_target, key);
  }

  has(_target: object, key: string | symbol): boolean {
    this.slot.edit.check();
    const index = typeof key === 'string' ? indexOf(key) : undefined;
    return index === undefined ? Reflect.has(this.class.prototype, key) : index >= 0 && index < this.length;
  }

  ownKeys(): string[] {
    this.slot.edit.check();
    return Array.from({ length: this.length }, (_, index) => String(index));
  }

  getOwnPropertyDescriptor(target: object, key: string | symbol): PropertyDescriptor | undefined {
    const index = typeof key === 'string' ? indexOf(key) : undefined;
    if (index === undefined || !(index >= 0 && index < this.length)) return undefined;
    return { value: this.get(target, key), writable: true, enumerable: true, configurable: true };
  }

  getPrototypeOf(): object {
    return this.class.prototype;
  }

  setPrototypeOf(): boolean {
    return refuseFreezing();
  }

  preventExtensions(): boolean {
    return refuseFreezing();
  }

  /** A copy of what it shows. */
  copy(from = 0, to = this.length): Elements {
    return this.slot.slice(this.from + from, this.from + Math.max(from, to));
  }

  write(at: number, elements: Elements): void {
    this.slot.write(this.from + at, elements);
  }

  /** Values as elements of its type. */
  elements(values: ArrayLike<unknown>): Elements {
    const elements = elementsOn(this.slot.type, new ArrayBuffer(values.length * this.slot.width));
    elements.set(values);
    return elements;
  }
}

/** The number that a key of a typed array says, also one that is no index of anything; `undefined` for other keys. */
function indexOf(key: string): number | undefined {
  const number = Number(key);
  if (String(number) === key) return Number.isInteger(number) ? number : -1;
  return key === '-0' ? -1 : undefined;
}

type Method = (view: BytesView, args: readonly unknown[]) => unknown;
type Compare = (one: unknown, other: unknown) => number;

const methods: Readonly<Record<string, Method>> = {
  set(view, [source, at]) {
    const start = Math.trunc(Number(at)) || 0;
    const other = typeof source === 'object' && source !== null ? bytesViewBehind(source) : undefined;
    const values = view.elements(other === undefined ? (Object(source) as ArrayLike<unknown>) : other.copy());
    if (start < 0 || start + values.length > view.length) throw new RangeError('offset is out of bounds');
    view.write(start, values);
  },
  subarray(view, [start, end]) {
    const from = placeOf(start, view.length, 0);
    const to = Math.max(from, placeOf(end, view.length, view.length));
    return BytesView.proxy(view.slot, view.from + from, to - from);
  },
  slice: (view, [start, end]) => view.copy(placeOf(start, view.length, 0), placeOf(end, view.length, view.length)),
  fill(view, [value, start, end]) {
    const from = placeOf(start, view.length, 0);
    const size = Math.max(0, placeOf(end, view.length, view.length) - from);
    // Made an element once, also when there is no place for it: what can't be one is refused.
    const [element] = Array.from(view.elements([value]));
    view.write(from, elementsOn(view.slot.type, new ArrayBuffer(size * view.slot.width)).fill(element));
    return view.shown;
  },
  copyWithin(view, [target, start, end]) {
    const to = placeOf(target, view.length, 0);
    const from = placeOf(start, view.length, 0);
    const size = Math.min(placeOf(end, view.length, view.length) - from, view.length - to);
    if (size > 0) view.write(to, view.copy(from, from + size));
    return view.shown;
  },
  reverse(view) {
    view.write(0, view.copy().reverse());
    return view.shown;
  },
  sort(view, [compare]) {
    view.write(0, view.copy().sort(compare as Compare | undefined));
    return view.shown;
  },
  map: (view, [change, self]) =>
    view.copy().map((element, index) => Reflect.apply(called(change), self, [element, index, view.shown])),
  filter: (view, [isKept, self]) =>
    view.copy().filter((element, index) => Reflect.apply(called(isKept), self, [element, index, view.shown])),
  toReversed: (view) => view.copy().reverse(),
  toSorted: (view, [compare]) => view.copy().sort(compare as Compare | undefined),
  with(view, [index, value]) {
    const whole = Math.trunc(Number(index)) || 0;
    const at = whole < 0 ? view.length + whole : whole;
    if (at < 0 || at >= view.length) throw new RangeError('Invalid typed array index');
    const copy = view.copy();
    copy[at] = value;
    return copy;
  },
};

/** Methods that read one element after another: those of arrays do for typed arrays what their own would. */
const READING = [
  ...['at', 'entries', 'every', 'find', 'findIndex', 'findLast', 'findLastIndex', 'forEach', 'includes', 'indexOf'],
  ...['join', 'keys', 'lastIndexOf', 'reduce', 'reduceRight', 'some', 'toLocaleString', 'toString', 'values'],
];

const METHODS: ReadonlyMap<string | symbol, unknown> = new Map<string | symbol, unknown>([
  ...READING.map((name) => [name, Reflect.get(Array.prototype, name)] as const),
  [Symbol.iterator, Array.prototype[Symbol.iterator]],
  ...Object.entries(methods).map(([name, method]) => [name, onView(name, method)] as const),
]);

function onView(name: string, method: Method): (this: unknown, ...args: unknown[]) => unknown {
  return function (this: unknown, ...args: unknown[]): unknown {
    const view = typeof this === 'object' && this !== null ? bytesViewBehind(this) : undefined;
    if (view === undefined) throw new TypeError(`${name}() was called on what is no typed array of a draft`);
    view.slot.edit.check();
    return method(view, args);
  };
}

function called(callback: unknown): (...args: never) => unknown {
  if (typeof callback === 'function') return callback as (...args: never) => unknown;
  throw new TypeError(`${String(callback)} is not a function`);
}

/** As an argument of `slice`. */
function placeOf(place: unknown, length: number, absent: number): number {
  if (place === undefined) return absent;
  const whole = Math.trunc(Number(place)) || 0;
  return Math.min(Math.max(whole < 0 ? length + whole : whole, 0), length);
}
