/**
 * A text in a draft. JavaScript's texts can't be changed in place: a recipe that changes part of a long one takes it in
 * hand with `textOf`, and then loads and writes the blocks around what it touches and no others. What stands in its place
 * in the draft is an ordinary string all the same, made when it is read.
 */
import { HeliosError } from '../protocol/errors.js';
import type { Edit } from './draftEdit.js';
import { draftBehind, isObject, SLOT, type Slot } from './draftSlot.js';
import { describe } from './kind.js';
import type { TreeEdit } from './tree/edit.js';
import type { TreeNode } from './tree/node.js';
import { Units } from './tree/units.js';

/** What a recipe is given to change a state of this type: itself, as plain data, but for a text. */
export type DraftOf<S> = S extends string ? TextDraft : S;

export class TextSlot implements Slot {
  readonly [SLOT] = true;
  readonly handle: TextDraft;
  /** As any slot of what was handed out (see Edit): who holds it was changed when it was put there. */
  readonly parent = null;
  private readonly units: Units;
  private text: string | undefined;

  constructor(
    readonly edit: Edit,
    readonly base: TreeNode | TreeEdit | string,
    /** What stood there: the base or the part that it is the block of. */
    readonly origin: unknown,
  ) {
    this.units = new Units(base, edit.load);
    this.handle = new TextDraft(this);
  }

  get shown(): string {
    this.text ??= this.slice(0, this.length);
    return this.text;
  }

  get length(): number {
    return this.units.length;
  }

  slice(from: number, to: number): string {
    return from < to ? String(this.units.slice(from, to)) : '';
  }

  splice(at: number, removed: number, inserted: string): void {
    this.text = undefined;
    this.units.splice(at, removed, inserted);
  }

  /** Becomes another text, by what differs from it as it stands. */
  become(text: string, before = this.shown): void {
    this.units.become(text, before);
    this.text = text;
  }

  isChanged(): boolean {
    return this.units.edited() !== this.base;
  }

  settle(): unknown {
    const edited = this.units.edited();
    return edited === this.base ? this.origin : edited;
  }
}

/**
 * A text to be changed in place: the draft of a state that is one, and what `textOf` gives. Places count UTF-16 units, as
 * those of strings do; negative ones count from the end. Used as a string it is the text, all of it loaded.
 */
export class TextDraft {
  readonly #slot: TextSlot;

  /** @internal */
  constructor(slot: TextSlot) {
    this.#slot = slot;
  }

  get length(): number {
    this.#slot.edit.check();
    return this.#slot.length;
  }

  /** As `slice` of a string. Loads the blocks of that stretch. */
  slice(start = 0, end = this.length): string {
    const { length } = this;
    return this.#slot.slice(placeOf(start, length), placeOf(end, length));
  }

  /**
   * Takes units out at a place, up to the end when it isn't said how many, and puts a text in there, as `splice` of an
   * array does.
   * @throws HeliosError `INVALID_REQUEST` when what is to be put in is no string
   */
  splice(start: number, deleteCount?: number, inserted = ''): void {
    const { length } = this;
    checkText('splice', inserted);
    const at = placeOf(start, length);
    const rest = length - at;
    this.#slot.splice(at, deleteCount === undefined ? rest : Math.min(placeOf(deleteCount, length, 0), rest), inserted);
  }

  /** Adds to the end. */
  append(text: string): void {
    const { length } = this;
    checkText('append', text);
    this.#slot.splice(length, 0, text);
  }

  /** Puts another text in its place. What both begin and end with stays as it is. */
  replace(text: string): void {
    this.#slot.edit.check();
    checkText('replace', text);
    this.#slot.become(text);
  }

  toString(): string {
    this.#slot.edit.check();
    return this.#slot.shown;
  }

  toJSON(): string {
    return this.toString();
  }

  /** @internal */
  static slot(draft: TextDraft): TextSlot {
    return draft.#slot;
  }
}

/**
 * A text within a draft, to be changed in place: that under a key of a record or Map, or at an index of a list. Of the
 * draft of a state that is a text itself, that draft.
 * @throws HeliosError `INVALID_REQUEST` when there is no text, or `holder` is no draft
 */
export function textOf(holder: unknown, key?: unknown): TextDraft {
  if (holder instanceof TextDraft && key === undefined) return holder;
  const draft = isObject(holder) ? draftBehind(holder) : undefined;
  if (draft === undefined) {
    throw new HeliosError(
      'INVALID_REQUEST',
      `textOf() takes a draft, or what is in one, and the key of a text in it; but got ${describe(holder)}.`,
    );
  }
  return draft.edit.textAt(draft, key);
}

function checkText(method: string, text: unknown): void {
  if (typeof text === 'string') return;
  throw new HeliosError('INVALID_REQUEST', `${method}() of a text takes a string, but got ${describe(text)}.`);
}

/** As arguments of `slice`: whole, from the end when negative, within the text. */
function placeOf(place: number, length: number, from = length): number {
  const whole = Math.trunc(Number(place)) || 0;
  return Math.min(Math.max(whole < 0 ? from + whole : whole, 0), length);
}
