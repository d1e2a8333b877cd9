import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, helios, inStore, json, output, save } from './terminal.js';

async function someObjects(): Promise<string> {
  const folder = folderWith();
  await save(folder, 'a', { n: 1 }, { n: 2 });
  await save(folder, 'b', { n: 1 });
  await inStore(folder, async (opened) => void (await opened.create('list', [1]).save('list')));
  return folder;
}

describe('helios stats', () => {
  it('gives with --json what the store holds, by type', async () => {
    const folder = await someObjects();
    const stats = Object(await json(folder, 'stats', '--json'));
    expect(stats).toMatchObject({ directory: join(folder, '.helios'), id: expect.stringMatching(/^[0-9a-f]+$/) });
    expect(stats.types).toEqual({
      list: { objects: 1, versions: 1, isKnown: true },
      record: { objects: 2, versions: 3, isKnown: true },
    });
    expect(stats.blocks).toBe(3 + 4); // three different states, and a commit for each of four versions
    expect(stats.diskBytes).toBeGreaterThan(stats.bytes);
  });

  it('measures logical bytes when asked to', async () => {
    const folder = folderWith();
    const text = 'x'.repeat(50_000);
    await save(folder, 'a', { name: 'a', text }, { name: 'b', text });
    for (const name of ['c', 'd']) await save(folder, name, { name, text });
    const { bytes, types } = Object(await json(folder, 'stats', '--json', '--bytes'));
    expect(types.record.logicalBytes).toBeGreaterThan(4 * 50_000);
    expect(bytes).toBeLessThan(2 * 50_000);
    const shown = await output(folder, 'stats', '--bytes');
    expect(shown).toMatch(/^Logical bytes {4}202\.\d kB in all versions$/m);
    expect(shown).toMatch(/^Share saved {6}9\d\.\d %$/m);
    expect(shown).toContain('LOGICAL BYTES');
  });

  it('says how often components are held when asked to', async () => {
    const folder = folderWith();
    const [text, more] = ['x'.repeat(3_000), 'y'.repeat(3_000)];
    for (const name of ['a', 'b', 'c']) await save(folder, name, { name, text, own: more + name });
    const { sharing } = Object(await json(folder, 'stats', '--json', '--sharing'));
    expect(sharing).toMatchObject({
      objects: 3,
      byHolds: [
        { from: 1, to: 1 },
        { from: 2, to: 3 },
      ],
    });
    expect(sharing.mostHeld.map(({ holds }: { holds: number }) => holds)).toContain(3);
    const shown = await output(folder, 'stats', '--sharing');
    expect(shown).toMatch(/^\d+ distinct components, held \d+ times: \d+\.\d kB of \d+\.\d kB saved \(\d+\.\d %\)$/m);
    expect(shown).toMatch(/│ 2 to 3 times +│ +\d+ │ .* █+ +│/);
    expect(shown).toContain('Held most:');
    expect(await output(folderWith({}), 'stats', '--sharing').catch(String)).toBeDefined();
  });

  it('draws a table for people', async () => {
    const folder = await someObjects();
    const shown = await output(folder, 'stats');
    expect(shown).toMatch(/^Blocks {11}7$/m);
    expect(shown).toMatch(/│ record +│ +2 │ +3 │/);
    expect(shown).not.toContain('Share saved');
    expect(shown).not.toContain('\u001b');
    expect((await helios(folder, ['stats'], { terminalColumns: 80 })).stdout).toContain('\u001b[1mTYPE\u001b[22m');
  });

  it('says of a type that no config defines that it is not known here', async () => {
    const folder = folderWith({
      'a.json': {},
      'conf.mjs': `
        import { defineConfig, defineType } from 'helios-materializer';
        const schema = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } };
        export default defineConfig({ types: [defineType({ name: 'agent', schema })] });`,
    });
    await output(folder, 'import', 'a.json', '--type', 'agent', '--config', 'conf.mjs');
    expect(await output(folder, 'stats')).toContain('agent (not in the config)');
    expect(await output(folder, 'stats', '--config', 'conf.mjs')).toMatch(/│ agent +│/);
    expect(await json(folder, 'stats', '--json')).toMatchObject({ types: { agent: { isKnown: false } } });
  });

  it('says that a store is empty', async () => {
    const folder = folderWith();
    await inStore(folder, async () => {});
    expect(await output(folder, 'stats')).toMatch(/It holds no objects yet\.\n$/);
  });
});
