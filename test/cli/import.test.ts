import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { Interrupt } from '../../src/cli/io.js';
import { Helios } from '../../src/index.js';
import { folderWith, helios, json, ndjson, output, put } from './terminal.js';

async function names(folder: string): Promise<unknown[]> {
  return (await ndjson(folder, 'ls', '--json')).map((version) => Object(version).name);
}

describe('helios import of MessagePack', () => {
  const packed = (...values: unknown[]) =>
    Buffer.concat(values.map((value) => new Packr({ useRecords: false }).pack(value)));

  it('takes values one behind the other, named as lines are, also in folders and from stdin', async () => {
    const at = new Date('2024-02-29T12:00:00.000Z');
    const folder = folderWith({ 'in/a.json': { a: 1 } });
    writeFileSync(
      join(folder, 'in', 'many.msgpack'),
      packed({ id: 'x', at }, { id: 'y', big: 2n ** 60n, small: 5n }, [1, null]),
    );
    const summary = await json(folder, 'import', 'in', '--json');
    expect(summary).toMatchObject({ values: 4, objects: 4, skipped: 0 });
    expect(await names(folder)).toEqual(['a', 'many/1', 'many/2', 'many/3']);
    const store = await Helios.open({ store: join(folder, '.helios') });
    expect((await store.load('many/1')).materialize()).toEqual({ id: 'x', at });
    expect((await store.load('many/2')).materialize()).toEqual({ id: 'y', big: 2n ** 60n, small: 5 });
    expect((await store.load('many/3')).materialize()).toEqual([1, null]);
    await store.close();
    const stdin = Readable.from([packed({ id: 7 }).subarray(0, 3), packed({ id: 7 }).subarray(3), packed({ id: 8 })]);
    await helios(folder, ['import', '-', '--msgpack', '--key', 'id', '--prefix', 'in/'], { stdin });
    expect((await names(folder)).filter((name) => String(name).startsWith('in/'))).toEqual(['in/7', 'in/8']);
  });

  it('reads records as msgpackr writes them', async () => {
    const folder = folderWith({});
    const packr = new Packr();
    writeFileSync(join(folder, 'r.mp'), Buffer.concat([packr.pack({ id: 1, hp: 2 }), packr.pack({ id: 2, hp: 3 })]));
    await output(folder, 'import', 'r.mp', '--key', 'id');
    expect(await json(folder, 'materialize', '2')).toEqual({ id: 2, hp: 3 });
  });

  it('says where a file ends or is none, keeps what came before, and refuses what is no value', async () => {
    const folder = folderWith({});
    writeFileSync(join(folder, 'cut.msgpack'), packed({ a: 1 }, { b: 'longer' }).subarray(0, -2));
    writeFileSync(
      join(folder, 'error.msgpack'),
      new Packr({ structuredClone: true }).pack({ e: new Error('no value') }),
    );
    const cut = await helios(folder, ['import', 'cut.msgpack']);
    expect(cut.stderr).toMatch(/INVALID_REQUEST: cut\.msgpack: value 2 is not MessagePack/);
    expect(await names(folder)).toEqual(['cut/1']);
    const refused = await helios(folder, ['import', 'error.msgpack']);
    expect(refused.stderr).toMatch(/error\.msgpack:1/);
    expect(refused.code).not.toBe(0);
    const both = await helios(folder, ['import', 'cut.msgpack', '--ndjson', '--msgpack']);
    expect(both.stderr).toMatch(/not both/);
  });
});

describe('helios import of deeply nested values', () => {
  const inputs = {
    'deep.json': (levels: number) => Buffer.from(`${'['.repeat(levels)}1${']'.repeat(levels)}`),
    'deep.ndjson': (levels: number) => Buffer.from(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}\n`),
    'deep.msgpack': (levels: number) => Buffer.concat([Buffer.alloc(levels, 0x91), Buffer.of(1)]),
  };

  it.each(Object.entries(inputs))(
    'takes %s of 1,000 levels, and refuses one of more, however many',
    async (file, bytesOf) => {
      for (const levels of [1_000, 1_001, 10_000, 1_000_000]) {
        const folder = folderWith({});
        writeFileSync(join(folder, file), bytesOf(levels));
        const ran = await helios(folder, ['import', file]);
        if (levels === 1_000) expect([ran.code, ran.stderr]).toEqual([0, '']);
        else expect([ran.code, ran.stderr]).toEqual([1, expect.stringMatching(/^UNSUPPORTED_VALUE: .* 1000 levels/)]);
      }
    },
  );
});

describe('helios import', () => {
  it('imports a folder with all below it, each file an object named by its path', async () => {
    const folder = folderWith({
      'in/b.json': { b: 1 },
      'in/a/10.json': [1, 2],
      'in/a/9.json': { deep: true },
      'in/notes.txt': 'no JSON at all',
      'in/.hidden.json': 'no JSON either',
      'in/.git/config.json': 'nor here',
    });
    const summary = await json(folder, 'import', 'in', '--json');
    expect(summary).toMatchObject({ values: 3, objects: 3, versions: 3, unchanged: 0, skipped: 0 });
    expect(await names(folder)).toEqual(['a/10', 'a/9', 'b']);
    expect(await json(folder, 'materialize', 'a/9')).toEqual({ deep: true });
    expect(await json(folder, 'materialize', 'a/10')).toEqual([1, 2]);
  });

  it('makes records of objects and lists of arrays', async () => {
    const folder = folderWith({ 'r.json': {}, 'l.json': [] });
    await output(folder, 'import', 'r.json', 'l.json');
    expect(await ndjson(folder, 'ls', '--json')).toMatchObject([
      { name: 'l', type: 'list' },
      { name: 'r', type: 'record' },
    ]);
  });

  it('follows links to files in a folder, and not those to folders', async () => {
    const folder = folderWith({ 'in/x.json': { x: 1 }, 'out/y.json': { y: 1 }, 'out/sub/z.json': { z: 1 } });
    symlinkSync(join(folder, 'out', 'y.json'), join(folder, 'in', 'y.json'));
    symlinkSync(join(folder, 'out', 'sub'), join(folder, 'in', 'sub'));
    symlinkSync(join(folder, 'in'), join(folder, 'in', 'again'));
    await output(folder, 'import', 'in');
    expect(await names(folder)).toEqual(['x', 'y']);
  });

  it('gives a name that exists a new version only if the state differs', async () => {
    const folder = folderWith({ 'in/a.json': { n: 1, m: 2 }, 'in/b.json': { n: 1 } });
    await output(folder, 'import', 'in');
    put(folder, { 'in/a.json': '{ "m": 2, "n": 1 }', 'in/b.json': { n: 2 } });
    const summary = await json(folder, 'import', 'in', '--json');
    expect(summary).toMatchObject({ values: 2, objects: 0, versions: 1, unchanged: 1 });
    expect(await ndjson(folder, 'ls', '--json')).toMatchObject([
      { name: 'a', version: 1 },
      { name: 'b', version: 2 },
    ]);
  });

  it('gives a state of another type a new version, though its root is the same', async () => {
    const folder = folderWith({
      'a.json': { n: 1 },
      'helios.config.mjs': `
        import { defineConfig, defineType } from 'helios-materializer';
        const schema = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
        export default defineConfig({ types: [defineType({ name: 'thing', schema })] });`,
    });
    await output(folder, 'import', 'a.json');
    await output(folder, 'import', 'a.json', '--type', 'thing');
    expect(await ndjson(folder, 'ls', '--json')).toMatchObject([{ name: 'a', version: 2, type: 'thing' }]);
  });

  it('reports bytes read, logical bytes, stored bytes and the share that was saved', async () => {
    const shared = Array.from({ length: 400 }, (_, index) => `line ${index} of a text that all of them hold`);
    const files = Object.fromEntries([1, 2, 3, 4].map((id) => [`in/${id}.json`, { id, shared }]));
    const folder = folderWith(files);
    const summary = Object(await json(folder, 'import', 'in', '--json'));
    expect(summary.inputBytes).toBe(Object.values(files).reduce((sum, one) => sum + JSON.stringify(one).length, 0));
    expect(summary.logicalBytes).toBeGreaterThan(4 * 10_000);
    expect(summary.shareSaved).toBeCloseTo(1 - summary.storedBytes / summary.logicalBytes);
    expect(summary.shareSaved).toBeGreaterThan(0.6);
    const again = Object(await json(folder, 'import', 'in', '--json'));
    expect(again).toMatchObject({ storedBytes: 0, shareSaved: 1, logicalBytes: summary.logicalBytes });
  });

  it('shows the summary as a table for people', async () => {
    const folder = folderWith({ 'a.json': { a: 1 } });
    const shown = await output(folder, 'import', 'a.json');
    expect(shown).toMatch(/^Values read {4}1 \(7 B of JSON\)$/m);
    expect(shown).toMatch(/^New objects {4}1$/m);
    expect(shown).toMatch(/^Share saved {4}0\.0 %$/m);
    expect(shown).not.toContain('Skipped');
    expect(shown).not.toContain('Ended early');
  });

  describe('of NDJSON', () => {
    const PEOPLE =
      '{"id":"ada","user":{"login":"a"}}\n\n{"id":7,"user":{"login":"b"}}\r\n  \n{"id":"cy","user":{"login":"c"}}';

    it('names objects by file and line, blank lines counted and passed over', async () => {
      const folder = folderWith({ 'people.ndjson': PEOPLE, 'more.jsonl': '{"a":1}\n' });
      await output(folder, 'import', 'people.ndjson', 'more.jsonl');
      expect(await names(folder)).toEqual(['more/1', 'people/1', 'people/3', 'people/5']);
    });

    it('finds such files in folders as well', async () => {
      const folder = folderWith({ 'in/deep/people.ndjson': PEOPLE });
      await output(folder, 'import', 'in');
      expect(await names(folder)).toEqual(['deep/people/1', 'deep/people/3', 'deep/people/5']);
    });

    it('names objects by a field, which may lie deeper', async () => {
      const folder = folderWith({ 'people.ndjson': PEOPLE });
      await output(folder, 'import', 'people.ndjson', '--key', 'id');
      expect(await names(folder)).toEqual(['7', 'ada', 'cy']);
      await output(folder, 'import', 'people.ndjson', '--key', 'user.login', '--prefix', 'by-login/', '--store', 's2');
      expect((await ndjson(folder, 'ls', '--json', '--store', 's2')).map((one) => Object(one).name)).toEqual([
        'by-login/a',
        'by-login/b',
        'by-login/c',
      ]);
    });

    it('reads stdin, and names by line', async () => {
      const folder = folderWith();
      const { code } = await helios(folder, ['import', '-', '--prefix', 'p'], { stdin: [PEOPLE] });
      expect(code).toBe(0);
      expect(await names(folder)).toEqual(['p1', 'p3', 'p5']);
    });

    it('reads a file of any name as NDJSON with --ndjson', async () => {
      const folder = folderWith({ 'people.txt': PEOPLE });
      await output(folder, 'import', 'people.txt', '--ndjson', '--key', 'id');
      expect(await names(folder)).toEqual(['7', 'ada', 'cy']);
    });

    it('takes a stream of many more objects than it saves at a time, in any cut', async () => {
      const folder = folderWith();
      const lines = Array.from({ length: 3_000 }, (_, id) => `${JSON.stringify({ id, text: `é${id}` })}\n`).join('');
      const bytes = Buffer.from(lines);
      const cut = Array.from({ length: Math.ceil(bytes.length / 777) }, (_, at) =>
        bytes.subarray(at * 777, at * 777 + 777),
      );
      const { code, stdout } = await helios(folder, ['import', '-', '--json'], { stdin: cut });
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ values: 3_000, objects: 3_000, versions: 3_000 });
      expect(await json(folder, 'materialize', '3000')).toEqual({ id: 2_999, text: 'é2999' });
    });
  });

  describe('with names by template', () => {
    it('makes versions of one object of several files, in the order in which they are given', async () => {
      const folder = folderWith({ 'v1.json': { v: 1 }, 'v2.json': { v: 2 }, 'v3.json': { v: 3 } });
      const argv = ['import', 'v2.json', 'v3.json', 'v1.json', '--name', 'plan', '--message', 'from the archive'];
      expect(await json(folder, ...argv, '--json')).toMatchObject({ values: 3, objects: 1, versions: 3 });
      expect(await json(folder, 'materialize', 'plan@1')).toEqual({ v: 2 });
      expect(await json(folder, 'materialize', 'plan')).toEqual({ v: 1 });
      expect(await ndjson(folder, 'log', 'plan', '--json', '--limit', '1')).toMatchObject([
        { version: 3, message: 'from the archive' },
      ]);
    });

    it('keeps the order of versions of one name in a stream of many', async () => {
      const folder = folderWith();
      const lines = Array.from({ length: 60 }, (_, n) => `{"n":${n},"id":"${n % 2}"}\n`);
      await helios(folder, ['import', '-', '--key', 'id'], { stdin: lines });
      const versions = await ndjson(folder, 'log', '1', '--json');
      expect(versions).toHaveLength(30);
      expect(await json(folder, 'materialize', '1', '--version', '1')).toEqual({ n: 1, id: '1' });
      expect(await json(folder, 'materialize', '1', '--version', '17')).toEqual({ n: 33, id: '1' });
    });

    it.each([
      ['{file}', 'a'],
      ['x/{path}-{line}', 'x/d/a-1'],
      ['{key}!', 'K!'],
    ])('makes of %s the name %s', async (template, expected) => {
      const folder = folderWith({ 'in/d/a.json': { k: 'K' } });
      await output(folder, 'import', 'in', '--name', template, '--key', 'k');
      expect(await names(folder)).toEqual([expected]);
    });
  });

  it('shows on a terminal how far of all bytes it is, and takes that away for what it has to say', async () => {
    const folder = folderWith({ 'in/a.ndjson': '{"a":1}\n{"a":2}\n', 'in/b.json': '7', 'in/c.json': '{}' });
    let ms = 0;
    const now = () => (ms += 400);
    const options = { now, terminalColumns: 100, env: { NO_COLOR: '1' } };
    const { code, stderr } = await helios(folder, ['import', 'in', '--skip-bad'], options);
    expect(code).toBe(0);
    expect(stderr).toMatch(/import .* 84% · 16 B · 2 objects · ETA /);
    expect(stderr).toContain('\u001b[2Kskipped INVALID_VALUE: in/b.json: ');
    expect(stderr).toMatch(/import .* 100% · 19 B · 3 objects/);
    expect(stderr.endsWith('\u001b[2K')).toBe(true);
  });

  it('shows on a terminal how much of a stream it has read', async () => {
    let ms = 0;
    const options = { now: () => (ms += 400), terminalColumns: 100, stdin: ['{"a":1}\n', '{"a":2}\n'] };
    const { stderr } = await helios(folderWith(), ['import', '-'], options);
    expect(stderr).toContain('import 16 B · 2 objects');
    expect(stderr).not.toContain('%');
  });

  it('ends in order when it is interrupted while it waits for more: what came stays, the exit code is 130', async () => {
    const folder = folderWith();
    const controller = new AbortController();
    const stdin = new Readable({ read: () => {} });
    stdin.push('{"a":1}\n{"a":2}\n{"unfinished":');
    // The clock is looked at when the import starts, when its progress does, and after each value.
    let looks = 0;
    const now = () => {
      if (++looks === 4) controller.abort(new Interrupt('SIGINT'));
      return looks;
    };
    const options = { stdin, signal: controller.signal, now, terminalColumns: 80 };
    const { code, stdout, stderr } = await helios(folder, ['import', '-', '--json'], options);
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ values: 2, versions: 2, interrupted: 'SIGINT' });
    expect(await names(folder)).toEqual(['1', '2']);
  });
});
