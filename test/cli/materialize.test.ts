import { describe, expect, it } from 'vitest';
import { folderWith, helios, inStore, json, output, save } from './terminal.js';

const AGENT = {
  name: 'Ada',
  'a.b': 1,
  memory: [
    { text: 'fox', at: 3 },
    { text: 'owl', at: 4 },
  ],
  goals: { eat: true },
};

describe('helios materialize', () => {
  it('prints the value as JSON that people can read', async () => {
    const folder = folderWith();
    await save(folder, 'agents/7', { hp: 10, memory: ['fox'] });
    expect(await output(folder, 'materialize', 'agents/7')).toBe('{\n  "hp": 10,\n  "memory": [\n    "fox"\n  ]\n}\n');
  });

  it('tags what JSON lacks', async () => {
    const folder = folderWith();
    await inStore(folder, async (opened) => {
      const link = opened.create('record', { linked: true });
      await link.save('link');
      const value = {
        ...{
          big: 2n ** 70n,
          date: new Date(0),
          map: new Map([['k', 1]]),
          set: new Set([1]),
          minus: -0,
          nan: Number.NaN,
        },
        ...{ bytes: new Uint8Array([1, 2]), floats: new Float64Array([1]), escaped: { $date: 'no date' }, link },
      };
      await opened.create('record', value).save('all');
    });
    expect(await json(folder, 'materialize', 'all')).toEqual({
      big: { $bigint: String(2n ** 70n) },
      date: { $date: '1970-01-01T00:00:00.000Z' },
      map: { $map: [['k', 1]] },
      set: { $set: [1] },
      minus: { $number: '-0' },
      nan: { $number: 'NaN' },
      bytes: { $bytes: 'AQI=' },
      floats: { $array: ['Float64', 'AAAAAAAA8D8='] },
      escaped: { $$date: 'no date' },
      link: { $ref: { root: expect.stringMatching(/^[0-9a-f]{64}$/), type: 'record' } },
    });
  });

  it('prints places by their concrete paths with --path', async () => {
    const folder = folderWith();
    await save(folder, 'a', AGENT);
    const paths = ['--path', 'memory[*].text', '--path', '["a.b"]', '--path', '/goals/eat', '--path', 'memory[1:]'];
    expect(await json(folder, 'materialize', 'a', ...paths)).toEqual({
      'memory[0].text': 'fox',
      'memory[1].text': 'owl',
      '["a.b"]': 1,
      '/goals/eat': true,
      'memory[1]': { text: 'owl', at: 4 },
    });
  });

  it('prints an older version, by option or after an @', async () => {
    const folder = folderWith();
    await save(folder, 'a', { n: 1 }, { n: 2 }, { n: 3 });
    expect(await json(folder, 'materialize', 'a', '--version', '2')).toEqual({ n: 2 });
    expect(await json(folder, 'materialize', 'a@1')).toEqual({ n: 1 });
    expect(await json(folder, 'materialize', 'a')).toEqual({ n: 3 });
  });

  it('takes a name with an @ for a name, if there is one', async () => {
    const folder = folderWith();
    await save(folder, 'a', { n: 1 });
    await save(folder, 'a@1', { other: true });
    expect(await json(folder, 'materialize', 'a@1')).toEqual({ other: true });
    expect(await json(folder, 'materialize', 'a@1@1')).toEqual({ other: true });
  });

  it('prints what a root names, given its type', async () => {
    const folder = folderWith();
    await save(folder, 'a', { n: 1 }, { n: 2 });
    const { root } = Object(Object(await json(folder, 'materialize', 'a@1', '--json')).version);
    expect(await json(folder, 'materialize', root, '--type', 'record')).toEqual({ n: 1 });
    const refused = async (...argv: string[]) => (await helios(folder, ['materialize', ...argv])).stderr;
    expect(await refused(root)).toMatch(/^INVALID_REQUEST: .* is no name but a root\. Say with --type/);
    expect(await refused(root, '--type', 'rekord')).toMatch(/^UNKNOWN_TYPE: .*Did you mean "record"\?/);
    expect(await refused('0'.repeat(64), '--type', 'record')).toMatch(/^UNKNOWN_OBJECT: No state in this store/);
  });

  it('gives with --json one document with where the value came from and what it took', async () => {
    const folder = folderWith();
    await save(folder, 'a', { n: 1 }, { n: 2 });
    const text = await output(folder, 'materialize', 'a', '--json');
    expect(text.indexOf('\n')).toBe(text.length - 1);
    const document = Object(JSON.parse(text));
    expect(document).toMatchObject({ value: { n: 2 }, mode: 'whole', source: 'local', attempt: 1 });
    expect(document.version).toMatchObject({ name: 'a', version: 2, root: document.root, type: 'record', weight: 1 });
    expect(new Date(document.version.at).toISOString()).toBe(document.version.at);
    expect(Object.keys(document.timings).sort()).toEqual(['queueUs', 'restoreUs', 'totalUs']);
    expect(await json(folder, 'materialize', 'a@1', '--json', '--path', 'n')).toMatchObject({
      value: { n: 1 },
      mode: 'paths',
      version: { version: 1 },
    });
  });

  it('says timings on stderr, apart from the value', async () => {
    const folder = folderWith();
    await save(folder, 'a', { n: 1 });
    const { stdout, stderr } = await helios(folder, ['materialize', 'a', '--timings']);
    expect(JSON.parse(stdout)).toEqual({ n: 1 });
    expect(stderr).toMatch(/^whole from local: queue .+s, restore .+s, total .+s\n$/);
  });

  it.each([
    ['materialize agents/8', 'UNKNOWN_OBJECT: There is no object named "agents/8". Did you mean "agents/7"?'],
    ['materialize agents/7@9', 'UNKNOWN_OBJECT: "agents/7" has no version 9: it has 1 to 1.'],
    ['materialize agents/7 --version 9', 'UNKNOWN_OBJECT: "agents/7" has no version 9'],
    ['materialize agents/7 --path memry', 'UNKNOWN_PATH: '],
    ['materialize agents/7 --path a[', 'INVALID_REQUEST: '],
  ])('fails helpfully: %s', async (line, said) => {
    const folder = folderWith();
    await save(folder, 'agents/7', { memory: [] });
    const { code, stdout, stderr } = await helios(folder, line.split(' '));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(said);
  });

  it('prints values larger than any message may be', async () => {
    const folder = folderWith();
    const text = 'x'.repeat(9_000_000);
    await save(folder, 'large', { text });
    expect(await json(folder, 'materialize', 'large')).toEqual({ text });
  });
});
