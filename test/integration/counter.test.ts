import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Helios } from '../../src/index.js';
import { startChild } from '../children.js';
import { namedValues } from './children/values.mjs';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'helios-counter-'));
});
afterEach(() => rm(directory, { recursive: true }));

const opener = new URL('./children/opener.mjs', import.meta.url);
const counter = new URL('./children/counter.mjs', import.meta.url);

test('two processes that increment one counter lose no update', { timeout: 120_000 }, async () => {
  const store = join(directory, 'store');
  await using helios = await Helios.open({ store });
  await helios.create('record', { count: 0 }).save('counter');
  const children = [1, 2].map(() => startChild(counter, [store, '2000']));
  const codes = await Promise.all(children.map((child) => child.ended));
  expect(codes, children.map((child) => child.complaints()).join()).toEqual([0, 0]);
  const head = await helios.load('counter');
  expect(head.at('count')).toBe(4000);
  expect(head.base?.version).toBe(4001);
});

test('processes that only open, read and close take nothing from one that writes', { timeout: 120_000 }, async () => {
  const store = join(directory, 'store');
  await using helios = await Helios.open({ store });
  await helios.create('record', { count: 0 }).save('counter');
  const openers = [1, 2, 3].map(() => startChild(opener, [store, '150']));
  let isOver = false;
  const codes = Promise.all(openers.map((child) => child.ended)).finally(() => {
    isOver = true;
  });
  let acknowledged = 0;
  while (!isOver) {
    await helios.update<{ count: number }>('counter', (draft) => {
      draft.count += 1;
    });
    acknowledged++;
  }
  expect(await codes).toEqual([0, 0, 0]);
  expect((await helios.load('counter')).at('count')).toBe(acknowledged);
  expect(acknowledged).toBeGreaterThan(0);
});

test('two other processes give ten named values the roots that this one gives them', async () => {
  const children = [1, 2].map((number) => startChild(counter, [join(directory, `${number}`)]));
  const roots = await Promise.all(children.map((child) => child.next()));
  await using helios = await Helios.open({ store: 'memory' });
  // In reverse, so that what was encoded before is not the same.
  const named = Object.entries(namedValues()).reverse();
  const own = Object.fromEntries(named.map(([name, value]) => [name, helios.create('record', value).root]));
  expect(roots).toEqual([own, own]);
  expect(new Set(Object.values(own)).size).toBe(10);
});
