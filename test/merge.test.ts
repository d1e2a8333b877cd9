import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Conflict, Helios, HeliosError, type StateReference, type Value } from '../src/index.js';
import { mergeValues } from '../src/state/mergeValues.js';
import { rootOf } from './state/drafting.js';
import { runScript, type Step } from './state/draftScript.js';
import { collections, values } from './state/values.js';

let helios: Helios;
beforeAll(async () => {
  helios = await Helios.open({ store: 'memory' });
});
afterAll(async () => {
  await helios.close();
});

type Ref = StateReference<Value, unknown>;
const of = (value: Value): Ref => helios.create('record', { top: value }) as unknown as Ref;
/** What can't be kept, such as a cycle, leaves it as it is. */
function edited(ref: Ref, steps: readonly Step[]): Ref {
  try {
    return ref.edit((draft) => {
      runScript(Reflect.get(Object(draft), 'top'), steps);
    });
  } catch (error) {
    if (HeliosError.is(error, 'UNSUPPORTED_VALUE')) return ref;
    throw error;
  }
}
const made = (ref: Ref) => Reflect.get(Object(ref.materialize()), 'top');
const merged = (base: Value, ours: Value, theirs: Value, resolve?: (conflict: Conflict) => Value | undefined) => {
  const { ref, conflicts } = helios.merge(of(base), of(ours), of(theirs), resolve);
  return { value: made(ref), conflicts };
};

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ choices: fc.array(fc.nat(1_000), { minLength: 6, maxLength: 10 }), value: values }),
  { maxLength: 4 },
);

describe('a merge', () => {
  test('takes what either side changed of a record, its parts, and what is in lists', () => {
    const base = { hp: 10, name: 'fox', at: { x: 1, y: 2 }, log: ['a', 'b', 'c'] };
    const ours = { hp: 9, name: 'fox', at: { x: 5, y: 2 }, log: ['new', 'a', 'b', 'c'] };
    const theirs = { hp: 10, name: 'red fox', at: { x: 1, y: 7 }, log: ['a', 'b', 'c', 'd'] };
    expect(merged(base, ours, theirs)).toEqual({
      value: { hp: 9, name: 'red fox', at: { x: 5, y: 7 }, log: ['new', 'a', 'b', 'c', 'd'] },
      conflicts: [],
    });
  });

  test('merges one record of a list that the other side has moved on', () => {
    const base = [
      { id: 1, hp: 5 },
      { id: 2, hp: 5 },
      { id: 3, hp: 5 },
    ];
    const ours = [
      { id: 0, hp: 5 },
      { id: 1, hp: 5 },
      { id: 3, hp: 5 },
    ];
    const theirs = [
      { id: 1, hp: 5 },
      { id: 2, hp: 5 },
      { id: 3, hp: 1, seen: true },
    ];
    expect(merged(base, ours, theirs)).toEqual({
      value: [
        { id: 0, hp: 5 },
        { id: 1, hp: 5 },
        { id: 3, hp: 1, seen: true },
      ],
      conflicts: [],
    });
  });

  test('merges fields of the same record in a list', () => {
    const base = [{ hp: 5, name: 'a' }];
    expect(merged(base, [{ hp: 4, name: 'a' }], [{ hp: 5, name: 'b' }])).toEqual({
      value: [{ hp: 4, name: 'b' }],
      conflicts: [],
    });
  });

  test('merges Maps by their keys and Sets by their members', () => {
    const map = (entries: [Value, Value][]) => new Map(entries);
    const result = merged(
      {
        map: map([
          ['a', 1],
          [[1], 2],
        ]),
        set: new Set([1, 2, 3]),
      },
      {
        map: map([
          ['a', 1],
          [[1], 2],
          ['b', 3],
        ]),
        set: new Set([2, 3, 4]),
      },
      { map: map([[[1], 5]]), set: new Set([1, 2, 5]) },
    );
    expect(result.conflicts).toEqual([]);
    expect(result.value).toEqual({
      map: map([
        ['b', 3],
        [[1], 5],
      ]),
      set: new Set([2, 4, 5]),
    });
  });

  test('lists what both changed otherwise, and takes ours where nobody decides', () => {
    const { value, conflicts } = merged({ hp: 10, gone: 1 }, { hp: 9 }, { hp: 8, gone: 2 });
    expect(value).toEqual({ hp: 9 });
    expect(conflicts).toHaveLength(2);
    expect(conflicts).toContainEqual({ path: ['top', 'hp'], base: 10, ours: 9, theirs: 8 });
    expect(conflicts).toContainEqual({ path: ['top', 'gone'], base: 1, theirs: 2 });
  });

  test('lets somebody decide: a value, or of a stretch of a list what is to stand there', () => {
    const both = ({ base, ours, theirs }: Conflict): Value => {
      if (Array.isArray(ours) && Array.isArray(theirs)) return [...ours, ...theirs];
      return Number(ours) + Number(theirs) - Number(base);
    };
    const { value, conflicts } = merged(
      { hp: 10, log: ['a'] },
      { hp: 9, log: ['a', 'ours'] },
      { hp: 7, log: ['a', 'theirs'] },
      both,
    );
    expect(value).toEqual({ hp: 6, log: ['a', 'ours', 'theirs'] });
    expect(conflicts).toHaveLength(2);
    expect(conflicts.find(({ path }) => path.includes('log'))).toEqual({
      ...{ path: ['top', 'log', 1], base: [], ours: ['ours'], theirs: ['theirs'] },
    });
  });

  test('keeps the name, the version and the weight of ours, and gives ours itself where there is nothing to do', async () => {
    const base = helios.create('record', { a: 1, b: 1 });
    await base.save('merge/base');
    const ours = base.edit((draft) => void Reflect.set(draft, 'a', 2)).branch({ weight: 0.25 });
    const theirs = base.edit((draft) => void Reflect.set(draft, 'b', 2));
    const { ref } = helios.merge(base, ours, theirs);
    expect([ref.weight, ref.base?.name, ref.materialize()]).toEqual([0.25, 'merge/base', { a: 2, b: 2 }]);
    expect(helios.merge(base, ours, base).ref).toBe(ours);
  });

  test('refuses what are no three references of one type, and a resolve that is no function', () => {
    const [record, list] = [helios.create('record', {}), helios.create('list', [])];
    for (const wrong of [
      () => helios.merge(record, record, list as never),
      () => helios.merge(record, record, {} as never),
      () => helios.merge(record, record, record, 7 as never),
    ]) {
      expect(wrong).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
      expect(wrong).toThrow(HeliosError);
    }
  });

  test('costs what has changed: two fields of a large record, and no block of the rest is read', () => {
    const large = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, n) => [`agent${n}`, { hp: n, name: `a name of ${n}` }]),
    );
    const base = helios.create('record', large);
    const set = (ref: typeof base, key: string) =>
      ref.edit((draft) => void Reflect.set(Reflect.get(draft, key), 'hp', -1));
    const { ref } = helios.merge(base, set(base, 'agent7'), set(base, 'agent2999'));
    expect([ref.at('agent7.hp'), ref.at('agent2999.hp'), ref.at('agent8.hp')]).toEqual([-1, -1, 8]);
  });
});

describe('of random states', () => {
  test('a merge with the base is the other side; of one change twice, that change', () => {
    fc.assert(
      fc.property(collections, steps, steps, (value, one, two) => {
        const base = of(value);
        const [ours, theirs] = [edited(base, one), edited(base, two)];
        expect(helios.merge(base, ours, base)).toMatchObject({ ref: { root: ours.root }, conflicts: [] });
        expect(helios.merge(base, base, theirs)).toMatchObject({ ref: { root: theirs.root }, conflicts: [] });
        expect(helios.merge(base, ours, ours)).toMatchObject({ ref: { root: ours.root }, conflicts: [] });
      }),
      { numRuns: 200 },
    );
  });

  test('where nothing conflicts, it does not matter who is ours', () => {
    let without = 0;
    fc.assert(
      fc.property(collections, steps, steps, (value, one, two) => {
        const base = of(value);
        const [ours, theirs] = [edited(base, one), edited(base, two)];
        const there = helios.merge(base, ours, theirs);
        const back = helios.merge(base, theirs, ours);
        expect(back.conflicts.length === 0).toBe(there.conflicts.length === 0);
        if (there.conflicts.length > 0) return;
        without++;
        expect(there.ref.root).toBe(back.ref.root);
      }),
      { numRuns: 300 },
    );
    expect(without).toBeGreaterThan(60);
  });

  test('it is what merging whole values gives, with the same conflicts', () => {
    fc.assert(
      fc.property(collections, steps, steps, (value, one, two) => {
        const base = of(value);
        const [ours, theirs] = [edited(base, one), edited(base, two)];
        const { ref, conflicts } = helios.merge(base, ours, theirs);
        const seen: Conflict[] = [];
        const whole = mergeValues(
          { base: base.materialize(), ours: ours.materialize(), theirs: theirs.materialize() },
          [],
          {
            identity: rootOf,
            decide: (conflict) => {
              seen.push(conflict);
              return conflict.ours;
            },
          },
        );
        expect(ref.root).toBe(helios.create('record', whole as never).root);
        expect(isDeepStrictEqual(conflicts.length, seen.length)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
