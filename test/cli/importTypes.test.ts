import { deepStrictEqual } from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Helios } from '../../src/index.js';
import { folderWith, helios, json, ndjson, output } from './terminal.js';

async function valueIn(folder: string, name: string): Promise<{ type: string; value: unknown }> {
  await using store = await Helios.open({ store: join(folder, '.helios') });
  const { type, ...reference } = await store.load(name).then((one) => ({ type: one.type, value: one.materialize() }));
  return { type, ...reference };
}

describe('helios import of a built-in type', () => {
  const TENSOR = { dtype: 'float32', shape: [2, 2], data: new Float32Array([1, 2.5, -3, 4]) };
  const CASES: [type: string, written: unknown, value: unknown][] = [
    ['record', { $set: [1] }, { $set: [1] }],
    ['list', [1, { $bigint: '5' }], [1, { $bigint: '5' }]],
    ['log', [{ at: 1 }], [{ at: 1 }]],
    [
      'map',
      { a: 1, b: { $date: '2026-01-01T00:00:00.000Z' } },
      new Map<string, unknown>([
        ['a', 1],
        ['b', new Date('2026-01-01')],
      ]),
    ],
    [
      'map',
      {
        $map: [
          [1, 'one'],
          [null, []],
        ],
      },
      new Map<unknown, unknown>([
        [1, 'one'],
        [null, []],
      ]),
    ],
    ['set', ['b', 'a', 'b'], new Set(['a', 'b'])],
    ['set', { $set: [2, 1] }, new Set([1, 2])],
    ['text', 'a fox', 'a fox'],
    ['blob', { $bytes: 'AQID' }, new Uint8Array([1, 2, 3])],
    ['tensor', { ...TENSOR, data: [1, 2.5, -3, 4] }, TENSOR],
    [
      'tensor',
      { dtype: 'int64', shape: [2], data: [1, { $bigint: '9007199254740993' }] },
      { dtype: 'int64', shape: [2], data: new BigInt64Array([1n, 9007199254740993n]) },
    ],
    [
      'tensor',
      { dtype: 'uint8', shape: [], data: { $bytes: 'BQ==' } },
      { dtype: 'uint8', shape: [], data: new Uint8Array([5]) },
    ],
  ];

  it.each(CASES)('reads a %s out of JSON: %o', async (type, written, value) => {
    const folder = folderWith({ 'a.json': JSON.stringify(written) });
    await helios(folder, ['import', 'a.json', '--type', type]);
    deepStrictEqual(await valueIn(folder, 'a'), { type, value });
    // What is printed is read again as the same.
    const printed = await output(folder, 'materialize', 'a');
    if (type !== 'record' && type !== 'list') {
      writeFileSync(join(folder, 'b.json'), printed);
      await helios(folder, ['import', 'b.json', '--type', type]);
      deepStrictEqual(await valueIn(folder, 'b'), { type, value });
      expect(await ndjson(folder, 'diff', 'a', 'b', '--json')).toEqual([]);
    }
  });

  it('takes other files, folders of them, and stdin as the text or the bytes in them', async () => {
    const folder = folderWith({
      'in/notes.md': 'x',
      'in/deep/more.txt': 'y',
      'in/said.json': '"in JSON"',
      'in/.hidden': 'z',
    });
    writeFileSync(join(folder, 'in', 'notes.md'), '# Foxes\n\né 😀\n');
    writeFileSync(join(folder, 'in', 'deep', 'more.txt'), '');
    expect(await json(folder, 'import', 'in', '--type', 'text', '--json')).toMatchObject({ values: 3, objects: 3 });
    expect(await valueIn(folder, 'notes')).toEqual({ type: 'text', value: '# Foxes\n\né 😀\n' });
    expect(await valueIn(folder, 'deep/more')).toEqual({ type: 'text', value: '' });
    expect(await valueIn(folder, 'said')).toEqual({ type: 'text', value: 'in JSON' });
    const bytes = Buffer.from([0, 255, 254, 10, 13]);
    writeFileSync(join(folder, 'logo.png'), bytes);
    await output(folder, 'import', 'logo.png', '--type', 'blob');
    expect(await valueIn(folder, 'logo')).toEqual({ type: 'blob', value: new Uint8Array(bytes) });
    const stdin = [bytes.subarray(0, 2), bytes.subarray(2)];
    const ran = await helios(folder, ['import', '-', '--type', 'blob', '--name', 'piped'], { stdin });
    expect(ran.code).toBe(0);
    expect(await valueIn(folder, 'piped')).toEqual({ type: 'blob', value: new Uint8Array(bytes) });
    await helios(folder, ['import', '-', '--type', 'text', '--ndjson', '--key', 'x', '--name', 'line/{line}'], {
      stdin: ['"a"\n"b"\n'],
    });
    await helios(folder, ['import', '-', '--type', 'text', '--ndjson', '--name', 'line/{line}'], {
      stdin: ['"a"\n"b"\n'],
    });
    expect(await valueIn(folder, 'line/2')).toEqual({ type: 'text', value: 'b' });
    writeFileSync(join(folder, 'notes.md'), '# Foxes\n\né 😀\nand hens\n');
    await output(folder, 'import', 'notes.md', '--type', 'text');
    expect(await ndjson(folder, 'diff', 'notes', '--json')).toMatchObject([
      { kind: 'change', path: [], before: '# Foxes\n\né 😀\n', after: '# Foxes\n\né 😀\nand hens\n' },
    ]);
    expect(await output(folder, 'diff', 'notes')).toContain('Foxes');
  });

  it.each([
    ['text', Buffer.from([0xff, 0xfe]), 'a.txt', 'is UTF-8'],
    ['tensor', { dtype: 'float32', shape: [2], data: [1] }, 'a.json', 'shape [2] has 2 elements, but got 1'],
    ['tensor', { dtype: 'float32', shape: [1], data: ['1'] }, 'a.json', 'but got an array of 1'],
    ['tensor', { dtype: 'int64', shape: [1], data: [1.5] }, 'a.json', 'but got an array of 1'],
    ['tensor', { dtype: 'toString', shape: [1], data: [1] }, 'a.json', 'the dtype of a tensor is one of'],
    ['tensor', [1], 'a.json', 'a tensor holds a record, but got an array'],
    ['map', [1], 'a.json', 'a map holds a Map, but got an array'],
    ['set', { a: 1 }, 'a.json', 'a set holds a Set, but got a record'],
    ['blob', 'text', 'a.json', 'a blob holds bytes, but got a string'],
    ['blob', { $bytes: '?' }, 'a.json', '$bytes'],
  ])('says which file holds no %s, and why: %o', async (type, written, file, message) => {
    const folder = folderWith(Buffer.isBuffer(written) ? {} : { [file]: JSON.stringify(written) });
    if (Buffer.isBuffer(written)) writeFileSync(join(folder, file), written);
    const { code, stderr } = await helios(folder, ['import', file, '--type', type]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
    expect(stderr).toContain(file);
  });
});
