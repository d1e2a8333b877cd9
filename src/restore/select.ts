/**
 * Finds places in a value by path, opening only the blocks on the way. Own properties only: nothing is reached through
 * a prototype. Wildcards and ranges give every place that exists; a place named outright must exist.
 */
import { HeliosError } from '../protocol/errors.js';
import { MAX_PLACES } from '../protocol/limits.js';
import { didYouMean } from '../protocol/names.js';
import { formatPath, isConcrete, parsePath, type Segment } from '../protocol/paths.js';
import {
  elementOf,
  entryOf,
  gathered,
  kindOf,
  type LoadPart,
  leafOfKey,
  NODE_ARRAY,
  NODE_BARE_RECORD,
  NODE_MAP,
  NODE_RECORD,
  Part,
  type Path,
  TreeNode,
} from '../state/index.js';

export interface Place {
  /** How the result names it: a path without wildcards as it was asked for, else its canonical text. */
  readonly name: string;
  /** What is there: a tree, perhaps a part. */
  readonly tree: unknown;
}

export interface ParsedPath {
  readonly segments: readonly Segment[];
  /** The text to name the one place by, if the path means one place. */
  readonly name: string | undefined;
}

/** @throws HeliosError `INVALID_REQUEST` */
export function parsePaths(paths: readonly Path[]): readonly ParsedPath[] {
  return paths.map((path) => {
    const segments = parsePath(path);
    if (!isConcrete(segments)) return { segments, name: undefined };
    return { segments, name: typeof path === 'string' ? path : formatPath(segments) };
  });
}

type Key = string | number;
type Found = { readonly keys: readonly Key[]; readonly tree: unknown };

/** @throws HeliosError `UNKNOWN_PATH` (details: `path`) · what `load` throws */
export function select(tree: unknown, path: ParsedPath, load: LoadPart): readonly Place[] {
  let found: readonly Found[] = [{ keys: [], tree }];
  let isNamed = true;
  for (const segment of path.segments) {
    const next: Found[] = [];
    for (const { keys, tree: holder } of found) {
      const opened = holder instanceof Part ? load(holder) : holder;
      if (segment.kind !== 'key') {
        for (const [key, item] of childrenOf(gathered(opened, load), segment))
          next.push({ keys: [...keys, key], tree: item });
        continue;
      }
      const item = childOf(opened, segment.key, load);
      if (item !== undefined) next.push({ keys: [...keys, keyOf(opened, segment.key)], tree: item });
      else if (isNamed) throw unknownPath(keys, segment.key, nearby(opened, segment.key, load));
    }
    if (segment.kind !== 'key') isNamed = false;
    if (next.length > MAX_PLACES) {
      const text = `A path means at most ${MAX_PLACES} places; "${formatPath(path.segments)}" means more. Name fewer.`;
      throw new HeliosError('TOO_LARGE', text, { details: { limit: MAX_PLACES } });
    }
    found = next;
  }
  return found.map((one) => ({ name: path.name ?? nameOf(one.keys), tree: one.tree }));
}

/** The tree at a path without wildcards; `undefined` where nothing is. */
export function find(tree: unknown, segments: readonly Segment[], load: LoadPart): unknown {
  let here = tree;
  for (const segment of segments) {
    if (segment.kind !== 'key') {
      throw new HeliosError(
        'INVALID_REQUEST',
        `at() reads one place, but ${formatPath(segments)} may be many. Name one, or ask with request({ paths }).`,
      );
    }
    here = childOf(here instanceof Part ? load(here) : here, segment.key, load);
    if (here === undefined) return undefined;
  }
  return here;
}

/** A list's index: a number, or a text that is a number as JavaScript prints it. */
function indexOf(key: Key): number {
  const index = typeof key === 'number' ? key : Number(key);
  return Number.isInteger(index) && String(index) === String(key) ? index : -1;
}

function childOf(holder: unknown, key: Key, load: LoadPart): unknown {
  if (holder instanceof TreeNode) return childOfTree(holder, key, load);
  switch (kindOf(holder)) {
    case 'array':
      return (holder as readonly unknown[])[indexOf(key)];
    case 'map':
      return (holder as ReadonlyMap<unknown, unknown>).get(key);
    case 'record':
      return Object.hasOwn(holder as object, key) ? (holder as Readonly<Record<string, unknown>>)[key] : undefined;
    default:
      return undefined;
  }
}

/** Of a split value: through the nodes on the way to it. */
function childOfTree(holder: TreeNode, key: Key, load: LoadPart): unknown {
  switch (holder.of) {
    case NODE_ARRAY:
      return elementOf(holder, indexOf(key), load);
    case NODE_MAP:
      return entryOf(holder, key, load);
    case NODE_RECORD:
    case NODE_BARE_RECORD:
      return entryOf(holder, String(key), load);
    default:
      return undefined;
  }
}

/** What holds a key that isn't there; of a split record or Map the leaf where it would be. */
function nearby(holder: unknown, key: Key, load: LoadPart): unknown {
  if (!(holder instanceof TreeNode)) return holder;
  return holder.of === NODE_ARRAY || holder.of === NODE_MAP
    ? gathered(holder, load)
    : leafOfKey(holder, String(key), load);
}

/** The key as it stands in what holds it. */
function keyOf(holder: unknown, key: Key): Key {
  if (holder instanceof TreeNode)
    return holder.of === NODE_ARRAY ? indexOf(key) : holder.of === NODE_MAP ? key : String(key);
  if (Array.isArray(holder)) return indexOf(key);
  return holder instanceof Map ? key : String(key);
}

function* childrenOf(holder: unknown, segment: Exclude<Segment, { kind: 'key' }>): Generator<readonly [Key, unknown]> {
  const from = segment.kind === 'range' ? segment.from : 0;
  const to = segment.kind === 'range' ? segment.to : Number.POSITIVE_INFINITY;
  switch (kindOf(holder)) {
    case 'array': {
      const list = holder as readonly unknown[];
      for (let index = from; index < Math.min(to, list.length); index++) yield [index, list[index]];
      return;
    }
    case 'record':
      if (segment.kind === 'any') yield* Object.entries(holder as object);
      return;
    case 'map':
      if (segment.kind !== 'any') return;
      for (const [key, item] of holder as ReadonlyMap<unknown, unknown>) {
        if (typeof key === 'string' || typeof key === 'number') yield [key, item];
      }
      return;
    default:
      return;
  }
}

function nameOf(keys: readonly Key[]): string {
  return formatPath(keys.map((key) => ({ kind: 'key', key })));
}

function unknownPath(keys: readonly Key[], key: Key, holder: unknown): HeliosError {
  const path = nameOf([...keys, key]);
  const where = keys.length === 0 ? 'the object' : `"${nameOf(keys)}"`;
  const kind = kindOf(holder);
  let hint = ` ${where} is ${kind === 'array' ? `a list of ${(holder as readonly unknown[]).length}` : `a ${kind}`}.`;
  if (kind === 'record') hint = didYouMean(String(key), Object.keys(holder as object));
  if (kind === 'map') hint = didYouMean(String(key), [...(holder as ReadonlyMap<unknown, unknown>).keys()].map(String));
  return new HeliosError('UNKNOWN_PATH', `There is nothing at "${path}".${hint}`, { details: { path } });
}
