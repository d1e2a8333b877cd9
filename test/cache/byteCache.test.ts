import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteCache } from '../../src/cache/index.js';

const KEYS = Array.from({ length: 24 }, (_, index) => `key ${index}`);

type Step =
  | { readonly do: 'get' | 'peek' | 'delete'; readonly key: string }
  | { readonly do: 'set'; readonly key: string; readonly bytes: number }
  | { readonly do: 'budget' | 'reserve'; readonly bytes: number }
  | { readonly do: 'clear' };

const key = fc.constantFrom(...KEYS);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('set' as const), key, bytes: fc.nat(60) }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('get' as const, 'peek' as const), key }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constantFrom('budget' as const, 'reserve' as const), bytes: fc.nat(400) }),
    },
    { weight: 1, arbitrary: fc.constant({ do: 'clear' as const }) },
  ),
  { maxLength: 300, size: 'max' },
);

/** A cache of entries of one byte, all of them set and none touched. */
function filled(budgetBytes: number, names: readonly string[]): ByteCache<string> {
  const cache = new ByteCache<string>({ budgetBytes });
  for (const name of names) cache.set(name, name, 1);
  return cache;
}

function named(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix} ${index}`);
}

function held(cache: ByteCache<string>, names: readonly string[]): string[] {
  return names.filter((name) => cache.peek(name) !== undefined);
}

describe('whatever is done to a cache', () => {
  it('holds no more than its budget, and under each key the value set last or none', () => {
    fc.assert(
      fc.property(fc.nat(400), steps, (budgetBytes, script) => {
        /** Given to `set` and not left yet. */
        const inside = new Set<number>();
        const onLeave = (value: number) => expect(inside.delete(value)).toBe(true);
        const cache = new ByteCache<number>({ budgetBytes, onLeave });
        const last = new Map<string, { value: number; bytes: number }>();
        let gets = 0;
        for (const [index, step] of script.entries()) {
          if (step.do === 'set') {
            inside.add(index);
            cache.set(step.key, index, step.bytes);
            last.set(step.key, { value: index, bytes: Math.max(step.bytes, 1) });
            const fits = Math.max(step.bytes, 1) <= cache.budgetBytes - cache.reservedBytes;
            expect(cache.peek(step.key)).toBe(fits ? index : undefined);
          } else if (step.do === 'get') {
            gets++;
            const before = cache.hits;
            const value = cache.get(step.key);
            expect(cache.hits - before).toBe(value === undefined ? 0 : 1);
          } else if (step.do === 'delete') {
            const wasHeld = cache.peek(step.key) !== undefined;
            expect(cache.delete(step.key)).toBe(wasHeld);
            last.delete(step.key);
          } else if (step.do === 'budget') cache.budgetBytes = step.bytes;
          else if (step.do === 'reserve') cache.reservedBytes = step.bytes;
          else if (step.do === 'clear') {
            cache.clear();
            last.clear();
          }
          let bytes = 0;
          let size = 0;
          for (const each of KEYS) {
            const value = cache.peek(each);
            if (value === undefined) continue;
            if (value !== last.get(each)?.value) expect.fail(`${each} holds ${value}`);
            bytes += last.get(each)?.bytes ?? Number.NaN;
            size++;
          }
          const fits = cache.bytes <= Math.max(0, cache.budgetBytes - cache.reservedBytes);
          const found = [cache.bytes, cache.size, cache.hits + cache.misses, fits, inside.size];
          expect(found).toEqual([bytes, size, gets, true, size]);
        }
      }),
    );
  });

  it('gives a value only while it is the last one set, also among thousands of keys', () => {
    const cache = new ByteCache<number>({ budgetBytes: 5_000 });
    for (let index = 0; index < 40_000; index++) {
      const name = `key ${(index * 7919) % 9_001}`;
      const value = cache.get(name);
      if (value !== undefined) expect(value % 9_001).toBe((index * 7919) % 9_001);
      cache.set(name, (index * 7919) % 9_001, 1 + (index % 3));
    }
    expect(cache.bytes).toBeLessThanOrEqual(5_000);
    expect(cache.bytes).toBeGreaterThan(4_990);
  });
});

describe('what a cache keeps', () => {
  it('keeps everything while there is room', () => {
    const names = named('entry', 1_000);
    const cache = filled(1_000, names);
    expect(held(cache, names)).toEqual(names);
    expect(cache.evictions).toBe(0);
  });

  it('keeps what is in use while ten times its budget passes through once', () => {
    const used = named('used', 100);
    const cache = filled(200, used);
    for (let round = 0; round < 2; round++) for (const name of used) cache.get(name);
    for (const name of named('scanned', 2_000)) cache.set(name, name, 1);
    expect(held(cache, used)).toEqual(used);
  });

  it('keeps a working set that is touched between scans', () => {
    const used = named('used', 60);
    const cache = filled(100, used);
    let misses = 0;
    for (let round = 0; round < 50; round++) {
      for (const name of used) {
        if (cache.get(name) === undefined) {
          misses++;
          cache.set(name, name, 1);
        }
      }
      for (const name of named(`scan ${round}`, 80)) cache.set(name, name, 1);
    }
    // The first round after each of its two chances; never again after that.
    expect(misses).toBeLessThanOrEqual(2 * used.length);
  });

  it('keeps in the main part what comes again soon after it was evicted', () => {
    const cache = filled(100, ['back']);
    for (const name of named('first', 105)) cache.set(name, name, 1);
    expect(cache.peek('back')).toBeUndefined();
    cache.set('back', 'back', 1);
    // A newcomer of the same moment, for comparison.
    cache.set('new', 'new', 1);
    for (const name of named('second', 200)) cache.set(name, name, 1);
    expect(held(cache, ['back', 'new'])).toEqual(['back']);
  });

  it('takes for a newcomer what comes again after its ghost was forgotten', () => {
    const cache = filled(100, ['back']);
    // Ghosts stand for at most 90 bytes here.
    for (const name of named('first', 100 + 95)) cache.set(name, name, 1);
    cache.set('back', 'back', 1);
    for (const name of named('second', 200)) cache.set(name, name, 1);
    expect(cache.peek('back')).toBeUndefined();
  });

  it('remembers few ghosts where few entries live, however few bytes they stand for', () => {
    const names = named('tiny', 300);
    const cache = filled(10_000, names);
    // Leaves room for ten: of the 290 that go, the last 64 are remembered.
    cache.set('big', 'big', 9_990);
    cache.set('tiny 0', 'tiny 0', 1);
    cache.set('tiny 280', 'tiny 280', 1);
    for (const name of named('huge', 5)) cache.set(name, name, 9_000);
    expect(held(cache, ['big', ...names])).toEqual(['tiny 280']);
  });

  it('forgets a ghost that is deleted', () => {
    const cache = filled(100, ['back']);
    for (const name of named('first', 105)) cache.set(name, name, 1);
    expect(cache.delete('back')).toBe(false);
    cache.set('back', 'back', 1);
    for (const name of named('second', 200)) cache.set(name, name, 1);
    expect(cache.peek('back')).toBeUndefined();
  });

  it('evicts even where everything is in use, after sparing no more than 256 entries', () => {
    const used = named('used', 1_000);
    const cache = filled(1_000, used);
    const touchAll = () => {
      for (let round = 0; round < 3; round++) for (const name of used) cache.get(name);
    };
    touchAll();
    // Each moves 256 newcomers on and then evicts one: the last of four has moved on what was there.
    for (const name of named('new', 4)) cache.set(name, name, 1);
    touchAll();
    cache.set('one more', 'one more', 1);
    const evicted = used.filter((name) => cache.peek(name) === undefined);
    expect(evicted).toEqual(['used 0', 'used 1', 'used 2', 'used 3', 'used 260']);
    expect(cache.evictions).toBe(5);
  });

  it('spares no more than 256 newcomers either', () => {
    const used = named('used', 300);
    const unused = named('unused', 700);
    const cache = filled(1_000, [...used, ...unused]);
    for (let round = 0; round < 2; round++) for (const name of used) cache.get(name);
    cache.set('new', 'new', 1);
    expect([...used, ...unused].filter((name) => cache.peek(name) === undefined)).toEqual(['used 0']);
  });

  it('does not keep a newcomer for being touched once', () => {
    const cache = filled(10, named('entry', 10));
    cache.get('entry 0');
    cache.set('new', 'new', 1);
    expect(cache.peek('entry 0')).toBeUndefined();
  });

  it('counts no touches from before an entry left and came again', () => {
    const cache = filled(100, ['once', 'never']);
    cache.get('once');
    for (const name of named('first', 105)) cache.set(name, name, 1);
    cache.set('once', 'once', 1);
    cache.set('never', 'never', 1);
    // Makes newcomers few, so that the main part has to give way, its oldest first.
    cache.budgetBytes = 1;
    expect(held(cache, ['once', 'never'])).toEqual(['never']);
  });

  it('counts no touches of an entry that was deleted for another one', () => {
    const cache = filled(10, ['deleted']);
    for (let touch = 0; touch < 3; touch++) cache.get('deleted');
    cache.delete('deleted');
    for (const name of named('entry', 11)) cache.set(name, name, 1);
    expect(cache.peek('entry 0')).toBeUndefined();
  });

  it('lets go later what was touched more often, and everything in the end', () => {
    const cache = filled(20, ['hot', 'warm', 'cold', ...named('other', 17)]);
    for (let touch = 0; touch < 2; touch++) for (const name of ['hot', 'warm', 'cold']) cache.get(name);
    cache.set('moves those three on', '', 1);
    for (let touch = 0; touch < 50; touch++) cache.get('hot');
    cache.get('warm');
    const left: string[] = [];
    for (let round = 0; round < 200 && left.length < 3; round++) {
      // Touched enough to move on, so that the main part has to give way.
      const name = `new ${round}`;
      cache.set(name, name, 1);
      cache.get(name);
      cache.get(name);
      for (const each of ['hot', 'warm', 'cold']) {
        if (cache.peek(each) === undefined && !left.includes(each)) left.push(each);
      }
    }
    expect(left).toEqual(['cold', 'warm', 'hot']);
  });

  it('makes room for a big entry by evicting as many as that takes', () => {
    const names = named('small', 100);
    const cache = filled(100, names);
    cache.set('big', 'big', 60);
    expect(cache.peek('big')).toBe('big');
    expect(held(cache, names)).toEqual(names.slice(60));
    expect(cache.evictions).toBe(60);
  });
});

describe('what a cache does not keep', () => {
  it('keeps nothing with a budget of 0, not even what costs nothing', () => {
    const cache = filled(0, ['a']);
    cache.set('free', 'free', 0);
    expect(cache.size).toBe(0);
    expect(cache.get('free')).toBeUndefined();
    expect(cache.misses).toBe(1);
  });

  it('does not keep an entry bigger than its budget, and leaves the others in peace', () => {
    const cache = filled(10, ['a', 'b']);
    cache.set('big', 'big', 11);
    expect(cache.peek('big')).toBeUndefined();
    expect(held(cache, ['a', 'b'])).toEqual(['a', 'b']);
    cache.set('whole', 'whole', 10);
    expect(cache.peek('whole')).toBe('whole');
  });

  it('drops an old value whose successor is bigger than the budget', () => {
    const cache = filled(10, ['a']);
    cache.set('a', 'bigger', 11);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.bytes).toBe(0);
    expect(cache.evictions).toBe(0);
  });

  it('counts anew an entry that grows or shrinks', () => {
    const cache = filled(10, ['a', 'b']);
    cache.set('a', 'A', 8);
    expect([cache.bytes, cache.peek('a'), cache.peek('b')]).toEqual([9, 'A', 'b']);
    cache.set('a', 'AA', 10);
    expect([cache.bytes, cache.peek('a'), cache.peek('b')]).toEqual([10, 'AA', undefined]);
    cache.set('a', 'a', 1);
    expect(cache.bytes).toBe(1);
  });

  it('refuses a cost that is no number of bytes, and a budget below 0', () => {
    const cache = new ByteCache<string>({ budgetBytes: 10 });
    for (const bytes of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => cache.set('a', 'a', bytes)).toThrow(`0 or more, but got ${bytes}`);
    }
    expect(() => {
      cache.budgetBytes = -1;
    }).toThrow('0 or more, but got -1');
    expect(() => new ByteCache({ budgetBytes: Number.NaN })).toThrow('0 or more, but got NaN');
    expect(cache.size).toBe(0);
  });
});

describe('a budget that changes', () => {
  it('evicts at once when it shrinks, oldest newcomers first', () => {
    const names = named('entry', 100);
    const cache = filled(100, names);
    cache.budgetBytes = 30;
    expect(held(cache, names)).toEqual(names.slice(70));
    expect(cache.budgetBytes).toBe(30);
    expect(cache.evictions).toBe(70);
  });

  it('evicts what is not in use when it shrinks, however many are spared on the way', () => {
    const names = named('entry', 1_000);
    const cache = filled(1_000, names);
    const used = names.filter((_, index) => index % 2 === 0);
    for (let round = 0; round < 2; round++) for (const name of used) cache.get(name);
    cache.budgetBytes = 600;
    expect(held(cache, used)).toEqual(used);
    expect(cache.evictions).toBe(400);
  });

  it('evicts nothing when it grows', () => {
    const names = named('entry', 100);
    const cache = filled(100, names);
    cache.budgetBytes = 200;
    for (const name of named('more', 100)) cache.set(name, name, 1);
    expect(cache.size).toBe(200);
    expect(cache.evictions).toBe(0);
  });

  it('empties the cache, ghosts too, when it becomes 0', () => {
    const cache = filled(100, named('entry', 150));
    cache.budgetBytes = 0;
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
    cache.budgetBytes = 100;
    cache.set('entry 0', 'entry 0', 1);
    for (const name of named('second', 200)) cache.set(name, name, 1);
    expect(cache.peek('entry 0')).toBeUndefined();
  });
});

describe('counting', () => {
  it('counts hits, misses and evictions, and neither peeks nor deletions', () => {
    const cache = filled(2, ['a', 'b']);
    cache.get('a');
    cache.get('nothing');
    cache.peek('a');
    cache.peek('nothing');
    cache.delete('a');
    expect(cache.delete('nothing')).toBe(false);
    cache.set('c', 'c', 1);
    cache.set('d', 'd', 1);
    expect([cache.hits, cache.misses, cache.evictions]).toEqual([1, 1, 1]);
  });

  it('does not take a peek for a use', () => {
    const cache = filled(10, named('entry', 10));
    for (let time = 0; time < 5; time++) cache.peek('entry 0');
    cache.set('new', 'new', 1);
    expect(cache.peek('entry 0')).toBeUndefined();
  });

  it('keeps its counters when it is cleared, and works on', () => {
    const cache = filled(1_000, named('entry', 1_500));
    cache.get('entry 1499');
    cache.clear();
    expect([cache.size, cache.bytes, cache.hits, cache.evictions]).toEqual([0, 0, 1, 500]);
    expect(cache.get('entry 1499')).toBeUndefined();
    const names = named('again', 1_000);
    for (const name of names) cache.set(name, name, 1);
    expect(held(cache, names)).toEqual(names);
  });

  it('holds on to no value that has left, whichever way', async () => {
    const cache = new ByteCache<object>({ budgetBytes: 10 });
    const set = (name: string): WeakRef<object> => {
      const value = { big: new Array(10).fill(0) };
      cache.set(name, value, 5);
      return new WeakRef(value);
    };
    const evicted = set('evicted');
    const deleted = set('deleted');
    set('last');
    cache.delete('deleted');
    const collect = await garbageCollector();
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    expect([deleted.deref(), evicted.deref()]).toEqual([undefined, undefined]);
    expect(cache.peek('last')).toBeDefined();
  });
});

async function garbageCollector(): Promise<() => void> {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
