import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { HeliosError } from '../../src/protocol/errors.js';
import { MAX_DEPTH } from '../../src/protocol/limits.js';
import { editTree } from '../../src/state/draft.js';
import { Part } from '../../src/state/part.js';
import { draftOf, errorOf, largeRecord, longText, rootOf } from './drafting.js';

interface Agent {
  hp: number;
  name: string;
  at: { x: number; y: number };
  memory: { text: string }[];
  more?: unknown;
}

function agent(): Agent {
  return { hp: 10, name: 'fox', at: { x: 1, y: 2 }, memory: [{ text: 'a' }, { text: 'b' }] };
}

function noBlocks(): never {
  throw new Error('nothing is to be loaded here');
}

describe('an edit', () => {
  it('gives a new tree and leaves the old one as it was', () => {
    const drafting = draftOf(agent());
    const before = drafting.tree;
    drafting.edit((draft) => {
      draft.hp -= 1;
      draft.at.x = 5;
      draft.memory.push({ text: 'c' });
    });
    expect(drafting.value).toEqual({
      ...agent(),
      hp: 9,
      at: { x: 5, y: 2 },
      memory: [...agent().memory, { text: 'c' }],
    });
    expect(before).toEqual(agent());
  });

  it('gives the very same tree when nothing came out different', () => {
    const drafting = draftOf(agent());
    const { tree } = drafting;
    const recipes: ((draft: Agent) => unknown)[] = [
      () => {},
      (draft) => draft.at.x,
      (draft) => {
        draft.hp = 10;
        draft.name = 'fox';
      },
      (draft) => {
        draft.at.x = 7;
        draft.at.x = 1;
      },
      (draft) => {
        draft.memory.sort((a, b) => a.text.localeCompare(b.text));
      },
      (draft) => draft.memory.reverse().reverse(),
      (draft) => {
        [draft.memory[0], draft.memory[1]] = [draft.memory[1] as { text: string }, draft.memory[0] as { text: string }];
        draft.memory.reverse();
      },
      (draft) => {
        const { at } = draft;
        Reflect.deleteProperty(draft, 'at');
        draft.at = at;
      },
      (draft) => {
        draft.more = undefined;
      },
      (draft) => {
        draft.more = 1;
        delete draft.more;
      },
    ];
    for (const recipe of recipes) expect(drafting.edit(recipe).tree, recipe.toString()).toBe(tree);
  });

  it('keeps untouched subtrees as the same objects, and parts as parts', () => {
    const drafting = draftOf({ a: { n: 1 }, b: { n: 2 }, text: longText(1) });
    const before = drafting.tree as { b: object; text: Part };
    drafting.edit((draft) => {
      draft.a.n = 3;
    });
    const after = drafting.tree as { b: object; text: Part };
    expect(after.b).toBe(before.b);
    expect(after.text).toBe(before.text);
    expect(after.text).toBeInstanceOf(Part);
    expect(drafting.loads).toBe(0);
  });

  it('gives frozen data', () => {
    const drafting = draftOf<{ list: unknown[]; map: Map<string, unknown> }>({ list: [], map: new Map() });
    drafting.edit((draft) => {
      draft.list.push({ deep: [new Date(0), new Set([1])] });
      draft.map.set('a', new Map());
    });
    const tree = drafting.tree as typeof drafting.value;
    expect(() => tree.list.push(1)).toThrow(TypeError);
    expect(() => tree.map.set('b', 1)).toThrow(TypeError);
    const { deep } = tree.list[0] as { deep: [Date, Set<number>] };
    expect(() => deep[0].setTime(1)).toThrow(TypeError);
    expect(() => deep[1].add(2)).toThrow(TypeError);
  });

  it('has the root of the plain value, however many edits led there', () => {
    const drafting = draftOf<Record<string, unknown>>({ list: [1, 2], text: longText(1) });
    for (let index = 0; index < 20; index++) {
      drafting.edit((draft) => {
        draft[`key${index % 7}`] = { index, text: longText(index) };
        (draft.list as number[]).push(index);
      });
    }
    expect(rootOf(drafting.tree)).toBe(rootOf(drafting.value));
  });

  it('takes an array, a Map, a Set, a Date or bytes as the top', () => {
    expect(draftOf([1, 2]).edit((draft) => draft.push(3)).value).toEqual([1, 2, 3]);
    expect(draftOf(new Map([['a', 1]])).edit((draft) => draft.set('b', 2)).value).toEqual(
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    );
    expect(draftOf(new Set([1])).edit((draft) => draft.add(2)).value).toEqual(new Set([1, 2]));
    expect(draftOf(new Date(0)).edit((draft) => draft.setTime(5)).value).toEqual(new Date(5));
    expect(draftOf(new Uint8Array(2)).edit((draft) => draft.fill(7)).value).toEqual(new Uint8Array([7, 7]));
  });

  it('refuses a top that has nothing within, and says what to do', () => {
    for (const top of [5, null, undefined, true, 5n]) {
      const error = errorOf(() => editTree(top, noBlocks, () => {}));
      expect(error).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining('Create a new one') });
    }
    const link = { to: 'elsewhere' };
    expect(errorOf(() => editTree(link, noBlocks, () => {}, { isLink: (value) => value === link }))).toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });

  it('lets an error of the recipe pass and has then changed nothing', () => {
    const drafting = draftOf(agent());
    const { tree } = drafting;
    const mine = new Error('mine');
    const failing = () =>
      drafting.edit((draft) => {
        draft.hp = 0;
        draft.memory.length = 0;
        throw mine;
      });
    expect(errorOf(failing)).toBe(mine);
    expect(drafting.tree).toBe(tree);
    expect(tree).toEqual(agent());
  });

  it('ignores what an arrow without braces happens to return', () => {
    const recipes: ((draft: Agent) => unknown)[] = [
      (draft) => draft.memory.push({ text: 'c' }),
      (draft) => (draft.hp = 3),
      (draft) => (draft.at = { x: 0, y: 0 }),
      (draft) => Object.assign(draft, { hp: 1 }),
      (draft) => draft.memory.reverse(),
      (draft) => draft.memory.splice(0, 1),
      (draft) => draft.memory.splice(0, 0),
      (draft) => draft.memory.pop(),
      (draft) => draft,
    ];
    for (const recipe of recipes) expect(() => draftOf(agent()).edit(recipe), recipe.toString()).not.toThrow();
    const link = { to: 'elsewhere' };
    draftOf(agent(), { isLink: (value) => value === link });
    expect(() => draftOf(new Date(0)).edit((draft) => draft)).not.toThrow();
  });

  it('refuses a recipe that returns a new value instead of changing its draft', () => {
    const recipes: ((draft: Agent) => unknown)[] = [
      (draft) => ({ ...draft, hp: 1 }),
      (draft) => draft.memory.filter(() => true),
      () => new Map(),
      () => () => {},
      function* () {
        yield 1;
      },
    ];
    for (const recipe of recipes) {
      expect(
        errorOf(() => draftOf(agent()).edit(recipe)),
        recipe.toString(),
      ).toMatchObject({
        code: 'INVALID_REQUEST',
        message: expect.stringContaining('returns nothing'),
      });
    }
  });

  it('refuses an asynchronous recipe, and its late failure disturbs nobody', async () => {
    const drafting = draftOf(agent());
    let late: unknown;
    const recipe = async (draft: Agent) => {
      await null;
      try {
        draft.hp = 1;
      } catch (error) {
        late = error;
        throw error;
      }
    };
    expect(errorOf(() => drafting.edit(recipe))).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('synchronous'),
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(HeliosError.is(late, 'INVALID_REQUEST')).toBe(true);
  });

  it('passes on what loading throws', () => {
    const { tree } = draftOf({ text: longText(1) });
    const away = new HeliosError('NOT_LOCAL', 'elsewhere');
    const load = () => {
      throw away;
    };
    const recipe = (draft: { text: string }) => {
      draft.text += '!';
    };
    expect(errorOf(() => editTree(tree, load, (draft) => recipe(draft as { text: string })))).toBe(away);
  });

  it('shows the current content to console.log, and loads nothing for it', () => {
    const drafting = draftOf({ n: 1, list: [longText(1), 2], map: new Map([['a', { b: 1 }]]), set: new Set([1]) });
    let shown = '';
    drafting.edit((draft) => {
      draft.n = 2;
      draft.list.push(3);
      draft.map.get('a');
      draft.map.set('c', { b: 2 });
      draft.set.add(2);
      shown = inspect(draft, { depth: 9 });
    });
    expect(shown).toMatch(/\[ \[not loaded: \d+ bytes\], 2, 3 \].*b: 1.*b: 2.*n: 2,.*Set\(2\) \{ 1, 2 \}/s);
    expect(drafting.loads).toBe(0);
  });
});

describe('drafts that are moved', () => {
  it('swap, and take their changes with them', () => {
    const drafting = draftOf({ a: { n: 1 }, b: { n: 2 } }).edit((draft) => {
      const { a } = draft;
      [draft.a, draft.b] = [draft.b, draft.a];
      a.n = 10;
    });
    expect(drafting.value).toEqual({ a: { n: 2 }, b: { n: 10 } });
  });

  it('are one thing in two places until the edit ends, and two afterwards', () => {
    const drafting = draftOf<{ a: { n: number }; b?: { n: number } }>({ a: { n: 1 } });
    drafting.edit((draft) => {
      draft.b = draft.a;
      expect(draft.b).toBe(draft.a);
      draft.b.n = 2;
    });
    expect(drafting.value).toEqual({ a: { n: 2 }, b: { n: 2 } });
    drafting.edit((draft) => {
      draft.a.n = 3;
    });
    expect(drafting.value).toEqual({ a: { n: 3 }, b: { n: 2 } });
  });

  it('can be taken out of what is then deleted, and put into plain data', () => {
    const drafting = draftOf<Record<string, unknown>>({ old: { kept: { n: 1 }, gone: 1 } });
    drafting.edit((draft) => {
      const { kept } = draft.old as { kept: { n: number } };
      delete draft.old;
      draft.fresh = { list: [{ kept }], at: new Map([['kept', kept]]) };
      kept.n = 2;
    });
    expect(drafting.value).toEqual({ fresh: { list: [{ kept: { n: 2 } }], at: new Map([['kept', { n: 2 }]]) } });
  });

  it('stay parts when they are blocks of their own and only moved', () => {
    const drafting = draftOf<Record<string, unknown>>({ a: largeRecord(1) });
    const { a } = drafting.tree as { a: Part };
    expect(a).toBeInstanceOf(Part);
    drafting.edit((draft) => {
      draft.b = draft.a;
      draft.list = [draft.a];
    });
    expect(drafting.tree).toEqual({ a, b: a, list: [a] });
    expect(drafting.loads).toBe(1);
  });

  it('cannot be put into themselves', () => {
    const recipes: ((draft: Record<string, Record<string, unknown>>) => void)[] = [
      (draft) => {
        draft.child = draft;
      },
      (draft) => {
        (draft.a as Record<string, unknown>).deep = { list: [draft.a] };
      },
      (draft) => {
        (draft.a as Record<string, unknown>).map = new Map([['k', new Set([draft.a])]]);
      },
    ];
    const paths = [['child'], ['a', 'deep', 'list', 0], ['a', 'map', 'k', 0]];
    for (const [index, recipe] of recipes.entries()) {
      expect(errorOf(() => draftOf<Record<string, Record<string, unknown>>>({ a: {} }).edit(recipe))).toMatchObject({
        code: 'UNSUPPORTED_VALUE',
        details: { path: paths[index], found: expect.stringContaining('cycle') },
      });
    }
  });

  it('are refused when they make the value deeper than the limit, changed or not', () => {
    let deep: Record<string, unknown> = { end: longText(1) };
    for (let depth = 3; depth < MAX_DEPTH; depth++) deep = { deep };
    const drafting = draftOf<Record<string, Record<string, unknown>>>({ a: deep, m: { map: new Map([[[1], [2]]]) } });
    const { tree } = drafting;
    const recipes: ((draft: Record<string, Record<string, unknown>>) => void)[] = [
      (draft) => {
        draft.b = { c: { d: draft.a } };
      },
      (draft) => {
        (draft.a as Record<string, unknown>).more = 1;
        draft.b = { c: { d: draft.a } };
      },
      (draft) => {
        draft.b = { c: { d: draft.m } };
        (draft.m as Record<string, unknown>).set = [new Set([draft.a])];
      },
    ];
    for (const recipe of recipes) {
      expect(errorOf(() => drafting.edit(recipe))).toMatchObject({
        code: 'UNSUPPORTED_VALUE',
        details: { limit: MAX_DEPTH },
      });
      expect(drafting.tree).toBe(tree);
    }
    drafting.edit((draft) => {
      draft.b = { c: { m: draft.m } };
    });
    expect(rootOf(drafting.tree)).toBe(rootOf(drafting.value));
  });

  it('may be changed at the full depth of a value', () => {
    let deep: unknown = [1];
    for (let depth = 1; depth < MAX_DEPTH; depth++) deep = [deep];
    const drafting = draftOf(deep as unknown[]).edit((draft) => {
      let at = draft;
      while (Array.isArray(at[0])) at = at[0];
      at[0] = 2;
    });
    let at = drafting.value;
    while (Array.isArray(at[0])) at = at[0];
    expect(at).toEqual([2]);
  });
});

describe('a draft whose edit has ended', () => {
  interface All {
    record: { a: number };
    list: number[];
    map: Map<string, number>;
    set: Set<number>;
  }
  const all = (): All => ({ record: { a: 1 }, list: [1], map: new Map([['a', 1]]), set: new Set([1]) });
  const kept = (): All => {
    let kept: All | undefined;
    draftOf(all()).edit((draft) => {
      kept = { record: draft.record, list: draft.list, map: draft.map, set: draft.set };
    });
    return kept ?? all();
  };

  it('refuses every use', () => {
    const { record, list, map, set } = kept();
    const uses = [
      () => record.a,
      () => (record.a = 2),
      () => Reflect.deleteProperty(record, 'a'),
      () => 'a' in record,
      () => Object.keys(record),
      () => Object.hasOwn(record, 'a'),
      () => list[0],
      () => (list[0] = 2),
      () => delete list[0],
      () => 0 in list,
      () => Object.keys(list),
      () => Object.hasOwn(list, 0),
      () => list.push(1),
      () => map.size,
      () => map.get('a'),
      () => set.has(1),
      () => [...set],
    ];
    for (const use of uses) {
      expect(errorOf(use), use.toString()).toMatchObject({
        code: 'INVALID_REQUEST',
        message: expect.stringContaining('belongs to an edit that has ended'),
      });
    }
  });

  it('refuses methods and iterators that were taken out of it', () => {
    let push: ((item: number) => number) | undefined;
    let values: Iterator<{ a: number }> | undefined;
    draftOf({ list: [1], map: new Map([['a', { a: 1 }]]) }).edit((draft) => {
      push = draft.list.push.bind(draft.list);
      values = draft.map.values();
    });
    expect(errorOf(() => push?.(1)).code).toBe('INVALID_REQUEST');
    expect(errorOf(() => values?.next()).code).toBe('INVALID_REQUEST');
  });

  it('cannot be put into a later edit, wherever it stands', () => {
    const { record } = kept();
    const recipes: ((draft: { to: unknown }) => void)[] = [
      (draft) => {
        draft.to = record;
      },
      (draft) => {
        draft.to = { deep: [record] };
      },
    ];
    for (const recipe of recipes) {
      expect(errorOf(() => draftOf<{ to: unknown }>({ to: 1 }).edit(recipe)).code).toBe('INVALID_REQUEST');
    }
  });

  it('is refused while its edit still runs, when put into another one', () => {
    draftOf({ a: { n: 1 } }).edit((outer) => {
      const error = errorOf(() =>
        draftOf<{ b: unknown }>({ b: 1 }).edit((inner) => {
          inner.b = outer.a;
        }),
      );
      expect(error).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining('one edit') });
    });
  });
});
