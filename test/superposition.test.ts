import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Helios, type StateReference, type Value } from '../src/index.js';
import { folderWith } from './cli/terminal.js';

let helios: Helios;
beforeEach(async () => {
  helios = await Helios.open({ store: 'memory' });
});
afterEach(async () => {
  await helios.close();
});

const agent = (hp: number) => helios.create('record', { hp, prompt: 'x'.repeat(5_000) });
const invalid = expect.objectContaining({ code: 'INVALID_REQUEST' });

describe('a superposition', () => {
  test('has its weights made to sum up to one, and each reference has its share', () => {
    const [a, b, c] = [agent(1), agent(2), agent(3)];
    const { branches } = helios.superpose([
      { ref: a, weight: 3 },
      { ref: b, weight: 0 },
      { ref: c, weight: 1 },
      { ref: a.branch({ weight: 0.5 }), weight: 4 },
    ]);
    const weights = new Map(branches.map(({ ref, weight }) => [ref.root, weight]));
    expect([weights.get(a.root), weights.get(b.root), weights.get(c.root)]).toEqual([0.875, 0, 0.125]);
    expect(branches.map(({ ref }) => ref.weight)).toEqual(branches.map(({ weight }) => weight));
    expect(Object.isFrozen(branches)).toBe(true);
  });

  test('has one id, whatever the order in which its branches are given', () => {
    const [a, b] = [agent(1), agent(2)];
    const one = helios.superpose([
      { ref: a, weight: 0.1 },
      { ref: b, weight: 0.2 },
    ]);
    const other = helios.superpose([
      { ref: b, weight: 0.2 },
      { ref: a, weight: 0.1 },
    ]);
    expect(other.id).toBe(one.id);
    expect(one.id).toMatch(/^[0-9a-f]{64}$/);
    expect(
      helios.superpose([
        { ref: a, weight: 0.2 },
        { ref: b, weight: 0.2 },
      ]).id,
    ).not.toBe(one.id);
  });

  test('keeps its id when it is made again of the shares that it has', () => {
    const refs = [1, 2, 3, 4, 5, 6, 7].map(agent);
    const one = helios.superpose(refs.map((ref, index) => ({ ref, weight: 0.1 + index / 7 })));
    expect(helios.superpose(one.branches).id).toBe(one.id);
    expect(helios.superpose([...one.branches].reverse()).id).toBe(one.id);
  });

  test('is observed as its weights say', () => {
    const refs = [agent(1), agent(2), agent(3)];
    const superposition = helios.superpose(refs.map((ref, index) => ({ ref, weight: index + 1 })));
    const seen = new Map<string, number>();
    for (let step = 0; step < 600; step++) {
      const { root } = superposition.observe(() => (step + 0.5) / 600);
      seen.set(root, (seen.get(root) ?? 0) + 1);
    }
    expect(refs.map(({ root }) => seen.get(root))).toEqual([100, 200, 300]);
    expect(() => superposition.observe(() => 1)).toThrow(invalid);
    expect(() => superposition.observe(() => Number.NaN)).toThrow(invalid);
    expect(refs.map(({ root }) => root)).toContain(superposition.observe().root);
  });

  test('never gives what is impossible', () => {
    const [never, always] = [agent(1), agent(2)];
    const superposition = helios.superpose([
      { ref: never, weight: 0 },
      { ref: always, weight: 5 },
    ]);
    for (const at of [0, 0.5, 1 - Number.EPSILON]) expect(superposition.observe(() => at).root).toBe(always.root);
  });

  test('collapses to one of its branches, which is then certain', () => {
    const [a, b] = [agent(1), agent(2)];
    const superposition = helios.superpose([
      { ref: a, weight: 1 },
      { ref: b, weight: 1 },
    ]);
    const kept = superposition.collapse(superposition.observe(() => 0));
    expect(kept.weight).toBe(1);
    expect([a.root, b.root]).toContain(kept.root);
    expect(() => superposition.collapse(agent(9))).toThrow(invalid);
    expect(() => superposition.collapse('a' as never)).toThrow(invalid);
  });

  test('is pruned of what is unlikely, and what is left makes one again; the likeliest stays', () => {
    const refs = [agent(1), agent(2), agent(3)];
    const superposition = helios.superpose(refs.map((ref, index) => ({ ref, weight: [0.5, 0.3, 0.2][index] ?? 0 })));
    const pruned = superposition.prune(0.25);
    const [less, more] = pruned.branches.map(({ weight }) => weight).sort();
    expect(less).toBeCloseTo(0.375, 10);
    expect(more).toBeCloseTo(0.625, 10);
    expect(pruned.prune(1).branches).toMatchObject([{ weight: 1, ref: { root: refs[0]?.root } }]);
    expect(superposition.prune(0)).toBe(superposition);
    expect(() => superposition.prune(-1)).toThrow(invalid);
  });

  test('refuses what it can not be made of', () => {
    const ref = agent(1);
    for (const branches of [
      [],
      [{ ref, weight: 0 }],
      [{ ref, weight: -1 }],
      [{ ref, weight: Number.NaN }],
      [{ ref: {}, weight: 1 }],
      [
        { ref, weight: 1 },
        { ref: helios.create('list', []), weight: 1 },
      ],
      'ab',
    ]) {
      expect(() => helios.superpose(branches as never)).toThrow(invalid);
    }
  });

  test('shares what its branches have in common when they are materialized', () => {
    const base = agent(1);
    const branches = [base, base.edit((draft) => void Reflect.set(draft, 'hp', 2))];
    const [one, two] = helios.superpose(branches.map((ref) => ({ ref, weight: 1 }))).branches;
    const [a, b] = [one, two].map((branch) => branch?.ref.materialize() as { prompt: string });
    expect(a?.prompt).toBe(b?.prompt);
  });
});

test('a superposition is saved with all that its branches hold, and is the same in another process', async () => {
  const store = join(folderWith(), 'store');
  const first = await Helios.open({ store });
  const base = first.create('record', { hp: 1, log: ['a'] });
  const other = base.edit((draft) => void Reflect.set(draft, 'hp', 2));
  const superposition = first.superpose([
    { ref: base, weight: 3 },
    { ref: other, weight: 1 },
  ]);
  const { id } = superposition;
  const version = await superposition.save('what/if');
  expect(version.root).toBe(id);
  await first.close();

  const second = await Helios.open({ store });
  const list = (await second.load('what/if')).materialize() as unknown as StateReference<Value, Value>[];
  const again = second.superpose(list.map((ref) => ({ ref, weight: ref.weight })));
  expect(again.id).toBe(id);
  const found = again.branches.map(({ ref, weight }) => [weight, ref.materialize()]);
  expect(found).toContainEqual([0.75, { hp: 1, log: ['a'] }]);
  expect(found).toContainEqual([0.25, { hp: 2, log: ['a'] }]);
  await second.close();
});
