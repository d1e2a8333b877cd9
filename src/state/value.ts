/** The types of the value model: what can be stored, how it comes back, how a place in it is named. */
import type { StateReference } from './reference.js';

/** Plain data, and references to other states. What else there is in JavaScript is refused with `UNSUPPORTED_VALUE`. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | Uint8Array
  | ArrayBufferView
  | readonly Value[]
  | ReadonlyMap<Value, Value>
  | ReadonlySet<Value>
  | { readonly [key: string]: Value | undefined }
  | StateReference<unknown, unknown>;

/** `a.b[3].c`, `releases["1.0"]`, `/a/b/3` (JSON Pointer), or segments; in requests also `*` and `[2:5]`. */
export type Path = string | readonly (string | number)[];

declare const rootBrand: unique symbol;
/** 64 hex digits: the BLAKE3 of a value's top block. */
export type Root = string & { readonly [rootBrand]: true };

/** What a value is when it comes back: the same, and read-only all the way down. */
export type Frozen<T> = T extends Primitive | Date | ArrayBufferView | StateReference<unknown, unknown>
  ? T
  : T extends ReadonlyMap<infer K, infer V>
    ? FrozenMap<K, V>
    : T extends ReadonlySet<infer V>
      ? ReadonlySet<V>
      : T extends readonly (infer E)[]
        ? number extends T['length']
          ? FrozenList<E>
          : { readonly [K in keyof T]: Frozen<T[K]> }
        : T extends object
          ? { readonly [K in keyof T]: Frozen<T[K]> }
          : T;

/** Also with a brand, which is an object to the compiler. */
type Primitive = string | number | bigint | boolean | symbol | null | undefined | ((...args: never) => unknown);

// Interfaces and no aliases, so that the compiler looks inside only when somebody does: values nest without end.
export interface FrozenMap<K, V> extends ReadonlyMap<K, Frozen<V>> {}
export interface FrozenList<E> extends ReadonlyArray<Frozen<E>> {}

/** What a save made: the root that a name pointed at from then on. */
export interface Version {
  readonly name: string;
  /** 1 for the first, then one more for each save of this name. */
  readonly version: number;
  readonly root: Root;
  readonly type: string;
  readonly weight: number;
  readonly at: Date;
  readonly message?: string;
}

/** One difference. In a list, the index of a `remove` is one of the list before, any other index of the list after. */
export interface Change {
  readonly kind: 'add' | 'remove' | 'change';
  readonly path: readonly (string | number)[];
  /** Loaded when first read. */
  readonly before?: Value;
  readonly after?: Value;
}

/**
 * What two sides changed otherwise than each other. What is absent was, or is now, not there. In a list that both made
 * longer or shorter at one place, `path` ends in the index of ours, and each side is a list of what stands there.
 */
export interface Conflict {
  readonly path: readonly (string | number)[];
  readonly base?: Value;
  readonly ours?: Value;
  readonly theirs?: Value;
}
