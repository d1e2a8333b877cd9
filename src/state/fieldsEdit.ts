/**
 * A record that is one block, with some fields changed and not encoded yet. Where blocks of their own came in the place of
 * others, the block is patched and not written anew.
 */
import { setField } from './copyIn.js';
import { Part } from './part.js';
import { ABSENT } from './tree/edit.js';

export type Fields = Readonly<Record<string, unknown>>;

export class FieldsEdit {
  constructor(
    /** The record's block. */
    readonly part: Part,
    /** The record as it was read from it. */
    readonly base: Fields,
    /** What is under some of its keys now; a part was there before. */
    readonly changes: ReadonlyMap<string, unknown>,
  ) {}

  get plain(): Fields {
    return changedFields(this.base, this.changes);
  }
}

/** A record of one block as an edit reads it, field by field, without a copy of it. */
export class PlainFields {
  constructor(
    private readonly part: Part,
    private readonly base: Fields,
  ) {}

  get isBare(): boolean {
    return Object.getPrototypeOf(this.base) === null;
  }

  get(key: string): unknown {
    return Object.hasOwn(this.base, key) ? this.base[key] : undefined;
  }

  gathered(): Fields {
    return this.base;
  }

  with(changes: ReadonlyMap<string, unknown>): FieldsEdit | Fields {
    for (const [key, value] of changes) {
      const isExchange = this.get(key) instanceof Part && typeof value === 'object' && value !== null;
      if (!isExchange) return Object.freeze(changedFields(this.base, changes));
    }
    return new FieldsEdit(this.part, this.base, changes);
  }
}

/** A record's fields with some changed. */
export function changedFields(base: Fields, changes: ReadonlyMap<string, unknown>): Fields {
  const fields: Record<string, unknown> =
    Object.getPrototypeOf(base) === null ? { __proto__: null, ...base } : { ...base };
  for (const [key, value] of changes) {
    if (value === ABSENT) delete fields[key];
    else setField(fields, key, value);
  }
  return fields;
}
