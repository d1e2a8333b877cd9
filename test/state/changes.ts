/** The reference for what a list of changes means: each one applied, in order, to what the ones before it made. */
import type { Change, Value } from '../../src/state/value.js';
import { clone } from './values.js';

type Key = string | number;

/** A plain copy of `before` with the changes applied to it. */
export function applied(before: unknown, changes: Iterable<Change>): unknown {
  const holder = { root: clone(before as Value) };
  for (const { kind, path, ...sides } of changes) {
    const keys: Key[] = ['root', ...path];
    const last = keys.pop() ?? 'root';
    let at: unknown = holder;
    for (const key of keys) at = child(at, key);
    const after = 'after' in sides ? clone(sides.after as Value) : undefined;
    if (kind === 'remove') remove(at, last);
    else if (kind === 'add') add(at, last, after);
    else put(at, last, after);
  }
  return holder.root;
}

function child(at: unknown, key: Key): unknown {
  if (at instanceof Map) return at.get(key);
  if (at instanceof Set) throw new Error('nothing is inside a member of a Set');
  if (!Object.hasOwn(at as object, key)) throw new Error(`nothing is at ${key}`);
  return Reflect.get(at as object, key);
}

function remove(at: unknown, key: Key): void {
  if (at instanceof Map || at instanceof Set) {
    if (!at.delete(key)) throw new Error(`nothing to remove at ${key}`);
  } else if (Array.isArray(at)) at.splice(Number(key), 1);
  else if (!Reflect.deleteProperty(at as object, key)) throw new Error(`nothing to remove at ${key}`);
}

function add(at: unknown, key: Key, after: unknown): void {
  if (at instanceof Set) at.add(key);
  else if (Array.isArray(at)) {
    if (Number(key) > at.length) throw new Error(`no place to add at ${key}`);
    at.splice(Number(key), 0, after);
  } else put(at, key, after);
}

function put(at: unknown, key: Key, value: unknown): void {
  if (at instanceof Map) at.set(key, value);
  else Object.defineProperty(at, key, { value, enumerable: true, writable: true, configurable: true });
}
