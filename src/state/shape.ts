/**
 * Shapes: the sorted key lists of records. The encoder meets the keys of a record in whatever order the program made
 * them; walking them through a trie leads to the same shape without sorting again. Bounded: a book that has grown too
 * big starts over, which costs time and changes no byte.
 */
import type { Emit } from './emit.js';
import { SHARED_KEYS } from './format.js';
import { sortedKeys } from './keyOrder.js';
import { costOfKeys } from './smallValue.js';
import { varintsOf } from './varint.js';

export class Shape {
  /** What the keys cost beside the values (docs/format.md). */
  readonly cost: number;
  /** All keys as one text, and the numbers that a block says of them. */
  readonly text: string;
  readonly numbers: Uint8Array;
  /** Code that writes the values, once it is worth it. */
  emit: Emit | null = null;
  uses = 0;
  /** Its number in the block that is being written, if `writtenIn` is that block. */
  number = 0;
  writtenIn = -1;

  constructor(
    /** In the order of their UTF-16 units. */
    readonly keys: readonly string[],
  ) {
    this.cost = costOfKeys(keys);
    this.text = keys.join('');
    this.numbers = varintsOf([keys.length, ...keys.map((key) => key.length)]);
  }
}

/** A place in the trie. The key taken last is looked at first: like records follow one another. */
class Node {
  lastKey = '';
  lastNode: Node | null = null;
  next: Map<string, Node> | null = null;
  shape: Shape | null = null;
  /** Whether a record that was read has its keys in this order. */
  isInOrder = false;
}

const NODES_MAX = 50_000;

export class ShapeBook {
  private root = new Node();
  private nodes = 0;
  /** One shape for each sorted list, whatever order it was met in: within a block, shapes are compared by identity. */
  private readonly byKeys = new Map<string, Shape>();
  /** Whether all records since this was last set had their keys in the order that reading them gives. */
  isInOrder = true;

  /** The shape of a record's keys whose values are not undefined. */
  of(record: Readonly<Record<string, unknown>>): Shape {
    const own = Object.keys(record);
    const { length } = own;
    if (length > SHARED_KEYS) {
      // Keys of undefined values don't count: with or without them the block is the same.
      const keys = own.filter((key) => record[key] !== undefined);
      if (keys.length > SHARED_KEYS) {
        this.isInOrder = false;
        return new Shape(sortedKeys(keys));
      }
    }
    let node = this.root;
    for (let index = 0; index < length; index++) {
      const key = own[index] as string;
      if (record[key] === undefined) continue;
      node = node.lastNode !== null && node.lastKey === key ? node.lastNode : this.step(node, key);
    }
    if (node.shape === null)
      return this.found(
        node,
        own.filter((key) => record[key] !== undefined),
      );
    if (!node.isInOrder) this.isInOrder = false;
    return node.shape;
  }

  /**
   * The shape of all enumerable keys, also of those with undefined: for a record of Object.prototype, which is taken to have
   * no enumerable properties itself. `null` for more keys than shapes are shared for.
   */
  ofAll(record: Readonly<Record<string, unknown>>): Shape | null {
    let node = this.root;
    let count = 0;
    for (const key in record) {
      node = node.lastNode !== null && node.lastKey === key ? node.lastNode : this.step(node, key);
      if (++count > SHARED_KEYS) return null;
    }
    if (node.shape === null) return this.found(node, Object.keys(record));
    if (!node.isInOrder) this.isInOrder = false;
    return node.shape;
  }

  /** The shape of keys that are sorted already. */
  ofSorted(keys: readonly string[]): Shape {
    return keys.length > SHARED_KEYS ? new Shape(keys) : this.known(keys);
  }

  /** Forgets everything when too big. Between blocks only: within one, shapes are compared by identity. */
  trim(): void {
    if (this.nodes + this.byKeys.size <= NODES_MAX) return;
    this.root = new Node();
    this.nodes = 0;
    this.byKeys.clear();
  }

  /** @param keys those that lead to the node */
  private found(node: Node, keys: readonly string[]): Shape {
    const shape = this.known(sortedKeys(keys));
    const asRead = Object.keys(Object.fromEntries(shape.keys.map((key) => [key, null])));
    node.shape = shape;
    node.isInOrder = keys.every((key, index) => key === asRead[index]);
    if (!node.isInOrder) this.isInOrder = false;
    return shape;
  }

  private known(keys: readonly string[]): Shape {
    const name = JSON.stringify(keys);
    const found = this.byKeys.get(name);
    if (found !== undefined) return found;
    const shape = new Shape(keys);
    this.byKeys.set(name, shape);
    return shape;
  }

  private step(node: Node, key: string): Node {
    node.next ??= new Map();
    let next = node.next.get(key);
    if (next === undefined) {
      next = new Node();
      node.next.set(key, next);
      this.nodes++;
    }
    node.lastKey = key;
    node.lastNode = next;
    return next;
  }
}
