import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { nextSteps } from '../../src/cli/tour/next.js';
import { runTour } from '../../src/cli/tour/runTour.js';
import { sampleInput } from '../../src/cli/tour/sample.js';
import { folderWith, helios, ioFor, output } from './terminal.js';
import { buildIfNeeded, HEAP_HOLDER, smallInput } from './tour/inputs.js';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** The process has percentiles to show; here it is the claims that count. */
const FAST = { heapHolder: HEAP_HOLDER, samplesMin: 20 };
/** Started many times, all together; a busy machine needs a while. */
const PATIENCE_MS = 120_000;

describe('the tour', { timeout: PATIENCE_MS }, () => {
  beforeAll(buildIfNeeded, PATIENCE_MS);

  it('holds all it claims on the sample, shows a table, and what it says to try next works', async () => {
    const folder = folderWith();
    const io = ioFor(folder);
    const input = sampleInput({ storeDir: join(folder, '.helios-tour'), command: 'helios' });
    expect(await runTour(input, io, FAST)).toBe(0);
    expect(io.stdout.text).toMatch(/✓ (\d+) of \1 checks held/);
    expect(io.stdout.text).not.toContain('✗');
    expect(io.stdout.text).toMatch(/│ 1 Stored once +│ +states │/);
    expect(io.stdout.text).toMatch(/│ document ×10, cold +│.*│ +30 │ +3 │/);
    expect(io.stderr.text).toBe('');
    for (const { args } of nextSteps(input, folder)) {
      const { code, stdout } = await helios(folder, args);
      expect({ args, code, said: stdout.length > 0 }).toEqual({ args, code: 0, said: true });
      expect(io.stdout.text).toContain(`helios ${args[0]} `);
    }
    const place = await output(
      folder,
      'materialize',
      input.document.name,
      '--path',
      '/browsers/chrome/releases/10',
      '--store',
      '.helios-tour',
    );
    expect(place).toContain('"engine_version"');
  });

  it('ends with 1 and says why, when a place is not what its path must find', async () => {
    const folder = folderWith();
    const io = ioFor(folder);
    const places = [
      { path: 'releases["10"].since', of: () => 2011 },
      { path: 'releases["10.1"].since', of: () => 'planted' },
    ];
    expect(await runTour(smallInput(folder, places), io, FAST)).toBe(1);
    expect(io.stdout.text).toContain('original: releases["10.1"].since holds something else');
    expect(io.stdout.text.match(/ {2}✗ /g)).toHaveLength(1);
    expect(io.stdout.text).toMatch(/✗ 12 of 13 checks held/);
  });

  it('as JSON is one document, with every figure and check', async () => {
    const folder = folderWith();
    const io = ioFor(folder);
    const input = smallInput(folder, []);
    expect(await runTour(input, io, { ...FAST, asJson: true })).toBe(0);
    const report = JSON.parse(io.stdout.text);
    expect(report).toMatchObject({ allHold: true, branching: { agents: 10, branches: 1_000 } });
    expect(report.sharing.map(({ states }: { states: number }) => states)).toEqual([2, 10]);
    expect(report.asking).toHaveLength(8);
    expect(report.moves.map(({ level }: { level: string }) => level).at(-1)).toBe('normal');
    expect(report.checks.length).toBeGreaterThan(10);
  });

  it('leaves a directory alone that no tour has made', async () => {
    const folder = folderWith({ '.helios-tour/mine.txt': 'mine', 'foreign/helios.json': '{}' });
    for (const options of [[], ['--store', 'foreign'], ['--store', '.helios-tour/mine.txt']]) {
      const { code, stderr } = await helios(folder, ['tour', ...options]);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^INVALID_REQUEST: The tour makes/) });
    }
    expect(readdirSync(join(folder, '.helios-tour'))).toEqual(['mine.txt']);
    expect(readFileSync(join(folder, 'foreign', 'helios.json'), 'utf8')).toBe('{}');
  });

  it('is a command of the package: says at once what it is, and ends with 0', async () => {
    const { child, stdout, code } = start(folderWith());
    const stderr = text(child.stderr);
    expect((await stdout).split('\n')[0]).toMatch(/^The tour of Helios/);
    expect({ code: await code, stderr: await stderr }).toEqual({ code: 0, stderr: '' });
    expect(await stdout).toMatch(/✓ (\d+) of \1 checks held/);
  });

  it('ends in order at Ctrl-C, with 130, and can be taken again', async () => {
    const folder = folderWith();
    const { child, stdout, code } = start(folder);
    child.stdout.once('data', () => {
      child.stdout.on('data', (chunk) => {
        if (String(chunk).includes('2  Branched')) child.kill('SIGINT');
      });
    });
    expect(await code).toBe(130);
    expect(await stdout).not.toContain('checks held');
    const io = ioFor(folder);
    expect(await runTour(smallInput(folder, []), io, FAST)).toBe(0);
  });
});

function start(folder: string) {
  const child = spawn(process.execPath, [MAIN, 'tour'], { cwd: folder, env: { PATH: process.env.PATH ?? '' } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, stdout: text(child.stdout), code };
}
