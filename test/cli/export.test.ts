import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, helios, inStore, ndjson, save } from './terminal.js';

async function withAgents(): Promise<string> {
  const folder = folderWith();
  await save(folder, 'agents/1', { hp: 1 }, { hp: 2 });
  await save(folder, 'agents/2', { hp: 3, text: 'x'.repeat(9_000) });
  await save(folder, 'other', { n: 1 });
  await inStore(folder, (opened) => opened.checkpoint('agents/1', 'born', 1));
  return folder;
}

describe('helios export', () => {
  it('writes a file that helios import takes in, with versions and labels', async () => {
    const folder = await withAgents();
    const { code, stdout } = await helios(folder, ['export', '--prefix', 'agents/', '--out', 'agents.car']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^Exported 2 names, \d[^,]+, to agents\.car\n$/),
    });
    const other = folderWith();
    const file = join(folder, 'agents.car');
    expect((await helios(other, ['import', file])).stdout).toMatch(/: 2 names, .+ of new blocks\n$/);
    expect(await ndjson(other, 'log', 'agents/1', '--json')).toMatchObject([
      { version: 2, labels: [] },
      { version: 1, labels: ['born'] },
    ]);
    expect((await helios(other, ['log', 'agents/1'])).stdout).toContain('[born]');
    expect(await ndjson(other, 'ls', '--json')).toMatchObject([{ name: 'agents/1' }, { name: 'agents/2' }]);
    expect((await helios(other, ['import', file])).stdout).toContain('0 B of new blocks');
    const listed = await ndjson(other, 'import', file, '--json');
    expect(listed).toMatchObject([
      { name: 'agents/1', version: 2 },
      { name: 'agents/2', version: 1 },
    ]);
  });

  it('goes through a pipe', async () => {
    const folder = await withAgents();
    await helios(folder, ['export', 'other', '--out', 'other']);
    const other = folderWith();
    const { stdout } = await helios(other, ['import', '--car', join(folder, 'other')]);
    expect(stdout).toMatch(/: other, version 1, .+ of new blocks\n$/);
  });

  it('leaves nothing half behind, and refuses what it can’t do', async () => {
    const folder = await withAgents();
    expect(await helios(folder, ['export', 'nobody', '--out', 'x.car'])).toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining('UNKNOWN_OBJECT') },
    });
    expect(await helios(folder, ['export', '--prefix', 'z'])).toMatchObject({ code: 1 });
    expect(await helios(folder, ['export', 'other', '--out', 'no/such/folder.car'])).toMatchObject({
      ...{ code: 1, stderr: expect.stringMatching(/^INVALID_REQUEST: .* can't be written/) },
    });
    expect(readdirSync(folder).filter((file) => file.includes('.car'))).toEqual([]);
    expect(existsSync(join(folder, 'x.car'))).toBe(false);
  });
});

describe('helios import of a .car file', () => {
  it.each([
    [['x.car', '--name', 'y'], /leave --name out/],
    [['x.car', '--skip-bad'], /leave --skip-bad out/],
    [['x.car', 'y.json'], /y\.json is none/],
    [['absent.car'], /not there/],
    [['broken.car'], /CAR file/],
  ])('refuses %j', async (args, message) => {
    const folder = folderWith({ 'y.json': '{}' });
    writeFileSync(join(folder, 'broken.car'), Buffer.from('no car at all'));
    writeFileSync(join(folder, 'x.car'), readFileSync(join(folder, 'broken.car')));
    const { code, stderr } = await helios(folder, ['import', ...args]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) });
  });
});
