import { describe, expect, it } from 'vitest';
import { draftOf, errorOf, largeRecord } from './drafting.js';

describe('the draft of a Set', () => {
  it('is a Set to whoever asks', () => {
    draftOf(new Set(['a'])).edit((draft) => {
      expect(draft).toBeInstanceOf(Set);
      expect(Object.prototype.toString.call(draft)).toBe('[object Set]');
      expect(new Set(draft)).toEqual(new Set(['a']));
      expect(() => structuredClone(draft)).toThrow('could not be cloned');
    });
  });

  it('has every method of Sets', () => {
    const drafting = draftOf(new Set([1, 2, 3])).edit((draft) => {
      expect(draft.size).toBe(3);
      expect([draft.has(1), draft.has(9), draft.delete(1), draft.delete(1)]).toEqual([true, false, true, false]);
      expect(draft.add(4).add(2)).toBe(draft);
      expect([[...draft], [...draft.keys()], [...draft.values()], [...draft.entries()]]).toEqual([
        [2, 3, 4],
        [2, 3, 4],
        [2, 3, 4],
        [
          [2, 2],
          [3, 3],
          [4, 4],
        ],
      ]);
      const seen: unknown[] = [];
      draft.forEach(function (this: unknown, member, again, set) {
        seen.push(member, again, set === draft, this);
      }, 'self');
      expect(seen.slice(0, 4)).toEqual([2, 2, true, 'self']);
      expect(() => draft.forEach(5 as unknown as () => void)).toThrow(TypeError);
    });
    expect(drafting.value).toEqual(new Set([2, 3, 4]));
    drafting.edit((draft) => {
      draft.clear();
      draft.clear();
    });
    expect(drafting.value).toEqual(new Set());
  });

  it('has the comparing methods that the runtime has', () => {
    draftOf(new Set([1, 2])).edit((draft) => {
      const union: unknown = Reflect.get(draft, 'union');
      expect(typeof union).toBe(typeof Reflect.get(Set.prototype, 'union'));
      if (typeof union === 'function') expect(Reflect.apply(union, draft, [new Set([3])])).toEqual(new Set([1, 2, 3]));
    });
  });

  it('gives drafts for members, and finds them by those', () => {
    const drafting = draftOf(new Set<{ n: number }>([{ n: 1 }, { n: 2 }, { n: 3 }, largeRecord(4)])).edit((draft) => {
      const seen: { n: number }[] = [];
      for (const member of draft) {
        expect(draft.has(member)).toBe(true);
        seen.push(member);
        if (member.n === 2) draft.delete(member);
        else member.n *= 10;
      }
      expect([...draft]).toEqual(seen.filter((member) => member.n !== 2));
      for (const member of seen) draft.add(member);
      expect(draft.size).toBe(4);
      expect(draft.has({ n: 10 })).toBe(false);
    });
    expect([...drafting.value].map(({ n }) => n).sort((a, b) => a - b)).toEqual([2, 10, 30, 40]);
  });

  it('takes drafts, plain objects and frozen ones as members', () => {
    const frozen = Object.freeze({ n: 3 });
    const mine = { n: 2 };
    const drafting = draftOf({ set: new Set<object>(), a: { n: 1 } }).edit((draft) => {
      draft.set.add(draft.a).add(mine).add(mine).add(frozen).add(frozen).add(draft.a);
      expect([...draft.set]).toEqual([draft.a, mine, frozen]);
      expect([draft.set.has(draft.a), draft.set.has(mine), draft.set.has(frozen)]).toEqual([true, true, true]);
      mine.n = 20;
      draft.a.n = 10;
    });
    expect([...drafting.value.set]).toHaveLength(3);
    expect([...drafting.value.set]).toEqual(expect.arrayContaining([{ n: 10 }, { n: 20 }, { n: 3 }]));
  });

  it('changes nothing when nothing came out different, and loads only members that are read', () => {
    const drafting = draftOf(new Set<unknown>([largeRecord(1), { n: 1 }, 5]));
    const { tree } = drafting;
    drafting.edit((draft) => {
      draft.add(5);
      draft.add(6);
      draft.delete(6);
      draft.delete(7);
    });
    expect(drafting.tree).toBe(tree);
    expect(drafting.loads).toBe(0);
    drafting.edit((draft) => {
      for (const member of draft) draft.add(member);
    });
    expect(drafting.tree).toBe(tree);
    expect(drafting.loads).toBe(1);
  });

  it('gives links as they are', () => {
    const link = { to: 'elsewhere' };
    const drafting = draftOf<Set<unknown>>(new Set(), { isLink: (value) => value === link });
    drafting.edit((draft) => draft.add(link));
    drafting.edit((draft) => {
      expect([...draft]).toEqual([link]);
      expect(draft.has(link)).toBe(true);
    });
  });

  it('refuses undefined and what no value can hold, by the path', () => {
    const edit = (member: unknown) =>
      errorOf(() => draftOf<{ set: Set<unknown> }>({ set: new Set([1]) }).edit((draft) => draft.set.add(member)));
    expect(edit(undefined)).toMatchObject({ code: 'UNSUPPORTED_VALUE', details: { path: ['set', 1] } });
    expect(edit([Symbol('s')])).toMatchObject({ code: 'UNSUPPORTED_VALUE', details: { path: ['set', 1, 0] } });
  });

  it('refuses its methods to other Sets', () => {
    const recipe = (draft: Set<number>) => draft.add.call(new Set(), 1);
    expect(errorOf(() => draftOf(new Set([1])).edit(recipe))).toBeInstanceOf(TypeError);
  });
});
