/**
 * Shapes: the sorted key lists of records. The encoder meets the keys of a record in whatever order the program made
 * them; walking them through a trie leads to the same shape without sorting again. Bounded: a book that has grown too
 * big starts over, which costs time and changes no byte.
 */
import { SHARED_KEYS } from './format.js';
import { sortedKeys } from './keyOrder.js';

export interface Shape {
  /** In the order of their UTF-16 units. */
  readonly keys: readonly string[];
}

interface Node {
  readonly next: Map<string, Node>;
  shape: Shape | undefined;
}

const NODES_MAX = 50_000;

export class ShapeBook {
  private root = newNode();
  private nodes = 0;
  /** One shape for each sorted list, whatever order it was met in: within a block, shapes are compared by identity. */
  private readonly byKeys = new Map<string, Shape>();

  /** The shape of a record's keys whose values are not undefined. */
  of(record: Readonly<Record<string, unknown>>): Shape {
    const own = Object.keys(record);
    if (own.length > SHARED_KEYS) {
      // Keys of undefined values don't count: with or without them the block is the same.
      const keys = own.filter((key) => record[key] !== undefined);
      if (keys.length > SHARED_KEYS) return { keys: sortedKeys(keys) };
    }
    let node = this.root;
    for (const key of own) {
      if (record[key] === undefined) continue;
      node = node.next.get(key) ?? this.grow(node, key);
    }
    if (node.shape !== undefined) return node.shape;
    const keys = sortedKeys(own.filter((key) => record[key] !== undefined));
    node.shape = this.known(keys);
    return node.shape;
  }

  /** The shape of keys that are sorted already. */
  ofSorted(keys: readonly string[]): Shape {
    return keys.length > SHARED_KEYS ? { keys } : this.known(keys);
  }

  private known(keys: readonly string[]): Shape {
    const name = JSON.stringify(keys);
    const found = this.byKeys.get(name);
    if (found !== undefined) return found;
    const shape = { keys };
    this.byKeys.set(name, shape);
    return shape;
  }

  /** Forgets everything when too big. Between blocks only: within one, shapes are compared by identity. */
  trim(): void {
    if (this.nodes + this.byKeys.size <= NODES_MAX) return;
    this.root = newNode();
    this.nodes = 0;
    this.byKeys.clear();
  }

  private grow(node: Node, key: string): Node {
    const next = newNode();
    node.next.set(key, next);
    this.nodes++;
    return next;
  }
}

function newNode(): Node {
  return { next: new Map(), shape: undefined };
}
