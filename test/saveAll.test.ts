import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Helios, type StateReference, type Version } from '../src/index.js';

let helios: Helios;
beforeEach(async () => {
  helios = await Helios.open({ store: 'memory' });
});
afterEach(async () => {
  await helios.close();
});

const set = <S, L>(ref: StateReference<S, L>, hp: number): StateReference<S, L> =>
  ref.edit((draft) => void Reflect.set(Object(draft), 'hp', hp));
const hpOf = async (name: string) => (await helios.load(name)).at('hp');

describe('saveAll', () => {
  test('saves all of them as one, and what they share once; each reference then comes from its version', async () => {
    const base = helios.create('record', { hp: 1, prompt: 'x'.repeat(5_000) });
    const refs = [1, 2, 3].map((hp) => set(base, hp));
    const versions = await helios.saveAll(refs.map((ref, index) => ({ name: `a/${index}`, ref, message: 'together' })));
    expect(versions).toMatchObject([0, 1, 2].map((index) => ({ name: `a/${index}`, version: 1, message: 'together' })));
    expect(refs.map(({ base: from }) => from)).toEqual(versions);
    expect(await Promise.all([0, 1, 2].map((index) => hpOf(`a/${index}`)))).toEqual([1, 2, 3]);
    const [first] = refs;
    expect(first === undefined ? undefined : await set(first, 9).save()).toMatchObject({ name: 'a/0', version: 2 });
  });

  test('saves none of them when one name has moved on', async () => {
    const [a, b] = [helios.create('record', { hp: 1 }), helios.create('record', { hp: 2 })];
    await helios.saveAll([
      { name: 'a', ref: a },
      { name: 'b', ref: b },
    ]);
    await helios.update('b', (draft: object) => void Reflect.set(draft, 'hp', 7));
    const saving = helios.saveAll([
      { name: 'a', ref: set(a, 5) },
      { name: 'b', ref: set(b, 6) },
    ]);
    await expect(saving).rejects.toMatchObject({ code: 'CONFLICT' });
    expect([await hpOf('a'), await hpOf('b')]).toEqual([1, 7]);
    await helios.saveAll([
      { name: 'a', ref: set(a, 5) },
      { name: 'b', ref: set(b, 6), expect: 'any' },
    ]);
    expect([await hpOf('a'), await hpOf('b')]).toEqual([5, 6]);
  });

  test('not as one, it saves what can be saved and says what could not', async () => {
    const ref = helios.create('record', { hp: 1 });
    await ref.save('taken');
    const other = helios.create('record', { hp: 2 });
    const saving = helios.saveAll(
      [
        { name: 'taken', ref: other },
        { name: 'free', ref: other },
      ],
      { atomic: false },
    );
    await expect(saving).rejects.toMatchObject({ code: 'CONFLICT', details: { name: 'taken' } });
    expect([await hpOf('taken'), await hpOf('free')]).toEqual([1, 2]);
  });

  test('saves nothing of nothing, and refuses a name that comes twice and what is no reference', async () => {
    const ref = helios.create('record', { hp: 1 });
    expect(await helios.saveAll([])).toEqual([]);
    for (const wrong of [
      [
        { name: 'a', ref },
        { name: 'a', ref },
      ],
      [{ name: 'a', ref: {} }],
      'a',
      [{ name: '', ref }],
    ]) {
      await expect(helios.saveAll(wrong as never)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    }
  });

  test('competes with others who save the same names: each lands whole', async () => {
    const write = (hp: number) =>
      helios.saveAll(
        ['x', 'y'].map((name) => ({ name, ref: helios.create('record', { hp }), expect: 'any' as const })),
      );
    await Promise.all([1, 2, 3, 4, 5].map(write));
    expect(await hpOf('x')).toBe(await hpOf('y'));
    expect((await helios.load('x')).base?.version).toBe(5);
  });
});

describe('revert', () => {
  const hp = async (name: string) => {
    const versions: Version[] = [];
    for await (const version of helios.history(name)) versions.push(version);
    return versions;
  };

  test('makes of an older version the newest one, and keeps what came between', async () => {
    const first = helios.create('record', { hp: 1 });
    const version = await first.save('agent');
    await set(first, 2).save();
    expect(await helios.revert('agent', version)).toMatchObject({ version: 3, root: version.root });
    expect(await hpOf('agent')).toBe(1);
    expect((await hp('agent')).map((one) => one.version)).toEqual([3, 2, 1]);
  });

  test('refuses versions that the name does not have', async () => {
    const version = await helios.create('record', { hp: 1 }).save('agent');
    await expect(helios.revert('agent', { ...version, version: 9 })).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
    await expect(helios.revert('nobody', version)).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
    await expect(helios.revert('agent', 1 as never)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await helios.delete('agent');
    await helios.create('record', { hp: 5 }).save('agent');
    await expect(helios.revert('agent', version)).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
  });
});
