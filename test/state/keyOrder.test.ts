import { describe, expect, it } from 'vitest';
import { sortEntries, sortMembers } from '../../src/state/keyOrder.js';
import { Part } from '../../src/state/part.js';

/** Stands for the hash of a value: its own text. */
const textOf = (value: unknown) => (Object.is(value, -0) ? '-0' : JSON.stringify(value));
const noHash = (): never => {
  throw new Error('nothing here needs a hash');
};

describe('the order of members', () => {
  it('is by kind, then by value', () => {
    const members = ['a', 'Z', 'é', '\ud83e\udd8a', '\uffff', '', 2n, -2n, 1.5, -1, Number.NaN, true, false, null];
    const sorted = [null, false, true, -1, 1.5, Number.NaN, -2n, 2n, '', 'Z', 'a', 'é', '\ud83e\udd8a', '\uffff'];
    expect(sortMembers(new Set(members), noHash)).toEqual(sorted);
    expect(sortMembers(new Set(members.toReversed()), noHash)).toEqual(sorted);
  });

  it('is that of infinities, zero, and the least numbers', () => {
    const numbers = [Number.POSITIVE_INFINITY, 0, Number.MIN_VALUE, -Number.MIN_VALUE, Number.NEGATIVE_INFINITY];
    expect(sortMembers(new Set(numbers), noHash)).toEqual([
      Number.NEGATIVE_INFINITY,
      -Number.MIN_VALUE,
      0,
      Number.MIN_VALUE,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('of collections, dates and bytes is that of their hashes, behind all else', () => {
    const part = new Part('"b', 0, 0, 0, null);
    const date = new Date(0);
    expect(sortMembers(new Set([[2], part, 'text', date, [1]]), textOf)).toEqual(['text', date, part, [1], [2]]);
  });

  it('asks for no hash where there is nothing to order', () => {
    expect(sortMembers(new Set([[1]]), noHash)).toEqual([[1]]);
    expect(sortEntries(new Map([[[1], 2]]), noHash)).toEqual([[[1], 2]]);
    expect(sortMembers(new Set(), noHash)).toEqual([]);
  });
});

describe('the order of entries', () => {
  it('is that of their keys', () => {
    const map = new Map<unknown, unknown>([
      ['b', 1],
      [null, 2],
      ['a', 3],
    ]);
    expect(sortEntries(map, noHash)).toEqual([
      [null, 2],
      ['a', 3],
      ['b', 1],
    ]);
  });

  it('is that of the values where keys are equal', () => {
    const part = new Part('0!', 0, 0, 0, null);
    const entries: [object, unknown][] = [
      [{}, -0],
      [{}, 0],
      [{}, part],
      [{}, 0],
      [{}, [1]],
    ];
    const sorted = [-0, 0, 0, part, [1]];
    expect(sortEntries(new Map(entries), textOf).map(([, value]) => value)).toEqual(sorted);
    expect(sortEntries(new Map(entries.toReversed()), textOf).map(([, value]) => value)).toEqual(sorted);
  });
});
