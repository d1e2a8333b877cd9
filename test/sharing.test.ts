import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Helios, type SharingReport, type Value } from '../src/index.js';
import { Runtime } from '../src/runtime.js';
import { childrenOf } from '../src/state/closure.js';
import { headerOf } from '../src/state/header.js';
import { createMemoryStore, type Hash, type Store } from '../src/store/index.js';

const opened: Helios[] = [];
afterEach(async () => {
  for (const helios of opened.splice(0)) await helios.close();
});

function open(): { readonly helios: Helios; readonly store: Store } {
  const store = createMemoryStore();
  const helios = Helios.over(new Runtime({ store, types: [], memory: { heapLimitBytes: 1e9 }, onError: () => {} }));
  opened.push(helios);
  return { helios, store };
}

/** A component of its own, the same for the same seed. */
function component(seed: number): Value {
  return { seed, text: `${seed} `.repeat(500), more: `${-seed} `.repeat(500) };
}

/** The same figures, reckoned with plain Maps. */
function reckoned(store: Store, prefix: string): Omit<SharingReport, 'mostHeld' | 'byHolds'> {
  const holds = new Map<Hash, number>();
  const bytesOf = (hash: Hash): number => store.blocks.get(hash)?.length ?? 0;
  const below = (hash: Hash): Hash[] => {
    const block = store.blocks.get(hash) ?? new Uint8Array();
    return childrenOf(block).slice(0, headerOf(block).components);
  };
  const total = (hash: Hash): number => below(hash).reduce((sum, child) => sum + total(child), bytesOf(hash));
  const hold = (hash: Hash): void => {
    const times = holds.get(hash) ?? 0;
    holds.set(hash, times + 1);
    if (times === 0) for (const child of below(hash)) hold(child);
  };
  const roots = [...store.heads.list({ prefix })].map(({ root }) => root);
  for (const root of roots) hold(root);
  const bytes = [...holds.keys()].reduce((sum, hash) => sum + bytesOf(hash), 0);
  const logicalBytes = roots.reduce((sum, root) => sum + total(root), 0);
  return {
    objects: roots.length,
    components: holds.size,
    bytes,
    holds: [...holds.values()].reduce((sum, times) => sum + times, 0),
    logicalBytes,
    savedBytes: Math.max(0, logicalBytes - bytes),
  };
}

describe('what a population shares', () => {
  it('is told by how often its components are held, and by what that saves', async () => {
    const { helios } = open();
    for (let n = 0; n < 100; n++) {
      await helios.create('record', { n, template: component(n % 4), own: component(1_000 + n) }).save(`agents/${n}`);
    }
    await helios.create('list', [component(0)]).save('other');
    const report = await helios.sharing({ prefix: 'agents/' });
    expect(report.objects).toBe(100);
    const shared = report.mostHeld.filter(({ holds }) => holds > 1);
    expect(new Set(shared.map(({ holds }) => holds))).toEqual(new Set([25]));
    expect(shared.length % 4).toBe(0);
    for (const { hash } of shared) expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(report.byHolds[0]).toMatchObject({ from: 1, to: 1 });
    expect(report.byHolds.at(-1)).toMatchObject({ from: 16, to: 31, components: shared.length });
    expect(report.byHolds.reduce((sum, { components }) => sum + components, 0)).toBe(report.components);
    expect(report.savedBytes).toBe(report.logicalBytes - report.bytes);
    expect((await helios.sharing({ type: 'list' })).objects).toBe(1);
    expect((await helios.sharing()).objects).toBe(101);
  });

  it('is what counting one by one gives, whatever the population', async () => {
    const part = fc.integer({ min: 0, max: 5 });
    const objects = fc.array(fc.array(fc.oneof(part, fc.array(part, { maxLength: 3 })), { maxLength: 5 }), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(objects, async (all) => {
        const { helios, store } = open();
        const made = (one: number | number[]): Value => (typeof one === 'number' ? component(one) : one.map(component));
        for (const [n, one] of all.entries()) await helios.create('list', one.map(made)).save(`${n % 3}/${n}`);
        for (const prefix of ['', '1/']) {
          const { mostHeld: _, byHolds, ...figures } = await helios.sharing({ prefix });
          expect(figures).toEqual(reckoned(store, prefix));
          expect(byHolds.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(figures.bytes);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('of nothing is nothing', async () => {
    const { helios } = open();
    expect(await helios.sharing()).toEqual({
      ...{ objects: 0, components: 0, bytes: 0, holds: 0, logicalBytes: 0, savedBytes: 0 },
      ...{ byHolds: [], mostHeld: [] },
    });
  });

  it('ends by the signal, and tells how far it is', async () => {
    const { helios } = open();
    for (let n = 0; n < 300; n++) await helios.create('record', { n, own: component(n) }).save(`agents/${n}`);
    await expect(helios.sharing({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
