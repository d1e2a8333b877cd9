/**
 * What drafts of every kind have in common. A draft keeps a working copy of the container it stands for; where an
 * entry of that copy is not final yet (a further draft, a Date or bytes handed out, something the recipe brought), a
 * slot stands in its place. Everything else in a working copy belongs to the tree and is never looked into.
 */
import { inspect } from 'node:util';
import { HeliosError } from '../protocol/errors.js';
import type { Edit } from './draftEdit.js';
import type { Settling } from './draftSettling.js';
import { Part } from './part.js';
import { TreeEdit } from './tree/edit.js';

/** Marks slots: one look-up tells them from values of the tree, which have no key that is a symbol. */
export const SLOT: unique symbol = Symbol('slot');
/** Read from what a recipe holds, gives the draft behind it. */
export const DRAFT: unique symbol = Symbol('draft');

export interface Slot {
  readonly [SLOT]: true;
  /** What the recipe sees. */
  readonly shown: unknown;
  /** What stood there in the tree; undefined for what the recipe brought. */
  readonly origin: unknown;
  /** The plain value, at the end of the edit. */
  settle(settling: Settling): unknown;
}

/** A draft of a record, array, Map or Set. */
export interface Draft extends Slot {
  readonly shown: object;
  readonly edit: Edit;
  /** The draft it was first read from. What holds it anywhere else has changed already, by taking it in. */
  readonly parent: Draft | null;
  /** Levels below the top where it was first read; 0 for the top, and for what stood nowhere. */
  readonly depth: number;
  isChanged: boolean;
  /** Makes the working copy, if there is none yet. */
  prepare(): object;
  /** What stands under a key or at an index, not opened; `undefined` where nothing does. */
  entryAt(key: unknown): unknown;
  /** As an assignment by the recipe. */
  put(key: unknown, value: unknown): void;
  /** The new plain value; the base itself when nothing came out different. */
  finish(settling: Settling): unknown;
  /** The content as `console.log` shows it. Loads nothing. */
  snapshot(): unknown;
}

export function isSlot(value: object): value is Slot {
  return SLOT in value;
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The draft that a recipe's value stands for, whatever edit it belongs to. */
export function draftBehind(value: object): Draft | undefined {
  const draft: Draft | undefined = Reflect.get(value, DRAFT);
  return draft !== undefined && draft.shown === value ? draft : undefined;
}

/** The depth of what is first read from this draft. */
export function depthBelow(parent: Draft | null): number {
  return parent === null ? 0 : parent.depth + 1;
}

/** Notes that a draft differs from its base, and so does all that it was read from. */
export function change(draft: Draft): void {
  for (let at: Draft | null = draft; at !== null && !at.isChanged; at = at.parent) {
    at.isChanged = true;
    at.prepare();
  }
}

/** Whether assigning `value` where `held` stands would change nothing. */
export function isSame(edit: Edit, held: unknown, value: unknown): boolean {
  if (Object.is(held, value)) return true;
  if (!isObject(held)) return false;
  if (held instanceof Part || held instanceof TreeEdit) return edit.isLongText(held, value);
  return isSlot(held) && isObject(value) && held.shown === value;
}

export function refuseFreezing(): never {
  throw new HeliosError(
    'INVALID_REQUEST',
    'A draft cannot be frozen, sealed or given another prototype: it is there to be changed. Results are frozen anyway.',
  );
}

/** @throws HeliosError `INVALID_REQUEST` for accessors and for properties that are not plain ones. */
export function plainValue(key: string | symbol, descriptor: PropertyDescriptor): unknown {
  const { enumerable, writable, configurable } = descriptor;
  const isPlain = enumerable !== false && writable !== false && configurable !== false;
  if (isPlain && descriptor.get === undefined && descriptor.set === undefined) return descriptor.value;
  throw new HeliosError(
    'INVALID_REQUEST',
    `Fields of a draft are plain data, but ${String(key)} was to be defined as an accessor or as hidden, read-only or permanent. Assign its value.`,
    { details: { key: String(key) } },
  );
}

/** For the object behind a draft's Proxy, the same for all: what `console.log` shows of the draft in front of it. */
export const INSPECTED = {
  [inspect.custom](this: object): unknown {
    return draftBehind(this)?.snapshot();
  },
};

/** An entry of a working copy as `console.log` shows it. */
export function inspectable(held: unknown): unknown {
  if (held instanceof Part) return { [inspect.custom]: () => `[not loaded: ${held.bytes} bytes]` };
  return isObject(held) && isSlot(held) ? held.shown : held;
}
