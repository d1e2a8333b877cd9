import { deepStrictEqual } from 'node:assert';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineType, HeliosError } from '../../src/index.js';
import { createMemoryStore } from '../../src/store/index.js';
import { createFarStore } from '../farStore.js';
import { openHouse } from './house.js';

const value = { name: 'fox', parts: [{ text: 'a'.repeat(2000) }, { text: 'b'.repeat(2000) }], hp: 7 };

async function farHouse() {
  const far = createFarStore();
  const house = openHouse({ store: far.store, memoryBytes: 0 });
  await house.helios.create('record', value).save('animals/fox');
  far.forget();
  far.reads.length = 0;
  return { ...house, far };
}

test('ten callers share one restoration, and one who leaves harms nobody', async () => {
  const { helios, far, errors } = await farHouse();
  far.hold();
  const fetched = far.fetched();
  const requests = Array.from({ length: 10 }, () => helios.request('animals/fox'));
  expect(requests.map((request) => request.state)).toEqual(Array(10).fill('queued'));
  await fetched;

  expect(requests.map((request) => request.state)).toEqual(Array(10).fill('restoring'));
  expect(helios.stats().requests).toMatchObject({ open: 10, restoring: 1, joined: 9, restorations: 0 });

  const [first, second, ...others] = requests;
  first?.cancel('changed my mind');
  expect(first?.state).toBe('cancelled');
  await expect(first?.result).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(helios.stats().requests).toMatchObject({ open: 9, restoring: 1 });

  far.release();
  for (const request of [second, ...others]) deepStrictEqual((await request?.result)?.value, value);
  expect(helios.stats().requests).toMatchObject({ open: 0, restoring: 0, restorations: 1, joined: 9 });
  // The top block, and the two big texts below it: each asked for once, each read once.
  expect(far.fetches.map((hashes) => hashes.length)).toEqual([1, 2]);
  expect(helios.stats().requests.storeReads).toBe(3);
  expect(helios.stats().types.record).toMatchObject({ restored: 1, cached: 8, failed: 0 });
  expect(errors).toEqual([]);
  await helios.close();
});

test('a restoration that nobody waits for any more ends, and its fetch is given up', async () => {
  const { helios, far } = await farHouse();
  far.hold();
  const fetched = far.fetched();
  const requests = [helios.request('animals/fox'), helios.request('animals/fox')];
  await fetched;
  for (const request of requests) request.cancel();
  expect(helios.stats().requests).toMatchObject({ open: 0, restoring: 0 });
  far.release();
  const again = await helios.request('animals/fox').result;
  deepStrictEqual(again.value, value);
  expect(again.source).toBe('remote');
  await helios.close();
});

test('what was asked for in the same turn is restored once even when nothing is cached and nothing is far', async () => {
  const { helios, far } = await farHouse();
  await (await helios.load('animals/fox')).fetch();
  const before = helios.stats().requests.storeReads;
  const results = await Promise.all(Array.from({ length: 10 }, () => helios.request('animals/fox').result));
  for (const result of results) deepStrictEqual(result.value, value);
  expect(helios.stats().requests).toMatchObject({ restorations: 1, joined: 9 });
  expect(helios.stats().requests.storeReads - before).toBe(3);
  expect(far.fetches.flat().length).toBe(3);
  await helios.close();
});

test('those who ask for other paths of the same object are not joined', async () => {
  const { helios } = await farHouse();
  const [whole, hp, name] = await Promise.all([
    helios.request('animals/fox').result,
    helios.request('animals/fox', { paths: ['hp'] }).result,
    helios.request('animals/fox', { paths: ['name'] }).result,
  ]);
  deepStrictEqual(whole.value, value);
  deepStrictEqual(hp.value, { hp: 7 });
  deepStrictEqual(name.value, { name: 'fox' });
  expect(helios.stats().requests.joined).toBe(0);
  await helios.close();
});

test('typed arrays of a shared restoration are copies, one for each caller', async () => {
  const { helios } = openHouse({ memoryBytes: 0 });
  const bytes = Uint8Array.of(1, 2, 3);
  await helios.create('record', { bytes, list: [Float64Array.of(0.5)] }).save('pixels');
  const results = await Promise.all([helios.request('pixels').result, helios.request('pixels').result]);
  const [one, other] = results.map((result) => result.value as { bytes: Uint8Array; list: Float64Array[] });
  one?.bytes.fill(9);
  one?.list[0]?.fill(9);
  deepStrictEqual(other, { bytes, list: [Float64Array.of(0.5)] });
  const [byPath, byPathToo] = await Promise.all([
    helios.request('pixels', { paths: ['bytes'] }).result,
    helios.request('pixels', { paths: ['bytes'] }).result,
  ]);
  (byPath.value.bytes as Uint8Array).fill(9);
  deepStrictEqual(byPathToo.value.bytes, bytes);
  await helios.close();
});

test('typed arrays that an upgrade made are copies too', async () => {
  const store = createMemoryStore();
  const V1 = defineType({ name: 'pixels', schema: z.object({ size: z.number() }) });
  const old = openHouse({ store, types: [V1] });
  await old.helios.create(V1, { size: 3 }).save('it');
  const V2 = defineType({
    name: 'pixels',
    version: 2,
    schema: z.object({ bytes: z.instanceof(Uint8Array) }),
    upgrade: { 1: (was) => ({ bytes: new Uint8Array((was as { size: number }).size) }) },
  });
  const { helios } = openHouse({ store, types: [V2], memoryBytes: 0 });
  const [one, other] = await Promise.all([helios.request(V2, 'it').result, helios.request(V2, 'it').result]);
  one.value.bytes.fill(9);
  deepStrictEqual(other.value.bytes, new Uint8Array(3));
  await helios.close();
  await old.helios.close();
});

test('a fetch that fails for a while is tried again; one that fails for good fails all who wait', async () => {
  const { helios, far } = await farHouse();
  far.failures.push(new HeliosError('UNAVAILABLE', 'The store is away.', { retryAfterMs: 1 }));
  const result = await helios.request('animals/fox').result;
  expect(result).toMatchObject({ attempt: 2, source: 'remote' });

  far.forget();
  for (const _ of [1, 2, 3]) far.failures.push(new HeliosError('UNAVAILABLE', 'Still away.', { retryAfterMs: 1 }));
  const failed = helios.request('animals/fox');
  await expect(failed.result).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'Still away.' });
  expect(failed.actor.getSnapshot().context.attempt).toBe(3);

  far.forget();
  far.failures.push(new HeliosError('MISSING_BLOCK', 'Nobody has it.'));
  const both = [helios.request('animals/fox'), helios.request('animals/fox')];
  for (const request of both) await expect(request.result).rejects.toMatchObject({ code: 'MISSING_BLOCK' });
  await helios.close();
});

test('update brings the blocks that its recipe needs, and only those', async () => {
  const { helios, far } = await farHouse();
  await helios.update<typeof value>('animals/fox', (draft) => {
    draft.hp += 1;
    const [first] = draft.parts;
    if (first !== undefined) first.text += '!';
  });
  // The top block, then the one text that was read.
  expect(far.fetches.map((hashes) => hashes.length)).toEqual([1, 1]);
  await (await helios.load('animals/fox')).fetch();
  const after = (await helios.load('animals/fox')).materialize();
  deepStrictEqual(after, { ...value, hp: 8, parts: [{ text: `${'a'.repeat(2000)}!` }, value.parts[1]] });
  await helios.close();
});

test('a store that does not keep what it brings is said to be so, and nobody waits for ever', async () => {
  const { helios, far } = await farHouse();
  const { blocks } = far.store;
  const forgetful = { ...far.store, blocks: { ...blocks, has: () => false, get: () => undefined, size: blocks.size } };
  const house = openHouse({ store: forgetful });
  const unavailable = { code: 'UNAVAILABLE' };
  await expect((await house.helios.load('animals/fox')).fetch()).rejects.toMatchObject(unavailable);
  await expect(house.helios.update('animals/fox', (draft) => Object.keys(draft as object))).rejects.toMatchObject(
    unavailable,
  );
  await expect(house.helios.request('animals/fox', { timeoutMs: 300 }).result).rejects.toBeInstanceOf(HeliosError);
  await helios.close();
});
