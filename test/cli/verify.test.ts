import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTables, peek } from '../../src/store/lmdb/tables.js';
import { folderWith, helios, ndjson, save } from './terminal.js';

/** Damages, or removes, every block of the store that has the text in it. */
async function harm(folder: string, text: string, how: 'damage' | 'remove'): Promise<string[]> {
  const tables = openTables(join(folder, '.helios'), undefined, () => {});
  const harmed: string[] = [];
  for (const hash of [...tables.blocks.getKeys({ start: '0'.repeat(64) })]) {
    const block = Buffer.from(peek(tables.blocks, hash) ?? []);
    if (!block.includes(text)) continue;
    harmed.push(hash);
    if (how === 'remove') await tables.blocks.remove(hash);
    else {
      block[block.indexOf(text)] = 33;
      await tables.blocks.put(hash, block);
    }
  }
  await tables.environment.close();
  return harmed;
}

describe('helios verify', () => {
  it('says that all is well', async () => {
    const folder = folderWith();
    await save(folder, 'a', { text: 'hello' });
    expect(await helios(folder, ['verify'])).toMatchObject({ code: 0, stdout: 'All is well: 2 blocks.\n' });
    expect(await helios(folder, ['verify', '--json'])).toMatchObject({ code: 0, stdout: '' });
  });

  it.each(['damage', 'remove'] as const)(
    'names what a block breaks that somebody did %s, and ends with 1',
    async (how) => {
      const folder = folderWith();
      for (let number = 1; number <= 7; number++) await save(folder, `a${number}`, { text: 'hello' });
      await save(folder, 'b', { text: 'well' });
      const [hash] = await harm(folder, 'hello', how);
      const { code, stdout } = await helios(folder, ['verify']);
      const problem = how === 'damage' ? 'corrupt' : 'missing';
      expect({ code, stdout }).toEqual({
        code: 1,
        stdout: `${problem} ${hash}  breaks a1@1, a2@1, a3@1, a4@1, a5@1 and 2 more\n`,
      });
      const { stdout: lines } = await helios(folder, ['verify', '--json']);
      expect(JSON.parse(lines)).toEqual({
        ...{ hash, problem },
        heldBy: Array.from({ length: 7 }, (_, index) => `a${index + 1}@1`),
      });
      expect(await ndjson(folder, 'log', 'b', '--json')).toHaveLength(1);
    },
  );
});
