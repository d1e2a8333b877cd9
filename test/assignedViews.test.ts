/** Parts of one object that are assigned to another: their blocks are shared, and stay what they are. */
import { deepStrictEqual } from 'node:assert/strict';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Helios, type StateReference } from '../src/index.js';
import { blocksOf, newBlocksOf, readsOf } from './newBlocks.js';
import { errorOf } from './state/drafting.js';

// biome-ignore lint/suspicious/noExplicitAny: values of many forms
type Any = any;

let helios: Helios;
beforeAll(async () => {
  helios = await Helios.open({ store: 'memory' });
});
afterAll(async () => {
  await helios.close();
});

const prose = (n: number) => Array.from({ length: 200 }, (_, at) => `${n} foxes and ${at} hens. `).join('');

/** A value of many blocks and of every kind of collection. */
function world(): Record<string, unknown> {
  return {
    n: 1,
    agents: Array.from({ length: 300 }, (_, n) => ({ id: n, hp: 10, text: prose(n).slice(0, 300) })),
    byName: Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`agent ${n}`, { id: n, at: [n, n] }])),
    map: new Map<unknown, unknown>(Array.from({ length: 300 }, (_, n) => [`k${n}`, { id: n, deep: { n } }])),
    set: new Set(Array.from({ length: 600 }, (_, n) => `member ${n}`)),
    small: { one: { two: { text: prose(7) } }, three: 3 },
    list: [
      { text: prose(1), n: 1 },
      { text: prose(2), n: 2 },
    ],
    data: Float64Array.from({ length: 30_000 }, (_, n) => n),
    at: new Date(5),
  };
}

async function saved(value: Record<string, unknown>): Promise<StateReference<Any>> {
  await helios.create('record', value as Any).save('world', { expect: 'any' });
  return (await helios.load('world')) as unknown as StateReference<Any>;
}

const empty = (): StateReference<Any> => helios.create('record', { name: 'other' }) as Any;

describe('a part of a view that is assigned', () => {
  test('shares its blocks: none is new, and none is read', async () => {
    const from = await saved(world());
    for (const key of ['agents', 'byName', 'map', 'set']) {
      const view = from.view()[key];
      const other = empty();
      let after = other;
      const reads = readsOf(helios, () => {
        after = other.edit((draft) => {
          draft.taken = view;
          draft.again = [view, { view }];
        });
        expect(after.root).toHaveLength(64);
      });
      expect(reads).toBe(0);
      expect(newBlocksOf(after as Any)).toBe(1);
      expect(blocksOf(helios, after as Any)).toBeGreaterThan(5);
      const plain = { name: 'other', taken: world()[key], again: [world()[key], { view: world()[key] }] };
      deepStrictEqual(after.materialize(), helios.create('record', plain as Any).materialize());
      expect(after.root).toBe(helios.create('record', plain as Any).root);
    }
  });

  test('may be an element, a view of the whole, and what holds blocks without being one', async () => {
    const { data, at, ...value } = world();
    const from = await saved(value);
    const view = from.view();
    const recipe = (draft: Any, of: Any) => {
      draft.first = of.agents[7];
      draft.small = of.small;
      draft.one = of.small.one;
      draft.list = [...of.list, of.list[0]];
      draft.map = new Map([['k', of.map.get('k7')]]);
      draft.agents = of.agents.slice(0, 5);
      draft.all = of;
    };
    const after = empty().edit((draft) => recipe(draft, view));
    const plain: Record<string, unknown> = { name: 'other' };
    recipe(plain, value);
    expect(after.root).toBe(helios.create('record', plain as Any).root);
    // All of the other object, and what is new: the record, its texts are shared.
    expect(newBlocksOf(after as Any)).toBeLessThan(12);
  });

  test('can be changed where it was put, and stays as it is where it came from', async () => {
    const from = await saved(world());
    const view = from.view();
    const after = empty().edit((draft) => {
      draft.agents = view.agents;
      draft.agents[5].hp = 1;
      draft.agents.push({ id: 'new' });
      draft.map = view.map;
      draft.map.get('k5').deep.n = 99;
      draft.small = view.small;
      draft.small.one.two.more = true;
      draft.list = view.list;
      draft.list[1].n = 5;
      expect(draft.agents.length).toBe(301);
      expect(draft.agents).toBe(draft.agents);
    });
    const plain = world() as Any;
    plain.agents[5].hp = 1;
    plain.agents.push({ id: 'new' });
    plain.map.get('k5').deep.n = 99;
    plain.small.one.two.more = true;
    plain.list[1].n = 5;
    const { agents, map, small, list } = plain;
    const expected = helios.create('record', { name: 'other', agents, map, small, list } as Any);
    expect(after.root).toBe(expected.root);
    expect(newBlocksOf(after as Any)).toBeLessThan(20);
    deepStrictEqual(from.materialize(), world());
    expect(from.edit((draft) => (draft.n = 1)).root).toBe(from.root);
  });

  test('may come from an object that is not saved, and from the same one', async () => {
    const unsaved = helios.create('record', world() as Any) as StateReference<Any>;
    const other = empty().edit((draft) => {
      draft.taken = unsaved.view().agents;
    });
    await other.save('other');
    const loaded = (await helios.load('other')) as unknown as StateReference<Any>;
    deepStrictEqual((loaded.materialize() as Any).taken, world().agents);
    const from = await saved(world());
    const swapped = from.edit((draft) => {
      const { agents, byName } = from.view();
      draft.agents = byName;
      draft.byName = agents;
    });
    expect(newBlocksOf(swapped as Any)).toBe(1);
    deepStrictEqual(swapped.at('byName'), world().agents);
    expect(from.edit((draft) => (draft.agents = from.view().agents)).root).toBe(from.root);
  });

  test('holds bytes as they are stored; bytes themselves are copied, and what is written to them later is nowhere', async () => {
    const inline = { bytes: new Uint8Array([1, 2, 3]), deep: { text: prose(1), more: prose(2) } };
    const from = await saved({ ...world(), inline });
    const view = from.view();
    const mine = view.data;
    mine[0] = 77;
    const after = empty().edit((draft) => {
      draft.data = mine;
      draft.inline = view.inline;
    });
    mine[1] = 88;
    view.inline.bytes[0] = 99;
    const data = (world().data as Float64Array).fill(77, 0, 1);
    deepStrictEqual(after.materialize(), { name: 'other', data, inline });
    expect(after.root).toBe(helios.create('record', { name: 'other', data, inline } as Any).root);
  });

  test('of another Helios is copied', async () => {
    await using elsewhere = await Helios.open({ store: 'memory' });
    const there = elsewhere.create('record', world() as Any) as StateReference<Any>;
    const after = empty().edit((draft) => {
      draft.agents = there.view().agents;
    });
    deepStrictEqual(after.materialize(), { name: 'other', agents: world().agents });
    await after.save('from elsewhere');
    expect(newBlocksOf(after as Any)).toBe(0);
  });

  test('that is too deep where it is put is refused, by the path', () => {
    let deep: unknown = { text: prose(1), more: prose(2) };
    for (let level = 0; level < 950; level++) deep = { deep };
    const from = helios.create('record', { deep } as Any) as StateReference<Any>;
    const view = from.view().deep;
    expect(empty().edit((draft) => (draft.deep = view)).root).toHaveLength(64);
    const error = errorOf(() =>
      empty().edit((draft) => {
        let at = draft;
        for (let level = 0; level < 200; level++) {
          at.next = {};
          at = at.next;
        }
        at.deep = view;
      }),
    );
    expect(error).toMatchObject({ code: 'UNSUPPORTED_VALUE' });
  });
});
