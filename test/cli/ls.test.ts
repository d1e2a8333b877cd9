import { describe, expect, it } from 'vitest';
import { folderWith, helios, inStore, ndjson, output, save } from './terminal.js';

async function someObjects(): Promise<string> {
  const folder = folderWith();
  await inStore(folder, async (opened) => {
    for (const name of ['agents/1', 'agents/2', 'agents/10', 'plan'])
      await opened.create('record', { name }).save(name);
    await opened.create('list', [1, 2]).branch({ weight: 0.25 }).save('agents/list', { message: 'a list' });
  });
  await save(folder, 'plan', { v: 2 });
  return folder;
}

describe('helios ls', () => {
  it('shows names in order, with version, type, age and weight', async () => {
    const folder = await someObjects();
    const { stdout } = await helios(folder, ['ls'], { now: () => Date.now() + 3 * 3_600_000 + 60_000 });
    expect(stdout).toBe(
      [
        'NAME         VERSION  TYPE    AGE  WEIGHT',
        'agents/1           1  record  3 h       1',
        'agents/10          1  record  3 h       1',
        'agents/2           1  record  3 h       1',
        'agents/list        1  list    3 h    0.25',
        'plan               2  record  3 h       1',
        '',
      ].join('\n'),
    );
  });

  it('gives with --json one version a line, whole', async () => {
    const folder = await someObjects();
    const versions = await ndjson(folder, 'ls', 'agents/l', '--json');
    expect(versions).toEqual([
      {
        ...{ name: 'agents/list', version: 1, type: 'list', weight: 0.25, message: 'a list' },
        root: expect.stringMatching(/^[0-9a-f]{64}$/),
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      },
    ]);
  });

  it.each([
    [['agents/1'], ['agents/1', 'agents/10']],
    [['--type', 'list'], ['agents/list']],
    [
      ['--limit', '2'],
      ['agents/1', 'agents/10'],
    ],
    [
      ['--after', 'agents/10', '--limit', '2'],
      ['agents/2', 'agents/list'],
    ],
    [['agents/', '--after', 'agents/2', '--type', 'record'], []],
  ])('lists with %j what it says', async (argv, expected) => {
    const folder = await someObjects();
    const versions = await ndjson(folder, 'ls', '--json', ...argv);
    expect(versions.map((version) => Object(version).name)).toEqual(expected);
  });

  it('shows nothing, not even a header, where nothing matches', async () => {
    expect(await output(await someObjects(), 'ls', 'nobody')).toBe('');
  });

  it('shows with --bytes how large each object is', async () => {
    const folder = folderWith();
    await save(folder, 'large', { text: 'x'.repeat(20_000) });
    expect(await output(folder, 'ls', '--bytes')).toMatch(
      /^NAME +VERSION +TYPE +BYTES .*\nlarge +1 +record +20\.\d kB /,
    );
    expect(await ndjson(folder, 'ls', '--bytes', '--json')).toMatchObject([
      { name: 'large', bytes: expect.any(Number) },
    ]);
  });

  it('colours its header on a terminal only', async () => {
    const folder = await someObjects();
    const { stdout } = await helios(folder, ['ls'], { terminalColumns: 80 });
    expect(stdout.startsWith('\u001b[1mNAME')).toBe(true);
  });
});
