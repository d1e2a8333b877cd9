/** Edits of split values: the draft does what plain data does, the root is that of the whole, and little is loaded. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editTree } from '../../src/state/draft.js';
import { createEncoder } from '../../src/state/encode.js';
import type { Limits } from '../../src/state/format.js';
import { compareKeys } from '../../src/state/keyOrder.js';
import { freshBlocks, type Part, releaseFresh } from '../../src/state/part.js';
import { createForest } from './forest.js';
import { checkKept } from './kept.js';

const SMALL: Limits = { component: 60, firstLeaf: 70, stretchMax: 280, likelihood: 70 ** 4 / 2 ** 32 };
const RUNS = { numRuns: Number(process.env.SPLICE_RUNS ?? 1_000) };

type Step = readonly [kind: number, a: number, b: number, value: unknown];
const item: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.string({ maxLength: 9 }),
  fc.constant(null),
  fc.constantFrom('object', 'hashed', 'large', 'large'),
);
const steps: fc.Arbitrary<Step[]> = fc.array(fc.tuple(fc.nat({ max: 11 }), fc.nat(), fc.nat(), item), {
  minLength: 1,
  maxLength: 8,
});
const keys = 'abcdefghijklmnopqrstuvwxyz'
  .split('')
  .flatMap((a) => [`${a}x`, `${a}1`, `1${a.charCodeAt(0)}`])
  .concat(['__proto__', '7', '9007199254740993']);

/** An object of its own wherever it stands: a copy of a value knows no other places. */
function made(scalar: unknown): unknown {
  // Keys in order: a draft shows them as the block has them.
  if (scalar === 'large') {
    return { below: { n: [2] }, n: 1, text: 'a block of its own, also with limits as small as these'.padEnd(70) };
  }
  // Ordered by the hashes of their members.
  if (scalar === 'hashed') return { in: new Set([[1], [0]]), n: 1 };
  return scalar === 'object' ? { n: 1 } : scalar;
}

/** Does the same to a draft and to plain data. */
function onList(list: unknown[], [kind, a, b, scalar]: Step): unknown {
  const value = made(scalar);
  const at = list.length === 0 ? 0 : a % list.length;
  switch (kind) {
    case 0:
      return list.push(value);
    case 1:
      list.unshift(value, made(scalar));
      return list.length;
    case 2:
      return JSON.stringify(list.pop());
    case 3:
      return JSON.stringify(list.shift());
    case 4:
      return JSON.stringify(list.splice(at, b % 20, value));
    case 5:
      if (at < list.length) list[at] = value;
      return list.at(-1 - (b % 5)) === undefined;
    case 6:
      return JSON.stringify(list[at]);
    case 7: {
      const one = list[at];
      if (typeof one === 'object' && one !== null) (one as { n: number }).n = b % 3;
      return 0;
    }
    case 8:
      if (b % 4 === 0) list.reverse();
      return list.length;
    case 9:
      if (b % 4 === 0) list.sort((x, y) => (String(x) < String(y) ? -1 : 1));
      return list.indexOf(value);
    case 10:
      if (b % 9 === 0) list.length = at;
      return list.includes(value);
    default:
      {
        const two = list.splice(b % (list.length + 1), 2).filter((one) => typeof one !== 'object' || one === null);
        list.splice(at, 0, ...two);
      }
      return JSON.stringify([...list.slice(at, at + 3)]);
  }
}

function onRecord(record: Record<string, unknown>, [kind, a, b, scalar]: Step): unknown {
  const value = made(scalar);
  const key = keys[a % keys.length] as string;
  const other = keys[b % keys.length] as string;
  switch (kind % 7) {
    case 0:
      if (key === '__proto__')
        Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
      else record[key] = value;
      return 0;
    case 1:
      return delete record[key];
    case 2:
      return key in record && Object.hasOwn(record, other);
    case 3: {
      const one = Object.hasOwn(record, key) ? record[key] : undefined;
      if (typeof one === 'object' && one !== null) (one as { n: number }).n = b % 3;
      return 0;
    }
    case 4: {
      if (key === '__proto__' || other === '__proto__') return 0;
      if (Object.hasOwn(record, key) && Object.hasOwn(record, other))
        [record[key], record[other]] = [record[other], record[key]];
      return 0;
    }
    case 5:
      return b % 3 === 0 ? Object.keys(record).sort() : 0;
    default:
      if (b % 5 === 0) record.ax = undefined;
      return JSON.stringify(Object.hasOwn(record, key) ? record[key] : 0);
  }
}

function onMap(map: Map<unknown, unknown>, [kind, a, b, scalar]: Step): unknown {
  const value = made(scalar);
  const key = a % 5 === 0 ? a % 50 : keys[a % keys.length];
  switch (kind % 7) {
    case 0:
      map.set(key, value);
      return map.size;
    case 1:
      return map.delete(key);
    case 2:
      return map.has(key);
    case 3: {
      const one = map.get(key);
      if (typeof one === 'object' && one !== null) (one as { n: number }).n = b % 3;
      return map.size;
    }
    case 4:
      return JSON.stringify(map.get(key));
    case 5:
      return b % 3 === 0 ? [...map.keys()].length : map.size;
    default:
      if (b % 7 === 0) map.clear();
      return map.size;
  }
}

function onSet(set: Set<unknown>, [kind, a, b]: Step): unknown {
  const member = a % 5 === 0 ? a % 50 : keys[a % keys.length];
  switch (kind % 4) {
    case 0:
      set.add(member);
      return set.size;
    case 1:
      return set.delete(member);
    case 2:
      return set.has(member);
    default:
      return b % 4 === 0 ? [...set].length : set.size;
  }
}

function same<T>(
  start: T,
  edits: readonly Step[][],
  run: (value: T, step: Step) => unknown,
  copy: (value: T) => T,
): void {
  const forest = createForest(createEncoder({ limits: SMALL }));
  const part = forest.plant(start);
  const load = (one: Part): unknown => {
    // A block that an edit made is not planted yet.
    if (one.fresh === null) return forest.shallow(one);
    return one.fresh.value ?? forest.decoder.open(one.hash, one.fresh.block, one.fresh).value();
  };
  let tree = forest.shallow(part);
  let unsaved: Part | undefined;
  const plain = copy(start);
  for (const [round, edit] of edits.entries()) {
    const seen: unknown[] = [];
    const expected: unknown[] = [];
    tree = editTree(tree, load, (draft) => {
      for (const step of edit) seen.push(run(draft as T, step));
    });
    for (const step of edit) expected.push(run(plain, step));
    // What is undefined when an edit ends is not there any more.
    if (Object.getPrototypeOf(plain) === Object.prototype) {
      const record = plain as Record<string, unknown>;
      for (const key of Object.keys(record)) if (record[key] === undefined) delete record[key];
    }
    expect(seen).toEqual(expected);
    // What it was edited from may be saved before it is encoded.
    if (unsaved !== undefined && round % 3 === 2) {
      for (const [hash, { block }] of freshBlocks(unsaved)) forest.blocks.set(hash, block);
      releaseFresh(unsaved);
    }
    const after = forest.encoder.settled(tree);
    expect(after.hash).toBe(forest.encoder.value(plain).hash);
    checkKept(after, forest.decoder);
    if (round % 2 === 1) {
      unsaved = after;
      tree = load(after);
    }
  }
}

const rounds = fc.array(steps, { minLength: 1, maxLength: 6 });

describe('a draft of a split value does what plain data does', () => {
  it('a list', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 90 }), rounds, (list, edits) => {
        same(list.map(made), edits, onList, (value) => structuredClone(value));
      }),
      RUNS,
    );
  });

  it('a record', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...keys), item), { maxLength: 90 }), rounds, (entries, edits) => {
        // In the order in which blocks keep them, so that both show their keys alike.
        const sorted = [...new Map(entries.map(([key, one]) => [key, made(one)]))].sort(([a], [b]) => (a < b ? -1 : 1));
        same(Object.fromEntries(sorted) as Record<string, unknown>, edits, onRecord, (value) => {
          const copy = {} as Record<string, unknown>;
          for (const key of Object.keys(value)) {
            Object.defineProperty(copy, key, {
              value: structuredClone(value[key]),
              enumerable: true,
              configurable: true,
              writable: true,
            });
          }
          return copy;
        });
      }),
      RUNS,
    );
  });

  it('a Map', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.oneof(fc.constantFrom(...keys), fc.nat({ max: 50 })), item), { maxLength: 90 }),
        rounds,
        (entries, edits) => {
          same(new Map<unknown, unknown>(entries.map(([key, one]) => [key, made(one)])), edits, onMap, (value) =>
            structuredClone(value),
          );
        },
      ),
      RUNS,
    );
  });

  it('a Set', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...keys), fc.nat({ max: 50 })), { maxLength: 90 }),
        rounds,
        (members, edits) => {
          same(new Set<unknown>(members), edits, onSet, (value) => new Set(value));
        },
      ),
      RUNS,
    );
  });
});

/** What to do at each step of an iteration, while it goes on. */
const during = fc.array(fc.tuple(fc.nat({ max: 11 }), fc.nat(), fc.boolean()), { maxLength: 40 });
const scalars = fc.uniqueArray(fc.oneof(fc.constantFrom(...keys), fc.nat({ max: 60 })), { maxLength: 60 });

/** Iterates up to the end or for so many steps, three times over, changing it meanwhile. */
function iterate(
  iterable: { readonly size: number; delete(key: unknown): boolean; clear(): void; has(key: unknown): boolean },
  walk: () => Iterable<unknown>,
  put: (key: unknown, isObject: boolean) => void,
  steps: readonly (readonly [number, number, boolean])[],
): unknown[] {
  const seen: unknown[] = [];
  let next = 0;
  for (let round = 0; round < 3; round++) {
    let left = 120;
    for (const each of walk()) {
      seen.push(typeof each === 'object' ? 'object' : each);
      if (left-- === 0) break;
      const [kind, a, isObject] = steps[next++ % (steps.length + 1)] ?? [11, 0, false];
      const key = a % 4 === 0 ? each : a % 2 === 0 ? a % 60 : keys[a % keys.length];
      if (kind < 4) put(key, isObject && a % 7 === 0);
      else if (kind < 8) seen.push(iterable.delete(key), iterable.size);
      else if (kind === 8 && a % 11 === 0) iterable.clear();
      else if (kind === 9) {
        seen.push(iterable.delete(each), iterable.has(each));
        put(each, false);
      } else seen.push(iterable.has(key));
    }
  }
  return seen;
}

describe('a split Map or Set that is changed while it is iterated', () => {
  const sorted = (members: readonly unknown[]) => [...members].sort(compareKeys);

  it('gives what a plain Map would give', () => {
    fc.assert(
      fc.property(scalars, during, (members, script) => {
        const start = new Map<unknown, unknown>(sorted(members).map((key) => [key, `under ${String(key)}`]));
        same(
          start,
          [[[0, 0, 0, null]]],
          (map) => {
            const put = (key: unknown, isObject: boolean) => map.set(isObject ? { key } : key, map.size);
            return iterate(map, () => map.keys(), put, script);
          },
          (value) => new Map(value),
        );
      }),
      RUNS,
    );
  });

  it('gives what a plain Set would give', () => {
    fc.assert(
      fc.property(scalars, during, (members, script) => {
        same(
          new Set<unknown>(sorted(members)),
          [[[0, 0, 0, null]]],
          (set) => {
            const put = (key: unknown, isObject: boolean) => set.add(isObject ? { key } : key);
            return iterate(set, () => set, put, script);
          },
          (value) => new Set(value),
        );
      }),
      RUNS,
    );
  });
});
