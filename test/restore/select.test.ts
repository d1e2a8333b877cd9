import { deepStrictEqual } from 'node:assert';
import { expect, test } from 'vitest';
import { Helios, type Value } from '../../src/index.js';

const value = {
  hp: 7,
  memory: ['fox', 'owl', 'bear'],
  releases: { '1.0': { date: 'May' }, '10': { date: 'June' }, '2': null },
  inventory: new Map<string | number, Value>([
    ['sword', { damage: 3 }],
    [10, 'ten'],
    ['10', 'text ten'],
  ]),
  team: [
    { name: 'a', tags: ['x'] },
    { name: 'b', tags: [] },
    { title: 'c', tags: ['y', 'z'], note: 'n'.repeat(3000) },
  ],
};

async function opened() {
  const helios = await Helios.open({ store: 'memory' });
  await helios.create('record', value).save('it');
  return { helios, head: await helios.load('it') };
}

test('at reads one place, in every way of writing it', async () => {
  const { helios, head } = await opened();
  expect(head.at('hp')).toBe(7);
  expect(head.at('memory[1]')).toBe('owl');
  expect(head.at('memory.1')).toBe('owl');
  expect(head.at('/memory/1')).toBe('owl');
  expect(head.at(['memory', 1])).toBe('owl');
  expect(head.at('releases["1.0"].date')).toBe('May');
  expect(head.at('releases.10.date')).toBe('June');
  expect(head.at('releases[10].date')).toBe('June');
  expect(head.at('releases.2')).toBe(null);
  expect(head.at('inventory.sword.damage')).toBe(3);
  expect(head.at(['inventory', 10])).toBe('ten');
  expect(head.at(['inventory', '10'])).toBe('text ten');
  expect(head.at('team[2].note')).toBe('n'.repeat(3000));
  deepStrictEqual(head.at(''), value);
  deepStrictEqual(head.at([]), value);
  await helios.close();
});

test('where nothing is, at gives undefined; prototypes are out of reach; wildcards are refused', async () => {
  const { helios, head } = await opened();
  for (const path of ['nothing', 'hp.deeper', 'memory[3]', 'memory[-1]', 'memory.01', 'memory.length']) {
    expect(head.at(path), path).toBe(undefined);
  }
  for (const path of ['constructor', '__proto__', 'toString', 'inventory.size', 'inventory.get', 'memory.push']) {
    expect(head.at(path), path).toBe(undefined);
  }
  expect(() => head.at('team[*].name')).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  await helios.close();
});

test('a request with paths answers an object of what is there, by concrete path', async () => {
  const { helios } = await opened();
  const { value: found, mode } = await helios.request('it', {
    paths: ['hp', 'releases["1.0"]', '/memory/0', ['team', 0, 'name']],
  }).result;
  expect(mode).toBe('paths');
  deepStrictEqual(found, { hp: 7, 'releases["1.0"]': { date: 'May' }, '/memory/0': 'fox', 'team[0].name': 'a' });
  expect(Object.isFrozen(found)).toBe(true);
  await helios.close();
});

test('wildcards and ranges find every place that is there, and none is no fault', async () => {
  const { helios } = await opened();
  const ask = async (path: string) => (await helios.request('it', { paths: [path] }).result).value;
  deepStrictEqual(await ask('team[*].name'), { 'team[0].name': 'a', 'team[1].name': 'b' });
  deepStrictEqual(await ask('memory[1:]'), { 'memory[1]': 'owl', 'memory[2]': 'bear' });
  deepStrictEqual(await ask('memory[0:1]'), { 'memory[0]': 'fox' });
  deepStrictEqual(await ask('memory[5:9]'), {});
  deepStrictEqual(await ask('releases.*.date'), { 'releases["1.0"].date': 'May', 'releases.10.date': 'June' });
  deepStrictEqual(await ask('team[*].tags[*]'), {
    'team[0].tags[0]': 'x',
    'team[2].tags[0]': 'y',
    'team[2].tags[1]': 'z',
  });
  deepStrictEqual(await ask('inventory.*'), {
    'inventory[10]': 'ten',
    'inventory.10': 'text ten',
    'inventory.sword': { damage: 3 },
  });
  deepStrictEqual(await ask('hp.*'), {});
  await helios.close();
});

test('a place that was named and is not there is UNKNOWN_PATH, with the nearest one that is', async () => {
  const { helios } = await opened();
  const fails = (path: string) => helios.request('it', { paths: ['hp', path] }).result;
  await expect(fails('memry')).rejects.toMatchObject({ code: 'UNKNOWN_PATH', details: { path: 'memry' } });
  await expect(fails('memry')).rejects.toThrow('Did you mean "memory"?');
  await expect(fails('inventory.swrd')).rejects.toThrow('Did you mean "sword"?');
  await expect(fails('memory[7]')).rejects.toThrow('a list of 3');
  await expect(fails('hp.x')).rejects.toThrow('a number');
  await expect(fails('nope[*].x')).rejects.toMatchObject({ code: 'UNKNOWN_PATH' });
  await helios.close();
});

test('paths that mean the same place, and one that holds another, are answered once each, cached or not', async () => {
  await using helios = await Helios.open({ store: 'memory', memoryBytes: 0 });
  await helios.create('record', value).save('it');
  const { value: found } = await helios.request('it', {
    paths: ['team[*]', 'team[0]', 'team', 'hp', 'hp', ['hp']],
  }).result;
  deepStrictEqual(found, {
    'team[0]': value.team[0],
    'team[1]': value.team[1],
    'team[2]': value.team[2],
    team: value.team,
    hp: 7,
  });
});

test('a wildcard that means too many places is refused before it holds everybody up', async () => {
  await using helios = await Helios.open({ store: 'memory' });
  const wide = Array.from({ length: 200 }, () => Array.from({ length: 200 }, () => 1));
  await helios.create('list', wide).save('wide');
  await expect(helios.request('wide', { paths: ['*.*'] }).result).rejects.toMatchObject({ code: 'TOO_LARGE' });
  expect(Object.keys((await helios.request('wide', { paths: ['[0:10].*'] }).result).value)).toHaveLength(2000);
});
