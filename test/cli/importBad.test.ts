import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Helios } from '../../src/index.js';
import { folderWith, helios, json, ndjson, output } from './terminal.js';

const CONFIG = `
  import { defineConfig, defineType } from 'helios-materializer';
  const validate = (value) => typeof value.hp === 'number' ? { value } : { issues: [{ message: 'hp is a number', path: ['hp'] }] };
  const agent = defineType({ name: 'agent', schema: { '~standard': { version: 1, vendor: 'test', validate } } });
  export default defineConfig({ types: [agent] });
`;

/** What is said on stderr by an import that must fail. */
async function refusal(folder: string, ...argv: string[]): Promise<string> {
  const { code, stderr } = await helios(folder, ['import', ...argv]);
  expect(code).toBe(1);
  return stderr;
}

describe('helios import of what it can not import', () => {
  it.each([
    ['{"a": [1, 2,}', '1:13: not JSON: expected a value, but found }.'],
    ['{\n  "a": 1\n  "b": 2\n}', '3:3: not JSON: expected "," or "}", but found "b": 2.'],
    ['{"a": 1', '1:8: not JSON: expected "," or "}", but the text ends.'],
    ['', '1:1: not JSON: expected an object or an array, but the text ends.'],
  ])('names file, line and column of what is not JSON: %j', async (text, said) => {
    const folder = folderWith({ 'in/x.json': text });
    expect(await refusal(folder, 'in')).toBe(`INVALID_REQUEST: in/x.json:${said}\n`);
  });

  it('names the line of a stream', async () => {
    const folder = folderWith({ 's.ndjson': '{"a":1}\n\n{"a":tru}\n' });
    expect(await refusal(folder, 's.ndjson')).toBe(
      'INVALID_REQUEST: s.ndjson:3:6: not JSON: expected a value, but found tru}.\n',
    );
  });

  it('refuses text that is not UTF-8, and takes a byte order mark for what it is', async () => {
    const folder = folderWith({
      'bad.json': Buffer.from('{"a":"\xff"}', 'latin1'),
      'marked.json': Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{"a":1}')]),
    });
    expect(await refusal(folder, 'bad.json')).toBe('INVALID_REQUEST: bad.json:1:1: not UTF-8.\n');
    await output(folder, 'import', 'marked.json');
    expect(await json(folder, 'materialize', 'marked')).toEqual({ a: 1 });
  });

  it.each([
    ['"x"', 'the text "x"'],
    ['42', '42'],
    ['null', 'null'],
    ['true', 'true'],
  ])('refuses %s, which is no object of its own, with file and line', async (text, shown) => {
    const folder = folderWith({ 's.ndjson': `{}\n${text}\n`, 'x.json': text });
    const said = `an object is a JSON object or array, but this is ${shown}. Wrap it, or give it a type with --type.`;
    expect(await refusal(folder, 's.ndjson')).toBe(`INVALID_VALUE: s.ndjson:2: ${said}\n`);
    expect(await refusal(folder, 'x.json')).toBe(`INVALID_VALUE: x.json: ${said}\n`);
  });

  it('refuses what the type of the config refuses, with file and path', async () => {
    const folder = folderWith({ 'in/a.json': { hp: 1 }, 'in/b.json': { hp: 'much' }, 'helios.config.js': CONFIG });
    const said = await refusal(folder, 'in', '--type', 'agent');
    expect(said).toMatch(/^INVALID_VALUE: in\/b\.json: .*hp.*hp is a number/);
    expect(await ndjson(folder, 'ls', '--json')).toMatchObject([{ name: 'a', type: 'agent' }]);
  });

  it('refuses a type that nobody defines, and makes no store for it', async () => {
    const folder = folderWith({ 'a.json': {}, 'helios.config.js': CONFIG });
    expect(await refusal(folder, 'a.json', '--type', 'agnet')).toMatch(/^UNKNOWN_TYPE: .*"agnet".*agent/);
    expect(existsSync(join(folder, '.helios'))).toBe(false);
  });

  it('refuses what is nested too deep', async () => {
    const folder = folderWith({ 'deep.json': `${'['.repeat(20_000)}${']'.repeat(20_000)}` });
    expect(await refusal(folder, 'deep.json')).toMatch(/^UNSUPPORTED_VALUE: deep\.json: .*deeper than/);
  });

  it('refuses a path that is not there before it reads any', async () => {
    const folder = folderWith({ 'a.json': {} });
    expect(await refusal(folder, 'a.json', 'b.json')).toBe('INVALID_REQUEST: There is no file or folder b.json.\n');
    expect(existsSync(join(folder, '.helios'))).toBe(false);
  });

  it.each([
    [['--key', 'id'], 'INVALID_REQUEST: x.json: there is no field id, which --key takes as the name.'],
    [['--key', 'o'], 'INVALID_REQUEST: x.json: there is no text or number in o, which --key takes as the name.'],
    [['--key', 'toString'], 'INVALID_REQUEST: x.json: there is no field toString, which --key takes as the name.'],
    [['--key', 'a[*]'], 'INVALID_REQUEST: --key names one field, like id or user.login; a[*] names many.'],
    [['--name', '{id}'], 'INVALID_REQUEST: --name has {id}, but knows only {path}, {file}, {line}, {key}.'],
    [['--name', 'a{}'], 'INVALID_REQUEST: --name has {}, but knows only {path}, {file}, {line}, {key}.'],
    [['--name', '{key}'], 'INVALID_REQUEST: --name uses {key}, so say with --key FIELD which field that is.'],
    [['--name', ''], 'INVALID_REQUEST: --name is empty; leave it out, or give a name or a template like {path}.'],
  ])('says what is wrong with the names of %j', async (options, said) => {
    const folder = folderWith({ 'x.json': { o: {} } });
    expect(await refusal(folder, 'x.json', ...options)).toBe(`${said}\n`);
  });

  it('refuses a name that no object may have, with its place', async () => {
    const folder = folderWith({ 's.ndjson': '{"id":"a\\u0007b"}' });
    expect(await refusal(folder, 's.ndjson', '--key', 'id')).toMatch(
      /^INVALID_REQUEST: s\.ndjson:1: A name has no control characters/,
    );
  });

  it('keeps and reports what was imported before', async () => {
    const folder = folderWith({ 's.ndjson': '{"a":1}\n{"a":2}\n{\n{"a":4}\n' });
    const { code, stdout, stderr } = await helios(folder, ['import', 's.ndjson']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^New objects {4}2$/m);
    expect(stdout).toContain('Ended early: what was imported until then stays.');
    expect(stderr).toMatch(/^INVALID_REQUEST: s\.ndjson:3:2: /);
    expect(await ndjson(folder, 'ls', '--json')).toHaveLength(2);
  });

  it('says in JSON what ended it', async () => {
    const folder = folderWith({ 's.ndjson': '{"a":1}\n{\n' });
    const { stdout } = await helios(folder, ['import', 's.ndjson', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      objects: 1,
      error: { code: 'INVALID_REQUEST', message: expect.stringContaining('s.ndjson:2:2: ') },
    });
  });

  it('goes on with --skip-bad, names what it skipped, and ends with 0', async () => {
    const folder = folderWith({ 's.ndjson': '{"a":1}\n{\n42\n{"a":4}\n' });
    const { code, stdout, stderr } = await helios(folder, ['import', 's.ndjson', '--skip-bad', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ values: 2, objects: 2, skipped: 2 });
    expect(stderr).toMatch(/^skipped INVALID_REQUEST: s\.ndjson:2:2: .*\nskipped INVALID_VALUE: s\.ndjson:3: .*\n$/);
    expect(await helios(folder, ['import', 's.ndjson', '--skip-bad'])).toMatchObject({
      stdout: expect.stringMatching(/^Skipped {8}2$/m),
    });
  });

  it('names the first skipped ones only, however many there are', async () => {
    const folder = folderWith({ 's.ndjson': '1\n'.repeat(100) });
    const { stdout, stderr } = await helios(folder, ['import', 's.ndjson', '--skip-bad', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ values: 0, skipped: 100 });
    expect(stderr.trimEnd().split('\n')).toHaveLength(20);
  });

  it('takes a save that fails for the end, also with --skip-bad, and saves nothing after it', async () => {
    const folder = folderWith({ 's.ndjson': '{"a":1}\n{"a":2}\n', 'a.json': { a: 1 } });
    await output(folder, 'import', 'a.json');
    const original = Helios.prototype.find;
    const failing = async function (this: Helios, name: string) {
      if (name === 's/1') throw new Error('the disk is gone');
      return original.call(this, name);
    };
    Helios.prototype.find = failing;
    onTestFinished(() => {
      Helios.prototype.find = original;
    });
    const { code, stderr } = await helios(folder, ['import', 's.ndjson', '--skip-bad']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'INTERNAL: Unexpected failure: the disk is gone\n' });
  });
});
