/**
 * Views of large lists and records that are split: a Proxy that loads the leaf of an entry when the entry is first touched,
 * and keeps it. Reads like a frozen list or record; writing to it throws. What is within a leaf is an ordinary view.
 */
import { type LoadPart, leafOfIndex, leafPartOfKey, leavesOf, type Part, type TreeNode } from '../state/index.js';

type ViewOfLeaf = (leaf: Part) => unknown;

export function viewOfSplitList(node: TreeNode, load: LoadPart, viewOfLeaf: ViewOfLeaf): readonly unknown[] {
  return new Proxy([], new ListView(node, load, viewOfLeaf));
}

export function viewOfSplitRecord(node: TreeNode, load: LoadPart, viewOfLeaf: ViewOfLeaf, isBare: boolean): object {
  return new Proxy(isBare ? (Object.create(null) as object) : {}, new RecordView(node, load, viewOfLeaf));
}

/** What can't be done to either. In strict code each of these throws a TypeError. */
class Frozen {
  set(): boolean {
    return false;
  }

  defineProperty(): boolean {
    return false;
  }

  deleteProperty(): boolean {
    return false;
  }

  setPrototypeOf(): boolean {
    return false;
  }

  preventExtensions(): boolean {
    return false;
  }
}

class ListView extends Frozen implements ProxyHandler<unknown[]> {
  private readonly length: number;
  private readonly leaves = new Map<Part, readonly unknown[]>();

  constructor(
    private readonly node: TreeNode,
    private readonly load: LoadPart,
    private readonly viewOfLeaf: ViewOfLeaf,
  ) {
    super();
    this.length = node.count;
  }

  get(target: unknown[], key: string | symbol, receiver: unknown): unknown {
    if (key === 'length') return this.length;
    const index = this.indexOf(key);
    return index < 0 ? Reflect.get(target, key, receiver) : this.element(index);
  }

  has(target: unknown[], key: string | symbol): boolean {
    return this.indexOf(key) >= 0 || Reflect.has(target, key);
  }

  ownKeys(): string[] {
    const keys = Array.from({ length: this.length }, (_, index) => String(index));
    keys.push('length');
    return keys;
  }

  /** An accessor, so that asking for keys loads nothing. */
  getOwnPropertyDescriptor(_target: unknown[], key: string | symbol): PropertyDescriptor | undefined {
    if (key === 'length') return { value: this.length, writable: true, enumerable: false, configurable: false };
    const index = this.indexOf(key);
    return index < 0 ? undefined : { get: () => this.element(index), enumerable: true, configurable: true };
  }

  private element(index: number): unknown {
    const leaf = leafOfIndex(this.node, index, this.load);
    if (leaf === undefined) return undefined;
    let view = this.leaves.get(leaf.part);
    if (view === undefined) {
      view = this.viewOfLeaf(leaf.part) as readonly unknown[];
      this.leaves.set(leaf.part, view);
    }
    return view[leaf.at];
  }

  /** -1 for what is no index of the list. */
  private indexOf(key: string | symbol): number {
    if (typeof key === 'symbol') return -1;
    const index = Number(key);
    return Number.isInteger(index) && index >= 0 && index < this.length && String(index) === key ? index : -1;
  }
}

class RecordView extends Frozen implements ProxyHandler<object> {
  private keys: readonly string[] | undefined;
  private readonly leaves = new Map<Part, Readonly<Record<string, unknown>>>();

  constructor(
    private readonly node: TreeNode,
    private readonly load: LoadPart,
    private readonly viewOfLeaf: ViewOfLeaf,
  ) {
    super();
  }

  get(target: object, key: string | symbol, receiver: unknown): unknown {
    if (typeof key === 'symbol') return Reflect.get(target, key, receiver);
    const leaf = this.leafOf(key);
    return Object.hasOwn(leaf, key) ? leaf[key] : Reflect.get(target, key, receiver);
  }

  has(target: object, key: string | symbol): boolean {
    return (typeof key === 'string' && Object.hasOwn(this.leafOf(key), key)) || Reflect.has(target, key);
  }

  ownKeys(): string[] {
    this.keys ??= this.allKeys();
    return [...this.keys];
  }

  getOwnPropertyDescriptor(_target: object, key: string | symbol): PropertyDescriptor | undefined {
    if (typeof key === 'symbol') return undefined;
    const leaf = this.leafOf(key);
    return Object.hasOwn(leaf, key) ? { get: () => leaf[key], enumerable: true, configurable: true } : undefined;
  }

  private leafOf(key: string): Readonly<Record<string, unknown>> {
    const part = leafPartOfKey(this.node, key, this.load);
    let view = this.leaves.get(part);
    if (view === undefined) {
      view = this.viewOfLeaf(part) as Readonly<Record<string, unknown>>;
      this.leaves.set(part, view);
    }
    return view;
  }

  /** In JavaScript's order: integers first. */
  private allKeys(): string[] {
    const keys: Record<string, true> = Object.create(null) as Record<string, true>;
    for (const part of leavesOf(this.node, this.load)) {
      for (const key of Object.keys(this.load(part) as object)) keys[key] = true;
    }
    return Object.keys(keys);
  }
}
