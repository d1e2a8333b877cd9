import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { MAX_DEPTH } from '../../src/protocol/limits.js';
import { draftOf, errorOf, longText, rootOf } from './drafting.js';
import { createForest } from './forest.js';
import { recordOf } from './values.js';

type Loose = Record<string, unknown>;

function assigning(value: unknown) {
  return draftOf<Loose>({ to: { list: [] } }).edit((draft) => {
    ((draft.to as Loose).list as unknown[]).push(value);
  });
}

class OwnMap extends Map {}

class Point {
  x = 1;
}

describe('what a recipe assigns', () => {
  it('is copied in when the edit ends: later changes reach nothing', () => {
    const record = { a: [1], map: new Map([['k', new Set([1])]]), at: new Date(1), bytes: new Uint8Array([1]) };
    const drafting = draftOf<Loose>({}).edit((draft) => {
      draft.record = record;
      expect(draft.record).toBe(record);
      record.a.push(2);
    });
    record.a.push(3);
    record.map.get('k')?.add(2);
    record.map.clear();
    record.at.setTime(5);
    record.bytes[0] = 9;
    expect(drafting.value).toStrictEqual({
      record: { a: [1, 2], map: new Map([['k', new Set([1])]]), at: new Date(1), bytes: new Uint8Array([1]) },
    });
  });

  it('may be anything of the value model, and has the root that it has by itself', () => {
    const values: unknown[] = [
      null,
      -0,
      Number.NaN,
      2n ** 90n,
      'text',
      longText(1),
      new Date(7),
      new Float32Array([1, 2]),
      new DataView(new ArrayBuffer(2)),
      Buffer.from('buffer'),
      [1, [2, [3]]],
      recordOf([
        ['__proto__', { a: 1 }],
        ['10', 1],
      ]),
      recordOf([['a', recordOf([], null)]], null),
      new Map<unknown, unknown>([
        [{ k: [1] }, new Map()],
        [null, 1],
      ]),
      new Set<unknown>([{ a: 1 }, [1], -1n]),
      runInNewContext('({ a: [1, new Date(3), new Map([[1, new Set([2])]])] })'),
      { a: undefined, b: 1 },
    ];
    for (const value of values) {
      const drafting = assigning(value);
      expect(rootOf(drafting.tree)).toBe(rootOf({ to: { list: [value] } }));
      const plain = createForest();
      expect(drafting.value).toStrictEqual(plain.whole(plain.plant({ to: { list: [value] } })));
    }
  });

  it('is refused where no value can hold it, by the path, and nothing has changed', () => {
    const sparse = [1, 2];
    sparse.length = 3;
    const cycle: Loose = { a: { b: [] } };
    ((cycle.a as Loose).b as unknown[]).push(cycle.a);
    let deep: unknown = 1;
    for (let depth = 0; depth < MAX_DEPTH; depth++) deep = [deep];
    const hidden = Object.defineProperty({ a: 1 }, Symbol('h'), { value: 1 });
    const cases: [unknown, (string | number)[], string | RegExp][] = [
      [() => 1, [], 'a function'],
      [{ a: [{ f: Math.max }] }, ['a', 0, 'f'], 'a function (max)'],
      [Symbol('s'), [], 'a symbol (Symbol(s))'],
      [new Point(), [], 'an instance of Point'],
      [new OwnMap(), [], 'an instance of OwnMap'],
      [[new Error('e')], [0], 'an instance of Error'],
      [Promise.resolve(1), [], 'an instance of Promise'],
      [sparse, [2], 'a hole (a sparse array)'],
      [[undefined], [0], 'undefined'],
      [new Map([['k', undefined]]), ['k'], 'undefined'],
      [new Set([undefined]), [0], 'undefined'],
      [{ at: new Date(Number.NaN) }, ['at'], 'an invalid Date'],
      [new Uint8Array(new SharedArrayBuffer(4)), [], /./],
      [hidden, [], 'a key that is a symbol (Symbol(h))'],
      [cycle, ['a', 'b', 0], 'a cycle (a value that holds itself)'],
      [deep, Array.from({ length: MAX_DEPTH - 3 }, () => 0), 'depth'],
    ];
    for (const [value, path, found] of cases) {
      const error = errorOf(() => assigning(value));
      expect(error).toMatchObject({ code: 'UNSUPPORTED_VALUE', details: { path: ['to', 'list', 0, ...path] } });
      expect(error.details?.found).toEqual(typeof found === 'string' ? found : expect.stringMatching(found));
    }
  });

  it('is not judged when it is gone before the edit ends', () => {
    const drafting = draftOf<Loose>({ a: 1 }).edit((draft) => {
      draft.b = () => 1;
      draft.b = 2;
      draft.c = new Point();
      delete draft.c;
    });
    expect(drafting.value).toEqual({ a: 1, b: 2 });
  });

  it('may stand in many places, once copied: a deep ladder of shared parts takes no time', () => {
    let ladder: unknown = ['end'];
    for (let step = 0; step < 200; step++) ladder = [ladder, ladder];
    const drafting = draftOf<Loose>({}).edit((draft) => {
      draft.ladder = ladder;
    });
    let at = (drafting.tree as { ladder: unknown }).ladder;
    for (let step = 0; step < 200; step++) {
      expect((at as unknown[])[0]).toBe((at as unknown[])[1]);
      at = (at as unknown[])[1];
    }
    expect(at).toEqual(['end']);
  });

  it('may be a result with getters, as views are: they are read when it is copied', () => {
    let reads = 0;
    const get = () => {
      reads++;
      return Object.freeze({ b: 1 });
    };
    const view = Object.freeze(Object.defineProperty({}, 'a', { enumerable: true, get }));
    const drafting = draftOf<Loose>({}).edit((draft) => {
      draft.copy = view;
      expect(reads).toBe(0);
    });
    expect(drafting.value).toStrictEqual({ copy: { a: { b: 1 } } });
  });

  it('keeps links as they are, at any depth', () => {
    class Reference {
      constructor(readonly to: string) {}
    }
    const link = new Reference('elsewhere');
    const options = { isLink: (value: object) => value instanceof Reference };
    const drafting = draftOf<Loose>({ a: 1 }, options).edit((draft) => {
      draft.a = link;
      draft.b = { list: [link] };
      expect(draft.a).toBe(link);
    });
    const tree = drafting.tree as { a: unknown; b: { list: unknown[] } };
    expect(tree.a).toBe(link);
    expect(tree.b.list[0]).toBe(link);
    drafting.edit((draft) => {
      expect(draft.a).toBe(link);
      draft.c = draft.a;
      draft.a = link;
    });
    expect((drafting.tree as Loose).c).toBe(link);
  });
});

describe('a frozen result that a recipe assigns', () => {
  const results = () => {
    const forest = createForest();
    const value = { n: 1, list: [{ n: 2 }], map: new Map([['k', { n: 3 }]]), set: new Set([4]), at: new Date(5) };
    return { value, frozen: forest.whole(forest.plant(value)) as typeof value };
  };

  it('can be changed in its new place, and stays itself', () => {
    const { value, frozen } = results();
    const drafting = draftOf<{ copy?: typeof value; empty?: unknown[] }>({}).edit((draft) => {
      draft.copy = frozen;
      const { copy } = draft;
      expect(draft.copy).toBe(copy);
      copy.n = 10;
      copy.list.push({ n: 21 });
      if (copy.list[0]) copy.list[0].n = 20;
      const inMap = copy.map.get('k');
      if (inMap) inMap.n = 30;
      copy.set.add(40);
      copy.at.setTime(50);
    });
    expect(drafting.value).toStrictEqual({
      copy: {
        n: 10,
        list: [{ n: 20 }, { n: 21 }],
        map: new Map([['k', { n: 30 }]]),
        set: new Set([4, 40]),
        at: new Date(50),
      },
    });
    expect(frozen).toEqual(value);
  });

  it('is a copy of its own in each place', () => {
    const unit = Object.freeze({ n: 1 });
    const drafting = draftOf<{ list: { n: number }[] }>({ list: [] }).edit((draft) => {
      draft.list.push(unit, unit);
      if (draft.list[0]) draft.list[0].n = 2;
    });
    expect(drafting.value.list).toEqual([{ n: 2 }, { n: 1 }]);
  });

  it('may be empty, without a prototype, or something that cannot be changed anyway', () => {
    const sealed = Object.preventExtensions(new Uint8Array([1]));
    const drafting = draftOf<Loose>({}).edit((draft) => {
      Object.assign(draft, {
        a: Object.freeze([]),
        b: Object.freeze({}),
        c: Object.freeze(recordOf([['d', 1]], null)),
      });
      draft.bytes = sealed;
      expect(draft.bytes).toBe(sealed);
      expect(draft.a).toEqual([]);
      expect(draft.b).toEqual({});
      expect(Object.getPrototypeOf(draft.c)).toBeNull();
      (draft.a as unknown[]).push(1);
    });
    expect(drafting.value).toStrictEqual({ a: [1], b: {}, c: recordOf([['d', 1]], null), bytes: new Uint8Array([1]) });
    expect(() => Object.assign((drafting.tree as { b: object }).b, { x: 1 })).toThrow(TypeError);
  });
});
