/**
 * Deep-frozen plain data out of whatever a program made: for values that come from an upgrade and not from a block. It
 * copies, because what an upgrade answers may hold data that the program goes on using; references are taken as they
 * are. It refuses what the encoder would refuse.
 */
import { types } from 'node:util';
import { MAX_DEPTH } from '../protocol/limits.js';
import {
  describe,
  frozenDate,
  frozenMap,
  frozenSet,
  kindOf,
  refuseDepth,
  refuseValue,
  StateReference,
} from '../state/index.js';

/** @throws HeliosError `UNSUPPORTED_VALUE` (details: `path`) for what is no plain data, cycles among it */
export function freezeValue(value: unknown): unknown {
  return new Freezing().copy(value);
}

/** Stands for the copy of a collection whose members are being copied: to meet it there is a cycle. */
const UNFINISHED = Symbol('unfinished');

class Freezing {
  /** Collections by their originals, so that what is held twice is copied once. */
  private readonly copies = new Map<object, unknown>();
  private readonly path: (string | number)[] = [];

  /** Recursion is as deep as the value, which is at most `MAX_DEPTH`. */
  copy(value: unknown): unknown {
    switch (kindOf(value)) {
      case 'array':
      case 'record':
      case 'map':
      case 'set':
        return this.collection(value as object);
      case 'date':
        return this.date(value as Date);
      case 'bytes':
        return copyOfBytes(value as ArrayBufferView);
      case 'undefined':
        return this.refuse('undefined');
      case 'other':
        return value instanceof StateReference ? value : this.refuse(describe(value));
      default:
        return value;
    }
  }

  private collection(value: object): unknown {
    const known = this.copies.get(value);
    if (known === UNFINISHED) return this.refuse('a cycle (a value that holds itself)');
    if (known !== undefined) return known;
    if (this.path.length >= MAX_DEPTH) return refuseDepth(this.path);
    this.copies.set(value, UNFINISHED);
    const copy = this.members(value);
    this.copies.set(value, copy);
    return copy;
  }

  private members(value: object): unknown {
    if (Array.isArray(value)) {
      return Object.freeze(Array.from(value, (item: unknown, index) => this.below(index, item)));
    }
    if (types.isMap(value)) {
      const map = new Map<unknown, unknown>();
      for (const [key, item] of value) {
        const segment = typeof key === 'string' || typeof key === 'number' ? key : `(a key, ${describe(key)})`;
        map.set(this.below(segment, key), this.below(segment, item));
      }
      return frozenMap(map);
    }
    if (types.isSet(value)) {
      const set = new Set<unknown>();
      for (const member of value) set.add(this.below(set.size, member));
      return frozenSet(set);
    }
    return this.record(value);
  }

  private record(value: object): unknown {
    const bare = Object.getPrototypeOf(value) === null;
    const copy: object = bare ? Object.create(null) : {};
    for (const key of Object.keys(value)) {
      const item: unknown = Reflect.get(value, key);
      if (item === undefined) continue;
      // Not assigned: the key may be __proto__.
      Object.defineProperty(copy, key, { value: this.below(key, item), enumerable: true });
    }
    return Object.freeze(copy);
  }

  private below(segment: string | number, value: unknown): unknown {
    this.path.push(segment);
    const copy = this.copy(value);
    this.path.pop();
    return copy;
  }

  private date(value: Date): Date {
    const time = value.getTime();
    return Number.isNaN(time) ? this.refuse('an invalid Date') : frozenDate(new Date(time));
  }

  private refuse(found: string): never {
    return refuseValue(this.path, found);
  }
}

/** Bytes are copied and not frozen: nothing can freeze them. A Buffer becomes a Uint8Array. */
function copyOfBytes(view: ArrayBufferView): ArrayBufferView {
  if (Buffer.isBuffer(view)) return Uint8Array.from(view);
  if (types.isTypedArray(view)) return view.slice();
  return new DataView(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}
