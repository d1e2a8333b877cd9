import { describe, expect, it } from 'vitest';
import { type Drafting, draftOf, largeRecord, longText } from './drafting.js';

function itemsOf(count: number) {
  return Array.from({ length: count }, (_, n) => largeRecord(n));
}

function loadsOf<T>(value: T, recipe: (draft: T) => void): number {
  const drafting: Drafting<T> = draftOf(value).edit(recipe);
  return drafting.loads;
}

describe('an edit loads', () => {
  it('the blocks on the paths that are read, and no others', () => {
    const value = () => ({
      a: { ...largeRecord(1), b: { ...largeRecord(2), c: { ...largeRecord(3), d: 1 } } },
      other: largeRecord(4),
    });
    expect(loadsOf(value(), (draft) => draft.a.b.n)).toBe(2);
    expect(
      loadsOf(value(), (draft) => {
        draft.a.b.c.d = 2;
        draft.a.b.c.d = 3;
      }),
    ).toBe(3);
  });

  it('nothing to name, test, delete, replace or move fields', () => {
    const value = () => ({ a: largeRecord(1), b: largeRecord(2), text: longText(1) }) as Record<string, unknown>;
    const loads = loadsOf(value(), (draft) => {
      expect(Object.keys(draft)).toEqual(['a', 'b', 'text']);
      expect('a' in draft && Object.hasOwn(draft, 'b')).toBe(true);
      for (const key in draft) expect(key).toBeTypeOf('string');
      Reflect.ownKeys(draft);
      Object.getOwnPropertyDescriptor(draft, 'a');
      draft.a = 1;
      delete draft.b;
      draft.text = 'short';
    });
    expect(loads).toBe(0);
  });

  it('nothing to add to, cut, splice or turn round a list, or to search it for a short text', () => {
    const drafting = draftOf(itemsOf(20) as unknown[]).edit((draft) => {
      expect(draft.length).toBe(20);
      draft.push(largeRecord(99));
      draft.unshift('first');
      draft.splice(3, 2, 'in between');
      const removed = draft.splice(10, 2);
      draft.push(...removed.splice(0, 0));
      draft.unshift(removed);
      draft.reverse();
      draft.length -= 1;
      expect(draft.includes('first')).toBe(true);
      expect(draft.indexOf('absent')).toBe(-1);
      expect(Object.keys(draft)).toHaveLength(draft.length);
    });
    expect(drafting.loads).toBe(0);
    expect(drafting.value).toHaveLength(19);
  });

  it('what is taken out of a list, when it is looked at', () => {
    const drafting = draftOf(itemsOf(6));
    const countAfter = (recipe: (draft: ReturnType<typeof itemsOf>) => void) => {
      const before = drafting.loads;
      drafting.edit(recipe);
      return drafting.loads - before;
    };
    expect(countAfter((draft) => draft.pop())).toBe(1);
    expect(countAfter((draft) => draft.shift())).toBe(1);
    expect(
      countAfter((draft) => {
        const [first] = draft.splice(0, 3);
        expect(first?.n).toBe(1);
      }),
    ).toBe(1);
  });

  it('in a search only texts of the same length', () => {
    const texts = [longText(1), `${longText(2)}.`, `${longText(3)}..`];
    const drafting = draftOf<unknown[]>([...texts, largeRecord(1)]).edit((draft) => {
      expect(draft.indexOf(texts[2])).toBe(2);
    });
    expect(drafting.loads).toBe(1);
  });

  it('a long text once, however often it is read, and nothing when it is set to what it is', () => {
    const drafting = draftOf({ text: longText(1), other: longText(2) });
    const { tree } = drafting;
    drafting.edit((draft) => {
      for (let count = 0; count < 5; count++) expect(draft.text).toBe(longText(1));
      draft.text = longText(1);
    });
    expect(drafting.loads).toBe(1);
    expect(drafting.tree).toBe(tree);
  });

  it('of a Map only what is got, and its keys for nothing', () => {
    const map = () => new Map([1, 2, 3, 4].map((n) => [`key ${n}`, largeRecord(n)]));
    expect(
      loadsOf(map(), (draft) => {
        expect(draft.size).toBe(4);
        expect([...draft.keys()]).toHaveLength(4);
        expect(draft.has('key 1')).toBe(true);
        draft.delete('key 1');
        draft.set('key 2', largeRecord(9));
        draft.set('key 9', largeRecord(9));
      }),
    ).toBe(0);
    expect(
      loadsOf(map(), (draft) => {
        const got = draft.get('key 3');
        if (got) got.n = draft.get('key 3')?.n ?? 0;
      }),
    ).toBe(1);
  });

  it('all of a list that is sorted, each block once, and keeps what stays unchanged as it was', () => {
    const drafting = draftOf(itemsOf(5));
    const before = drafting.tree as unknown[];
    drafting.edit((draft) => {
      draft.sort((a, b) => b.n - a.n);
    });
    expect(drafting.loads).toBe(5);
    expect(drafting.tree).toEqual([...before].reverse());
    expect((drafting.tree as unknown[])[0]).toBe(before[4]);
  });

  it('no block again in a later edit that does not touch it', () => {
    const drafting = draftOf({ a: largeRecord(1), b: largeRecord(2) });
    drafting.edit((draft) => {
      draft.a.n = 5;
    });
    drafting.edit((draft) => {
      draft.a.n += 1;
    });
    expect(drafting.loads).toBe(1);
    expect(drafting.value).toEqual({ a: { ...largeRecord(1), n: 6 }, b: largeRecord(2) });
  });
});
