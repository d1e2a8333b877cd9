/** The cache of what nodes gave. */
import { AIMessage } from '@langchain/core/messages';
import { Annotation, START, StateGraph } from '@langchain/langgraph';
import { pino } from 'pino';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { HeliosCache, type HeliosCacheOptions } from '../../../src/adapters/langgraph/index.js';
import { Helios } from '../../../src/index.js';
import { freshDirectory, removeDirectory } from '../../store/directories.js';

const open: HeliosCache[] = [];
const inMemory = (options: HeliosCacheOptions = {}) => {
  const cache = new HeliosCache({ store: 'memory', ...options });
  open.push(cache);
  return cache;
};
afterEach(async () => {
  vi.restoreAllMocks();
  for (const cache of open.splice(0)) await cache.end();
});

type Key = [string[], string];
const valuesOf = async (cache: HeliosCache, ...keys: Key[]) => (await cache.get(keys)).map(({ value }) => value);

describe('an entry', () => {
  test('comes back as it went in, once for each key that is asked for', async () => {
    const cache = inMemory();
    const value = [['messages', new AIMessage({ content: 'hi', id: '1' })] as const, ['n', { b: 1, a: undefined }]];
    await cache.set([
      { key: [['ns', 'node'], 'k'], value },
      { key: [['ns'], '__proto__'], value: 0 },
    ]);
    const found = await cache.get([
      [['ns', 'node'], 'k'],
      [['ns'], '__proto__'],
      [['ns'], 'k'],
      [['other'], 'k'],
    ]);
    expect(found).toStrictEqual([
      { key: [['ns', 'node'], 'k'], value },
      { key: [['ns'], '__proto__'], value: 0 },
    ]);
    expect(await cache.get([])).toEqual([]);
  });

  test('is over when its seconds are, and is taken away by what is cached later', async () => {
    let now = 1_000_000;
    vi.spyOn(Date, 'now').mockImplementation(() => now);
    const cache = inMemory();
    await cache.set([
      { key: [['a'], 'short'], value: 1, ttl: 10 },
      { key: [['a'], 'long'], value: 2, ttl: 100 },
      { key: [['a'], 'ever'], value: 3 },
    ]);
    const all: Key[] = [
      [['a'], 'short'],
      [['a'], 'long'],
      [['a'], 'ever'],
    ];
    now += 9_999;
    expect(await valuesOf(cache, ...all)).toEqual([1, 2, 3]);
    now += 1;
    expect(await valuesOf(cache, ...all)).toEqual([2, 3]);
    const stored = async () => {
      const found = await (await cache.helios).find('langgraph-cache/a');
      return Object.keys(Object(found?.at(['entries'])));
    };
    expect(await stored()).toContain('short');
    await cache.set([
      { key: [['a'], 'short'], value: 4, ttl: 10 },
      { key: [['a'], 'new'], value: 5 },
    ]);
    expect(await valuesOf(cache, [['a'], 'short'], [['a'], 'new'])).toEqual([4, 5]);
    now += 100_000;
    await cache.set([{ key: [['a'], 'last'], value: 6 }]);
    expect((await stored()).sort()).toEqual(['ever', 'last', 'new']);
  });

  test('is forgotten when its namespace is cleared, or everything', async () => {
    const cache = inMemory();
    const keys: Key[] = [
      [['a'], 'k'],
      [['a', 'b'], 'k'],
      [['c'], 'k'],
    ];
    await cache.set(keys.map((key, value) => ({ key, value })));
    await cache.clear([['a'], ['never']]);
    expect(await valuesOf(cache, ...keys)).toEqual([1, 2]);
    await cache.clear([]);
    expect(await valuesOf(cache, ...keys)).toEqual([]);
  });

  test('that can’t be stored is not cached, and that is logged', async () => {
    const lines: string[] = [];
    const cache = inMemory({ logger: pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }) });
    await cache.set([
      { key: [['a'], 'bad'], value: { f: () => 1 } },
      { key: [['a'], 'good'], value: 1 },
    ]);
    expect(await valuesOf(cache, [['a'], 'bad'], [['a'], 'good'])).toEqual([1]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('Not cached');
  });
});

test('two caches over one directory fill it at once, and each finds what the other has', async () => {
  const directory = freshDirectory();
  const caches = [new HeliosCache({ store: directory }), new HeliosCache({ store: directory })];
  try {
    await Promise.all(
      caches.flatMap((cache, n) =>
        Array.from({ length: 10 }, (_, at) => cache.set([{ key: [['a'], `${n}-${at}`], value: at }])),
      ),
    );
    for (const cache of caches) {
      const keys = [0, 1].flatMap((n) => Array.from({ length: 10 }, (_, at): Key => [['a'], `${n}-${at}`]));
      expect(await valuesOf(cache, ...keys)).toHaveLength(20);
    }
  } finally {
    for (const cache of caches) await cache.end();
    removeDirectory(directory);
  }
});

test('a node of a graph that has a cache policy is run once for the same input', async () => {
  const helios = await Helios.open({ store: 'memory' });
  let runs = 0;
  const State = Annotation.Root({ n: Annotation<number> });
  const graphOver = (cache: HeliosCache) =>
    new StateGraph(State)
      .addNode(
        'slow',
        ({ n }) => {
          runs++;
          return { n: n * 2 };
        },
        { cachePolicy: { ttl: 60 } },
      )
      .addEdge(START, 'slow')
      .compile({ cache });
  expect(await graphOver(new HeliosCache(helios)).invoke({ n: 4 })).toEqual({ n: 8 });
  expect(await graphOver(new HeliosCache(helios)).invoke({ n: 4 })).toEqual({ n: 8 });
  expect(runs).toBe(1);
  expect(await graphOver(new HeliosCache(helios)).invoke({ n: 5 })).toEqual({ n: 10 });
  expect(runs).toBe(2);
  await helios.close();
});
