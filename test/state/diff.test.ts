import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_DEPTH } from '../../src/protocol/limits.js';
import { diffTrees } from '../../src/state/diff.js';
import { PAIRS_MAX } from '../../src/state/diffList.js';
import { createEncoder } from '../../src/state/encode.js';
import { COMPONENT_LIMIT } from '../../src/state/format.js';
import { type Link, Part } from '../../src/state/part.js';
import type { Change } from '../../src/state/value.js';
import { applied } from './changes.js';
import { createForest } from './forest.js';
import { collections, editedPairs, values } from './values.js';

/** A text that is a block of its own, and one of which two make a block of what holds them. */
const BIG = 'x'.repeat(2_000);
const HALF = 'x'.repeat(COMPONENT_LIMIT - 100);

/** A bench with two values planted in one forest, and counts of what their diff loads. */
function compared(before: unknown, after: unknown, forest = createForest()) {
  const [left, right] = [forest.plant(before), forest.plant(after)];
  const counts = { loads: 0, wholes: 0 };
  const options = {
    load: (part: Part) => {
      counts.loads++;
      return forest.shallow(part);
    },
    whole: (tree: unknown) => {
      counts.wholes++;
      return forest.whole(forest.plant(tree));
    },
    standalone: (tree: unknown) => forest.encoder.value(tree).hash,
  };
  return { left, right, forest, counts, options, changes: diffTrees(left, right, options) };
}

/** As a person would note them: `~a[1].hp 3>4`, `+tags.fox "fox"`, `-[0] 1`. */
function told(before: unknown, after: unknown): string[] {
  const text = (value: unknown) => {
    if (value instanceof Map || value instanceof Set) return `${JSON.stringify([...value])}`;
    return Object.is(value, -0) ? '-0' : typeof value === 'bigint' ? `${value}n` : JSON.stringify(value);
  };
  return [...compared(before, after).changes].map((change) => {
    const path = change.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
    const sign = { add: '+', remove: '-', change: '~' }[change.kind];
    const sides = [
      ...('before' in change ? [text(change.before)] : []),
      ...('after' in change ? [text(change.after)] : []),
    ];
    return `${sign}${path.replace(/^\./, '')} ${sides.join('>')}`;
  });
}

describe('applied to the value before, a diff gives the value after', () => {
  const holds = (before: unknown, after: unknown) => {
    const { changes, left, right } = compared(before, after);
    const all = [...changes];
    expect(all.length === 0).toBe(left.hash === right.hash);
    deepStrictEqual(applied(before, all), after);
  };

  it('for a value and what random edits made of it', () => {
    fc.assert(
      fc.property(editedPairs, ([before, after]) => holds(before, after)),
      { numRuns: 500 },
    );
  });

  it('for two values that have nothing to do with one another', () => {
    fc.assert(fc.property(values, values, holds), { numRuns: 500 });
  });

  it('for two lists of few different elements', () => {
    const element = fc.oneof(
      fc.nat({ max: 3 }),
      fc.record({ id: fc.nat({ max: 3 }), hp: fc.nat({ max: 2 }), note: fc.constantFrom('', BIG) }),
      fc.array(fc.nat({ max: 2 }), { maxLength: 4 }),
    );
    const list = fc.array(element, { maxLength: 12 });
    fc.assert(fc.property(list, list, holds), { numRuns: 500 });
  });

  it('for trees in place of parts, and for the way back', () => {
    fc.assert(
      fc.property(editedPairs, ([before, after]) => {
        const { left, right, forest, options } = compared(before, after);
        const [leftTree, rightTree] = [forest.shallow(left), forest.shallow(right)];
        deepStrictEqual(applied(before, diffTrees(leftTree, right, options)), after);
        deepStrictEqual(applied(before, diffTrees(left, rightTree, options)), after);
        deepStrictEqual(applied(after, diffTrees(rightTree, leftTree, options)), before);
        // As an edited state is before it is hashed: big values that are no blocks yet.
        deepStrictEqual(applied(before, diffTrees(left, after, options)), after);
        deepStrictEqual(applied(after, diffTrees(after, leftTree, options)), before);
        expect([...diffTrees(after, right, options)]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('and there is none between equal values', () => {
    fc.assert(
      fc.property(collections, (value) => {
        const { changes, left, forest, options } = compared(value, value);
        expect([...changes]).toEqual([]);
        expect([...diffTrees(forest.shallow(left), left, options)]).toEqual([]);
        expect([...diffTrees(forest.shallow(left), forest.shallow(left), options)]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what a diff says', () => {
  it.each<[string, unknown, unknown, string[]]>([
    ['the whole value when it is a scalar', 1, 2, ['~ 1>2']],
    ['the whole value when it became another kind', { a: 1 }, [1], ['~ {"a":1}>[1]']],
    ['keys in order', { b: 1, c: 1, a: 1 }, { c: 2, a: 1, d: 1 }, ['-b 1', '~c 1>2', '+d 1']],
    ['0 and -0 apart, and NaN as one', { a: 0, n: Number.NaN }, { a: -0, n: Number.NaN }, ['~a 0>-0']],
    ['a number from a bigint', { a: 1 }, { a: 1n }, ['~a 1>1n']],
    ['undefined as nothing', { a: undefined, b: 1 }, { a: 1, b: undefined }, ['+a 1', '-b 1']],
    [
      'keys that an object has by nature',
      JSON.parse('{"__proto__":1}'),
      { constructor: 2 },
      ['-__proto__ 1', '+constructor 2'],
    ],
    ['a record that lost its prototype', { r: { a: 1 } }, { r: bare({ a: 1 }) }, ['~r {"a":1}>{"a":1}']],
    ['what is inside a bare record', bare({ a: 1 }), bare({ a: 2 }), ['~a 1>2']],
    ['a Date', [new Date(0)], [new Date(1)], ['~[0] "1970-01-01T00:00:00.000Z">"1970-01-01T00:00:00.001Z"']],
    ['bytes', { b: new Uint8Array([1]) }, { b: new Uint8Array([2]) }, ['~b {"0":1}>{"0":2}']],
    ['bytes of another type', { b: new Uint8Array([1]) }, { b: new Int8Array([1]) }, ['~b {"0":1}>{"0":1}']],
    ['a text, however long', { t: BIG }, { t: `${BIG}y` }, [`~t "${BIG}">"${BIG}y"`]],
    ['a long text that became short', { t: BIG }, { t: 'x' }, [`~t "${BIG}">"x"`]],

    ['an element that came', [1, 2], [1, 9, 2], ['+[1] 9']],
    ['an element that went', [1, 2, 3], [1, 3], ['-[1] 2']],
    ['a scalar in the place of another', [1, 2, 3], [1, 9, 3], ['~[1] 2>9']],
    [
      'removals from the last, then additions, then changes',
      [1, 2, 3, 4, 5],
      [2, 9, 4, 6, 7],
      ['-[0] 1', '+[4] 7', '~[1] 3>9', '~[3] 5>6'],
    ],
    ['0 and -0 between other changes apart', [1, 0, 2], [3, -0, 4], ['~[0] 1>3', '~[1] 0>-0', '~[2] 2>4']],
    ['0 and -0 in lists apart', [0, 1, 0], [0, 1, -0], ['~[2] 0>-0']],
    [
      'an element that changed inside',
      [
        { id: 1, hp: 3 },
        { id: 2, hp: 3 },
      ],
      [
        { id: 1, hp: 3 },
        { id: 2, hp: 4 },
      ],
      ['~[1].hp 3>4'],
    ],
    ['the one field of an element', [{ hp: 3 }], [{ hp: 4 }], ['~[0].hp 3>4']],
    [
      'two elements with nothing in common apart',
      [{ hp: 3 }],
      [{ name: 'fox', at: 1 }],
      ['-[0] {"hp":3}', '+[0] {"at":1,"name":"fox"}'],
    ],
    [
      'two elements with little in common apart',
      [{ k: 1, a: 1, b: 2, c: 3 }],
      [{ k: 1, a: 2, b: 3, c: 4 }],
      ['-[0] {"a":1,"b":2,"c":3,"k":1}', '+[0] {"a":2,"b":3,"c":4,"k":1}'],
    ],
    ['an element of another kind as a change', [[1]], [{ a: 1 }], ['~[0] [1]>{"a":1}']],
    ['an element that was empty', [[], {}], [[1], { a: 1 }], ['+[0][0] 1', '+[1].a 1']],
    [
      'rows that share elements',
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [
        [1, 9, 3],
        [4, 5, 6],
      ],
      ['~[0][1] 2>9'],
    ],
    ['rows that share none apart', [[1], [2]], [[3], [2]], ['-[0] [1]', '+[0] [3]']],
    ['rows of which one is longer', [[1, 2, 3, 4]], [[2, 3, 4]], ['-[0][0] 1']],
    [
      'rows whose rows changed',
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [
        [
          [1, 2],
          [3, 5],
        ],
      ],
      ['~[0][1][1] 4>5'],
    ],
    [
      'which element became which, when one went before them',
      people('ann', 'bob', 'cyd'),
      [...older(people('ann', 'cyd'))],
      ['-[1] {"age":30,"name":"bob","town":"Ulm"}', '~[0].age 30>31', '~[1].age 30>31'],
    ],
    ['elements that moved, as gone and come', [1, 2, 3, 4], [4, 1, 2, 3], ['-[3] 4', '+[0] 4']],
    [
      'a change in a list in a list that grew in front',
      [[{ a: [1, 2] }]],
      [7, [{ a: [1, 3] }]],
      ['+[0] 7', '~[1][0].a[1] 2>3'],
    ],

    [
      'a Map by its text and number keys',
      new Map<unknown, unknown>([
        ['1', 'a'],
        [1, 'b'],
        ['k', [1]],
      ]),
      new Map<unknown, unknown>([
        ['1', 'a'],
        [1, 'c'],
        ['k', [1, 2]],
        [-2.5, 0],
      ]),
      ['+[-2.5] 0', '~[1] "b">"c"', '+k[1] 2'],
    ],
    [
      'a Map whose other keys stayed',
      new Map<unknown, unknown>([
        [null, 1],
        [[1], 2],
        ['k', 3],
      ]),
      new Map<unknown, unknown>([
        ['k', 4],
        [[1], 2],
        [null, 1],
      ]),
      ['~k 3>4'],
    ],
    [
      'a Map whose other keys differ, as a whole',
      {
        m: new Map<unknown, unknown>([
          [true, 1],
          ['k', 3],
        ]),
      },
      {
        m: new Map<unknown, unknown>([
          [true, 2],
          ['k', 4],
        ]),
      },
      [
        '~m [["k",3],[true,1]]>[["k",4],[true,2]]'
          .replaceAll('["k",3],[true,1]', '[true,1],["k",3]')
          .replaceAll('["k",4],[true,2]', '[true,2],["k",4]'),
      ],
    ],
    [
      'a Map with a key that is no place in a path',
      new Map([[Number.NaN, 1]]),
      new Map([[Number.NaN, 2]]),
      ['~ [[null,1]]>[[null,2]]'],
    ],
    [
      'a Set by its members',
      { tags: new Set(['a', 'fox', 7]) },
      { tags: new Set(['a', 'owl', 8]) },
      ['-tags[7] 7', '+tags[8] 8', '-tags.fox "fox"', '+tags.owl "owl"'],
    ],
    [
      'a Set whose other members differ, as a whole',
      new Set([[1], 'a']),
      new Set([[2], 'a']),
      ['~ ["a",[1]]>["a",[2]]'],
    ],
    ['a Set whose other members stayed', new Set([[1], 'a']), new Set([[1], 'b']), ['-a "a"', '+b "b"']],
    ['a Set that became a Map', { s: new Set([1]) }, { s: new Map([[1, 1]]) }, ['~s [1]>[[1,1]]']],
    [
      'elements that are Maps or Sets by what they share',
      [
        new Map([
          ['a', 1],
          ['b', 2],
        ]),
        new Set([1, 2, 3]),
      ],
      [
        new Map([
          ['a', 1],
          ['b', 3],
        ]),
        new Set([1, 2, 4]),
      ],
      ['~[0].b 2>3', '-[1][3] 3', '+[1][4] 4'],
    ],
    [
      'elements that are Maps or Sets that share nothing apart',
      [new Set([1, 2, 3]), new Map([['a', 1]])],
      [new Set([4, 5, 6]), new Map([['b', 1]])],
      ['-[1] [["a",1]]', '-[0] [1,2,3]', '+[0] [4,5,6]', '+[1] [["b",1]]'],
    ],
  ])('%s', (_, before, after, changes) => {
    expect(told(before, after)).toEqual(changes);
  });

  it('links by all that they say', () => {
    class Reference {
      constructor(
        readonly part: Part,
        readonly weight: number,
      ) {}
    }
    const asLink = (value: object): Link | undefined =>
      value instanceof Reference
        ? { part: value.part, type: 'agent', schemaVersion: 1, weight: value.weight }
        : undefined;
    const forest = createForest(createEncoder({ asLink }));
    const [one, two] = [forest.encoder.value(1), forest.encoder.value(2)];
    const tree = (part: Part, weight: number) => ({
      list: [0, new Reference(part, weight)],
      same: new Reference(one, 1),
    });
    const paths = (before: unknown, after: unknown) => {
      const options = {
        load: forest.shallow,
        whole: (value: unknown) => value,
        standalone: (value: unknown) => forest.encoder.value(value).hash,
      };
      return [...diffTrees(before, after, options)].map((change) => [change.kind, change.path.join('.')]);
    };
    expect(paths(tree(one, 1), tree(one, 1))).toEqual([]);
    expect(paths(tree(one, 1), tree(two, 1))).toEqual([['change', 'list.1']]);
    expect(paths(tree(one, 1), tree(one, 0.5))).toEqual([['change', 'list.1']]);
  });
});

describe('roots of which nothing but the hash is known', () => {
  it('are loaded and compared like any others', () => {
    const { left, right, options } = compared({ a: BIG, b: 1 }, { a: BIG, b: 2 });
    const known = (part: Part) => new Part(part.hash, 0, 0, 0, null);
    expect([...diffTrees(known(left), known(right), options)]).toEqual([
      { kind: 'change', path: ['b'], before: 1, after: 2 },
    ]);
    expect([...diffTrees(known(left), known(left), options)]).toEqual([]);
  });
});

describe('a change', () => {
  const change = (before: unknown, after: unknown): Change => {
    const [first] = compared(before, after).changes;
    if (first === undefined) throw new Error('no change');
    return first;
  };

  it('has before and after when there is one, enumerable', () => {
    expect(Object.keys(change([1], []))).toEqual(['kind', 'path', 'before']);
    expect(Object.keys(change([], [1]))).toEqual(['kind', 'path', 'after']);
    expect(Object.keys(change([1], [2]))).toEqual(['kind', 'path', 'before', 'after']);
    expect(change({ a: [1] }, { a: [2] })).toEqual({ kind: 'change', path: ['a', 0], before: 1, after: 2 });
    expect(JSON.stringify(change({ a: { b: 1 } }, {}))).toBe('{"kind":"remove","path":["a"],"before":{"b":1}}');
    expect({ ...change([1], [2]) }).toEqual({ kind: 'change', path: [0], before: 1, after: 2 });
    expect(structuredClone(change([1], [2]))).toEqual({ kind: 'change', path: [0], before: 1, after: 2 });
  });

  it('is frozen, path and all', () => {
    const one = change({ a: [1] }, { a: [2] });
    expect(Object.isFrozen(one)).toBe(true);
    expect(Object.isFrozen(one.path)).toBe(true);
  });

  it('loads before and after when they are read, once', () => {
    const { changes, counts } = compared({ a: [BIG, { b: BIG }] }, { a: 7, c: [BIG] });
    const [first, second] = changes;
    expect(counts).toEqual({ loads: 2, wholes: 0 });
    expect(first?.after).toBe(7);
    expect(first?.before).toEqual([BIG, { b: BIG }]);
    expect(first?.before).toBe(first?.before);
    expect(counts.wholes).toBe(2);
    expect(second?.after).toEqual([BIG]);
    expect(counts.wholes).toBe(3);
  });

  it('whose value can not be loaded says so at each reading, until it can', () => {
    let isHere = false;
    const options = {
      ...compared(1, 2).options,
      whole: (tree: unknown) => {
        if (!isHere) throw new Error('elsewhere');
        return tree;
      },
    };
    const [first] = diffTrees([1], [2], options);
    expect(() => first?.before).toThrow('elsewhere');
    expect(() => first?.before).toThrow('elsewhere');
    isHere = true;
    expect(first?.before).toBe(1);
  });
});

describe('the cost of a diff', () => {
  /** About 1 MB in records of lists of records, each some blocks. */
  const world = (seed: number) =>
    Object.fromEntries(
      Array.from({ length: 20 }, (_, region) => [
        `region${region}`,
        Array.from({ length: 20 }, (_, id) => ({
          id,
          seed,
          a: `${HALF}${region}.${id}`,
          b: HALF,
          bag: { gold: [id, id] },
        })),
      ]),
    );

  it('follows the change: two blocks for each level on the way to it', () => {
    const before = world(1);
    const after = structuredClone(before);
    const agent = after.region7?.[11];
    if (agent === undefined) throw new Error('no agent');
    agent.bag.gold[1] = 500;
    const { changes, counts } = compared(before, after);
    expect([...changes].map((change) => change.path)).toEqual([['region7', 11, 'bag', 'gold', 1]]);
    expect(counts.loads).toBeLessThanOrEqual(6);
    expect(counts.wholes).toBe(0);
  });

  it('is nothing for equal roots', () => {
    const { changes, counts } = compared(world(1), world(1));
    expect([...changes]).toEqual([]);
    expect(counts.loads).toBe(0);
  });

  it('is none below what came or went', () => {
    const before = world(1);
    const { region3, ...after } = before;
    expect(region3).toBeDefined();
    const there = compared(before, after);
    expect([...there.changes]).toHaveLength(1);
    expect(there.counts.loads).toBeLessThan(12);
    const back = compared(after, before);
    expect([...back.changes]).toHaveLength(1);
    expect(back.counts.loads).toBeLessThan(12);
  });

  it('is that of the elements that differ in a list that moved', () => {
    const list = world(1).region1 ?? [];
    const after = [{ id: -1, seed: 0, a: HALF, b: HALF, bag: { gold: [0, 0] } }, ...list.toSpliced(12, 1)];
    const { changes, counts } = compared(list, after);
    expect([...changes].map(({ kind, path }) => [kind, ...path])).toEqual([
      ['remove', 12],
      ['add', 0],
    ]);
    expect(counts.loads).toBe(2);
  });

  it('does not load the blocks of scalars to see that they differ, nor a collection that became one', () => {
    const { changes, counts } = compared(
      { a: BIG, b: BIG, c: [1, BIG, 2] },
      { a: `${BIG}1`, b: new Uint8Array(3_000), c: `${BIG}2` },
    );
    expect([...changes]).toHaveLength(3);
    expect(counts.loads).toBe(2);
  });

  it('comes due while it is iterated, and again when it is iterated again', () => {
    const { changes, counts } = compared(world(1), world(2));
    expect(counts.loads).toBe(0);
    for (const change of changes) {
      expect(change.path).toEqual(['region0', 0, 'seed']);
      break;
    }
    const forOne = counts.loads;
    expect(forOne).toBeLessThan(80);
    expect([...changes]).toHaveLength(400);
    expect([...changes]).toHaveLength(400);
    expect(counts.loads).toBeGreaterThan(10 * forOne);
  });

  it('stays in bounds where all elements of a long list changed: they are paired in order', () => {
    const length = Math.ceil(Math.sqrt(PAIRS_MAX)) + 10;
    const list = (hp: number) => Array.from({ length }, (_, id) => ({ id, hp, a: `${HALF}${id}`, b: HALF }));
    const { changes, counts } = compared(list(1), list(2));
    expect([...changes].map((change) => change.path)).toEqual(Array.from({ length }, (_, id) => [id, 'hp']));
    expect(counts.loads).toBe(2 + 2 * length);
    const small = (hp: number) => Array.from({ length }, (_, id) => ({ id, hp }));
    expect([...compared(small(1), small(2).slice(1)).changes]).toHaveLength(1 + 2 * (length - 1));
    const numbers = Array.from({ length }, (_, index) => index);
    expect(
      told(
        numbers,
        numbers.map((number) => [number]),
      ),
    ).toHaveLength(length);
    expect(
      told(
        numbers.map((number) => [number]),
        numbers.map((number) => [-1 - number]),
      ),
    ).toHaveLength(2 * length);
  });

  it('looks at a part of large collections only, to see whether they are alike', () => {
    const large = (from: number, to: number) => Array.from({ length: 10_000 }, (_, index) => (index < 100 ? from : to));
    const record = (value: number) =>
      Object.fromEntries(large(0, 1).map((_, index) => [`k${index}`, index < 5 ? value : 0]));
    const map = (value: number) => new Map(Object.entries(record(value)));
    const set = (from: number) => new Set(large(0, 0).map((_, index) => index + from));
    expect([...compared([record(1), 'x'], [record(2), 'y']).changes]).toHaveLength(6);
    expect([...compared([map(1), 'x'], [map(2), 'y']).changes]).toHaveLength(6);
    expect([...compared([set(0), 'x'], [set(1), 'y']).changes]).toHaveLength(3);
    expect([...compared([large(0, 1), 'x'], [large(0, 2), 'y']).changes].length).toBeGreaterThan(9_900);
  });
});

describe('depth', () => {
  it('up to the limit is no danger to the stack', () => {
    let [before, after]: [unknown, unknown] = [1, 2];
    for (let level = 0; level < MAX_DEPTH; level++) {
      [before, after] = level % 2 === 0 ? [[before], [after]] : [{ below: before }, { below: after }];
    }
    const [change] = compared(before, after).changes;
    expect(change?.path).toHaveLength(MAX_DEPTH);
    expect([change?.before, change?.after]).toEqual([1, 2]);
  });
});

function bare(entries: object): object {
  return Object.assign(Object.create(null) as object, entries);
}

function people(...names: string[]) {
  return names.map((name) => ({ name, age: 30, town: 'Ulm' }));
}

function older(persons: ReturnType<typeof people>) {
  return persons.map((person) => ({ ...person, age: person.age + 1 }));
}
