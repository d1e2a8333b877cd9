/**
 * The key lists of the blocks that were read, so that those of like blocks are made once: a population has few, and
 * making them costs more than the rest of a small block. Bounded: a book that is full starts over.
 */
import type { MakeRecord } from './makeRecord.js';

export interface KeyList {
  readonly keys: readonly string[];
  /** Has a key that plain assignment would take for something else. */
  readonly isSpecial: boolean;
  uses: number;
  /** Code that reads a record of these keys, once it is worth it. */
  make: MakeRecord | null;
}

/** What a block says its key lists by: numbers, from one place to another, and the start of its strings. */
export interface SaidLists {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** Of the text, so many are the keys'. */
  readonly units: number;
}

/** Lists that were read before, and what said them. */
interface KnownLists {
  readonly numbers: Uint8Array;
  readonly text: string;
  readonly lists: readonly KeyList[];
  readonly next: KnownLists | undefined;
}

/** Key lists read so far, by their own bytes and text: a population shares few, and reading one again costs. */
const KEY_LISTS_MAX = 8192;
/** A longer one is not worth a look-up. */
const KEY_LISTS_TEXT_MAX = 1024;

export class KeyListBook {
  /** By a name; null for those that were met once: only what comes again is worth keeping. */
  private readonly known = new Map<number, KnownLists | null>();
  /** The last that were found: like blocks follow one another. */
  private last: KnownLists | undefined;

  get size(): number {
    return this.known.size;
  }

  find(said: SaidLists): readonly KeyList[] | undefined {
    if (this.last !== undefined && isSaid(this.last, said)) return this.last.lists;
    if (said.to - said.from + said.units > KEY_LISTS_TEXT_MAX) return undefined;
    for (let known = this.known.get(nameOf(said)) ?? undefined; known !== undefined; known = known.next) {
      if (!isSaid(known, said)) continue;
      this.last = known;
      return known.lists;
    }
    return undefined;
  }

  /** Lists that were not found, and had to be read. */
  keep(said: SaidLists, lists: readonly KeyList[]): void {
    const { bytes, from, to, text, units } = said;
    if (to - from + units > KEY_LISTS_TEXT_MAX) return;
    if (this.known.size >= KEY_LISTS_MAX) this.known.clear();
    const name = nameOf(said);
    const first = this.known.get(name);
    if (first === undefined) {
      this.known.set(name, null);
      return;
    }
    this.known.set(name, {
      numbers: Uint8Array.from(bytes.subarray(from, to)),
      text: ownCopy(text.slice(0, units)),
      lists: lists.map((list) => ({ ...list, keys: list.keys.map(ownCopy) })),
      next: first ?? undefined,
    });
  }
}

function isSaid({ numbers, text: known }: KnownLists, { bytes, from, to, text, units }: SaidLists): boolean {
  if (known.length !== units || numbers.length !== to - from) return false;
  for (let at = 0; at < numbers.length; at++) if (bytes[from + at] !== numbers[at]) return false;
  // Quicker than startsWith.
  return text.substring(0, units) === known;
}

/** A number for the numbers of key lists and some of their text: the same for the same ones. */
function nameOf({ bytes, from, to, text, units }: SaidLists): number {
  let name = units;
  const every = Math.max(1, units >> 5);
  for (let at = 0; at < units; at += every) name = (Math.imul(name, 31) + text.charCodeAt(at)) | 0;
  for (let at = from; at < to; at++) name = (Math.imul(name, 31) + (bytes[at] as number)) | 0;
  return name;
}

/** A copy of a short string that does not keep the long one alive which it was cut from. */
function ownCopy(text: string): string {
  return Object.keys({ [text]: 0 })[0] ?? text;
}
