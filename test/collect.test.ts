import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineType, Helios, type StateReference, type Value } from '../src/index.js';
import { freshDirectory, removeDirectory } from './store/directories.js';
import { big, findingsOf } from './wholeStore.js';

let directory: string;
const opened: Helios[] = [];

beforeEach(() => {
  directory = freshDirectory();
});
afterEach(async () => {
  for (const helios of opened.splice(0)) await helios.close();
  removeDirectory(directory);
});

async function open(store: string, graceMs = 0, types: readonly ReturnType<typeof defineType>[] = []): Promise<Helios> {
  const helios = await Helios.open({ store, graceMs, types });
  opened.push(helios);
  return helios;
}

const STORES = ['memory', 'lmdb'] as const;
const at = (kind: (typeof STORES)[number]) => (kind === 'memory' ? 'memory' : directory);

describe.each(STORES)('a collection, on %s', (kind) => {
  it('frees what no name holds any more, and nothing else', async () => {
    const helios = await open(at(kind));
    await helios.create('record', big(1)).save('kept');
    const { blocks, bytes } = helios.stats().store;
    await helios.create('record', big(2)).save('gone');
    const both = helios.stats().store;
    await helios.delete('gone');
    const report = await helios.collect();
    expect(report.blocksFreed).toBe(both.blocks - blocks);
    expect(report.bytesFreed).toBe(both.bytes - bytes);
    expect(helios.stats().store).toEqual({ blocks, bytes });
    expect((await helios.load('kept')).materialize()).toEqual(big(1));
    expect(await findingsOf(helios)).toEqual([]);
    expect(await helios.collect()).toMatchObject({ blocksFreed: 0, bytesFreed: 0 });
  });

  it('leaves what was let go of within the grace time, unless it was purged', async () => {
    const helios = await open(at(kind), 60_000);
    await helios.create('record', big(1)).save('kept for a while');
    await helios.create('record', big(2)).save('purged');
    const { blocks } = helios.stats().store;
    await helios.delete('kept for a while');
    await helios.delete('purged', { purge: true });
    const { blocksFreed } = await helios.collect();
    expect(blocksFreed).toBeGreaterThan(5);
    expect(helios.stats().store.blocks).toBe(blocks - blocksFreed);
    expect(blocksFreed).toBeLessThan(blocks - 5);
  });

  it('frees old versions, but not those that have a label', async () => {
    const helios = await open(at(kind));
    let ref: StateReference<Value, Value> = helios.create('record', big(0)) as StateReference<Value, Value>;
    await ref.save('agent');
    await helios.checkpoint('agent', 'the beginning');
    for (let step = 1; step <= 40; step++) {
      ref = ref.edit((draft) => {
        (draft as Record<string, Value>)['key 7'] = `step ${step}`;
      });
      await ref.save();
    }
    const versions: number[] = [];
    for await (const { version } of helios.history('agent')) versions.push(version);
    expect(versions).toEqual([...Array.from({ length: 32 }, (_, index) => 41 - index), 1]);
    expect((await helios.collect()).blocksFreed).toBeGreaterThan(8);
    expect((await helios.load('agent', { version: 1 })).materialize()).toEqual(big(0));
    expect((await helios.load('agent', { version: 10 })).at('["key 7"]')).toBe('step 9');
    await expect(helios.load('agent', { version: 9 })).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
    expect(await findingsOf(helios)).toEqual([]);
    await helios.checkpoint('agent', 'the beginning', null);
    await expect(helios.load('agent', { version: 1 })).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
  });

  it('lets a reference whose blocks it freed save nothing that dangles', async () => {
    const helios = await open(at(kind));
    await helios.create('record', big(1)).save('object');
    const old = await helios.load('object');
    await helios.delete('object');
    // References that are older than what was freed are looked through.
    await sleep(2);
    await helios.collect();
    await expect(old.branch().save('again')).rejects.toMatchObject({ code: 'STALE_REFERENCE', retryable: false });
    const edited = helios.create('record', big(1)).edit((draft) => {
      draft['key 3'] = 'other';
    });
    await edited.save('anew');
    expect((await helios.load('anew')).at('["key 4"]')).toBe('1 4 '.repeat(8));
    expect(await findingsOf(helios)).toEqual([]);
  });

  it('is one at a time, ends by its signal, and leaves the store free for the next', async () => {
    const helios = await open(at(kind));
    for (let seed = 0; seed < 30; seed++) await helios.create('record', big(seed, 400)).save(`object ${seed}`);
    const first = helios.collect();
    await expect(helios.collect()).rejects.toMatchObject({ code: 'CONFLICT' });
    await first;
    for (let seed = 0; seed < 30; seed++) await helios.delete(`object ${seed}`);
    const abort = new AbortController();
    const stopped = helios.collect({ signal: abort.signal });
    abort.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    await helios.collect();
    expect(helios.stats().store.blocks).toBe(0);
  });

  it('is right whatever is saved, edited and deleted at the same time', { timeout: 120_000 }, async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ what: fc.nat(9), name: fc.nat(3), seed: fc.nat(6), wait: fc.nat(2) }), {
          minLength: 8,
          maxLength: 24,
        }),
        async (steps) => {
          const path = kind === 'memory' ? 'memory' : `${directory}/${round++}`;
          const helios = await Helios.open({ store: path, graceMs: 0 });
          const held: StateReference<never, never>[] = [];
          const collections: Promise<unknown>[] = [];
          for (const { what, name, seed, wait } of steps) {
            const key = `object ${name}`;
            try {
              if (what < 3) await helios.create('record', big(seed, 60)).save(key, { expect: 'any' });
              else if (what < 5) {
                const ref = held.at(-1) ?? (await helios.load(key));
                await (ref as unknown as StateReference<Record<string, Value>>)
                  .edit((draft) => void Object.assign(draft, { [`key ${seed}`]: `${wait}` }))
                  .save(key, { expect: 'any' });
              } else if (what === 5) held.push((await helios.load(key)) as never);
              else if (what === 6) await helios.delete(key);
              else collections.push(helios.collect().catch(expectKnown));
            } catch (error) {
              expectKnown(error);
            }
            if (wait === 0) await new Promise((resolve) => setImmediate(resolve));
          }
          await Promise.all(collections);
          expect(await findingsOf(helios)).toEqual([]);
          for await (const { name } of helios.list()) (await helios.load(name)).materialize();
          for await (const { name } of helios.list()) await helios.delete(name);
          await helios.collect();
          expect(helios.stats().store).toEqual({ blocks: 0, bytes: 0 });
          await helios.close();
        },
      ),
      { numRuns: kind === 'memory' ? 60 : 12 },
    );
  });
});

function expectKnown(error: unknown): void {
  expect(error).toMatchObject({ code: expect.stringMatching(/^(UNKNOWN_OBJECT|STALE_REFERENCE|CONFLICT|NOT_LOCAL)$/) });
}

describe('two processes on one directory', () => {
  it('collect one after another, and what one writes the other does not free', async () => {
    const one = await open(directory);
    const other = await open(directory);
    for (let seed = 0; seed < 10; seed++) await one.create('record', big(seed)).save(`object ${seed}`);
    for (let seed = 0; seed < 10; seed += 2) await one.delete(`object ${seed}`);
    const collecting = other.collect();
    for (let seed = 20; seed < 30; seed++) await one.create('record', big(seed)).save(`object ${seed}`);
    await collecting;
    expect(await findingsOf(one)).toEqual([]);
    await one.collect();
    expect(one.stats().store).toEqual(other.stats().store);
    expect((await other.load('object 29')).materialize()).toEqual(big(29));
  });
});

describe('retention', () => {
  const Short = defineType({ name: 'short', schema: z.object({ step: z.number() }), retention: { versions: 3 } });
  const Whole = defineType({ name: 'whole', schema: z.object({ step: z.number() }), retention: { versions: 'all' } });
  const Days = defineType({ name: 'days', schema: z.object({ step: z.number() }), retention: { days: 1e-9 } });

  it.each([
    [Short, 3],
    [Whole, 50],
    // All but the newest are older than a ten-thousandth of a second.
    [Days, 1],
  ])('of the type $name keeps as many versions as it says', async (type, kept) => {
    const helios = await open('memory');
    await helios.create(type, { step: 1 }).save('agent');
    for (let step = 2; step <= 50; step++) {
      await helios.update(type, 'agent', (draft) => {
        draft.step = step;
      });
      if (type === Days) await sleep(1);
    }
    const versions: number[] = [];
    for await (const { version } of helios.history('agent')) versions.push(version);
    expect(versions.length).toBeLessThanOrEqual(kept + (type === Days ? 1 : 0));
    expect(versions[0]).toBe(50);
  });

  it.each([{}, { versions: 0 }, { versions: 1.5 }, { versions: 'some' }, { days: 0 }, { days: -1 }, 7, null])(
    'can not be %j',
    (retention) => {
      const define = () => defineType({ name: 'bad', schema: z.object({}), retention: retention as never });
      expect(define).toThrowError(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    },
  );
});

describe('checkpoints', () => {
  it('name versions, move, and are told', async () => {
    const helios = await open('memory');
    await helios.create('record', { step: 1 }).save('agent');
    await helios.checkpoint('agent', 'first');
    await helios.update('agent', (draft: { step: number }) => {
      draft.step = 2;
    });
    await helios.checkpoint('agent', 'second');
    await helios.checkpoint('agent', 'also first', 1);
    expect([...(await helios.checkpoints('agent'))].map(([label, { version }]) => [label, version])).toEqual([
      ['first', 1],
      ['second', 2],
      ['also first', 1],
    ]);
    await helios.checkpoint('agent', 'first');
    expect((await helios.checkpoints('agent')).get('first')?.version).toBe(2);
    await helios.checkpoint('agent', 'first', null);
    expect([...(await helios.checkpoints('agent')).keys()]).toEqual(['second', 'also first']);
  });

  it('refuse what can be none', async () => {
    const helios = await open('memory');
    await expect(helios.checkpoint('nobody', 'x')).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
    await expect(helios.checkpoints('nobody')).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
    await helios.create('record', {}).save('agent');
    await expect(helios.checkpoint('agent', '')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(helios.checkpoint('agent', 'x'.repeat(129))).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(helios.checkpoint('agent', '\ud800')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(helios.checkpoint('agent', 'x', 2)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(helios.checkpoint('agent', 'x', null)).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
    for (let number = 0; number < 256; number++) await helios.checkpoint('agent', `label ${number}`);
    await expect(helios.checkpoint('agent', 'one more')).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
});
