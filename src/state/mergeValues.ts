/**
 * Three values into one: what either side changed since `base`, by path, by key and, in lists, by what stands between
 * elements that stayed (diff3: Khanna, Kunal and Pierce, "A Formal Investigation of Diff3", 2007). What both changed
 * alike is no conflict; what they changed otherwise is, and somebody else decides it. Works on whole plain values.
 */
import { alignSequences, type Gap } from './align.js';
import type { Conflict, Value } from './value.js';

/** Where nothing is. */
export const ABSENT: unique symbol = Symbol('absent');
type MaybeValue = unknown;

type Key = string | number;

export interface MergeTools {
  /** The same for values that are the same, for no others. */
  readonly identity: (value: unknown) => string;
  /** What is to be there; `undefined`: nothing. Of a stretch of a list, a list of what is to be there. */
  readonly decide: (conflict: Conflict) => Value | undefined;
}

interface Three {
  readonly base: MaybeValue;
  readonly ours: MaybeValue;
  readonly theirs: MaybeValue;
}

/** The value that is to be there, or `ABSENT`. */
export function mergeValues(three: Three, path: readonly Key[], tools: MergeTools): MaybeValue {
  const { base, ours, theirs } = three;
  if (same(ours, theirs, tools) || same(base, theirs, tools)) return ours;
  if (same(base, ours, tools)) return theirs;
  if (areLists(three)) return mergeLists(three, path, tools);
  if (areMaps(three)) return mergeMaps(three, path, tools);
  if (areSets(three)) return mergeSets(three, tools);
  if (areRecords(three)) return mergeRecords(three, path, tools);
  return decided(three, path, tools);
}

function decided(three: Three, path: readonly Key[], { decide }: MergeTools): MaybeValue {
  const conflict: { path: readonly Key[]; base?: Value; ours?: Value; theirs?: Value } = { path };
  for (const side of ['base', 'ours', 'theirs'] as const) {
    if (three[side] !== ABSENT) conflict[side] = three[side] as Value;
  }
  const value = decide(Object.freeze(conflict));
  return value === undefined ? ABSENT : value;
}

function mergeRecords({ base, ours, theirs }: Records, path: readonly Key[], tools: MergeTools): unknown {
  const merged: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    const three = { base: own(base, key), ours: own(ours, key), theirs: own(theirs, key) };
    const value = mergeValues(three, [...path, key], tools);
    if (value !== ABSENT) {
      Object.defineProperty(merged, key, { value, enumerable: true, writable: true, configurable: true });
    }
  }
  return merged;
}

/** A key that is no text or number is shown in paths by its place in ours. */
function mergeMaps({ base, ours, theirs }: Maps, path: readonly Key[], tools: MergeTools): unknown {
  const entriesOf = (map: ReadonlyMap<unknown, unknown>): Entries =>
    new Map([...map].map(([key, value]) => [tools.identity(key), { key, value }]));
  const [inBase, inOurs, inTheirs] = [entriesOf(base), entriesOf(ours), entriesOf(theirs)];
  const merged = new Map<unknown, unknown>();
  let place = 0;
  for (const [id, { key }] of new Map([...inTheirs, ...inOurs])) {
    const valueIn = (entries: Entries) => (entries.has(id) ? entries.get(id)?.value : ABSENT);
    const step = typeof key === 'string' || typeof key === 'number' ? key : place;
    const three = { base: valueIn(inBase), ours: valueIn(inOurs), theirs: valueIn(inTheirs) };
    const value = mergeValues(three, [...path, step], tools);
    if (value !== ABSENT) merged.set(key, value);
    place++;
  }
  return merged;
}

type Entries = ReadonlyMap<string, { readonly key: unknown; readonly value: unknown }>;

/** A member is there or not: no two sides can have changed that otherwise. */
function mergeSets({ base, ours, theirs }: Sets, { identity }: MergeTools): unknown {
  const ids = (set: ReadonlySet<unknown>) => new Set([...set].map(identity));
  const [inBase, inOurs, inTheirs] = [ids(base), ids(ours), ids(theirs)];
  const merged = new Map<string, unknown>();
  for (const member of [...ours, ...theirs]) {
    const id = identity(member);
    if (!inBase.has(id) || (inOurs.has(id) && inTheirs.has(id))) merged.set(id, member);
  }
  return new Set(merged.values());
}

/** What both sides changed of a list: gaps of either that meet, as one stretch. */
interface Stretch {
  from: number;
  to: number;
  ours: Gap | null;
  theirs: Gap | null;
}

function mergeLists({ base, ours, theirs }: Lists, path: readonly Key[], tools: MergeTools): unknown {
  const numbers = new Map<string, number>();
  const idsOf = (list: readonly unknown[]) =>
    list.map((item) => {
      const id = tools.identity(item);
      const known = numbers.get(id) ?? numbers.size;
      numbers.set(id, known);
      return known;
    });
  const ids = idsOf(base);
  const merged: unknown[] = [];
  let at = 0;
  for (const stretch of stretchesOf(alignSequences(ids, idsOf(ours)), alignSequences(ids, idsOf(theirs)))) {
    for (; at < stretch.from; at++) merged.push(base[at]);
    const [o, t] = [sideOf(stretch, stretch.ours, ours), sideOf(stretch, stretch.theirs, theirs)];
    const b = base.slice(stretch.from, stretch.to);
    if (t === null) merged.push(...(o?.items ?? b));
    else if (o === null) merged.push(...t.items);
    else merged.push(...mergeStretch({ base: b, ours: o.items, theirs: t.items }, [...path, o.from], tools));
    at = stretch.to;
  }
  for (; at < base.length; at++) merged.push(base[at]);
  return merged;
}

/** Element by element where as many stand there on all sides. */
function mergeStretch(three: Lists, place: readonly Key[], tools: MergeTools): readonly unknown[] {
  const { base, ours, theirs } = three;
  if (same(ours, theirs, tools)) return ours;
  const list = place.slice(0, -1);
  const from = Number(place.at(-1));
  if (ours.length === base.length && theirs.length === base.length) {
    return ours.flatMap((item, index) => {
      const value = mergeValues(
        { base: base[index], ours: item, theirs: theirs[index] },
        [...list, from + index],
        tools,
      );
      return value === ABSENT ? [] : [value];
    });
  }
  const value = decided(three, place, tools);
  if (value === ABSENT) return [];
  return Array.isArray(value) ? value : [value];
}

/** The elements of one side, whose gap may be a part of the stretch. */
function sideOf({ from, to }: Stretch, gap: Gap | null, list: readonly unknown[]) {
  if (gap === null) return null;
  const start = gap.afterFrom - (gap.beforeFrom - from);
  return { from: start, items: list.slice(start, gap.afterTo + (to - gap.beforeTo)) };
}

function stretchesOf(ours: readonly Gap[], theirs: readonly Gap[]): readonly Stretch[] {
  const gaps = [
    ...ours.map((gap) => ({ gap, side: 'ours' as const })),
    ...theirs.map((gap) => ({ gap, side: 'theirs' as const })),
  ].sort((a, b) => a.gap.beforeFrom - b.gap.beforeFrom || a.gap.beforeTo - b.gap.beforeTo);
  const stretches: Stretch[] = [];
  for (const { gap, side } of gaps) {
    const last = stretches.at(-1);
    if (last !== undefined && meets(last, gap)) {
      last.to = Math.max(last.to, gap.beforeTo);
      last[side] = joined(last[side], gap);
    } else {
      const stretch: Stretch = { from: gap.beforeFrom, to: gap.beforeTo, ours: null, theirs: null };
      stretch[side] = gap;
      stretches.push(stretch);
    }
  }
  return stretches;
}

/** Two insertions at one place, or changes of one element. Side by side is not together. */
function meets({ from, to }: Stretch, { beforeFrom, beforeTo }: Gap): boolean {
  if (from === to && beforeFrom === beforeTo) return from === beforeFrom;
  return beforeFrom < to && from < Math.max(beforeTo, beforeFrom + 1);
}

function joined(before: Gap | null, gap: Gap): Gap {
  return before === null ? gap : { ...before, beforeTo: gap.beforeTo, afterTo: gap.afterTo };
}

function same(a: MaybeValue, b: MaybeValue, { identity }: MergeTools): boolean {
  if (a === ABSENT || b === ABSENT) return a === b;
  return a === b ? a !== 0 || Object.is(a, b) : identity(a) === identity(b);
}

function own(record: Readonly<Record<string, unknown>>, key: string): MaybeValue {
  return Object.hasOwn(record, key) && record[key] !== undefined ? record[key] : ABSENT;
}

type Of<T> = { readonly base: T; readonly ours: T; readonly theirs: T };
type Lists = Of<readonly unknown[]>;
type Maps = Of<ReadonlyMap<unknown, unknown>>;
type Sets = Of<ReadonlySet<unknown>>;
type Records = Of<Readonly<Record<string, unknown>>>;

const all = ({ base, ours, theirs }: Three, is: (value: unknown) => boolean) => is(base) && is(ours) && is(theirs);

function areLists(three: Three): three is Lists {
  return all(three, Array.isArray);
}

function areMaps(three: Three): three is Maps {
  return all(three, (value) => value instanceof Map);
}

function areSets(three: Three): three is Sets {
  return all(three, (value) => value instanceof Set);
}

function areRecords(three: Three): three is Records {
  return all(
    three,
    (value) => typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype,
  );
}
