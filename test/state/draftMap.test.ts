import { describe, expect, it } from 'vitest';
import { Part } from '../../src/state/part.js';
import { draftOf, errorOf, largeRecord } from './drafting.js';

type Key = { k: number } | string | number;

describe('the draft of a Map', () => {
  it('is a Map to whoever asks, and has nothing that a clone could take for its content', () => {
    draftOf(new Map([['a', { n: 1 }]])).edit((draft) => {
      expect(draft).toBeInstanceOf(Map);
      expect(Object.prototype.toString.call(draft)).toBe('[object Map]');
      expect(draft.constructor).toBe(Map);
      expect(Object.keys(draft)).toEqual([]);
      expect('get' in draft && !('a' in draft)).toBe(true);
      expect(Object.getOwnPropertyDescriptor(draft, 'size')).toBeUndefined();
      expect(new Map(draft).get('a')).toBe(draft.get('a'));
      expect(JSON.stringify(draft)).toBe('{}');
      expect(() => structuredClone(draft)).toThrow('could not be cloned');
      expect(() => Map.prototype.get.call(draft, 'a')).toThrow(TypeError);
      expect(Reflect.deleteProperty(draft, 'get')).toBe(true);
    });
  });

  it('has every method of Maps', () => {
    const drafting = draftOf(
      new Map<string, number>([
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ]),
    ).edit((draft) => {
      expect(draft.size).toBe(3);
      expect([draft.has('a'), draft.has('z'), draft.get('b'), draft.get('z')]).toEqual([true, false, 2, undefined]);
      expect(draft.set('d', 4)).toBe(draft);
      expect([draft.delete('a'), draft.delete('a')]).toEqual([true, false]);
      expect([...draft]).toEqual([
        ['b', 2],
        ['c', 3],
        ['d', 4],
      ]);
      expect([[...draft.keys()], [...draft.values()], [...draft.entries()].length]).toEqual([
        ['b', 'c', 'd'],
        [2, 3, 4],
        3,
      ]);
      const seen: unknown[] = [];
      draft.forEach(function (this: unknown, value, key, map) {
        seen.push(value, key, map === draft, this);
      }, 'self');
      expect(seen.slice(0, 4)).toEqual([2, 'b', true, 'self']);
      expect(() => draft.forEach(5 as unknown as () => void)).toThrow(TypeError);
    });
    expect(drafting.value).toEqual(
      new Map([
        ['b', 2],
        ['c', 3],
        ['d', 4],
      ]),
    );
    drafting.edit((draft) => {
      draft.clear();
      draft.clear();
      expect(draft.size).toBe(0);
    });
    expect(drafting.value).toEqual(new Map());
  });

  it('gives drafts for values, however they are reached', () => {
    const start = new Map(['a', 'b', 'c', 'd', 'e'].map((key) => [key, { n: 0 }]));
    const drafting = draftOf(start).edit((draft) => {
      const one = draft.get('a');
      expect(draft.get('a')).toBe(one);
      if (one) one.n = 1;
      for (const [key, value] of draft) if (key === 'b') value.n = 2;
      for (const value of draft.values()) if (value !== one && value.n === 0) value.n = 3;
      draft.forEach((value, key) => {
        if (key === 'e') value.n = 5;
      });
      expect(draft.get('a')).toBe(one);
    });
    expect([...drafting.value.values()].map(({ n }) => n)).toEqual([1, 2, 3, 3, 5]);
  });

  it('iterates over what is there: entries set or deleted on the way count', () => {
    draftOf(new Map([1, 2, 3].map((n) => [n, n]))).edit((draft) => {
      const seen = [];
      for (const [key] of draft) {
        seen.push(key);
        draft.delete(2);
        if (key === 3) draft.set(9, 9);
      }
      expect(seen).toEqual([1, 3, 9]);
    });
  });

  it('changes nothing by setting what is there already', () => {
    const drafting = draftOf(
      new Map<string, unknown>([
        ['a', 1],
        ['b', { c: 1 }],
        ['z', Number.NaN],
      ]),
    );
    const { tree } = drafting;
    drafting.edit((draft) => {
      draft.set('a', 1);
      draft.set('z', Number.NaN);
      draft.set('b', draft.get('b'));
      draft.delete('absent');
      draft.set('new', 1).delete('new');
      draft.get('b');
      draft.set('a', 5);
      draft.set('a', 1);
      for (const entry of draft) expect(entry).toHaveLength(2);
    });
    expect(drafting.tree).toBe(tree);
  });

  it('finds entries by key objects that it showed, and keeps changes made to those', () => {
    const big = largeRecord(1);
    const drafting = draftOf(
      new Map<object, number>([
        [{ k: 1 }, 1],
        [[2], 2],
        [big, 3],
        [new Date(4), 4],
      ]),
    );
    drafting.edit((draft) => {
      for (const key of draft.keys()) {
        expect(draft.has(key)).toBe(true);
        draft.set(key, (draft.get(key) ?? 0) * 10);
        if (Array.isArray(key)) key.push('more');
        if (key instanceof Date) draft.delete(key);
        if ('left' in key) Object.assign(key, { n: 7 });
      }
      expect(draft.has({ k: 1 })).toBe(false);
      expect(draft.size).toBe(3);
      expect([...draft.keys()]).toEqual([...draft.keys()]);
    });
    const value = [...drafting.value];
    expect(value).toHaveLength(3);
    expect(value).toEqual(
      expect.arrayContaining([
        [{ k: 1 }, 10],
        [[2, 'more'], 20],
        [{ ...big, n: 7 }, 30],
      ]),
    );
  });

  it('takes drafts and plain objects as keys and values', () => {
    const drafting = draftOf({ map: new Map<Key | object, unknown>(), list: [{ k: 1 }, { k: 2 }] }).edit((draft) => {
      const mine = { k: 3 };
      const [first, second] = draft.list;
      if (!first || !second) throw new Error('both are there');
      draft.map
        .set(first, second)
        .set(mine, mine)
        .set('frozen', Object.freeze({ a: 1 }));
      expect(draft.map.get(first)).toBe(second);
      expect(draft.map.get(mine)).toBe(mine);
      expect([...draft.map.keys()]).toEqual([first, mine, 'frozen']);
      (draft.map.get('frozen') as { a: number }).a = 2;
      mine.k = 30;
      first.k = 10;
    });
    expect([...drafting.value.map]).toEqual(
      expect.arrayContaining([
        ['frozen', { a: 2 }],
        [{ k: 10 }, { k: 2 }],
        [{ k: 30 }, { k: 30 }],
      ]),
    );
  });

  it('keeps values and keys that nobody read as they are', () => {
    const drafting = draftOf(
      new Map<object | string, object>([
        ['a', largeRecord(1)],
        [largeRecord(2), { n: 1 }],
      ]),
    );
    const before = new Map(drafting.tree as Map<unknown, unknown>);
    drafting.edit((draft) => draft.set('b', {}));
    const after = drafting.tree as Map<unknown, unknown>;
    for (const [key, value] of before) expect(after.get(key)).toBe(value);
    expect(after.get('a')).toBeInstanceOf(Part);
    expect(drafting.loads).toBe(0);
  });

  it('takes no property, and refuses undefined as value or key and bad keys, by the path', () => {
    const edit = (recipe: (draft: { map: Map<unknown, unknown> }) => unknown) =>
      errorOf(() => draftOf<{ map: Map<unknown, unknown> }>({ map: new Map() }).edit(recipe));
    expect(edit((draft) => Object.assign(draft.map, { a: 1 }))).toBeInstanceOf(TypeError);
    expect(edit((draft) => Object.defineProperty(draft.map, 'a', { value: 1 }))).toBeInstanceOf(TypeError);
    const cases: [unknown, unknown, unknown[], string][] = [
      ['a', undefined, ['map', 'a'], 'undefined'],
      [7, undefined, ['map', 7], 'undefined'],
      [undefined, 1, ['map', '(a key, undefined)'], 'undefined'],
      [Symbol('s'), 1, ['map', '(a key, a symbol (Symbol(s)))'], 'a symbol (Symbol(s))'],
      [{ bad: () => 1 }, 1, ['map', '(a key, an object)', 'bad'], 'a function (bad)'],
      ['a', { deep: [undefined] }, ['map', 'a', 'deep', 0], 'undefined'],
    ];
    for (const [key, value, path, found] of cases) {
      expect(edit((draft) => draft.map.set(key, value))).toMatchObject({
        code: 'UNSUPPORTED_VALUE',
        details: { path, found },
      });
    }
  });

  it('gives links as they are, as keys and as values', () => {
    const link = { to: 'elsewhere' };
    const options = { isLink: (value: object) => value === link };
    const { tree } = draftOf<{ map: Map<unknown, unknown> }>({ map: new Map() }, options).edit((draft) => {
      draft.map.set(link, link);
      expect(draft.map.get(link)).toBe(link);
      expect([...draft.map]).toEqual([[link, link]]);
    });
    expect([...(tree as { map: Map<unknown, unknown> }).map][0]?.[0]).toBe(link);
  });
});
