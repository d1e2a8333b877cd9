import { describe, expect, it } from 'vitest';
import { folderWith, helios, inStore, save } from './terminal.js';

async function withGarbage(): Promise<string> {
  const folder = folderWith();
  await save(folder, 'kept', { text: 'k'.repeat(5_000) });
  await save(folder, 'gone', { text: 'g'.repeat(5_000) });
  await inStore(folder, (opened) => opened.delete('gone'));
  return folder;
}

describe('helios gc', () => {
  it('leaves what was let go of just now, and frees it with --grace 0', async () => {
    const folder = await withGarbage();
    expect((await helios(folder, ['gc'])).stdout).toMatch(/^Freed 0 blocks, 0 B, in .+; \d+ blocks, .+, are held\.\n$/);
    const { stdout } = await helios(folder, ['gc', '--grace', '0']);
    expect(stdout).toMatch(/^Freed [1-9]\d* blocks, /);
    expect((await helios(folder, ['verify'])).stdout).toMatch(/^All is well: \d+ blocks\.\n$/);
  });

  it('gives with --json what was freed and what is left', async () => {
    const folder = await withGarbage();
    const report = JSON.parse((await helios(folder, ['gc', '--grace', '0s', '--json'])).stdout);
    expect(report).toMatchObject({ blocksFreed: expect.any(Number), bytesFreed: expect.any(Number) });
    expect(report.bytesFreed).toBeGreaterThan(5_000);
    expect(report.bytes).toBeGreaterThan(5_000);
    expect(report.bytes).toBeLessThan(7_000);
  });

  it.each(['-1', 'soon', '5w', ''])('refuses --grace %j', async (grace) => {
    const { code, stderr } = await helios(folderWith(), ['gc', '--grace', grace]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('It must be a time') });
  });

  it('says so where there is no store', async () => {
    expect(await helios(folderWith(), ['gc'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no store here'),
    });
  });
});
