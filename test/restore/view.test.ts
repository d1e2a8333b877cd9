import { deepStrictEqual } from 'node:assert';
import { expect, test } from 'vitest';
import type { Value } from '../../src/index.js';
import { openHouse } from '../actors/house.js';
import { createFarStore } from '../farStore.js';

const value = {
  name: 'fox',
  big: { text: 'a'.repeat(2000), inner: { text: 'b'.repeat(2000) } },
  list: [{ text: 'c'.repeat(2000) }, 1, { text: 'd'.repeat(2000) }],
  map: new Map<string, Value>([
    ['one', { text: 'e'.repeat(2000) }],
    ['two', 2],
  ]),
  bare: Object.assign(Object.create(null) as { text: string }, { text: 'f'.repeat(2000) }),
  ['__proto__']: 1,
};

async function viewed() {
  const far = createFarStore();
  const { helios, runtime } = openHouse({ store: far.store });
  const reference = helios.create('record', value);
  await reference.save('it');
  await (await helios.load('it')).fetch();
  far.reads.length = 0;
  runtime.cache.clear();
  const view = (await helios.load('it')).view() as typeof value;
  return { helios, far, view };
}

test('a view equals the object, for every way of looking at it', async () => {
  const { helios, view } = await viewed();
  deepStrictEqual(view, helios.create('record', value).materialize());
  deepStrictEqual(view, value);
  expect(view).toEqual(value);
  expect(JSON.stringify(view)).toBe(JSON.stringify(helios.create('record', value).materialize()));
  expect(Object.keys(view)).toEqual(Object.keys(helios.create('record', value).materialize()));
  expect('big' in view && !('nothing' in view)).toBe(true);
  deepStrictEqual({ ...view }, { ...value });
  expect(Array.isArray(view.list)).toBe(true);
  deepStrictEqual([...view.list], value.list);
  deepStrictEqual(
    view.list.map((item) => item),
    value.list,
  );
  const [first, , third] = view.list;
  deepStrictEqual([first, third], [value.list[0], value.list[2]]);
  deepStrictEqual(structuredClone(view.big), value.big);
  await helios.close();
});

test('a view loads a block when it is first touched, and once', async () => {
  const { helios, far, view } = await viewed();
  expect(far.reads.length).toBe(1);
  expect(view.name).toBe('fox');
  expect(Object.keys(view.list)).toEqual(['0', '1', '2']);
  expect(far.reads.length).toBe(1);
  expect(view.big.inner.text.length).toBe(2000);
  const reads = far.reads.length;
  expect(reads).toBeLessThanOrEqual(4);
  expect(view.big).toBe(view.big);
  expect(view.big.inner.text.length).toBe(2000);
  expect(far.reads.length).toBe(reads);
  await helios.close();
});

test('what is elsewhere is said to be so, by the view, by at, by isLocal, and fetch brings it', async () => {
  const { helios, far } = await viewed();
  far.forget();
  const other = createFarStore();
  const house = openHouse({ store: other.store, memoryBytes: 0 });
  await house.helios.create('record', value).save('it');
  other.forget();
  const reference = await house.helios.load('it');
  for (const read of [() => reference.view(), () => reference.materialize(), () => reference.at('name')]) {
    expect(read).toThrow(expect.objectContaining({ code: 'NOT_LOCAL', retryable: true }));
  }
  expect(reference.isLocal()).toBe(false);
  await reference.fetch({ paths: ['big.inner'] });
  expect(reference.isLocal(['big.inner', 'name'])).toBe(true);
  expect(reference.isLocal(['list'])).toBe(false);
  expect(reference.isLocal()).toBe(false);
  deepStrictEqual(reference.at('big.inner'), value.big.inner);
  expect(() => reference.at('list[0]')).toThrow(expect.objectContaining({ code: 'NOT_LOCAL' }));
  const view = reference.view() as typeof value;
  expect(() => (view.list[0] as { text: string }).text).toThrow(expect.objectContaining({ code: 'NOT_LOCAL' }));
  expect(await reference.fetch()).toBe(reference);
  expect(reference.isLocal()).toBe(true);
  deepStrictEqual(reference.materialize(), value);
  await house.helios.close();
  await helios.close();
});

test('equal members that are blocks of their own stay as many as they were', async () => {
  const { helios, runtime } = openHouse();
  const big = () => ({ text: 'k'.repeat(2000) });
  const twice = {
    map: new Map<Value, Value>([
      [big(), 1],
      [big(), 2],
    ]),
    set: new Set<Value>([big(), big()]),
    bytes: Uint8Array.of(1),
  };
  await helios.create('record', twice).save('twice');
  const head = await helios.load('twice');
  for (const read of [() => head.materialize(), () => head.view(), () => head.at('')]) {
    deepStrictEqual(read(), twice);
    runtime.cache.clear();
  }
  deepStrictEqual((await helios.request('twice', { paths: ['map', 'set'] }).result).value, {
    map: twice.map,
    set: twice.set,
  });
  await helios.close();
});
