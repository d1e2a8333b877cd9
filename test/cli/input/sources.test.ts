import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { TEXT_BYTES_MAX } from '../../../src/cli/input/lines.js';
import { readingsOf } from '../../../src/cli/input/readings.js';
import { checkPaths, type Source, sourcesOf } from '../../../src/cli/input/sources.js';
import { folderWith } from '../terminal.js';

async function sources(cwd: string, paths: string[], kind?: 'ndjson' | 'msgpack'): Promise<Source[]> {
  const all: Source[] = [];
  for await (const source of sourcesOf(paths, { cwd, kind })) all.push(source);
  return all;
}

const reading = { stdin: Readable.from([]), signal: new AbortController().signal };

describe('sourcesOf', () => {
  it('gives files in order of names, folders with all below them', async () => {
    const cwd = folderWith({
      'in/b.json': '',
      'in/a/z.json': '',
      'in/a/y.ndjson': '',
      'in/a.json': '',
      'in/B.jsonl': '',
    });
    const found = await sources(cwd, ['in']);
    expect(found.map(({ label, path, kind }) => [label, path, kind])).toEqual([
      ['in/B.jsonl', 'B', 'ndjson'],
      ['in/a/y.ndjson', 'a/y', 'ndjson'],
      ['in/a/z.json', 'a/z', 'json'],
      ['in/a.json', 'a', 'json'],
      ['in/b.json', 'b', 'json'],
    ]);
  });

  it('names a file that was given by its last name, keeps the label as it was written, and knows its size', async () => {
    const cwd = folderWith({ 'deep/er/a.v1.json': '{"a":1}', 'deep/text': '[]' });
    expect(await sources(cwd, ['./deep/er/a.v1.json', join(cwd, 'deep/text'), '-'])).toEqual([
      { kind: 'json', file: join(cwd, 'deep/er/a.v1.json'), label: './deep/er/a.v1.json', path: 'a.v1', bytes: 7 },
      { kind: 'json', file: join(cwd, 'deep/text'), label: join(cwd, 'deep/text'), path: 'text', bytes: 2 },
      { kind: 'ndjson', file: '-', label: 'stdin', path: '', bytes: 0 },
    ]);
  });

  it('passes over what is called like a file and is none', async () => {
    const cwd = folderWith({ 'in/a.json': '' });
    execFileSync('mkfifo', [join(cwd, 'in', 'pipe.json')]);
    expect((await sources(cwd, ['in'])).map(({ path }) => path)).toEqual(['a']);
  });

  it('takes files that were given for NDJSON when told so, and leaves folders alone in that', async () => {
    const cwd = folderWith({ 'a.json': '', 'in/b.json': '' });
    expect((await sources(cwd, ['a.json', 'in'], 'ndjson')).map(({ kind }) => kind)).toEqual(['ndjson', 'json']);
  });

  it('says what has gone in between', async () => {
    await expect(sources(folderWith(), ['gone'])).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringMatching(/^gone can't be read: ENOENT/),
    });
  });
});

describe('checkPaths', () => {
  it('wants everything but stdin to be there', () => {
    const cwd = folderWith({ 'a.json': '' });
    expect(() => checkPaths(['a.json', '-', '.'], cwd)).not.toThrow();
    expect(() => checkPaths(['a.json', 'b'], cwd)).toThrow('There is no file or folder b.');
  });
});

describe('readingsOf', () => {
  it.each(['json', 'ndjson'] as const)('says what system error kept it from a file of %s', async (kind) => {
    const source = { kind, file: join(folderWith(), 'gone'), label: 'gone', path: 'gone', bytes: 1 };
    await expect(readingsOf(source, reading).next()).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringMatching(/^gone can't be read: ENOENT/),
    });
  });

  it('refuses a file that no text can hold when its value is asked for, without reading it', async () => {
    const source = {
      kind: 'json',
      file: '/nowhere',
      label: 'big.json',
      path: 'big',
      bytes: TEXT_BYTES_MAX + 1,
    } as const;
    const { value } = await readingsOf(source, reading).next();
    expect(() => value.parse()).toThrow('big.json has 268435457 bytes');
  });
});
