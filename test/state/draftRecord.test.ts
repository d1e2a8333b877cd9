import { describe, expect, it } from 'vitest';
import { draftOf, errorOf } from './drafting.js';
import { recordOf } from './values.js';

type Loose = Record<string, unknown>;

describe('the draft of a record', () => {
  it('reads as the record does', () => {
    draftOf<Loose>({ a: 1, b: { c: [2] }, '10': 'ten' }).edit((draft) => {
      expect(Object.keys(draft)).toEqual(['10', 'a', 'b']);
      expect(Object.entries(draft.b as Loose)).toEqual([['c', [2]]]);
      expect('a' in draft && !('z' in draft) && 'toString' in draft).toBe(true);
      expect(Object.hasOwn(draft, 'a') && !Object.hasOwn(draft, 'toString')).toBe(true);
      expect({ ...draft }).toEqual({ a: 1, b: { c: [2] }, '10': 'ten' });
      expect(JSON.stringify(draft)).toBe('{"10":"ten","a":1,"b":{"c":[2]}}');
      expect(String(draft)).toBe('[object Object]');
      expect(draft.constructor).toBe(Object);
      expect(Object.getPrototypeOf(draft)).toBe(Object.prototype);
      expect(Object.getPrototypeOf(draft.b)).toBe(Object.prototype);
      expect(Reflect.get(draft, '__proto__')).toBe(Object.prototype);
      expect(Reflect.get(draft, Symbol.toStringTag)).toBeUndefined();
      const seen = [];
      for (const key in draft) seen.push(key);
      expect(seen).toEqual(['10', 'a', 'b']);
      const { a, ...rest } = draft;
      expect(a).toBe(1);
      expect(Object.keys(rest)).toEqual(['10', 'b']);
    });
  });

  it('gives the same draft for the same field each time', () => {
    draftOf<{ a: Loose; b: number }>({ a: {}, b: 1 }).edit((draft) => {
      const { a } = draft;
      expect(draft.a).toBe(a);
      draft.b = 2;
      expect(draft.a).toBe(a);
      expect(Object.values(draft)[0]).toBe(a);
    });
  });

  it('takes assignment, deletion, Object.assign and definition of plain data', () => {
    const drafting = draftOf<Loose>({ a: 1, b: 2, c: { d: 1 } }).edit((draft) => {
      draft.a = 'new';
      delete draft.b;
      delete draft.absent;
      Object.assign(draft, { e: [1], f: null });
      Object.defineProperty(draft, 'g', { value: 5, enumerable: true, writable: true, configurable: true });
      Object.defineProperty(draft, 'a', { value: 'newer' });
      (draft.c as Loose).d = { deep: true };
      expect(Object.keys(draft)).toEqual(['a', 'c', 'e', 'f', 'g']);
      expect('b' in draft).toBe(false);
    });
    expect(drafting.value).toEqual({ a: 'newer', c: { d: { deep: true } }, e: [1], f: null, g: 5 });
  });

  it('describes fields without loading them, and gives their values when asked', () => {
    draftOf<Loose>({ n: 1, r: { a: 1 } }).edit((draft) => {
      expect(Object.getOwnPropertyDescriptor(draft, 'n')).toMatchObject({ value: 1, enumerable: true });
      expect(Object.getOwnPropertyDescriptor(draft, 'r')?.get?.()).toBe(draft.r);
      expect(Object.getOwnPropertyDescriptor(draft, 'z')).toBeUndefined();
      const copy = Object.defineProperties({}, Object.getOwnPropertyDescriptors(draft)) as Loose;
      expect(copy.r).toBe(draft.r);
    });
  });

  it('drops what is set to undefined, but shows it until then', () => {
    const drafting = draftOf<Loose>({ a: 1, b: { c: 1 } }).edit((draft) => {
      draft.a = undefined;
      draft.z = undefined;
      (draft.b as Loose).c = undefined;
      expect(Object.keys(draft)).toEqual(['a', 'b', 'z']);
    });
    expect(drafting.value).toEqual({ b: {} });
    expect(Object.keys(drafting.value)).toEqual(['b']);
  });

  it('takes -0 for another value than 0, and NaN for the same as NaN', () => {
    const drafting = draftOf({ zero: 0, nan: Number.NaN });
    const { tree } = drafting;
    drafting.edit((draft) => {
      draft.nan = Number.NaN;
    });
    expect(drafting.tree).toBe(tree);
    drafting.edit((draft) => {
      draft.zero = -0;
    });
    expect(drafting.value.zero).toBe(-0);
  });

  it('treats a key __proto__ as any other, and leaves prototypes alone', () => {
    const drafting = draftOf<Loose>(
      recordOf([
        ['__proto__', { a: 1 }],
        ['b', recordOf([])],
      ]),
    ).edit((draft) => {
      (Reflect.get(draft, '__proto__') as Loose).a = 2;
      Reflect.set(draft.b as Loose, '__proto__', 'own');
      expect(Object.getPrototypeOf(draft.b)).toBe(Object.prototype);
    });
    expect(drafting.value).toStrictEqual(
      recordOf([
        ['__proto__', { a: 2 }],
        ['b', recordOf([['__proto__', 'own']])],
      ]),
    );
    expect(({} as Loose).a).toBeUndefined();
    const deleted = drafting.edit((draft) => {
      Reflect.deleteProperty(draft, '__proto__');
    });
    expect(Object.keys(deleted.value)).toEqual(['b']);
  });

  it('keeps a record without a prototype one, and shows it as one', () => {
    const drafting = draftOf<Loose>(recordOf([['a', { b: 1 }]], null)).edit((draft) => {
      expect(Object.getPrototypeOf(draft)).toBeNull();
      expect('toString' in draft).toBe(false);
      draft.c = recordOf([['d', 1]], null);
    });
    expect(drafting.value).toStrictEqual(
      recordOf(
        [
          ['a', { b: 1 }],
          ['c', recordOf([['d', 1]], null)],
        ],
        null,
      ),
    );
  });

  it('refuses accessors and hidden, read-only or permanent fields', () => {
    const descriptors: PropertyDescriptor[] = [
      { get: () => 1 },
      { set: () => undefined },
      { value: 1, enumerable: false },
      { value: 1, writable: false },
      { value: 1, configurable: false },
    ];
    for (const descriptor of descriptors) {
      const recipe = (draft: Loose) => {
        Object.defineProperty(draft, 'x', descriptor);
      };
      expect(errorOf(() => draftOf<Loose>({}).edit(recipe)).code).toBe('INVALID_REQUEST');
    }
  });

  it('refuses to be frozen, sealed or given a prototype', () => {
    for (const recipe of [Object.freeze, Object.seal, (draft: object) => Object.setPrototypeOf(draft, null)]) {
      for (const top of [{ a: 1 }, [1], new Map(), new Set()]) {
        expect(errorOf(() => draftOf<object>(top).edit(recipe)).code).toBe('INVALID_REQUEST');
      }
    }
  });

  it('refuses a key that is a symbol, by the path of the record', () => {
    const recipe = (draft: { a: Loose }) => {
      Reflect.set(draft.a, Symbol('mine'), 1);
    };
    expect(errorOf(() => draftOf<{ a: Loose }>({ a: {} }).edit(recipe))).toMatchObject({
      code: 'UNSUPPORTED_VALUE',
      details: { path: ['a'], found: 'a key that is a symbol (Symbol(mine))' },
    });
    const harmless = draftOf<Loose>({ a: 1 }).edit((draft) => {
      Reflect.deleteProperty(draft, Symbol('mine'));
    });
    expect(harmless.value).toEqual({ a: 1 });
  });

  it('is not what inherits from it', () => {
    const drafting = draftOf<Loose>({ a: { n: 1 } });
    expect(
      errorOf(() =>
        drafting.edit((draft) => {
          draft.b = Object.create(draft.a as object);
        }),
      ),
    ).toMatchObject({ code: 'UNSUPPORTED_VALUE', details: { path: ['b'] } });
  });
});
