import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Helios } from '../src/index.js';
import { freshDirectory, removeDirectory } from './store/directories.js';
import { big, findingsOf } from './wholeStore.js';

let directory: string;
beforeEach(() => {
  directory = freshDirectory();
});
afterEach(() => removeDirectory(directory));

describe('closing', () => {
  it('ends a collection, which gives the store back: the next one begins at once', async () => {
    const helios = await Helios.open({ store: directory, graceMs: 0 });
    for (let at = 0; at < 20; at++) await helios.create('record', big(at)).save(`agents/${at}`);
    await helios.delete('agents/3');
    let close: Promise<void> | undefined;
    const collection = helios.collect({
      onProgress: () => {
        close ??= helios.close();
      },
    });
    // However quick it was, it has ended by one of the two.
    const [ended] = await Promise.allSettled([collection]);
    if (ended?.status === 'rejected') expect(ended.reason).toMatchObject({ code: 'CLOSED' });
    await (close ?? helios.close());
    const again = await Helios.open({ store: directory, graceMs: 0 });
    await expect(again.collect()).resolves.toBeDefined();
    expect(await findingsOf(again)).toEqual([]);
    await again.close();
  });

  it('at the moment of a collection ends it with CLOSED', async () => {
    const helios = await Helios.open({ store: directory, graceMs: 0 });
    for (let at = 0; at < 20; at++) await helios.create('record', big(at)).save(`agents/${at}`);
    const collection = helios.collect();
    const closed = helios.close();
    await expect(collection).rejects.toMatchObject({ code: 'CLOSED' });
    await closed;
    const again = await Helios.open({ store: directory });
    await again.collect();
    await again.close();
  });
});

it('a store whose directory is gone refuses what is saved, still reads, and closes', async () => {
  const helios = await Helios.open({ store: directory });
  await helios.create('record', { a: 1 }).save('agent');
  rmSync(directory, { recursive: true });
  await expect(helios.create('record', { a: 2 }).save('agent/2')).rejects.toMatchObject({
    name: 'HeliosError',
    message: expect.stringContaining(directory),
  });
  await expect(helios.collect()).rejects.toMatchObject({ name: 'HeliosError' });
  expect((await helios.load('agent')).materialize()).toEqual({ a: 1 });
  await helios.close();
});

it('a URL is no store: nothing is made of it', async () => {
  await expect(Helios.open({ store: 'file:///tmp/agents' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
});
