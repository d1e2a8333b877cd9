/** Long-term memory: what LangGraph's own store in memory does, and what it does not. */
import { isDeepStrictEqual } from 'node:util';
import { Embeddings } from '@langchain/core/embeddings';
import { HumanMessage } from '@langchain/core/messages';
import { Annotation, type LangGraphRunnableConfig, START, StateGraph } from '@langchain/langgraph';
import { InMemoryStore, InvalidNamespaceError, type Item, type Operation } from '@langchain/langgraph-checkpoint';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { HeliosStore, type HeliosStoreOptions } from '../../../src/adapters/langgraph/index.js';
import { Helios } from '../../../src/index.js';
import { freshDirectory, removeDirectory } from '../../store/directories.js';

const open: HeliosStore[] = [];
const inMemory = (options: HeliosStoreOptions = {}) => {
  const store = new HeliosStore({ store: 'memory', ...options });
  open.push(store);
  return store;
};
afterEach(async () => {
  for (const store of open.splice(0)) await store.stop();
});

const keysOf = (items: readonly Item[]) => items.map(({ key }) => key);

/** How often each letter is in a text: like texts have like vectors, and anybody can work them out. */
class Letters extends Embeddings {
  embedded: string[][] = [];
  constructor() {
    super({});
  }
  override async embedQuery(text: string): Promise<number[]> {
    return Array.from('abcdefgh', (letter) => text.split(letter).length - 1);
  }
  override async embedDocuments(texts: string[]): Promise<number[][]> {
    this.embedded.push(texts);
    return Promise.all(texts.map((text) => this.embedQuery(text)));
  }
}

describe('an item', () => {
  test('comes back as it went in, with its times, and is the caller’s own', async () => {
    const store = inMemory();
    const value = {
      ...{ z: 1, a: undefined, at: new Date(5), big: 10n ** 30n, none: Number.NaN, zero: -0 },
      ...{ map: new Map([[{ b: 1 }, new Set([1])]]), message: new HumanMessage({ content: 'hello', id: 'one' }) },
      ...{ bytes: new Uint8Array([1, 2]), lc: { lc: 1, type: 'constructor', id: ['x'], kwargs: {} } },
    };
    const before = Date.now();
    await store.put(['users', 'ann'], 'profile', value);
    const item = await store.get(['users', 'ann'], 'profile');
    expect(item).toMatchObject({ namespace: ['users', 'ann'], key: 'profile' });
    expect(item?.value).toStrictEqual(value);
    expect(Object.keys(item?.value ?? {})).toEqual(Object.keys(value));
    expect(item?.createdAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(item?.updatedAt).toEqual(item?.createdAt);
    Object.assign(item?.value ?? {}, { z: 2 });
    item?.createdAt.setTime(0);
    const again = await store.get(['users', 'ann'], 'profile');
    expect(again?.value.z).toBe(1);
    expect(again?.createdAt.getTime()).toBeGreaterThanOrEqual(before);
  });

  test('keeps the time it was made when it is put again, and is gone when it is deleted', async () => {
    const store = inMemory();
    await store.put(['a'], 'k', { n: 1 });
    const first = await store.get(['a'], 'k');
    await store.put(['a'], 'k', { n: 2 });
    const second = await store.get(['a'], 'k');
    expect(second?.createdAt).toEqual(first?.createdAt);
    expect(second?.updatedAt.getTime()).toBeGreaterThanOrEqual(first?.updatedAt.getTime() ?? Number.NaN);
    expect(second?.value).toEqual({ n: 2 });
    await store.delete(['a'], 'k');
    expect(await store.get(['a'], 'k')).toBeNull();
    await store.delete(['a'], 'k');
    await store.delete(['b', 'never'], 'k');
    expect(await store.listNamespaces()).toEqual([]);
    expect(await (await store.helios).find('langgraph-store/a')).toBeNull();
  });

  test('may have any key, and any labels that LangGraph allows', async () => {
    const store = inMemory();
    const odd = ['__proto__', 'constructor', '', 'a/b', '100%', 'ключ', '🦊', '0', '-1'];
    for (const [n, key] of odd.entries()) await store.put([key || 'none', 'x/y'], key, { n });
    for (const [n, key] of odd.entries()) {
      expect((await store.get([key || 'none', 'x/y'], key))?.value).toEqual({ n });
    }
    await store.put(['all'], '__proto__', { n: 1 });
    expect(await store.get(['all'], 'toString')).toBeNull();
    expect(keysOf(await store.search(['all']))).toEqual(['__proto__']);
    expect((await store.listNamespaces({ suffix: ['x/y'] })).length).toBe(odd.length);
  });

  test('is refused with its path when it can’t be stored, and nothing of its batch is', async () => {
    const store = inMemory();
    const operations: Operation[] = [
      { namespace: ['a'], key: 'good', value: { n: 1 } },
      { namespace: ['b'], key: 'bad', value: { deep: [() => 1] } },
    ];
    await expect(store.batch(operations)).rejects.toMatchObject({ code: 'UNSUPPORTED_VALUE' });
    expect(await store.search([])).toEqual([]);
  });

  test('is refused where it is no record, its key no text, or its namespace none', async () => {
    const store = inMemory();
    for (const [key, value] of [
      ['k', 7],
      ['k', [1]],
      ['k', undefined],
      [7, {}],
    ]) {
      await expect(store.put(['a'], key as never, value as never)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    }
    for (const namespace of [[], ['a.b'], ['a', ''], ['langgraph']]) {
      await expect(store.put(namespace, 'k', {})).rejects.toThrow(InvalidNamespaceError);
    }
    for (const wrong of [{ limit: -1 }, { limit: 0.5 }, { offset: Number.NaN }]) {
      await expect(store.search(['a'], wrong)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    }
  });
});

describe('a search', () => {
  const people = async (store: HeliosStore) => {
    await store.put(['people', 'fr'], 'zoe', { age: 31, city: 'Paris', tags: ['x'] });
    await store.put(['people', 'de'], 'uwe', { age: 52, city: 'Ulm', tags: ['y'] });
    await store.put(['people', 'fr'], 'ann', { age: 31, city: 'Lyon', born: '1995-02-01' });
    await store.put(['peoples'], 'other', { age: 31 });
    return store;
  };

  test('finds what is below a namespace, in the order in which it came to be', async () => {
    const store = await people(inMemory());
    expect(keysOf(await store.search(['people']))).toEqual(['zoe', 'ann', 'uwe']);
    expect(keysOf(await store.search(['people', 'fr']))).toEqual(['zoe', 'ann']);
    expect(keysOf(await store.search([]))).toEqual(['zoe', 'ann', 'uwe', 'other']);
    expect(keysOf(await store.search(['people'], { offset: 1, limit: 1 }))).toEqual(['ann']);
    expect(await store.search(['people'], { limit: 0 })).toEqual([]);
    expect(await store.search(['nobody'])).toEqual([]);
  });

  test.each([
    [{ age: 31 }, ['zoe', 'ann']],
    [{ age: 31, city: 'Lyon' }, ['ann']],
    [{ tags: ['y'] }, ['uwe']],
    [{ age: { $gt: 31 } }, ['uwe']],
    [{ age: { $gte: 31, $lt: 52 } }, ['zoe', 'ann']],
    [{ age: { $lte: 31 } }, ['zoe', 'ann']],
    [{ city: { $ne: 'Ulm' } }, ['zoe', 'ann']],
    [{ city: { $in: ['Ulm', 'Lyon'] } }, ['ann', 'uwe']],
    [{ city: { $nin: ['Ulm', 'Lyon'] } }, ['zoe']],
    [{ city: { $eq: 'Paris' } }, ['zoe']],
    [{ born: { $lt: '1996-01-01' } }, ['ann']],
    [{ born: { $gt: '1996-01-01' } }, []],
    [{ nothing: { $gt: 0 } }, []],
    [{}, ['zoe', 'ann', 'uwe']],
  ])('with the filter %j finds %j', async (filter, keys) => {
    const store = await people(inMemory());
    expect(keysOf(await store.search(['people'], { filter }))).toEqual(keys);
  });

  test('says which operators there are', async () => {
    await expect(inMemory().search(['a'], { filter: { age: { $near: 3 } } })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('$gte'),
    });
  });

  test('by meaning is refused without an index, in words that say what to do', async () => {
    await expect(inMemory().search(['a'], { query: 'what?' })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('index: {'),
    });
  });

  test('by meaning gives the nearest first, and last what was not to be found so', async () => {
    const embeddings = new Letters();
    const store = inMemory({ index: { dims: 8, embeddings, fields: ['text', 'parts[*].text'] } });
    await store.put(['docs'], 'plain', { text: 'hhh' }, false);
    await store.put(['docs'], 'ab', { text: 'aabb' });
    await store.put(['docs'], 'c', { text: 'ccc', parts: [{ text: 'a' }, { text: 'gg' }, { no: 1 }] });
    await store.put(['docs'], 'd', { text: 'd', other: 'aaa' }, ['other']);
    const found = await store.search(['docs'], { query: 'aaaaab' });
    expect(keysOf(found)).toEqual(['c', 'd', 'ab', 'plain']);
    expect(found[0]?.score).toBeCloseTo(5 / Math.sqrt(26), 6);
    expect(found[2]?.score).toBeCloseTo(12 / Math.sqrt(26 * 8), 6);
    expect(found[3]?.score).toBeUndefined();
    expect(embeddings.embedded.flat()).toEqual(['aabb', 'ccc', 'a', 'gg', 'aaa']);
    expect(keysOf(await store.search(['docs'], { query: 'g', limit: 1 }))).toEqual(['c']);
    expect(keysOf(await store.search(['docs'], { query: 'a', offset: 1, filter: { text: 'aabb' } }))).toEqual([]);
    // An item put again is found by what it is now.
    await store.put(['docs'], 'c', { text: 'h' });
    expect((await store.search(['docs'], { query: 'gggg' })).every(({ score }) => !score)).toBe(true);
    await store.delete(['docs'], 'ab');
    expect(keysOf(await store.search(['docs'], { query: 'aaaaab' }))).not.toContain('ab');
  });

  test('refuses vectors of another length than the index says', async () => {
    const store = inMemory({ index: { dims: 7, embeddings: new Letters() } });
    await expect(store.put(['a'], 'k', { text: 'a' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await store.get(['a'], 'k')).toBeNull();
  });
});

describe('namespaces', () => {
  test('are listed by beginning, end, wildcards and depth, in order', async () => {
    const store = inMemory();
    for (const namespace of [['b'], ['a', 'x', 'v1'], ['a', 'y', 'v2'], ['a', 'z', 'v1', 'w']]) {
      await store.put(namespace, 'k', {});
    }
    const list = (options: Parameters<typeof store.listNamespaces>[0]) => store.listNamespaces(options);
    expect(await list({})).toEqual([['a', 'x', 'v1'], ['a', 'y', 'v2'], ['a', 'z', 'v1', 'w'], ['b']]);
    expect(await list({ prefix: ['a'] })).toHaveLength(3);
    expect(await list({ prefix: ['a', '*', 'v1'] })).toEqual([
      ['a', 'x', 'v1'],
      ['a', 'z', 'v1', 'w'],
    ]);
    expect(await list({ suffix: ['v1'] })).toEqual([['a', 'x', 'v1']]);
    expect(await list({ suffix: ['*', 'v2'], prefix: ['a'] })).toEqual([['a', 'y', 'v2']]);
    expect(await list({ maxDepth: 1 })).toEqual([['a'], ['b']]);
    expect(await list({ maxDepth: 2, limit: 2, offset: 1 })).toEqual([
      ['a', 'y'],
      ['a', 'z'],
    ]);
    expect(await list({ suffix: ['a', 'very', 'long', 'end'] })).toEqual([]);
  });
});

describe('of random operations', () => {
  const label = fc.constantFrom('a', 'b', 'c');
  const namespace = fc.array(label, { minLength: 1, maxLength: 3 });
  const key = fc.constantFrom('k', 'l', 'm');
  const put = fc.record({ namespace, key, value: fc.option(fc.record({ n: fc.nat(3) }), { nil: null }) });
  const search = fc.record({
    ...{ namespacePrefix: fc.array(label, { maxLength: 2 }), limit: fc.nat(5), offset: fc.nat(2) },
    filter: fc.option(fc.record({ n: fc.oneof(fc.nat(3), fc.record({ $gte: fc.nat(3) })) }), { nil: undefined }),
  });
  const operation = fc.oneof(put, put, fc.record({ namespace, key }), search);

  /** What LangGraph's store gives of an item is changed by what the same batch puts: ours is what was there before. */
  const isPut = (batch: readonly object[], { namespace, key }: { namespace: readonly string[]; key: string }) =>
    batch.some((one) => 'value' in one && isDeepStrictEqual({ namespace, key, ...one }, { ...one, namespace, key }));

  test('gives what LangGraph’s store in memory gives', async () => {
    const times = ({ createdAt, updatedAt, ...item }: Item) => item;
    const plain = (result: unknown): unknown => {
      if (Array.isArray(result)) return result.map(plain);
      return typeof result === 'object' && result !== null && 'createdAt' in result ? times(result as Item) : result;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(operation, { maxLength: 4 }), { maxLength: 12 }), async (batches) => {
        const ours = new HeliosStore({ store: 'memory' });
        const theirs = new InMemoryStore();
        for (const batch of batches) {
          const [got, wanted] = [
            await ours.batch(structuredClone(batch) as Operation[]),
            await theirs.batch(structuredClone(batch) as Operation[]),
          ];
          for (const [at, one] of batch.entries()) {
            if ('namespacePrefix' in one) {
              // Where not all are given, it matters that a namespace that was emptied begins anew here.
              if (one.offset > 0 || Array.from(wanted[at] ?? []).length === one.limit) continue;
              const sorted = (list: unknown) =>
                (plain(list) as Item[]).map((item) => JSON.stringify([item.namespace, item.key, item.value])).sort();
              expect(sorted(got[at])).toEqual(sorted(wanted[at]));
            } else if (!('value' in one) && !isPut(batch, one)) expect(plain(got[at])).toEqual(plain(wanted[at]));
          }
        }
        await ours.stop();
      }),
      { numRuns: 40 },
    );
  });
});

describe('in a directory', () => {
  test('several stores put at once, in the same namespaces, and all of it is there; another process finds it', async () => {
    const directory = freshDirectory();
    const stores = [new HeliosStore({ store: directory }), new HeliosStore({ store: directory })];
    try {
      await Promise.all(
        stores.flatMap((store, n) =>
          Array.from({ length: 20 }, (_, at) => store.put(['shared', `${at % 3}`], `${n}-${at}`, { n, at })),
        ),
      );
      const later = new HeliosStore({ store: directory });
      expect(await later.search(['shared'], { limit: 100 })).toHaveLength(40);
      await later.stop();
    } finally {
      for (const store of stores) await store.stop();
      removeDirectory(directory);
    }
  });

  test('a store shares a Helios that is open, and leaves it open', async () => {
    const helios = await Helios.open({ store: 'memory' });
    const store = new HeliosStore(helios);
    await store.put(['notes'], 'one', { text: 'first' });
    await store.put(['notes'], 'one', { text: 'second' });
    await store.stop();
    // A namespace is an object as any other: with its history.
    const messages: unknown[] = [];
    for await (const { message } of helios.history('langgraph-store/notes')) messages.push(message);
    expect(messages).toEqual(['put one', 'put one']);
    await helios.close();
  });
});

test('nodes of a graph read and write it', async () => {
  const store = inMemory();
  const State = Annotation.Root({ said: Annotation<string> });
  const graph = new StateGraph(State)
    .addNode('remember', async ({ said }, config: LangGraphRunnableConfig) => {
      const before = await config.store?.get(['memories', 'ann'], 'last');
      await config.store?.put(['memories', 'ann'], 'last', { said });
      return { said: `${before?.value.said ?? 'nothing'} before ${said}` };
    })
    .addEdge(START, 'remember')
    .compile({ store });
  expect(await graph.invoke({ said: 'one' })).toEqual({ said: 'nothing before one' });
  expect(await graph.invoke({ said: 'two' })).toEqual({ said: 'one before two' });
});
