import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHARED_KEYS } from '../../src/state/format.js';
import { ShapeBook } from '../../src/state/shape.js';
import { keys } from './values.js';

const recordOf = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 1]));

describe('shapes', () => {
  it('have their keys sorted by UTF-16 units, whatever order the record has', () => {
    const book = new ShapeBook();
    fc.assert(
      fc.property(fc.uniqueArray(keys, { maxLength: 40 }), (names) => {
        const record = recordOf(names);
        const shape = book.of(record);
        expect(shape.keys).toEqual(Object.keys(record).sort());
        expect(book.of(recordOf(names.toReversed())).keys).toEqual(shape.keys);
      }),
    );
  });

  it('are one for all records of the same keys, up to so many keys', () => {
    const book = new ShapeBook();
    const names = Array.from({ length: SHARED_KEYS }, (_, index) => `k${index}`);
    expect(book.of(recordOf(names))).toBe(book.of(recordOf(names.toReversed())));
    expect(book.of({})).toBe(book.of({}));
    expect(book.of({ a: 1 })).not.toBe(book.of({ b: 1 }));
    const more = [...names, 'more'];
    expect(book.of(recordOf(more))).not.toBe(book.of(recordOf(more)));
    expect(book.of(recordOf(more))).toEqual(book.of(recordOf(more.toReversed())));
  });

  it('do not count keys whose value is undefined', () => {
    const book = new ShapeBook();
    const names = Array.from({ length: SHARED_KEYS }, (_, index) => `k${index}`);
    expect(book.of({ a: 1, b: undefined })).toBe(book.of({ a: 1 }));
    expect(book.of({ ...recordOf(names), none: undefined })).toBe(book.of(recordOf(names)));
    expect(book.of({ ...recordOf([...names, 'more']), none: undefined }).keys).toHaveLength(SHARED_KEYS + 1);
  });

  it('of lone surrogates that look alike as text are different', () => {
    const book = new ShapeBook();
    expect(book.of({ '\ud800': 1 })).not.toBe(book.of({ '\ud801': 1 }));
  });

  it('start over when there are too many, and only when told', () => {
    const book = new ShapeBook();
    const first = book.of({ first: 1 });
    book.trim();
    expect(book.of({ first: 1 })).toBe(first);
    for (let index = 0; index < 50_001; index++) book.of({ [`k${index}`]: 1 });
    expect(book.of({ first: 1 })).toBe(first);
    book.trim();
    expect(book.of({ first: 1 })).not.toBe(first);
    expect(book.of({ first: 1 })).toEqual(first);
  });
});
