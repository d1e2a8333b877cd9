import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, helios, json, ndjson, output } from './terminal.js';

const SCHEMA = `{ '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }`;
const js = (name: string, more = '') => `
  import { defineConfig, defineType } from 'helios-materializer';
  export default defineConfig({ types: [defineType({ name: '${name}', schema: ${SCHEMA} })] ${more} });
`;

async function typesOf(folder: string, ...argv: string[]): Promise<unknown> {
  await output(folder, 'import', 'a.json', '--type', 'agent', ...argv);
  return (await ndjson(folder, 'ls', '--json', ...argv)).map((version) => Object(version).type);
}

async function refusal(folder: string, ...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await helios(folder, ['ls', ...argv]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  return stderr.replaceAll(folder, '.');
}

describe('the config file', () => {
  it.each(['js', 'mjs'])('is helios.config.%s of the working directory', async (extension) => {
    expect(await typesOf(folderWith({ 'a.json': {}, [`helios.config.${extension}`]: js('agent') }))).toEqual(['agent']);
  });

  it('may be TypeScript, with imports of its own', async () => {
    const folder = folderWith({
      'a.json': {},
      'types/agent.ts': `
        import { defineType, type ObjectType } from 'helios-materializer';
        interface Agent { readonly hp?: number }
        export const Agent: ObjectType<Agent> = defineType({ name: 'agent' as string, schema: ${SCHEMA} as never });`,
      'helios.config.ts': `
        import { defineConfig } from 'helios-materializer';
        import { Agent } from './types/agent';
        enum Unused { A }
        export default defineConfig({ types: [Agent] });`,
    });
    expect(await typesOf(folder)).toEqual(['agent']);
  });

  it('may be named with --config, relative to the working directory', async () => {
    const folder = folderWith({ 'a.json': {}, 'conf/mine.mjs': js('agent') });
    expect(await typesOf(folder, '--config', 'conf/mine.mjs')).toEqual(['agent']);
  });

  it('names the store, relative to itself; option and environment come first', async () => {
    const folder = folderWith({ 'a.json': {}, 'conf/mine.mjs': js('agent', `, store: './data'`) });
    await output(folder, 'import', 'a.json', '--config', 'conf/mine.mjs');
    expect(await json(folder, 'stats', '--json', '--config', 'conf/mine.mjs')).toMatchObject({
      directory: join(folder, 'conf', 'data'),
    });
    expect(await refusal(folder, '--config', 'conf/mine.mjs', '--store', 'other')).toContain('./other does not exist');
  });

  it('may set memory and durability', async () => {
    const folder = folderWith({
      'a.json': {},
      'helios.config.js': js('agent', `, memoryBytes: 1e6, durability: 'power'`),
    });
    expect(await typesOf(folder)).toEqual(['agent']);
  });

  it('is needed to materialize what is of its types, and says so', async () => {
    const folder = folderWith({ 'a.json': { n: 1 }, 'conf.mjs': js('agent') });
    await output(folder, 'import', 'a.json', '--type', 'agent', '--config', 'conf.mjs');
    const { code, stderr } = await helios(folder, ['materialize', 'a']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^UNKNOWN_TYPE: .*"agent".*helios\.config\.js/);
    expect(await json(folder, 'materialize', 'a', '--config', 'conf.mjs')).toEqual({ n: 1 });
  });

  it('may define types that become instances: what is printed is their data', async () => {
    const folder = folderWith({
      'a.json': { n: 1 },
      'helios.config.js': `
        import { defineConfig, defineType } from 'helios-materializer';
        class Agent { constructor(data) { Object.assign(this, data); } }
        const type = defineType({ name: 'agent', schema: ${SCHEMA}, hydrate: (data) => new Agent(data) });
        export default defineConfig({ types: [type] });`,
    });
    expect(await typesOf(folder)).toEqual(['agent']);
    expect(await json(folder, 'materialize', 'a')).toEqual({ n: 1 });
  });

  it.each([
    ['has no default export', `export const types = [];`, 'it must export its config: export default defineConfig('],
    ['exports an array', `export default [];`, 'it must export its config'],
    [
      'has types that are no array',
      `export default { types: {} };`,
      '`types` must be an array of what defineType returned',
    ],
    [
      'has a type that is none',
      `export default { types: [{ name: 'x' }] };`,
      '`types[0]` is not what defineType returned',
    ],
    ['has a bad store', `export default { store: 7 };`, '`store` must be a path'],
    ['has bad memory', `export default { memoryBytes: -1 };`, '`memoryBytes` must be a number of bytes above 0'],
    ['has bad durability', `export default { durability: 'x' };`, "`durability` must be 'process' or 'power'"],
    ['has a fault of syntax', `export default {\n  a: 1,\n  b: }\n`, './helios.config.mjs:3:5'],
    [
      'throws',
      `const a = 1;\nexport default { a: nope };`,
      'ReferenceError: nope is not defined (./helios.config.mjs:2).',
    ],
    ['imports what is not there', `import x from 'not-there';\nexport default {};`, "Cannot find module 'not-there'"],
    ['throws what is no error', `throw 'a text';`, "can't be used: a text."],
    ['defines a type badly', js('Agent!'), 'A type name is 1 to 64 of a-z, 0-9, _ and -'],
  ])('that %s is refused with its place', async (_what, text, said) => {
    const stderr = await refusal(folderWith({ 'helios.config.mjs': text }));
    expect(stderr).toMatch(/^INVALID_REQUEST: The config \.\/helios\.config\.mjs can't be used: .*\.\n$/);
    expect(stderr).toContain(said);
  });

  it('that is not there, is a directory or of another kind is refused', async () => {
    const folder = folderWith({ 'config.toml': '' });
    mkdirSync(join(folder, 'directory.js'));
    expect(await refusal(folder, '--config', 'none.js')).toContain("./none.js can't be used: there is no such file.");
    expect(await refusal(folder, '--config', 'directory.js')).toContain('it is a directory; name a file in it.');
    expect(await refusal(folder, '--config', 'config.toml')).toContain('its name must end in .js, .mjs');
  });

  it('that is there twice is refused, and --config settles it', async () => {
    const folder = folderWith({ 'a.json': {}, 'helios.config.js': js('agent'), 'helios.config.ts': js('agent') });
    expect(await refusal(folder)).toBe(
      'INVALID_REQUEST: . has helios.config.js and helios.config.ts. Keep one, or name one with --config.\n',
    );
    expect(await typesOf(folder, '--config', 'helios.config.ts')).toEqual(['agent']);
  });

  it('that keeps its store in memory is refused: no other process sees that', async () => {
    const folder = folderWith({ 'helios.config.js': js('agent', `, store: 'memory'`) });
    expect(await refusal(folder)).toContain('keeps its store in memory, where no other process can see it.');
  });
});
