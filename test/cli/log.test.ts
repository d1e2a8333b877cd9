import { describe, expect, it } from 'vitest';
import { folderWith, helios, inStore, ndjson, save } from './terminal.js';

describe('helios log', () => {
  it('shows versions newest first, with short root, time, weight, changes and message', async () => {
    const folder = folderWith();
    await inStore(folder, async (opened) => {
      const first = opened.create('record', { hp: 10, memory: ['fox'] });
      await first.save('a', { message: 'born\u001b[2J' });
      const second = first.branch({ weight: 0.5 }).edit((draft) => {
        Object.assign(draft, { hp: 9, mood: 'well' });
      });
      await second.save();
    });
    const { stdout } = await helios(folder, ['log', 'a']);
    const [header, newest, oldest, end] = stdout.split('\n');
    expect(header).toMatch(/^VERSION {2}ROOT +TIME +WEIGHT {2}CHANGES {2}MESSAGE$/);
    expect(newest).toMatch(/^ {6}2 {2}[0-9a-f]{12} {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {5}0\.5 {8}2$/);
    expect(oldest).toMatch(/^ {6}1 {2}[0-9a-f]{12} .* 1 {8}– {2}born\\u001b\[2J$/);
    expect(end).toBe('');
  });

  it('gives with --json one version a line, with its number of changes', async () => {
    const folder = folderWith();
    await save(folder, 'a', { n: 1, m: 1 }, { n: 2, m: 2 }, { n: 2, m: 2 });
    const versions = await ndjson(folder, 'log', 'a', '--json');
    expect(versions).toMatchObject([
      { version: 3, changes: 0, root: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { version: 2, changes: 2 },
      { version: 1, changes: null },
    ]);
  });

  it('compares the last one shown with the one before, also beyond the limit', async () => {
    const folder = folderWith();
    await save(folder, 'a', { n: 1 }, { n: 2 }, { n: 3 }, { n: 4 });
    expect(await ndjson(folder, 'log', 'a', '--json', '--limit', '2')).toMatchObject([
      { version: 4, changes: 1 },
      { version: 3, changes: 1 },
    ]);
    expect(await ndjson(folder, 'log', 'a', '--json', '--limit', '4')).toHaveLength(4);
  });

  it('counts no further than to a thousand changes, and says that there are more', async () => {
    const folder = folderWith();
    const many = (n: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, key) => [`k${key}`, n]));
    await save(folder, 'a', many(1, 1_500), many(2, 1_500));
    await save(folder, 'b', many(1, 1_000), many(2, 1_000));
    expect(await ndjson(folder, 'log', 'a', '--json', '--limit', '1')).toMatchObject([
      { changes: 1_000, changesAtLeast: true },
    ]);
    const [exact] = await ndjson(folder, 'log', 'b', '--json', '--limit', '1');
    expect(exact).toMatchObject({ changes: 1_000 });
    expect(exact).not.toHaveProperty('changesAtLeast');
    expect((await helios(folder, ['log', 'a'])).stdout).toContain(' >1,000');
    expect((await helios(folder, ['log', 'b'])).stdout).toContain('  1,000');
  });

  it('names the nearest name when there is no such object', async () => {
    const folder = folderWith();
    await save(folder, 'agents/7', { n: 1 });
    const { code, stdout, stderr } = await helios(folder, ['log', 'agent/7']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('UNKNOWN_OBJECT: There is no object named "agent/7". Did you mean "agents/7"?\n');
  });
});
