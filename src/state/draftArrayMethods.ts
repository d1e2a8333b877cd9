/**
 * Array methods that work on a draft's entries as they stand, so that adding, removing, turning round and searching
 * load no block they do not need. What they do is what Array.prototype does.
 */
import type { ArrayDraft } from './draftArray.js';
import { Brought } from './draftBrought.js';
import type { Method } from './draftMethods.js';
import { change, isObject, isSlot } from './draftSlot.js';
import { Part } from './part.js';
import { TreeEdit } from './tree/edit.js';

type Compare = (a: unknown, b: unknown) => number;

export const arrayMethods: Readonly<Record<string, Method<ArrayDraft>>> = {
  push(draft, items) {
    if (items.length === 0) return draft.length;
    const slots = slotsOf(draft, items);
    change(draft);
    draft.replace(draft.length, 0, slots);
    return draft.length;
  },

  unshift(draft, items) {
    if (items.length === 0) return draft.length;
    const slots = slotsOf(draft, items);
    change(draft);
    draft.replace(0, 0, slots);
    return draft.length;
  },

  pop(draft) {
    const { length } = draft;
    if (length === 0) return undefined;
    const last = draft.read(length - 1);
    change(draft);
    draft.replace(length - 1, 1, []);
    return last;
  },

  shift(draft) {
    if (draft.length === 0) return undefined;
    const first = draft.read(0);
    change(draft);
    draft.replace(0, 1, []);
    return first;
  },

  /** Removed entries that nobody has looked at come as a draft of their own, and load when they are looked at. */
  splice(draft, args) {
    const slots = slotsOf(draft, args.slice(2));
    const { length } = draft;
    const start = Math.min(startOf(args[0], length), length);
    const rest = length - start;
    const count = args.length === 0 ? 0 : args.length === 1 ? rest : Math.min(Math.max(integerOf(args[1]), 0), rest);
    const removed = draft.replace(start, count, slots);
    if (removed.length > 0 || slots.length > 0) change(draft);
    return draft.edit.pass(removed.some(isObject) ? draft.edit.listOf(removed) : removed);
  },

  /** As `at` of an array: without it, the whole of a split list would be loaded for one element. */
  at(draft, [index]) {
    const { length } = draft;
    const whole = integerOf(index);
    const at = whole < 0 ? length + whole : whole;
    return at >= 0 && at < length ? draft.read(at) : undefined;
  },

  reverse(draft) {
    if (draft.entries.length < 2) return draft.shown;
    change(draft);
    draft.whole().reverse();
    return draft.shown;
  },

  sort(draft, [compare]) {
    if (compare !== undefined && !isCompare(compare)) throw new TypeError('sort() takes a function or nothing');
    const entries = draft.whole();
    const pairs = entries.map((_, index) => ({ shown: draft.read(index), index }));
    pairs.sort((a, b) => orderOf(a.shown, b.shown, compare));
    const sorted = pairs.map(({ index }) => entries[index]);
    change(draft);
    for (let index = 0; index < sorted.length; index++) entries[index] = sorted[index];
    return draft.shown;
  },

  indexOf(draft, [value, from]) {
    let index = startOf(from, draft.length);
    for (const entry of draft.entriesFrom(index)) {
      // What is undefined may be a hole, which is no element: only here does that matter.
      if (isMeant(draft, entry, value) && (entry !== undefined || index in draft.entries)) return index;
      index++;
    }
    return -1;
  },

  lastIndexOf(draft, args) {
    const { entries } = draft;
    const from = args.length > 1 ? integerOf(args[1]) : entries.length - 1;
    for (let index = from < 0 ? entries.length + from : Math.min(from, entries.length - 1); index >= 0; index--) {
      if (index in entries && isMeant(draft, entries[index], args[0])) return index;
    }
    return -1;
  },

  includes(draft, [value, from]) {
    for (const entry of draft.entriesFrom(startOf(from, draft.length))) {
      if (isMeant(draft, entry, value) || (Number.isNaN(value) && Number.isNaN(entry))) return true;
    }
    return false;
  },
};

function slotsOf(draft: ArrayDraft, items: readonly unknown[]): unknown[] {
  return items.map((item) => draft.edit.slotOf(item));
}

function isCompare(value: unknown): value is Compare {
  return typeof value === 'function';
}

function orderOf(a: unknown, b: unknown, compare: Compare | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  if (compare !== undefined) return compare(a, b);
  const left = String(a);
  const right = String(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Whether an entry is what a recipe searches for. Objects of the tree have no identity outside of their drafts. */
function isMeant(draft: ArrayDraft, entry: unknown, value: unknown): boolean {
  if (!isObject(entry)) return entry === value;
  if (entry instanceof Part || entry instanceof TreeEdit) return draft.edit.isLongText(entry, value);
  if (entry instanceof Brought) return entry.is(value);
  return entry === value || (isSlot(entry) && entry.shown === value);
}

function startOf(from: unknown, length: number): number {
  const start = integerOf(from);
  return start < 0 ? Math.max(length + start, 0) : start;
}

/** Also NaN and -0 are 0. */
function integerOf(value: unknown): number {
  return Math.trunc(Number(value)) || 0;
}
