/** Applies changes, as diff tells them, to a draft: one after another, each to what the ones before it made. */
import { describe } from '../protocol/describe.js';
import { HeliosError } from '../protocol/errors.js';
import { formatPath } from '../protocol/paths.js';
import type { Change } from './value.js';

type Key = string | number;
const KINDS: readonly unknown[] = ['add', 'remove', 'change'];

/** @throws HeliosError `INVALID_REQUEST` (details: `path`) for a change that has no place in the draft */
export function applyChanges(draft: unknown, changes: Iterable<Change>): void {
  for (const change of changes) {
    const { kind, path } = checked(change);
    const key = path.at(-1);
    if (key === undefined) throw misplaced(path);
    let at = draft;
    for (const step of path.slice(0, -1)) at = child(at, step, path);
    if (kind === 'remove') remove(at, key, path);
    else put(at, key, change, path);
  }
}

/** @throws HeliosError `INVALID_REQUEST` for what is no change, whatever it is applied to */
export function checked(change: unknown): Change {
  const { kind, path }: { kind?: unknown; path?: unknown } = Object(change);
  const isKey = (key: unknown) => typeof key === 'string' || typeof key === 'number';
  if (Array.isArray(path) && path.every(isKey) && KINDS.includes(kind)) return change as Change;
  const text = `A change is { kind: 'add', 'remove' or 'change', path: an array of keys, after }; got ${describe(change)}.`;
  throw new HeliosError('INVALID_REQUEST', text);
}

function child(at: unknown, key: Key, path: readonly Key[]): unknown {
  if (at instanceof Map) return at.get(key);
  if (typeof at === 'object' && at !== null && Object.hasOwn(at, key)) return Reflect.get(at, key);
  throw misplaced(path);
}

function remove(at: unknown, key: Key, path: readonly Key[]): void {
  const isDone =
    at instanceof Map || at instanceof Set
      ? at.delete(key)
      : Array.isArray(at)
        ? isIndex(at, key) && at.splice(Number(key), 1).length === 1
        : typeof at === 'object' && at !== null && Object.hasOwn(at, key) && Reflect.deleteProperty(at, key);
  if (!isDone) throw misplaced(path);
}

function put(at: unknown, key: Key, { kind, after }: Change, path: readonly Key[]): void {
  if (at instanceof Set) at.add(key);
  else if (at instanceof Map) at.set(key, after);
  else if (Array.isArray(at)) {
    if (!isIndex(at, key) || (kind !== 'add' && Number(key) === at.length)) throw misplaced(path);
    at.splice(Number(key), kind === 'add' ? 0 : 1, after);
  } else if (typeof at !== 'object' || at === null) throw misplaced(path);
  else Object.defineProperty(at, key, { value: after, enumerable: true, writable: true, configurable: true });
}

/** A place in an array, or the one right behind its end. */
function isIndex(at: readonly unknown[], key: Key): boolean {
  const index = typeof key === 'number' ? key : /^(0|[1-9]\d*)$/.test(key) ? Number(key) : -1;
  return Number.isInteger(index) && index >= 0 && index <= at.length;
}

function misplaced(path: readonly Key[]): HeliosError {
  const where = formatPath(path.map((key) => ({ kind: 'key', key })));
  return new HeliosError(
    'INVALID_REQUEST',
    `There is no place for a change at "${where}". A patch fits the state that the diff was taken from.`,
    { details: { path: [...path] } },
  );
}
