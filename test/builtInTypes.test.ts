/** The built-in types, through all that can be done to an object. */
import { deepStrictEqual } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import {
  type BuiltInType,
  defineType,
  Helios,
  type StateReference,
  type Tensor,
  type TextDraft,
  textOf,
} from '../src/index.js';
import { heldBy } from '../src/state/reference.js';
import { TreeEdit } from '../src/state/tree/edit.js';
import { blocksOf, newBlocksOf, readsOf } from './newBlocks.js';
import { errorOf } from './state/drafting.js';

let helios: Helios;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'helios-types-'));
  helios = await Helios.open({ store: directory });
});
afterAll(async () => {
  await helios.close();
  rmSync(directory, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: the same is done to objects of all types
type Any = any;

interface Case {
  readonly type: BuiltInType;
  readonly value: unknown;
  readonly recipe: (draft: Any) => unknown;
  readonly edited: unknown;
  /** Of the edit. */
  readonly changes: readonly unknown[];
  readonly at: readonly [path: string, value: unknown];
}

const floats = new Float32Array([1, 2, 3, 4, 5, 6]);
const tensor = (data: Float32Array): Tensor<'float32'> => ({ dtype: 'float32', shape: [2, 3], data });
const date = new Date('2026-01-01');

const CASES: readonly Case[] = [
  {
    ...{ type: 'record', value: { a: 1, b: { c: [1] } }, recipe: (draft) => draft.b.c.push(2) },
    ...{ edited: { a: 1, b: { c: [1, 2] } }, at: ['b.c[1]', 2] },
    changes: [{ kind: 'add', path: ['b', 'c', 1], after: 2 }],
  },
  {
    ...{
      type: 'map',
      value: new Map<unknown, unknown>([
        [1, 'a'],
        ['k', date],
      ]),
      recipe: (draft) => draft.set(1, 'b'),
    },
    ...{
      edited: new Map<unknown, unknown>([
        [1, 'b'],
        ['k', date],
      ]),
      at: ['k', date],
    },
    changes: [{ kind: 'change', path: [1], before: 'a', after: 'b' }],
  },
  {
    ...{
      type: 'list',
      value: [1, 'b', null],
      recipe: (draft) => draft.splice(1, 1),
      edited: [1, null],
      at: ['[1]', null],
    },
    changes: [{ kind: 'remove', path: [1], before: 'b' }],
  },
  {
    ...{ type: 'set', value: new Set(['a', 'b']), recipe: (draft) => draft.delete('a'), edited: new Set(['b']) },
    ...{ at: ['', new Set(['b'])], changes: [{ kind: 'remove', path: ['a'], before: 'a' }] },
  },
  {
    ...{
      type: 'text',
      value: 'a fox',
      recipe: (draft) => draft.splice(2, 3, 'hen'),
      edited: 'a hen',
      at: ['', 'a hen'],
    },
    changes: [{ kind: 'change', path: [], before: 'a fox', after: 'a hen' }],
  },
  {
    ...{ type: 'blob', value: new Uint8Array([1, 2, 3]), edited: new Uint8Array([1, 9, 3]) },
    recipe: (draft) => {
      draft[1] = 9;
    },
    ...{ at: ['', new Uint8Array([1, 9, 3])] },
    changes: [{ kind: 'change', path: [], before: new Uint8Array([1, 2, 3]), after: new Uint8Array([1, 9, 3]) }],
  },
  {
    ...{ type: 'tensor', value: tensor(floats), recipe: (draft) => draft.data.fill(0, 3) },
    ...{ edited: tensor(new Float32Array([1, 2, 3, 0, 0, 0])), at: ['shape[1]', 3] },
    changes: [{ kind: 'change', path: ['data'], before: floats, after: new Float32Array([1, 2, 3, 0, 0, 0]) }],
  },
  {
    ...{
      type: 'log',
      value: [{ n: 1 }],
      recipe: (draft) => draft.push({ n: 2 }, 'x'),
      edited: [{ n: 1 }, { n: 2 }, 'x'],
    },
    ...{ at: ['[1].n', 2] },
    changes: [
      { kind: 'add', path: [1], after: { n: 2 } },
      { kind: 'add', path: [2], after: 'x' },
    ],
  },
];

describe.each(CASES)('a $type', ({ type, value, recipe, edited, changes, at }) => {
  const create = () =>
    helios.create(type as 'record', structuredClone(value) as never) as unknown as StateReference<Any>;

  test('is created, edited, read and told apart', () => {
    const before = create();
    const after = before.edit(recipe);
    deepStrictEqual(before.materialize(), value);
    deepStrictEqual(after.materialize(), edited);
    deepStrictEqual(after.view(), edited);
    deepStrictEqual(after.at(at[0]), at[1]);
    deepStrictEqual(
      [...before.diff(after)].map((change) => ({ ...change })),
      changes,
    );
    expect(before.patch(before.diff(after)).root).toBe(after.root);
    if (type === 'log') expect(errorOf(() => after.patch(after.diff(before)))).toMatchObject({ code: 'INVALID_VALUE' });
    else expect(after.patch(after.diff(before)).root).toBe(before.root);
    expect(before.edit(() => {}).root).toBe(before.root);
    expect(helios.create(type as 'record', edited as never).root).toBe(after.root);
  });

  test('is saved, loaded, updated, asked for, and merged', async () => {
    const name = `types/${type}`;
    await create().save(name);
    const loaded = (await helios.load(name)) as unknown as StateReference<Any>;
    expect(loaded.type).toBe(type);
    const updated = await helios.update<Any>(name, recipe);
    deepStrictEqual((await helios.load(name)).materialize(), edited);
    deepStrictEqual((await helios.request(name).result).value, edited);
    expect(helios.merge(loaded, loaded, updated).ref.root).toBe(updated.root);
    expect(helios.merge(loaded, updated, updated)).toEqual({ ref: updated, conflicts: [] });
  });
});

describe('a text', () => {
  test('is typed: as a string when it is read, as a draft when it is edited', () => {
    const text = helios.create('text', 'a');
    expectTypeOf(text.materialize()).toEqualTypeOf<string>();
    text.edit((draft) => expectTypeOf(draft).toEqualTypeOf<TextDraft>());
    expectTypeOf(helios.create('blob', new Uint8Array(1)).materialize()).toEqualTypeOf<Uint8Array>();
    const weights = helios.create('tensor', tensor(floats));
    expectTypeOf(weights.materialize().data).toEqualTypeOf<Float32Array>();
    weights.edit((draft) => expectTypeOf(draft.data).toEqualTypeOf<Float32Array>());
  });

  test('may be given anew by the recipe, and be nothing but a text', () => {
    const text = helios.create('text', 'a fox');
    expect(text.edit((draft) => `${draft}!`).materialize()).toBe('a fox!');
    expect(text.edit((draft) => draft.replace('')).materialize()).toBe('');
    expect(errorOf(() => text.edit(() => ['a']))).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(errorOf(() => text.patch([{ kind: 'change', path: [], after: 5 }]))).toMatchObject({
      code: 'INVALID_VALUE',
    });
  });

  test('of a type of its own is edited alike, and checked', async () => {
    const Note = defineType({ name: 'note', schema: z.string().max(30_000) });
    await using own = await Helios.open({ store: 'memory', types: [Note] });
    for (const start of ['a fox', 'foxes and hens, '.repeat(1_000)]) {
      const note = own.create(Note, start);
      expect(note.edit((draft) => draft.append('!')).materialize()).toBe(`${start}!`);
      await note.save('note', { expect: 'any' });
      await own.update(Note, 'note', (draft) => draft.splice(0, 1, 'A'));
      expect((await own.load(Note, 'note')).materialize()).toBe(`A${start.slice(1)}`);
      const tooLong = (draft: TextDraft) => draft.append('x'.repeat(30_000));
      expect(errorOf(() => note.edit(tooLong))).toMatchObject({ code: 'INVALID_VALUE' });
    }
  });

  test('that both sides changed is a conflict, as any value that is none of parts', () => {
    const [base, ours, theirs] = ['a fox', 'a red fox', 'two foxes'].map((text) => helios.create('text', text));
    if (!base || !ours || !theirs) throw new Error('three');
    const { ref, conflicts } = helios.merge(base, ours, theirs);
    expect(ref.materialize()).toBe('a red fox');
    expect(conflicts).toEqual([{ path: [], base: 'a fox', ours: 'a red fox', theirs: 'two foxes' }]);
    expect(helios.merge(base, ours, theirs, () => 'both').ref.materialize()).toBe('both');
  });
});

describe('a tensor', () => {
  const weights = () => helios.create('tensor', tensor(floats.slice()));

  test('stays one when it is edited', () => {
    const reshaped = weights().edit((draft) => {
      draft.shape = [6, 2];
      draft.data = new Float32Array(12);
    });
    expect(reshaped.materialize()).toEqual({ dtype: 'float32', shape: [6, 2], data: new Float32Array(12) });
    const wrong: [(draft: Any) => void, unknown][] = [
      [(draft) => draft.shape.push(2), ['data']],
      [(draft) => (draft.shape[0] = -1), ['shape', 0]],
      [(draft) => (draft.dtype = 'int8'), ['data']],
      [(draft) => (draft.dtype = 'complex'), ['dtype']],
      [(draft) => (draft.data = new Float64Array(6)), ['data']],
      [(draft) => delete draft.data, ['data']],
      [(draft) => (draft.name = 'w'), ['name']],
    ];
    for (const [recipe, path] of wrong) {
      expect(errorOf(() => weights().edit(recipe))).toMatchObject({ code: 'INVALID_VALUE', details: { path } });
    }
  });

  test('is checked without its data, also when that is many blocks', async () => {
    const data = Float64Array.from({ length: 300_000 }, (_, n) => Math.sin(n));
    const large = helios.create('tensor', { dtype: 'float64', shape: [300, 1_000], data });
    await large.save('types/large tensor');
    const loaded = (await helios.load('types/large tensor')) as unknown as typeof large;
    let edited = loaded;
    const reads = readsOf(helios, () => {
      edited = loaded.edit((draft) => {
        draft.data[123_456] = 5;
        draft.shape = [1_000, 300];
      });
      expect(edited.root).toHaveLength(64);
    });
    expect(reads).toBeLessThanOrEqual(7);
    expect(newBlocksOf(edited as Any)).toBeLessThanOrEqual(7);
    const wrong = (draft: Any) => {
      draft.data[5] = 1;
      draft.shape = [1, 2];
    };
    expect(errorOf(() => loaded.edit(wrong))).toMatchObject({ code: 'INVALID_VALUE', details: { path: ['data'] } });
    data[123_456] = 5;
    expect(edited.root).toBe(helios.create('tensor', { dtype: 'float64', shape: [1_000, 300], data }).root);
  });
});

describe('a log', () => {
  const entries = (count: number, from = 0) =>
    Array.from({ length: count }, (_, n) => ({ n: n + from, what: `entry ${n}` }));

  test.each([0, 3, 2_000])('of %i entries is appended to, and nothing else', (count) => {
    const log: StateReference<Any, Any> = helios.create('log', entries(count));
    const appended = [
      (draft: Any) => draft.push({ n: -1 }),
      (draft: Any) => (draft[draft.length] = { n: -1 }),
      (draft: Any) => draft.splice(draft.length, 0, { n: -1 }),
      (draft: Any) => draft.splice(0, draft.length, ...entries(count), { n: -1 }),
      (draft: Any) => {
        draft.push(1, 2, { n: 0 });
        draft.splice(-3, 2);
        draft.at(-1).n = -1;
        draft.sort(() => 0);
      },
    ];
    for (const recipe of appended) {
      const longer = log.edit(recipe);
      deepStrictEqual(longer.materialize(), [...entries(count), { n: -1 }]);
      // Before anything is encoded, and after.
      deepStrictEqual(longer.edit((draft) => draft.push(0)).at(`[${count + 1}]`), 0);
      expect(
        longer
          .edit((draft) => draft.push(0))
          .edit((draft) => draft.push(1))
          .view(),
      ).toHaveLength(count + 3);
    }
    const wrong: [(draft: Any) => unknown, number][] = [
      [(draft) => draft.pop(), count - 1],
      [(draft) => draft.shift(), 0],
      [(draft) => draft.unshift({ n: 7 }), 0],
      [(draft) => draft.splice(1, 1), 1],
      [(draft) => (draft[count - 1] = 0), count - 1],
      [(draft) => (draft[1].n = 99), 1],
      [(draft) => draft.reverse(), 0],
      [(draft) => (draft.length = 2), 2],
      [(draft) => draft.fill(0, 2), 2],
      [(draft) => draft.splice(0, 2, draft[1], draft[0]), 0],
    ];
    for (const [recipe, index] of count === 0 ? [] : wrong) {
      const error = { code: 'INVALID_VALUE', message: /appended to/, details: { type: 'log', path: [index] } };
      expect(errorOf(() => log.edit(recipe))).toMatchObject(error);
      // Also what was appended, once that edit has ended.
      if (count > 1_000) {
        const longer = log.edit((draft) => draft.push(...entries(3)));
        expect(errorOf(() => longer.edit((draft) => draft.pop()))).toMatchObject({
          details: { path: [count + 2] },
        });
        expect(errorOf(() => longer.edit(recipe))).toMatchObject({ code: 'INVALID_VALUE' });
      }
    }
  });

  test('is not made another by a patch', () => {
    const log = helios.create('log', entries(5));
    expect(errorOf(() => log.patch([{ kind: 'change', path: [], after: [] }]))).toMatchObject({
      details: { path: [0] },
    });
    expect(errorOf(() => log.patch([{ kind: 'change', path: [], after: 'a' }]))).toMatchObject({
      code: 'INVALID_VALUE',
    });
    expect(errorOf(() => log.patch([{ kind: 'remove', path: [4] }]))).toMatchObject({ details: { path: [4] } });
    expect(log.patch([{ kind: 'change', path: [], after: entries(6) }]).materialize()).toEqual(entries(6));
  });

  test.each([0, 2, 1_500])('of %i entries keeps what both sides have appended, ours first', (count) => {
    const base: StateReference<Any, Any> = helios.create('log', entries(count));
    const push = (ref: typeof base, ...what: unknown[]) => ref.edit((draft) => draft.push(...what));
    const merged = (ours: typeof base, theirs: typeof base) => {
      const { ref, conflicts } = helios.merge(base, ours, theirs);
      expect(conflicts).toEqual([]);
      return (ref.materialize() as unknown[]).slice(count);
    };
    expect(merged(push(base, 'a', 'b'), push(base, 'c'))).toEqual(['a', 'b', 'c']);
    expect(merged(push(base, 'a'), base)).toEqual(['a']);
    expect(merged(base, push(base, 'a'))).toEqual(['a']);
    expect(merged(push(base, 'a'), push(base, 'a'))).toEqual(['a']);
    // What both begin with alike is one and the same.
    expect(merged(push(base, 'a', 'b'), push(base, 'a', 'c'))).toEqual(['a', 'b', 'c']);
    expect(merged(push(base, 'a'), push(base, 'a', 'c'))).toEqual(['a', 'c']);
    const many = merged(push(base, ...entries(1_000)), push(base, ...entries(1_000, 5_000)));
    expect(many).toEqual([...entries(1_000), ...entries(1_000, 5_000)]);
  });

  test('that is no continuation of the base is merged as a list', () => {
    const [base, ours, theirs] = [[1, 2], [1, 2, 3], [9]].map((list) => helios.create('log', list));
    if (!base || !ours || !theirs) throw new Error('three');
    expect(errorOf(() => helios.merge(base, ours, theirs))).toMatchObject({ code: 'INVALID_VALUE' });
    expect(helios.merge(base, theirs, base).ref.materialize()).toEqual([9]);
  });
});

describe('a small edit of a large object reads a path and makes a path', () => {
  /** Saved, so that its blocks are read from the store. */
  async function stored<T>(reference: StateReference<T, Any>): Promise<StateReference<T, Any>> {
    await reference.save('types/large', { expect: 'any' });
    return (await helios.load('types/large')) as unknown as StateReference<T, Any>;
  }

  function cost(reference: StateReference<Any, Any>, recipe: (draft: Any) => unknown) {
    let edited = reference;
    const reads = readsOf(helios, () => {
      edited = reference.edit(recipe);
      expect(edited.root).not.toBe(reference.root);
    });
    return { edited, reads, made: newBlocksOf(edited as Any) };
  }

  test('one character of a text of 1 MB, and of one in a record', async () => {
    const text = Array.from({ length: 40_000 }, (_, n) => `${n} foxes saw ${n % 97} hens. `).join('');
    const large = await stored(helios.create('text', text));
    const total = blocksOf(helios, large as Any);
    expect(total).toBeGreaterThan(500);
    for (const at of [0, 3, 123_456, text.length - 1, text.length]) {
      const { edited, reads, made } = cost(large, (draft) => draft.splice(at, 1, 'X'));
      expect(reads).toBeLessThanOrEqual(6);
      expect(made).toBeLessThanOrEqual(total / 100);
      expect(edited.root).toBe(helios.create('text', `${text.slice(0, at)}X${text.slice(at + 1)}`).root);
    }
    const page = await stored(helios.create('record', { title: 'a', body: text }));
    const inRecord = cost(page, (draft) => textOf(draft, 'body').splice(500_000, 0, 'X'));
    expect(inRecord.reads).toBeLessThanOrEqual(7);
    expect(inRecord.made).toBeLessThanOrEqual(total / 100);
    const assigned = cost(page, (draft) => {
      draft.body = `${draft.body.slice(0, 500_000)}X${draft.body.slice(500_000)}`;
    });
    expect(assigned.edited.root).toBe(inRecord.edited.root);
    expect(assigned.made).toBe(inRecord.made);
  });

  test.each([Uint8Array, Int16Array, Float32Array, BigUint64Array])('elements of a large %o', async (View) => {
    const big = View === BigUint64Array;
    const length = 800_000 / View.BYTES_PER_ELEMENT;
    const data = new View(length) as Any;
    for (let n = 0; n < length; n++)
      data[n] = big ? BigInt(Math.imul(n, 0x9e3779b1) >>> 0) : Math.imul(n, 0x9e3779b1) % 9_999;
    const one = big ? 5n : 5;
    const large = await stored(helios.create('record', { data }));
    const edits: [(draft: Any) => unknown, number][] = [
      [(draft) => (draft.data[77_777] = one), 5],
      [(draft) => draft.data.set([one, one], length - 2), 5],
      [(draft) => (draft.data.subarray(9, 20)[3] = one), 5],
      // Cuts move, and it takes some leaves until they fall where they were.
      [(draft) => draft.data.fill(one, 50_000, 50_100), 20],
    ];
    for (const [recipe, most] of edits) {
      const { edited, reads, made } = cost(large, recipe);
      expect(reads).toBeLessThanOrEqual(most);
      expect(made).toBeLessThanOrEqual(most);
      const plain = { data: data.slice() };
      recipe(plain);
      expect(edited.root).toBe(helios.create('record', plain).root);
    }
  });

  test('a byte of a blob', async () => {
    const bytes = Uint8Array.from({ length: 1_000_000 }, (_, n) => (Math.imul(n, 0x9e3779b1) >>> 11) & 255);
    const large = await stored(helios.create('blob', bytes));
    const { edited, reads, made } = cost(large, (draft) => (draft[654_321] = 7));
    expect(reads).toBeLessThanOrEqual(6);
    expect(made).toBeLessThanOrEqual(6);
    expect(edited.root).toBe(helios.create('blob', bytes.fill(7, 654_321, 654_322)).root);
  });

  test('an entry appended to a log and to a list of a million', async () => {
    const list = Array.from({ length: 1_000_000 }, (_, n) => n);
    for (const type of ['log', 'list'] as const) {
      const large = await stored(helios.create(type, list));
      for (const recipe of [
        (draft: Any) => draft.push('new'),
        (draft: Any) => (draft[draft.length] = 'new'),
        (draft: Any) => {
          expect(draft.length).toBe(1_000_000);
          expect(draft.at(-1)).toBe(999_999);
          expect([draft.indexOf(5), draft.includes(7), 3 in draft, draft[500]]).toEqual([5, true, true, 500]);
          for (let n = 0; n < 1_000; n++) draft.push(n);
        },
      ]) {
        const { edited, reads, made } = cost(large, recipe);
        expect(reads).toBeLessThanOrEqual(16);
        expect(made).toBeLessThanOrEqual(10);
        expect(edited.view()).toHaveLength(edited.at('[1000001]') === undefined ? 1_000_001 : 1_001_000);
      }
    }
  });

  test('also after many edits, none of which was asked for its root', () => {
    let [list, record, text]: StateReference<Any, Any>[] = [
      helios.create(
        'list',
        Array.from({ length: 5_000 }, (_, n) => n),
      ),
      helios.create('record', { list: Array.from({ length: 5_000 }, (_, n) => n), n: 1 }),
      helios.create('text', 'a fox and a hen. '.repeat(1_000)),
    ];
    for (let n = 0; n < 1_000; n++) {
      list = list?.edit((draft) => draft.push(n));
      record = record?.edit((draft) => draft.list.push(n));
      text = text?.edit((draft) => draft.splice(n * 16, 1, 'X'));
      const waiting = [
        heldBy(list as Any).tree,
        Reflect.get(Object(heldBy(record as Any).tree), 'list'),
        heldBy(text as Any).tree,
      ];
      for (const tree of waiting) if (tree instanceof TreeEdit) expect(tree.weight).toBeLessThan(520);
    }
    const numbers = [...Array.from({ length: 5_000 }, (_, n) => n), ...Array.from({ length: 1_000 }, (_, n) => n)];
    expect(list?.root).toBe(helios.create('list', numbers).root);
    expect(record?.root).toBe(helios.create('record', { list: numbers, n: 1 }).root);
    expect(String(text?.materialize()).match(/X/g)).toHaveLength(1_000);
  });

  test('an entry of a Map and a member of a Set, of many', async () => {
    const keys = Array.from({ length: 200_000 }, (_, n) => `key ${n}`);
    const map = await stored(helios.create('map', new Map(keys.map((key, n) => [key, n]))));
    const set = await stored(helios.create('set', new Set(keys)));
    const few = 6;
    const costs = [
      cost(map, (draft) => draft.set('key 5', 'five')),
      cost(map, (draft) => draft.set('a new key', 1)),
      cost(map, (draft) => draft.delete('key 77777')),
      cost(set, (draft) => draft.add('a new member')),
      cost(set, (draft) => draft.delete('key 77777')),
    ];
    for (const { reads, made } of costs) {
      expect(reads).toBeLessThanOrEqual(few);
      expect(made).toBeLessThanOrEqual(few);
    }
    // An iterator that ends early has read only up to there.
    const walked = cost(map, (draft) => {
      for (const [key, value] of draft) {
        if (value === 3) break;
        draft.set(key, -1);
        if (draft.size > 0) break;
      }
    });
    expect(walked.reads).toBeLessThanOrEqual(few);
    const first = cost(set, (draft) => {
      const [member] = draft;
      draft.delete(member);
    });
    expect(first.reads).toBeLessThanOrEqual(few);
  });
});
