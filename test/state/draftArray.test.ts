import { describe, expect, it } from 'vitest';
import { COMPONENT_LIMIT } from '../../src/state/format.js';
import { Part } from '../../src/state/part.js';
import { draftOf, errorOf, longText } from './drafting.js';

interface Item {
  n: number;
}

const LONG_NUMBER = 2n ** BigInt(COMPONENT_LIMIT * 9);

function items(count: number): Item[] {
  return Array.from({ length: count }, (_, n) => ({ n }));
}

/** Runs a recipe on a draft and on a plain array, and compares what both return and become. */
function alike<T>(start: () => T[], run: (list: T[]) => unknown): void {
  const plain = start();
  const expected = run(plain);
  const drafting = draftOf({ list: start() });
  drafting.edit((draft) => {
    const result = run(draft.list);
    if (expected === plain) expect(result).toBe(draft.list);
    else expect(result).toEqual(expected);
  });
  expect(drafting.value.list, run.toString()).toEqual(plain);
}

describe('the draft of an array', () => {
  it('is an array to whoever asks', () => {
    draftOf([{ n: 1 }, { n: 2 }]).edit((draft) => {
      expect(Array.isArray(draft)).toBe(true);
      expect(Object.getPrototypeOf(draft)).toBe(Array.prototype);
      expect(draft.constructor).toBe(Array);
      expect(Object.keys(draft)).toEqual(['0', '1']);
      expect(Object.getOwnPropertyDescriptor(draft, 'length')).toMatchObject({ value: 2, enumerable: false });
      expect(Object.getOwnPropertyDescriptor(draft, 0)?.get?.()).toBe(draft[0]);
      expect(Object.getOwnPropertyDescriptor(draft, 5)).toBeUndefined();
      expect(0 in draft && !(2 in draft)).toBe(true);
      expect(JSON.stringify(draft)).toBe('[{"n":1},{"n":2}]');
      expect([...draft].map((item) => item.n)).toEqual([1, 2]);
      expect([0].concat(draft as unknown as number[])).toHaveLength(3);
      const [first, ...rest] = draft;
      expect([first, ...rest]).toEqual([draft[0], draft[1]]);
    });
  });

  it('has every method of arrays, with the same outcome', () => {
    const numbers = () => [3, 1, 2, 1, Number.NaN];
    alike(numbers, (list) => list.push(7, 8));
    alike(numbers, (list) => list.push());
    alike(numbers, (list) => list.pop());
    alike(numbers, (list) => list.shift());
    alike<number>(
      () => [],
      (list) => [list.pop(), list.shift()],
    );
    alike(numbers, (list) => list.unshift(7, 8));
    alike(numbers, (list) => list.unshift());
    alike(numbers, (list) => list.splice(1, 2, 9, 9, 9));
    alike(numbers, (list) => list.splice(-2));
    alike(numbers, (list) => (list.splice as () => number[])());
    alike(numbers, (list) => list.splice(1, 0));
    alike(numbers, (list) => list.sort());
    alike(numbers, (list) => list.sort((a, b) => b - a));
    alike(numbers, (list) => list.reverse());
    alike(
      () => [1],
      (list) => list.reverse(),
    );
    alike(numbers, (list) => list.copyWithin(0, 2));
    alike(numbers, (list) => list.fill(0, 1, 3));
    alike(numbers, (list) => (list.length = 2));
    alike(numbers, (list) => (list[1] = 5));
    alike(numbers, (list) => (list[5] = 5));
    for (const from of [undefined, 0, 1, -1, -9, 9, -0, Number.NaN]) {
      alike(numbers, (list) => [list.indexOf(1, from), list.includes(Number.NaN, from), list.lastIndexOf(1, from)]);
    }
    alike(numbers, (list) => [list.lastIndexOf(1), list.indexOf(Number.NaN), list.includes(9), list.lastIndexOf(9)]);
    alike(numbers, (list) => [
      list.at(-1),
      list.join(),
      list.slice(1, 3),
      list.concat([1]),
      list.findLast((n) => n < 3),
    ]);
    alike(numbers, (list) => [list.map((n) => n * 2), list.filter((n) => n > 1), list.reduce((a, b) => a + b)]);
    alike(numbers, (list) => [list.toSorted(), list.toReversed(), list.with(0, 1), list.toSpliced(0, 1)]);
    alike(numbers, (list) => [list.some((n) => n > 2), [...list.entries()], [...list.keys()], [...list.values()]]);
    alike<unknown>(
      () => ['b', 10, 9, null, 'a', true],
      (list) => list.sort(),
    );
    alike<unknown>(
      () => [[2], [1, 3], { a: 1 }, 'x'],
      (list) => list.sort(),
    );
    alike<unknown>(
      () => [[1, [2]], 3],
      (list) => [list.flat(9), list.flatMap((item) => [item, item])],
    );
  });

  it('sorts undefined to the end, where it can still be cut off', () => {
    const drafting = draftOf<(Item | undefined)[]>(items(3)).edit((draft) => {
      draft[0] = undefined;
      draft.push(undefined);
      draft.sort((a, b) => (b?.n ?? 0) - (a?.n ?? 0));
      draft.length = 2;
    });
    expect(drafting.value).toEqual([{ n: 2 }, { n: 1 }]);
  });

  it('refuses to sort by what is no function', () => {
    const recipe = (draft: number[]) => draft.sort(5 as unknown as () => number);
    expect(errorOf(() => draftOf([1, 2]).edit(recipe))).toBeInstanceOf(TypeError);
  });

  it('gives drafts for elements: changed through any method, they are changed', () => {
    const drafting = draftOf(items(6)).edit((draft) => {
      for (const item of draft) item.n += 100;
      draft.filter((item) => item.n > 104).map((item) => (item.n = 0));
      const found = draft.find((item) => item.n === 101);
      if (found) found.n = 1;
      draft.forEach((item, index) => {
        if (index === 0) item.n = -1;
      });
      const last = draft.pop();
      const first = draft.shift();
      if (last && first) {
        last.n = 7;
        draft.unshift(last);
        draft.push(first);
      }
    });
    expect(drafting.value.map((item) => item.n)).toEqual([7, 1, 102, 103, 104, -1]);
  });

  it('takes arrays of drafts, and what splice removed, back', () => {
    const drafting = draftOf<{ list: Item[]; rest?: Item[]; moved?: Item[] }>({ list: items(6) }).edit((draft) => {
      draft.moved = draft.list.splice(0, 2);
      draft.moved[0] = { n: -1 };
      draft.rest = draft.list.filter((item) => item.n % 2 === 0);
      draft.list = draft.list.slice(-1);
      draft.list.push(...draft.rest.splice(0, 1));
      const [only] = draft.rest;
      if (only) only.n = 44;
    });
    expect(drafting.value).toEqual({ list: [{ n: 5 }, { n: 2 }], rest: [{ n: 44 }], moved: [{ n: -1 }, { n: 1 }] });
  });

  it('lets primitives that were taken out be used when the edit has ended', () => {
    let taken: number[] = [];
    draftOf([1, 2, 3]).edit((draft) => {
      taken = draft.splice(0, 2);
    });
    expect(taken).toEqual([1, 2]);
  });

  it('finds drafts, things just brought, texts of their own blocks, links and nothing else', () => {
    const link = { to: 'elsewhere' };
    const options = { isLink: (value: object) => value === link };
    const drafting = draftOf<unknown[]>([{ n: 1 }, longText(1), longText(2), LONG_NUMBER, [longText(3)]], options);
    drafting.edit((draft) => {
      const mine = { n: 1 };
      const frozen = Object.freeze({ n: 2 });
      draft.push(mine, frozen, link, draft[0]);
      expect(draft.indexOf(draft[0])).toBe(0);
      expect(draft.lastIndexOf(draft[0])).toBe(8);
      expect(draft.indexOf(mine)).toBe(5);
      expect(draft.includes(frozen)).toBe(true);
      expect(draft.indexOf(draft[6])).toBe(6);
      expect(draft.includes(frozen)).toBe(true);
      expect(draft.indexOf(link)).toBe(7);
      expect(draft.includes({ n: 1 })).toBe(false);
      expect(draft.indexOf(longText(2))).toBe(2);
      expect(draft.indexOf(LONG_NUMBER)).toBe(3);
      expect(draft.includes(`${longText(2)}!`)).toBe(false);
      expect(draft.includes(undefined)).toBe(false);
      draft.length = 5;
    });
  });

  it('refuses holes and undefined that are still there at the end, by the path', () => {
    const cases: [(draft: { list: unknown[] }) => unknown, number, string][] = [
      [(draft) => (draft.list[3] = 1), 2, 'a hole (a sparse array)'],
      [(draft) => delete draft.list[0], 0, 'a hole (a sparse array)'],
      [(draft) => (draft.list.length = 5), 2, 'a hole (a sparse array)'],
      [(draft) => draft.list.push(undefined), 2, 'undefined'],
    ];
    for (const [recipe, index, found] of cases) {
      expect(errorOf(() => draftOf<{ list: unknown[] }>({ list: [1, 2] }).edit(recipe))).toMatchObject({
        code: 'UNSUPPORTED_VALUE',
        details: { path: ['list', index], found },
      });
    }
    const mended = draftOf([1, 2]).edit((draft) => {
      draft[3] = 4;
      draft[2] = 3;
      delete draft[9];
    });
    expect(mended.value).toEqual([1, 2, 3, 4]);
  });

  it('refuses properties that are no elements, by the path', () => {
    for (const key of ['name', '-1', '01', '1.5', '4294967295', Symbol('s')]) {
      const recipe = (draft: { list: unknown[] }) => {
        Reflect.set(draft.list, key, 1);
      };
      expect(errorOf(() => draftOf({ list: [1] as unknown[] }).edit(recipe))).toMatchObject({
        code: 'UNSUPPORTED_VALUE',
        details: { path: ['list'], found: expect.stringContaining('property of its own') },
      });
    }
    const defined = draftOf([1]).edit((draft) => {
      Object.defineProperty(draft, 1, { value: 2, enumerable: true, writable: true, configurable: true });
    });
    expect(defined.value).toEqual([1, 2]);
  });

  it('refuses a length that is none', () => {
    expect(errorOf(() => draftOf([1]).edit((draft) => (draft.length = -1)))).toBeInstanceOf(RangeError);
  });

  it('refuses its methods to other arrays', () => {
    const recipe = (draft: number[]) => draft.push.call([], 1);
    expect(errorOf(() => draftOf([1]).edit(recipe))).toBeInstanceOf(TypeError);
  });

  it('keeps elements that only moved as they were, blocks as parts', () => {
    const drafting = draftOf<unknown[]>([{ n: 1 }, longText(1), { n: 2 }]);
    const [first, second, third] = drafting.tree as unknown[];
    drafting.edit((draft) => {
      draft.reverse();
      draft.unshift(0);
    });
    const after = drafting.tree as unknown[];
    expect(after[1]).toBe(third);
    expect(after[2]).toBe(second);
    expect(after[2]).toBeInstanceOf(Part);
    expect(after[3]).toBe(first);
  });
});
