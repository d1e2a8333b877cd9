/** Methods that a recipe calls on a draft: found by name, run on the draft behind what they are called on. */
import { type Draft, draftBehind, isObject } from './draftSlot.js';

export type Method<D extends Draft> = (draft: D, args: readonly unknown[]) => unknown;
export type Methods = ReadonlyMap<string | symbol, (this: unknown, ...args: unknown[]) => unknown>;

/** `iterate` is what `for … of` uses, where that is not inherited. */
export function methodsOf<D extends Draft>(
  isOurs: (draft: Draft) => draft is D,
  methods: Readonly<Record<string, Method<D>>>,
  iterate?: Method<D>,
): Methods {
  const table = new Map<string | symbol, (this: unknown, ...args: unknown[]) => unknown>();
  for (const [name, method] of Object.entries(methods)) table.set(name, onDraft(name, method));
  if (iterate !== undefined) table.set(Symbol.iterator, onDraft('iterator', iterate));
  return table;

  function onDraft(name: string, method: Method<D>): (this: unknown, ...args: unknown[]) => unknown {
    return function (this: unknown, ...args: unknown[]): unknown {
      const draft = isObject(this) ? draftBehind(this) : undefined;
      if (draft === undefined || !isOurs(draft)) throw new TypeError(`${name}() was called on what is not its draft`);
      draft.edit.check();
      return method(draft, args);
    };
  }
}
