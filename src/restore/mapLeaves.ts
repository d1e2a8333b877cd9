/**
 * Walks a frozen value and puts something else in the place of some of its leaves: parts, typed arrays, references. What
 * holds no such leaf is the same object afterwards, so that what can be shared stays shared.
 */
import { copyOf, frozenMap, frozenSet, isRecord } from '../state/index.js';

/** `change` is given every object that is no collection; what it gives back stands in its place. */
export function mapLeaves(tree: unknown, change: (leaf: object) => unknown): unknown {
  if (typeof tree !== 'object' || tree === null) return tree;
  if (Array.isArray(tree)) return mapArray(tree, change);
  if (tree instanceof Map) return mapEntries(tree, (item) => mapLeaves(item, change));
  if (tree instanceof Set) return mapMembers(tree, (member) => mapLeaves(member, change));
  return isRecord(tree) ? mapRecord(tree, change) : change(tree);
}

/** A key as it may be added: two that are equal may have come as one shared object, and stay two. */
function apart(holder: { has(key: unknown): boolean }, key: unknown): unknown {
  return typeof key === 'object' && key !== null && holder.has(key) ? copyOf(key) : key;
}

/** The value with copies of its typed arrays. */
export function copyBytes(value: unknown): unknown {
  return mapLeaves(value, (leaf) => (ArrayBuffer.isView(leaf) ? bytesOf(leaf) : leaf));
}

function mapArray(tree: readonly unknown[], change: (leaf: object) => unknown): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let index = 0; index < tree.length; index++) {
    const item = tree[index];
    const mapped = mapLeaves(item, change);
    if (mapped === item) continue;
    copy ??= [...tree];
    copy[index] = mapped;
  }
  return copy === undefined ? tree : Object.freeze(copy);
}

function mapRecord(tree: Readonly<Record<string, unknown>>, change: (leaf: object) => unknown): unknown {
  let mapped: Map<string, unknown> | undefined;
  for (const key of Object.keys(tree)) {
    const item = mapLeaves(tree[key], change);
    if (item === tree[key]) continue;
    mapped ??= new Map();
    mapped.set(key, item);
  }
  if (mapped === undefined) return tree;
  const copy = Object.create(Object.getPrototypeOf(tree) as object | null) as Record<string, unknown>;
  for (const key of Object.keys(tree)) {
    const value = mapped.has(key) ? mapped.get(key) : tree[key];
    if (key === '__proto__') Object.defineProperty(copy, key, { value, enumerable: true });
    else copy[key] = value;
  }
  return Object.freeze(copy);
}

/** A Map with something else in the place of its keys and values; the same object where nothing is else. */
export function mapEntries(
  tree: ReadonlyMap<unknown, unknown>,
  map: (item: unknown) => unknown,
): ReadonlyMap<unknown, unknown> {
  let isChanged = false;
  const copy = new Map<unknown, unknown>();
  for (const [key, item] of tree) {
    const mappedKey = map(key);
    const mappedItem = map(item);
    isChanged ||= mappedKey !== key || mappedItem !== item;
    copy.set(apart(copy, mappedKey), mappedItem);
  }
  return isChanged ? frozenMap(copy) : tree;
}

/** The same for a Set and its members. */
export function mapMembers(tree: ReadonlySet<unknown>, map: (member: unknown) => unknown): ReadonlySet<unknown> {
  let isChanged = false;
  const copy = new Set<unknown>();
  for (const member of tree) {
    const mapped = map(member);
    isChanged ||= mapped !== member;
    copy.add(apart(copy, mapped));
  }
  return isChanged ? frozenSet(copy) : tree;
}

function bytesOf(view: ArrayBufferView): ArrayBufferView {
  const bytes = Uint8Array.from(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  if (view instanceof DataView) return new DataView(bytes.buffer);
  if (view instanceof Uint8Array && !(view instanceof Uint8ClampedArray)) return bytes;
  const Type = view.constructor as new (buffer: ArrayBuffer) => ArrayBufferView;
  return new Type(bytes.buffer);
}
