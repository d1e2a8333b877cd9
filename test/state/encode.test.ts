import { deepStrictEqual } from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeliosError } from '../../src/protocol/errors.js';
import { MAX_DEPTH } from '../../src/protocol/limits.js';
import { createEncoder } from '../../src/state/encode.js';
import { COMPONENT_LIMIT, FORMAT_LIMITS, KIND_COMMIT } from '../../src/state/format.js';
import { freshBlocks, type Link, Part } from '../../src/state/part.js';
import { createForest } from './forest.js';
import { collections, reordered, values } from './values.js';

const RUNS = { numRuns: 1_000 };
/** A text that is a block of its own wherever it stands as a value. */
const LONG = 'x'.repeat(COMPONENT_LIMIT + 100);

function rootOf(value: unknown): string {
  return createEncoder().value(value).hash;
}

describe('what is encoded comes back', () => {
  it('equals the original, prototypes and all', () => {
    const forest = createForest();
    fc.assert(
      fc.property(values, (value) => {
        deepStrictEqual(forest.whole(forest.plant(value)), value);
      }),
      RUNS,
    );
  });

  it('equals the original when equal components are given as one object', () => {
    const forest = createForest();
    fc.assert(
      fc.property(values, (value) => {
        deepStrictEqual(forest.whole(forest.plant(value), true), value);
      }),
      RUNS,
    );
  });

  it('gives keys in the order that JavaScript gives a record whose keys were put in sorted', () => {
    const forest = createForest();
    const value = { b: 1, '10': 2, a: 3, '9': 4, '': 5, '01': 6, '4294967295': 7 };
    expect(Object.keys(forest.whole(forest.plant(value)) as object)).toEqual([
      '9',
      '10',
      '',
      '01',
      '4294967295',
      'a',
      'b',
    ]);
  });

  it('gives Maps and Sets sorted: by kind, then by value', () => {
    const forest = createForest();
    const members = ['b', 10, true, 'a', -1, null, 5n, Number.NaN, false, -3n, Number.POSITIVE_INFINITY, ''];
    const sorted = [null, false, true, -1, 10, Number.POSITIVE_INFINITY, Number.NaN, -3n, 5n, '', 'a', 'b'];
    expect([...(forest.whole(forest.plant(new Set(members))) as Set<unknown>)]).toEqual(sorted);
    const map = new Map(members.map((key) => [key, 1]));
    expect([...(forest.whole(forest.plant(map)) as Map<unknown, unknown>).keys()]).toEqual(sorted);
  });

  it('gives a Buffer as a Uint8Array', () => {
    const forest = createForest();
    const back = forest.whole(forest.plant({ bytes: Buffer.from('abc') }));
    deepStrictEqual(back, { bytes: new Uint8Array([97, 98, 99]) });
  });

  it('leaves undefined out of records', () => {
    const forest = createForest();
    deepStrictEqual(forest.whole(forest.plant({ a: undefined, b: 1, c: { d: undefined } })), { b: 1, c: {} });
  });

  it('takes plain values of another realm as plain', () => {
    const foreign: unknown = runInNewContext(
      `({ list: [1, [2]], record: { a: null }, bare: Object.create(null), map: new Map([['k', new Set([1n])]]),
          date: new Date(5), bytes: new Uint8Array([1, 2]), view: new DataView(new ArrayBuffer(2)) })`,
    );
    const own = {
      list: [1, [2]],
      record: { a: null },
      bare: Object.create(null) as object,
      map: new Map([['k', new Set([1n])]]),
      date: new Date(5),
      bytes: new Uint8Array([1, 2]),
      view: new DataView(new ArrayBuffer(2)),
    };
    const forest = createForest();
    deepStrictEqual(forest.whole(forest.plant(foreign)), own);
    expect(rootOf(foreign)).toBe(rootOf(own));
  });

  it('reads what getters give, as in views', () => {
    const view = Object.freeze({
      get a() {
        return { b: 1 };
      },
    });
    expect(rootOf(view)).toBe(rootOf({ a: { b: 1 } }));
  });
});

describe('equal values have one root', () => {
  it('whatever the order of keys, entries and members, and whatever was encoded before', () => {
    const veteran = createEncoder();
    fc.assert(
      fc.property(values, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (value, random) => {
        const root = rootOf(value);
        expect(veteran.value(value).hash).toBe(root);
        expect(rootOf(reordered(value, () => random.next().value ?? 0))).toBe(root);
      }),
      RUNS,
    );
  });

  it('whether an object in it is one or several', () => {
    const big = Array.from({ length: COMPONENT_LIMIT }, (_, index) => index);
    expect(rootOf([big, big, { big }])).toBe(rootOf([[...big], [...big], { big: [...big] }]));
  });

  it('whether keys with undefined stand in it or not', () => {
    const wide = (extra: object) => ({ ...Object.fromEntries(keyNames(32).map((key) => [key, 1])), ...extra });
    expect(rootOf([wide({}), wide({})])).toBe(rootOf([wide({ none: undefined }), wide({ none: undefined })]));
    const big = { text: LONG.slice(0, COMPONENT_LIMIT) };
    expect(rootOf({ big })).toBe(rootOf({ big: { ...big, none: undefined } }));
  });

  it('also when two keys of a Map are equal, or all their values are', () => {
    const entries: [object, unknown][] = [
      [{ k: 1 }, 0],
      [{ k: 1 }, -0],
      [{ k: 1 }, [3]],
      [{ k: 1 }, LONG],
      [{ k: 2 }, 0],
    ];
    const root = rootOf(new Map(entries));
    expect(rootOf(new Map(entries.toReversed()))).toBe(root);
    expect(rootOf(new Map([...entries.slice(2), ...entries.slice(0, 2)]))).toBe(root);
    expect(
      rootOf(
        new Map([
          [{}, 1],
          [{}, 1],
        ]),
      ),
    ).toBe(
      rootOf(
        new Map([
          [{}, 1],
          [{}, 1],
        ]),
      ),
    );
  });

  it('also after so many shapes that the encoder forgot the first ones', () => {
    const encoder = createEncoder();
    const value = { first: 1, second: { first: 2 } };
    const root = encoder.value(value).hash;
    for (let index = 0; index < 60; index++) {
      const name = `k${index}`;
      encoder.value(Array.from({ length: 1_000 }, (_, at) => ({ [`${name}.${at}`]: at })));
    }
    expect(encoder.value(value).hash).toBe(root);
  });

  it('also when a getter of the value encodes something else meanwhile', () => {
    const encoder = createEncoder();
    const nosy = {
      get a() {
        return encoder.value({ other: [LONG] }).hash;
      },
      b: 1,
    };
    expect(encoder.value(nosy).hash).toBe(rootOf({ a: rootOf({ other: [LONG] }), b: 1 }));
  });

  it('and different values have different ones', () => {
    const different: unknown[] = [
      ...[0, -0, Number.NaN, 1, 1n, '1', true, null, '', [], {}, Object.create(null), new Map(), new Set()],
      ...[new Date(1), new Uint8Array(0), new Int8Array(0), new DataView(new ArrayBuffer(0)), [[]], [{}], [null]],
      ...[new Map([['a', 1]]), { a: 1 }, new Set(['a']), ['a'], 'a', new Map([[1, 1]]), new Map([['1', 1]])],
    ];
    expect(new Set(different.map(rootOf)).size).toBe(different.length);
  });
});

describe('blocks', () => {
  it('are made of values above the limit, and of nothing else', () => {
    const list = (length: number) => 'x'.repeat(length);
    expect([...freshBlocks(createEncoder().value({ a: list(COMPONENT_LIMIT - 2) }))]).toHaveLength(1);
    expect([...freshBlocks(createEncoder().value({ a: list(COMPONENT_LIMIT - 1) }))]).toHaveLength(2);
    expect([...freshBlocks(createEncoder().value(list(FORMAT_LIMITS.firstLeaf)))]).toHaveLength(1);
    expect([...freshBlocks(createEncoder().value(list(FORMAT_LIMITS.firstLeaf + 1)))]).toHaveLength(3);
    expect([...freshBlocks(createEncoder().value({ a: 2n ** 100_000n }))]).toHaveLength(2);
    expect([...freshBlocks(createEncoder().value(new Map([[list(2_000), 2n ** 100_000n]])))]).toHaveLength(2);
    expect([...freshBlocks(createEncoder().value(new Set([2n ** 100_000n, list(2_000)])))]).toHaveLength(3);
    const wide = Object.fromEntries(keyNames(200).map((key) => [key, list(1)]));
    expect([...freshBlocks(createEncoder().value(new Map([[wide, [wide]]])))]).toHaveLength(2);
    expect([...freshBlocks(createEncoder().value(new Set([{ ...wide, long: list(2_000) }])))]).toHaveLength(3);
  });

  it('say of their components what these say of themselves', () => {
    fc.assert(
      fc.property(collections, (value) => {
        const forest = createForest();
        const part = forest.encoder.value(value);
        for (const [hash, { block, children, components }] of freshBlocks(part)) {
          const open = forest.decoder.open(hash, block);
          expect(open.components).toBe(components);
          expect(open.children.map(({ hash, bytes, count, height }) => ({ hash, bytes, count, height }))).toEqual(
            children.map(({ hash, bytes, count, height }) => ({ hash, bytes, count, height })),
          );
          expect(children.every((child) => child.fresh !== null)).toBe(true);
        }
        let bytes = part.fresh?.block.length ?? 0;
        for (const child of part.fresh?.children ?? []) bytes += child.bytes;
        expect(part.bytes).toBe(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('count what is in them, and how many levels of collections', () => {
    const text = LONG;
    const parts = createEncoder().value([
      [text, [1, [2]]],
      { a: text, b: undefined },
      new Map([['k', [text]]]),
      new Set([['y', text]]),
      new Uint8Array(2 * COMPONENT_LIMIT),
      text,
      2n ** 100_000n,
    ]);
    const described = (part: Part) => [part.count, part.height];
    // The Set, the Map and the lists hold only the text's block, so they are small and stand in the top block.
    expect(parts.fresh?.children.map(described)).toEqual([
      [LONG.length, 0],
      [LONG.length, 0],
      [LONG.length, 0],
      [LONG.length, 0],
      [2 * COMPONENT_LIMIT, 0],
      [LONG.length, 0],
      [1, 0],
    ]);
    const many = Array.from({ length: COMPONENT_LIMIT }, (_, index) => index);
    const deep = createEncoder().value([
      [many, [1, [2]], many],
      Object.fromEntries(many.map((number) => [number, number === 7 ? undefined : [number]])),
      new Map(many.map((number) => [number, 0])),
      new Set(many),
    ]);
    expect(deep.height).toBe(4);
    expect(deep.fresh?.children.map(described)).toEqual([
      [COMPONENT_LIMIT, 1],
      [COMPONENT_LIMIT, 1],
      [COMPONENT_LIMIT - 1, 2],
      [COMPONENT_LIMIT, 1],
      [COMPONENT_LIMIT, 1],
    ]);
  });

  it('share what is the same: 40 levels of twice the same list are few blocks', () => {
    let list: unknown = 'leaf';
    for (let level = 0; level < 40; level++) list = [list, list];
    const part = createEncoder().value(list);
    expect([...freshBlocks(part)].length).toBeLessThan(40);
    expect(part.bytes).toBeGreaterThan(2 ** 20);
  });

  it('share what is the same also in Maps and Sets, as keys and as values', () => {
    let set: unknown = 'leaf';
    let keyed: unknown = 'leaf';
    let tied: unknown = 'leaf';
    for (let level = 0; level < 60; level++) {
      set = new Set([[set], { set }]);
      keyed = new Map([
        [[keyed], keyed],
        [{ keyed }, keyed],
      ]);
      tied = new Map([
        [{}, tied],
        [{}, level],
      ]);
    }
    for (const value of [set, keyed, tied])
      expect([...freshBlocks(createEncoder().value(value))].length).toBeLessThan(200);
  });

  it('whose bytes are more than can be counted say the most that can be', () => {
    let list: unknown = LONG;
    for (let level = 0; level < 60; level++) list = Array.from({ length: 20 }, () => list);
    const forest = createForest();
    const part = forest.plant(list);
    expect(part.bytes).toBe(2 ** 48 - 1);
    expect(forest.encoder.value(forest.shallow(part))).toMatchObject({ hash: part.hash, bytes: part.bytes });
  });

  it('read shallow and encoded again are the same blocks', () => {
    fc.assert(
      fc.property(values, (value) => {
        const forest = createForest();
        forest.plant(value);
        for (const [hash, block] of forest.blocks) {
          const again = forest.encoder.value(forest.decoder.open(hash, block).value());
          expect(again.hash).toBe(hash);
          expect(again.fresh?.children.every((child) => child.fresh === null)).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('larger than the writer keeps room for are right, and so is what follows them', () => {
    const forest = createForest();
    const large = { text: 'é'.repeat(3_000_000), list: Array.from({ length: 300_000 }, (_, index) => index * 3) };
    deepStrictEqual(forest.whole(forest.plant(large)), large);
    deepStrictEqual(forest.whole(forest.plant([1, 'two'])), [1, 'two']);
  });

  it('given a part of its own is that part', () => {
    const encoder = createEncoder();
    const part = encoder.value([1]);
    expect(encoder.value(part)).toBe(part);
  });
});

describe('links', () => {
  class Reference {
    constructor(
      readonly part: Part,
      readonly type = 'agent',
      readonly weight = 1,
    ) {}
  }
  const asLink = (value: object): Link | undefined =>
    value instanceof Reference
      ? { part: value.part, type: value.type, schemaVersion: 2, weight: value.weight }
      : undefined;

  it('come back with part, type, schema version and weight, behind the components in the child list', () => {
    const forest = createForest(createEncoder({ asLink }));
    const target = forest.plant({ hp: 1 });
    const part = forest.plant({ a: new Reference(target), b: LONG, c: [new Reference(target, 'map', 0.5)] });
    const open = forest.open(part);
    expect(open.components).toBe(1);
    expect(open.children).toHaveLength(3);
    const { a, c } = open.value() as { a: Link; c: Link[] };
    expect(a).toMatchObject({ part: { hash: target.hash }, type: 'agent', schemaVersion: 2, weight: 1 });
    expect(c[0]).toMatchObject({ part: { hash: target.hash }, type: 'map', schemaVersion: 2, weight: 0.5 });
  });

  it('say the same of a target whatever is known of it', () => {
    const encoder = createEncoder({ asLink });
    const made = encoder.value([LONG, 1, 2]);
    const loaded = new Part(made.hash, 0, 0, 0, null);
    expect(encoder.value([new Reference(made)]).hash).toBe(encoder.value([new Reference(loaded)]).hash);
    expect(encoder.value([new Reference(made)]).bytes).toBe(encoder.value([new Reference(loaded)]).bytes);
    expect(encoder.value([new Reference(made)]).height).toBe(1);
  });

  it('may be keys and members, and bring their unsaved targets along', () => {
    const encoder = createEncoder({ asLink });
    const [a, b] = [new Reference(encoder.value('a')), new Reference(encoder.value('b'))];
    const root = encoder.value(
      new Map([
        [a, new Set([b, a])],
        [b, new Set()],
      ]),
    );
    expect(
      encoder.value(
        new Map([
          [b, new Set()],
          [a, new Set([a, b])],
        ]),
      ).hash,
    ).toBe(root.hash);
    expect([...freshBlocks(root)].map(([hash]) => hash)).toEqual(expect.arrayContaining([a.part.hash, b.part.hash]));
  });
});

describe('commits', () => {
  it('keep their root as a part, however deep it is', () => {
    const encoder = createEncoder();
    const root = encoder.value(nest(MAX_DEPTH));
    expect(root.height).toBe(MAX_DEPTH);
    const commit = encoder.commit({ root, type: 'list', version: 1, message: undefined });
    const open = createForest().decoder.open(commit.hash, commit.fresh?.block ?? new Uint8Array());
    expect(open.kind).toBe(KIND_COMMIT);
    expect(open.value()).toMatchObject({ root: { hash: root.hash }, type: 'list', version: 1 });
    const wide = Object.fromEntries(keyNames(500).map((key) => [key, key]));
    expect(encoder.commit(wide).fresh?.block[1]).toBe(KIND_COMMIT);
    expect(encoder.value({ type: 'list', version: 1 }).hash).not.toBe(
      encoder.commit({ type: 'list', version: 1 }).hash,
    );
  });
});

describe('strings', () => {
  it.each([
    ['Latin-1 where it can be', 'Füchsin', 0, 7],
    ['UTF-8 where that is shorter than UTF-16', 'eine 🦊', 1, 9],
    ['UTF-16 where it is shorter', '狐狸狐狸', 2, 8],
    ['UTF-16 where a surrogate stands alone', 'fox \ud83e', 2, 10],
    ['UTF-8 where neighbours complete a pair', ['fox \ud83e', '\udd8a'], 1, 8],
  ])('are written in %s', (_, value, encoding, size) => {
    const block = createEncoder().value(value).fresh?.block ?? new Uint8Array();
    // Format, kind, two counts of children, no tail, no key lists; then units and encoding.
    expect(block[7]).toBe(encoding);
    const body = Array.isArray(value) ? 3 : 1;
    expect(block.length).toBe(8 + (encoding === 1 ? 1 : 0) + size + body);
    deepStrictEqual(createForest().decoder.open('', block).value(), value);
  });
});

describe('what is refused, with its path', () => {
  const encoder = createEncoder();
  const refusal = (value: unknown): { path: unknown; found: unknown } => {
    try {
      encoder.value(value);
    } catch (error) {
      if (!HeliosError.is(error, 'UNSUPPORTED_VALUE')) throw error;
      return { path: error.details.path, found: error.details.found };
    }
    throw new Error('was taken');
  };
  class Agent {}
  class Ledger extends Map {}
  class Tags extends Set {}
  class Day extends Date {}
  class Row extends Array {}
  class Bytes extends Uint8Array {}
  class View extends (DataView as new (buffer: ArrayBuffer) => ArrayBufferView) {}

  it.each<[string, unknown, string]>([
    ['a function', () => 1, 'a function'],
    ['a named function', function walk() {}, 'a function (walk)'],
    ['a class', Agent, 'a function (Agent)'],
    ['a symbol', Symbol('s'), 'a symbol (Symbol(s))'],
    ['a symbol as a key', { [Symbol('s')]: 1 }, 'a record with a symbol as a key (Symbol(s))'],
    ['a class instance', new Agent(), 'an instance of Agent'],
    ['an object with a prototype of its own', Object.create({ inherited: 1 }), 'an instance of Object'],
    ['one of no class', Object.create(Object.create(null)), 'an object with a prototype of its own'],
    ['a Map of another class', new Ledger(), 'an instance of Ledger'],
    ['a Set of another class', new Tags(), 'an instance of Tags'],
    ['a Date of another class', new Day(), 'an instance of Day'],
    ['an array of another class', new Row(), 'an instance of Row'],
    ['bytes of another class', new Bytes(1), 'an instance of Bytes'],
    ['a DataView of another class', new View(new ArrayBuffer(1)), 'an instance of View'],
    ['a buffer without a view', new ArrayBuffer(1), 'an instance of ArrayBuffer'],
    ['a view on shared memory', new Uint8Array(new SharedArrayBuffer(1)), 'a view on shared memory'],
    ['a DataView on shared memory', new DataView(new SharedArrayBuffer(1)), 'a view on shared memory'],
    ['an invalid Date', new Date(Number.NaN), 'an invalid Date'],
    ['a promise', Promise.resolve(), 'an instance of Promise'],
    ['a regular expression', /x/, 'an instance of RegExp'],
    ['an error', new TypeError('x'), 'an instance of TypeError'],
    ['a boxed number', Object(1), 'an instance of Number'],
    ['a proxy of an instance', new Proxy(new Agent(), {}), 'a proxy'],
    ['a WeakMap', new WeakMap(), 'an instance of WeakMap'],
  ])('%s', (_, value, found) => {
    expect(refusal(value)).toEqual({ path: [], found });
    expect(refusal({ a: [1, { b: value }] })).toEqual({ path: ['a', 1, 'b'], found });
    expect(refusal([new Map([['k', [value]]])])).toEqual({ path: [0, 'k', 0], found });
    expect(refusal({ s: new Set(['first', value]) })).toEqual({ path: ['s', 1], found });
    expect(refusal([0, LONG, [2n ** 100_000n, value]])).toEqual({ path: [2, 1], found });
    expect(refusal(new Map([[value, 1]]))).toMatchObject({ path: [expect.stringContaining('a key')], found });
  });

  it('undefined outside of records', () => {
    expect(refusal(undefined)).toEqual({ path: [], found: 'undefined' });
    expect(refusal({ a: [1, undefined] })).toEqual({ path: ['a', 1], found: 'undefined' });
    expect(refusal(new Map([[7, undefined]]))).toEqual({ path: [7], found: 'undefined' });
    expect(refusal(new Set([undefined]))).toEqual({ path: [0], found: 'undefined' });
    expect(refusal(new Map([[undefined, 1]])).found).toBe('undefined');
  });

  it('holes in arrays, at once even if there are very many', () => {
    const holed = [1, 2, 3];
    delete holed[1];
    expect(refusal({ a: holed })).toEqual({ path: ['a', 1], found: 'a hole (a sparse array)' });
    expect(refusal(new Array(4_294_967_295))).toEqual({ path: [0], found: 'a hole (a sparse array)' });
  });

  it('cycles, at the place where what holds itself comes again', () => {
    const found = 'a cycle (a value that holds itself)';
    const self: Record<string, unknown> = { a: 1 };
    self.self = self;
    expect(refusal(self)).toEqual({ path: ['self'], found });
    expect(refusal({ x: [self] })).toEqual({ path: ['x', 0, 'self'], found });
    const list: unknown[] = [];
    list.push(1, { list: [list, list] });
    expect(refusal(list)).toEqual({ path: [1, 'list', 0], found });
    const map = new Map<unknown, unknown>();
    map.set('k', [map]);
    expect(refusal(map)).toEqual({ path: ['k', 0], found });
    const set = new Set<unknown>();
    set.add({ set });
    expect(refusal(set)).toEqual({ path: [0, 'set'], found });
  });

  it('depth above the limit, and nothing at the limit', () => {
    expect(refusal(nest(MAX_DEPTH + 1)).found).toBe('depth');
    expect(refusal(nest(100_000)).found).toBe('depth');
    const big = nest(MAX_DEPTH - 1, LONG);
    expect(encoder.value([big]).height).toBe(MAX_DEPTH);
    expect(refusal([[big]]).found).toBe('depth');
  });

  it('depth above the limit that only a part has, or a component that was met before', () => {
    const part = encoder.value(nest(MAX_DEPTH - 1));
    expect(encoder.value([part]).height).toBe(MAX_DEPTH);
    expect(refusal([1, [part]])).toEqual({ path: [1, 0], found: 'depth' });
    let wide: unknown = 0;
    for (let level = 0; level < MAX_DEPTH - 1; level++) wide = [wide, 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxx'];
    expect(encoder.value([wide, wide]).height).toBe(MAX_DEPTH);
    // The top few levels of it are too small to be components: they are walked again.
    expect(refusal([wide, [wide]])).toMatchObject({ path: expect.arrayContaining([1, 0]), found: 'depth' });
    expect((refusal([wide, [wide]]).path as unknown[]).length).toBeLessThan(50);
  });

  it.each<[string, (below: unknown) => unknown]>([
    ['arrays', (below) => [below]],
    ['records', (below) => ({ below })],
    ['bare records', (below) => Object.assign(Object.create(null) as object, { below })],
    ['Maps', (below) => new Map([['below', below]])],
    [
      'keys of Maps',
      (below) =>
        new Map([
          [below, 1],
          [1, 1],
        ]),
    ],
    ['Sets', (below) => new Set([below, 1])],
  ])('never a full stack: %s at the limit are encoded and decoded', (_, wrap) => {
    let value: unknown = 'leaf';
    for (let level = 0; level < MAX_DEPTH; level++) value = wrap(value);
    const forest = createForest();
    const part = forest.plant(value);
    expect(part.height).toBe(MAX_DEPTH);
    expect(forest.encoder.value(forest.whole(part)).hash).toBe(part.hash);
    expect(refusal(wrap(value)).found).toBe('depth');
  });

  it('says what to do, and leaves the encoder as good as new', () => {
    expect(() => encoder.value({ a: { 'b.c': [() => 1] } })).toThrow(
      'Values hold plain data only, but what is at a["b.c"][0] is a function. Leave it out, or turn it into plain data first.',
    );
    expect(() => encoder.value(Symbol('x'))).toThrow('but the value itself is a symbol');
    expect(encoder.value({ a: 1 }).hash).toBe(rootOf({ a: 1 }));
  });

  it('a getter that gives something else the second time', () => {
    let reads = 0;
    const fickle = {
      get a() {
        return reads++ === 0 ? 1 : Symbol('later');
      },
    };
    // One pass reads it once; where a value is measured first, the second reading is refused.
    expect(encoder.value(fickle).hash).toBe(rootOf({ a: 1 }));
    expect(refusal(new Map([[1, fickle]])).found).toBe('a symbol (Symbol(later))');
  });
});

function nest(levels: number, leaf: unknown = 'leaf'): unknown {
  let value = leaf;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

function keyNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `key${index}`);
}
