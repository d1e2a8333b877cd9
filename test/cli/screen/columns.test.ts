import { describe, expect, it } from 'vitest';
import { outputTo } from '../../../src/cli/output.js';
import { displayWidth, writeColumns } from '../../../src/cli/screen/columns.js';
import { Capture } from '../terminal.js';

describe('columns', () => {
  async function drawn(rows: string[][]): Promise<string[]> {
    const screen = new Capture(false, 80);
    const out = outputTo(screen);
    const columns = [{ title: 'A' }, { title: 'NUMBER', align: 'right' }, { title: 'C' }] as const;
    const each = async function* () {
      yield* rows;
    };
    await writeColumns(out, columns, each(), (header) => header);
    await out.flush();
    return screen.text.split('\n').slice(0, -1);
  }

  it('are aligned, also where characters are wide or have no width', async () => {
    expect(
      await drawn([
        ['a', '1', 'x'],
        ['漢字', '22', ''],
        ['e\u0301', '333', '😀'],
      ]),
    ).toEqual(['A     NUMBER  C', 'a          1  x', '漢字      22', 'e\u0301        333  😀']);
  });

  it('grow with later batches, and keep their header where it is', async () => {
    const rows = Array.from({ length: 450 }, (_, index) => [index < 400 ? 'a' : 'longer', String(index), 'c']);
    const lines = await drawn(rows);
    expect(lines).toHaveLength(451);
    expect(lines.filter((line) => line.startsWith('A '))).toEqual(['A  NUMBER  C']);
    expect(lines[200]).toBe('a     199  c');
    expect(lines[450]).toBe('longer     449  c');
  });

  it('are nothing at all without rows', async () => {
    expect(await drawn([])).toEqual([]);
  });

  it('count what a terminal shows', () => {
    expect(displayWidth('\u001b[1mab\u001b[22m')).toBe(2);
    expect(displayWidth('한글')).toBe(4);
    expect(displayWidth('\u{20000}')).toBe(2);
  });
});
