/**
 * How the draft of a Map or Set is shown: a Proxy that is an instance of Map or Set, whose methods are those of the
 * draft. It has no content of its own that a native method or a clone could wrongly take for the collection's.
 */
import type { Methods } from './draftMethods.js';
import { DRAFT, type Draft, INSPECTED, refuseFreezing } from './draftSlot.js';

const TARGET = { ...INSPECTED };

export function showCollection(draft: Draft & { readonly size: number }, methods: Methods, prototype: object): object {
  return new Proxy(TARGET, new Collection(draft, methods, prototype));
}

class Collection implements ProxyHandler<object> {
  constructor(
    private readonly draft: Draft & { readonly size: number },
    private readonly methods: Methods,
    private readonly prototype: object,
  ) {}

  get(_target: object, key: string | symbol): unknown {
    if (key === DRAFT) return this.draft;
    this.draft.edit.check();
    if (key === 'size') return this.draft.size;
    return this.methods.get(key) ?? Reflect.get(this.prototype, key);
  }

  has(_target: object, key: string | symbol): boolean {
    return Reflect.has(this.prototype, key);
  }

  set(_target: object, key: string | symbol): never {
    throw new TypeError(`A Map or Set in a draft takes no property (${String(key)}): use set() or add()`);
  }

  defineProperty(target: object, key: string | symbol): never {
    return this.set(target, key);
  }

  deleteProperty(): boolean {
    return true;
  }

  ownKeys(): string[] {
    return [];
  }

  getOwnPropertyDescriptor(): undefined {
    return undefined;
  }

  getPrototypeOf(): object {
    return this.prototype;
  }

  setPrototypeOf(): boolean {
    return refuseFreezing();
  }

  preventExtensions(): boolean {
    return refuseFreezing();
  }
}
