/** What was stored as what it was: new objects each time, which the caller may change as it likes. */
import { DeltaSnapshot } from '@langchain/langgraph-checkpoint';
import { type Classes, isLangChainObject, unknownClass } from './classes.js';
import type { Encoder } from './encode.js';
import { putOwn, recordOf } from './encode.js';
import { isMarked, MARK, type Marked } from './marks.js';
import { Stamp } from './stamp.js';

const ERRORS: Readonly<Record<string, ErrorConstructor>> = {
  ...{ Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError },
};

export class Decoder {
  constructor(
    private readonly classes: Classes,
    encoder: Encoder,
  ) {
    encoder.remake = (encoded) => {
      const again = isMarked(encoded) && encoded[MARK] === 'lc' ? this.made(encoded) : undefined;
      return again !== undefined && isLangChainObject(again) ? again : undefined;
    };
  }

  /** @throws HeliosError `UNKNOWN_TYPE` for an object of a class that is not known */
  decode(stored: unknown): unknown {
    if (typeof stored !== 'object' || stored === null) return stored;
    if (Array.isArray(stored)) return this.list(stored);
    if (stored instanceof Map) {
      return new Map([...stored].map(([key, item]) => [this.decode(key), this.decode(item)]));
    }
    if (stored instanceof Set) return new Set([...stored].map((member) => this.decode(member)));
    if (stored instanceof Date) return new Date(stored.getTime());
    if (ArrayBuffer.isView(stored)) return structuredClone(stored);
    if (isMarked(stored)) return this.marked(stored);
    return this.record(stored as Readonly<Record<string, unknown>>, Object.keys(stored));
  }

  // Histories make a hundred thousand messages: no closures and no lists of entries here.
  private list(stored: readonly unknown[]): unknown[] {
    const list: unknown[] = [];
    for (let index = 0; index < stored.length; index++) list.push(this.decode(stored[index]));
    return list;
  }

  private record(stored: Readonly<Record<string, unknown>>, keys: readonly string[]): object {
    const record: Record<string, unknown> = Object.getPrototypeOf(stored) === null ? Object.create(null) : {};
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] as string;
      const item = stored[key];
      putOwn(record, key, typeof item === 'object' && item !== null ? this.decode(item) : item);
    }
    return record;
  }

  private marked(stored: Marked): unknown {
    switch (stored[MARK]) {
      case 'undefined':
        return undefined;
      case 'ordered': {
        const keys = Object.keys(stored.value);
        return this.record(
          stored.value as Readonly<Record<string, unknown>>,
          stored.order.map((place) => keys[place] as string),
        );
      }
      case 'record':
        return recordOf(
          stored.entries.map(([key, item]) => [key, this.decode(item)] as const),
          Object.prototype,
        );
      case 'map':
        return new Map(stored.entries.map(([key, item]) => [this.decode(key), this.decode(item)]));
      case 'set':
        return new Set(stored.members.map((member) => this.decode(member)));
      case 'date':
        return new Date(Number.NaN);
      case 'buffer':
        return Buffer.from(stored.bytes);
      case 'regexp': {
        const made = new RegExp(stored.source, stored.flags);
        made.lastIndex = stored.lastIndex;
        return made;
      }
      case 'url':
        return new URL(stored.href);
      case 'error':
        return this.error(stored.name, stored.own);
      case 'snapshot':
        return new DeltaSnapshot(this.decode(stored.value));
      case 'lc':
        return this.langChain(stored);
    }
  }

  /** Of a class that JavaScript has, else an Error of that name. */
  private error(name: string, own: unknown): Error {
    const Class = ERRORS[name];
    const error = new (Class ?? Error)();
    const hidden = { writable: true, configurable: true, enumerable: false };
    if (Class === undefined) Object.defineProperty(error, 'name', { value: name, ...hidden });
    for (const [key, value] of Object.entries(own as object)) {
      Object.defineProperty(error, key, { value: this.decode(value), ...hidden, enumerable: !HIDDEN.has(key) });
    }
    return error;
  }

  private langChain(stored: MarkedObject): object {
    const object = this.made(stored);
    // So it needs not be encoded again as long as nobody changes it.
    Stamp.put(object, stored);
    return object;
  }

  private made(stored: MarkedObject): object {
    const Class = this.classes.get(stored.id);
    if (Class === undefined) throw unknownClass(stored.id);
    const object = new Class(this.decode(stored.kwargs));
    const { own } = stored;
    if (typeof own !== 'object' || own === null) return object;
    for (const [key, value] of Object.entries(own)) Reflect.set(object, key, this.decode(value));
    return object;
  }
}

type MarkedObject = Extract<Marked, { readonly [MARK]: 'lc' }>;

const HIDDEN = new Set(['message', 'stack', 'cause', 'name', 'errors']);
