import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import { Helios } from '../../src/index.js';
import { UnsavedBytes } from '../../src/restore/unsaved.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const big = (letter: string) => ({ texts: Array.from({ length: 400 }, (_, n) => `${n}${letter.repeat(10_000)}`) });

test('what is not saved takes from the cache, and gives back when it is saved', async () => {
  await using helios = await Helios.open({ store: 'memory', memoryBytes: 10_000_000 });
  const reference = helios.create('record', big('a'));
  const { unsavedBytes, cache } = helios.stats();
  expect(unsavedBytes).toBe(reference.bytes);
  expect(cache.budgetBytes).toBe(10_000_000 - unsavedBytes);
  const other = helios.create('record', big('b'));
  const third = helios.create('record', big('c'));
  expect(helios.stats().cache.budgetBytes).toBe(0);
  for (const [name, one] of Object.entries({ reference, other, third })) await one.save(name);
  expect(helios.stats()).toMatchObject({ unsavedBytes: 0, cache: { budgetBytes: 10_000_000 } });
});

test('an edit counts the blocks that it makes, not those that it keeps, and a branch counts nothing', async () => {
  await using helios = await Helios.open({ store: 'memory' });
  const reference = helios.create('record', big('a'));
  await reference.save('it');
  const edited = reference.edit((draft) => {
    draft.texts[0] = 'short';
  });
  expect(helios.stats().unsavedBytes).toBe(0);
  expect(edited.root).not.toBe(reference.root);
  const { unsavedBytes } = helios.stats();
  expect(unsavedBytes).toBeGreaterThan(0);
  expect(unsavedBytes).toBeLessThan(edited.bytes / 10);
  expect(edited.branch().root).toBe(edited.root);
  expect(helios.stats().unsavedBytes).toBe(unsavedBytes);
  await edited.save();
  await edited.save('again');
  expect(helios.stats().unsavedBytes).toBe(0);
});

test('a state that nobody holds any more counts no longer', async () => {
  const told: number[] = [];
  const unsaved = new UnsavedBytes((total) => told.push(total));
  (() => unsaved.add({ part: null, tree: {} }, 5_000_000))();
  expect(told).toEqual([5_000_000]);
  await vi.waitFor(
    () => {
      collect();
      expect(unsaved.total).toBe(0);
    },
    { timeout: 20_000 },
  );
  expect(told).toEqual([5_000_000, 0]);
});
