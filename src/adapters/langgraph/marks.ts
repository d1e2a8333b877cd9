/**
 * How what a graph holds, and Helios has no kind for, is written as plain data: a record with the key `$helios` says what
 * it stands for. Whatever has that key itself is written as a record of entries, so that data of a program is never
 * taken for one of these.
 */

export const MARK = '$helios';

/** What a mark says, and what stands beside it. */
export type Marked =
  | { readonly [MARK]: 'undefined' }
  /** A record or array whose keys are not in the order in which Helios gives them back; `order` are places in it. */
  | { readonly [MARK]: 'ordered'; readonly order: readonly number[]; readonly value: object }
  /** A record with a key like the mark's. */
  | { readonly [MARK]: 'record'; readonly entries: readonly (readonly [string, unknown])[] }
  | { readonly [MARK]: 'map'; readonly entries: readonly (readonly [unknown, unknown])[] }
  | { readonly [MARK]: 'set'; readonly members: readonly unknown[] }
  | { readonly [MARK]: 'date' }
  | { readonly [MARK]: 'buffer'; readonly bytes: Uint8Array }
  | { readonly [MARK]: 'regexp'; readonly source: string; readonly flags: string; readonly lastIndex: number }
  | { readonly [MARK]: 'url'; readonly href: string }
  | { readonly [MARK]: 'error'; readonly name: string; readonly own: unknown }
  | { readonly [MARK]: 'snapshot'; readonly value: unknown }
  /** An object of LangChain: of which class, what it was made of, and what it has beside that. */
  | { readonly [MARK]: 'lc'; readonly id: string; readonly kwargs: unknown; readonly own?: unknown };

export function isMarked(value: object): value is Marked {
  return Object.hasOwn(value, MARK) && typeof (value as Record<string, unknown>)[MARK] === 'string';
}
