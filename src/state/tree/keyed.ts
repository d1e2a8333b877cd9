/**
 * A split record, Map or Set as an edit reads it: single entries by key, what an earlier edit changed first, all of it only
 * when asked for. None of its keys is a collection.
 */
import { NODE_BARE_RECORD } from '../format.js';
import type { LoadPart } from '../part.js';
import { ABSENT, TreeEdit } from './edit.js';
import { isOfMembers } from './ends.js';
import { gather } from './gather.js';
import { entryOf, hasHashedKeys, leavesOf } from './lookup.js';
import { TreeNode } from './node.js';

const NO_CHANGES: ReadonlyMap<unknown, unknown> = new Map();

export class KeyedSplit {
  private constructor(
    private readonly node: TreeNode,
    private readonly changes: ReadonlyMap<unknown, unknown>,
    private readonly load: LoadPart,
  ) {}

  /** `undefined` for what can't be read by key: a list, or what has a collection as a key. */
  static of(tree: TreeNode | TreeEdit, load: LoadPart): KeyedSplit | undefined {
    const node = tree instanceof TreeNode ? tree : tree.base;
    if (isOfMembers(node.of) && hasHashedKeys(node)) return undefined;
    return new KeyedSplit(node, tree instanceof TreeEdit ? (tree.changes ?? NO_CHANGES) : NO_CHANGES, load);
  }

  /** Whether it is a record whose prototype is null. */
  get isBare(): boolean {
    return this.node.of === NODE_BARE_RECORD;
  }

  get size(): number {
    let size = this.node.count;
    for (const [key, value] of this.changes) {
      const isThere = this.stored(key) !== undefined;
      if (isThere && value === ABSENT) size--;
      if (!isThere && value !== ABSENT) size++;
    }
    return size;
  }

  /** What stands under a key, true for a member; `undefined` where nothing is. */
  get(key: unknown): unknown {
    const changed = this.changes.get(key);
    if (changed === ABSENT) return undefined;
    return changed === undefined ? this.stored(key) : changed;
  }

  has(key: unknown): boolean {
    return this.get(key) !== undefined;
  }

  /** In the order of blocks, leaf after leaf; then what an earlier edit added. Of a Set each member with true. */
  *entries(): Generator<readonly [unknown, unknown], undefined> {
    const { changes } = this;
    for (const part of leavesOf(this.node, this.load)) {
      for (const [key, value] of entriesOf(this.load(part))) {
        const changed = changes.get(key);
        if (changed !== ABSENT) yield [key, changed ?? value];
      }
    }
    for (const [key, value] of changes) if (value !== ABSENT && this.stored(key) === undefined) yield [key, value];
  }

  *keys(): Generator<unknown, undefined> {
    for (const [key] of this.entries()) yield key;
  }

  /** All of a record as a plain one. */
  gathered(): unknown {
    const whole = gather(this.node, this.load) as Readonly<Record<string, unknown>>;
    return this.changes.size === 0 ? whole : changedRecord(whole, this.changes);
  }

  /** The same with further changes; the node itself where all is as it was stored. */
  with(changes: ReadonlyMap<unknown, unknown>): TreeEdit | TreeNode {
    const all = new Map(this.changes);
    for (const [key, value] of changes) {
      const stored = this.stored(key);
      if (Object.is(stored === undefined ? ABSENT : stored, value)) all.delete(key);
      else all.set(key, value);
    }
    return all.size === 0 ? this.node : new TreeEdit(this.node, all, null, this.load);
  }

  private stored(key: unknown): unknown {
    return entryOf(this.node, key, this.load);
  }
}

function* entriesOf(leaf: unknown): Generator<readonly [unknown, unknown], undefined> {
  if (leaf instanceof Map) yield* leaf.entries();
  else if (leaf instanceof Set) for (const member of leaf) yield [member, true];
  else yield* Object.entries(leaf as object);
}

function changedRecord(whole: Readonly<Record<string, unknown>>, changes: ReadonlyMap<unknown, unknown>): unknown {
  const made = (Object.getPrototypeOf(whole) === null ? Object.create(null) : {}) as Record<string, unknown>;
  const put = (key: string, value: unknown) =>
    Object.defineProperty(made, key, { value, enumerable: true, writable: true, configurable: true });
  for (const key of Object.keys(whole))
    if (changes.get(key) !== ABSENT) put(key, changes.has(key) ? changes.get(key) : whole[key]);
  for (const [key, value] of changes) {
    if (value !== ABSENT && !Object.hasOwn(whole, key as string)) put(key as string, value);
  }
  return Object.freeze(made);
}
