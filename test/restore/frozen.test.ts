import { deepStrictEqual, throws } from 'node:assert';
import { expect, test } from 'vitest';
import { Helios, type Value } from '../../src/index.js';

/** Everything that a value can hold, some of it big enough to be a block of its own. */
function everything() {
  return {
    nothing: null,
    flags: [true, false],
    numbers: [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53],
    big: 123456789012345678901234567890n,
    text: 'x'.repeat(3000),
    when: new Date(0),
    bytes: Uint8Array.of(1, 2, 3),
    floats: Float32Array.of(0.5, 1.5),
    map: new Map<Value, Value>([
      ['a', { deep: 'y'.repeat(2000) }],
      [{ key: 1 }, new Date(5)],
    ]),
    set: new Set<Value>([1, 'two', new Map([['three', 3]])]),
    list: Array.from({ length: 100 }, (_, index) => ({ index, text: 'z'.repeat(20) })),
    nested: { '10': 'ten', 'a.b': 'dotted', '': 'empty', deeper: { deepest: ['w'.repeat(1500)] } },
  };
}

type Everything = ReturnType<typeof everything>;

/** Tries to change everything below a value; what lets itself be changed, other than bytes, fails the test. */
function attack(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  if (ArrayBuffer.isView(value)) {
    new Uint8Array(value.buffer, value.byteOffset, value.byteLength).fill(255);
    return;
  }
  const open = value as Record<string, unknown>;
  throws(() => {
    open.added = 1;
  }, TypeError);
  throws(() => Object.setPrototypeOf(value, { added: 1 }), TypeError);
  for (const key of Object.keys(value)) {
    throws(() => {
      open[key] = 'changed';
    }, TypeError);
    throws(
      () => Reflect.deleteProperty(value, key) || Object.defineProperty(value, key, { value: 'other' }),
      TypeError,
    );
    attack(open[key], `${path}.${key}`);
  }
  if (value instanceof Date) {
    for (const name of Object.getOwnPropertyNames(Date.prototype).filter((one) => one.startsWith('set'))) {
      throws(() => (value as unknown as Record<string, (time: number) => void>)[name]?.(1), TypeError, name);
    }
  } else if (value instanceof Map) {
    throws(() => value.set('added', 1), TypeError);
    throws(() => value.delete('a'), TypeError);
    throws(() => value.clear(), TypeError);
    for (const [key, item] of value) {
      attack(key, path);
      attack(item, path);
    }
  } else if (value instanceof Set) {
    throws(() => value.add('added'), TypeError);
    throws(() => value.delete(1), TypeError);
    throws(() => value.clear(), TypeError);
    for (const member of value) attack(member, path);
  } else if (Array.isArray(value)) {
    throws(() => value.push(1), TypeError);
    if (value.length > 1) throws(() => value.sort(() => -1), TypeError);
    throws(() => {
      value.length = 0;
    }, TypeError);
  }
}

test('whatever is done to a result, what is stored and what others get stays as it was', async () => {
  await using helios = await Helios.open({ store: 'memory' });
  const input = everything();
  const reference = helios.create('record', input);
  await reference.save('all');
  input.nested['10'] = 'changed behind';
  input.bytes.fill(7);
  const head = await helios.load('all');
  const ways: [string, () => Promise<unknown>][] = [
    ['materialize', async () => head.materialize()],
    ['view', async () => head.view()],
    ['at', async () => ({ ...everything(), map: head.at('map'), bytes: head.at('bytes') })],
    ['request', async () => (await helios.request('all').result).value],
    ['the unsaved one', async () => helios.create('record', everything()).materialize()],
  ];
  for (const [name, get] of ways) {
    const first = (await get()) as Everything;
    deepStrictEqual(first, everything(), name);
    if (name !== 'at') attack(first, name);
    else attack({ ...first }.map, name);
    deepStrictEqual(head.materialize(), everything(), name);
    deepStrictEqual(await get(), everything(), name);
    deepStrictEqual((await helios.request('all').result).value, everything(), name);
  }
});

test('typed arrays are copies, unless the callers agree to share them', async () => {
  await using helios = await Helios.open({ store: 'memory' });
  const reference = helios.create('record', { bytes: Uint8Array.of(1, 2, 3) });
  const one = reference.materialize() as { bytes: Uint8Array };
  const other = reference.materialize() as { bytes: Uint8Array };
  expect(one.bytes).not.toBe(other.bytes);
  const shared = reference.materialize({ shareBytes: true }) as { bytes: Uint8Array };
  const sharedToo = reference.materialize({ shareBytes: true }) as { bytes: Uint8Array };
  expect(sharedToo.bytes).toBe(shared.bytes);
  shared.bytes.fill(9);
  deepStrictEqual((reference.materialize() as { bytes: Uint8Array }).bytes, Uint8Array.of(1, 2, 3));
  deepStrictEqual((reference.view() as { bytes: Uint8Array }).bytes, Uint8Array.of(1, 2, 3));
});
