import { describe, expect, it } from 'vitest';
import { folderWith, helios, inStore, ndjson, save } from './terminal.js';

async function sizeOf(folder: string) {
  let size = { blocks: 0, bytes: 0 };
  await inStore(folder, async (opened) => {
    size = opened.stats().store;
  });
  return size;
}

describe('helios branch', () => {
  it('gives the newest state, or an older one, another name, and writes no block of it anew', async () => {
    const folder = folderWith();
    await save(folder, 'plan', { n: 1, text: 'x'.repeat(50_000) }, { n: 2, text: 'x'.repeat(50_000) });
    const before = await sizeOf(folder);
    expect((await helios(folder, ['branch', 'plan', 'plan-b', '--weight', '0.25'])).stdout).toBe(
      'plan-b is version 2 of plan, weight 0.25\n',
    );
    const [made] = await ndjson(folder, 'branch', 'plan', 'plan-c', '--version', '1', '--message', 'early', '--json');
    const [, second] = await ndjson(folder, 'log', 'plan', '--json');
    expect(made).toMatchObject({
      name: 'plan-c',
      version: 1,
      message: 'early',
      root: Reflect.get(Object(second), 'root'),
    });
    const after = await sizeOf(folder);
    // A commit each.
    expect(after.blocks - before.blocks).toBe(2);
    expect(after.bytes - before.bytes).toBeLessThan(1_000);
  });

  it('takes no name that is there, and none that isn’t as what to branch from', async () => {
    const folder = folderWith();
    await save(folder, 'a', { n: 1 });
    await save(folder, 'b', { n: 2 });
    expect(await helios(folder, ['branch', 'a', 'b'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^CONFLICT/),
    });
    expect(await helios(folder, ['branch', 'x', 'c'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^UNKNOWN/),
    });
    expect(await helios(folder, ['branch', 'a', 'c', '--weight', '2'])).toMatchObject({ code: 2 });
    expect(await helios(folder, ['branch', 'a', 'c', '--version', '9'])).toMatchObject({ code: 1 });
  });
});
