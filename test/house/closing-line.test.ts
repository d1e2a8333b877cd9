import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verdict } from '../../scripts/verdict.mjs';
import type { Tally } from '../../scripts/vitest-tally.mjs';
import { projectRoot, startNode } from './clone.js';

const good: Tally = {
  passed: 10,
  failed: [],
  skipped: [],
  coverage: [{ figure: 'lines', percent: 96, threshold: 95 }],
  coveredFiles: [],
};
const gates = [
  { name: 'types', isGood: true },
  { name: 'package', isGood: true },
];
const lastLine = (text: string) => text.split('\n').at(-1);

describe('the closing line of npm test', () => {
  it('counts each gate, coverage and each test as one', () => {
    const { text, isGood } = verdict(gates, good, 0);
    expect(lastLine(text)).toBe('13 passed, 0 failed');
    expect(isGood).toBe(true);
  });

  it('comes after the names of what failed', () => {
    const failing = [...gates, { name: 'unused code', isGood: false }];
    const { text, isGood } = verdict(failing, { ...good, failed: ['test/a.test.ts > b'] }, 1);
    expect(text).toContain('Failed:\n  unused code\n  test/a.test.ts > b\n');
    expect(lastLine(text)).toBe('13 passed, 2 failed');
    expect(isGood).toBe(false);
  });

  it('says why a test was skipped, and takes a skip without a reason for a failure', () => {
    const reasoned = { name: 'a', reason: 'no server here' };
    const { text, isGood } = verdict(gates, { ...good, skipped: [reasoned] }, 0);
    expect(text).toContain('Skipped:\n  a: no server here\n');
    expect(lastLine(text)).toBe('14 passed, 0 failed, 1 skipped');
    expect(isGood).toBe(true);
    const silent = verdict(gates, { ...good, skipped: [reasoned, { name: 'b', reason: undefined }] }, 0);
    expect(silent.text).toContain('  b: NO REASON GIVEN');
    expect(lastLine(silent.text)).toBe('13 passed, 1 failed, 2 skipped');
    expect(silent.isGood).toBe(false);
  });

  it('fails below a coverage threshold, naming the files that are to blame', () => {
    const coverage = [
      { figure: 'lines', percent: 94.99, threshold: 95 },
      { figure: 'branches', percent: 90, threshold: 90 },
    ];
    const coveredFiles = [
      { file: 'src/good.ts', lines: 100, branches: 100 },
      { file: 'src/bad.ts', lines: 50, branches: 100 },
    ];
    const { text, isGood } = verdict(gates, { ...good, coverage, coveredFiles }, 1);
    expect(text).toContain('lines 94.99 % (at least 95 %), branches 90 % (at least 90 %)');
    expect(text).toContain('src/bad.ts');
    expect(text).not.toContain('src/good.ts');
    expect(lastLine(text)).toBe('12 passed, 1 failed');
    expect(isGood).toBe(false);
  });

  it.each([
    ['no test was executed', { ...good, passed: 0 }, 0, 'tests: none was executed'],
    ['all tests were skipped', { ...good, passed: 0, skipped: [{ name: 'a', reason: 'b' }] }, 0, 'none was executed'],
    ['vitest left no tally', undefined, 1, 'tests: none was executed'],
    ['coverage was not measured', { ...good, coverage: [] }, 0, 'Coverage: not measured'],
    ['vitest failed for a reason of its own', good, 1, 'tests: vitest ended with exit code 1'],
  ])('is no success when %s', (_, tally, code, says) => {
    const { text, isGood } = verdict(gates, tally, code);
    expect(isGood).toBe(false);
    expect(text).toContain(says);
    expect(lastLine(text)).toMatch(/^\d+ passed, [1-9]\d* failed/);
  });
});

describe('the tally', () => {
  it('counts what fails outside of a test as well, and takes the reasons of skips along', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'helios-tally-'));
    try {
      symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
      writeFileSync(join(folder, 'broken.test.js'), "throw new Error('cannot be loaded');");
      writeFileSync(
        join(folder, 'mixed.test.js'),
        `import { beforeAll, describe, expect, it } from 'vitest';
        it('passes', () => expect(1).toBe(1));
        it('fails', () => expect(1).toBe(2));
        it('leaves a rejection behind', () => { Promise.reject(new Error('left behind')); });
        it('is skipped', ({ skip }) => skip(true, 'no server here'));
        it.skip('is skipped silently', () => {});
        it.todo('comes later');
        describe('behind a broken hook', () => {
          beforeAll(() => { throw new Error('hook'); });
          it('never runs', () => {});
        });`,
      );
      const tallyPath = join(folder, 'tally.json');
      const vitest = join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs');
      const reporter = join(projectRoot, 'scripts', 'vitest-tally.mjs');
      const { code } = await startNode([vitest, 'run', '--root', folder, `--reporter=${reporter}`], folder, {
        HELIOS_TALLY: tallyPath,
      }).ended;
      const tally: Tally = JSON.parse(readFileSync(tallyPath, 'utf8'));
      expect(code).toBe(1);
      expect(tally.passed).toBe(2);
      expect(tally.failed.toSorted()).toEqual([
        'broken.test.js (outside of its tests)',
        'mixed.test.js > behind a broken hook (outside of its tests)',
        'mixed.test.js > fails',
        'outside of any test: left behind',
      ]);
      expect(tally.skipped.map(({ name, reason }) => [name, reason])).toEqual([
        ['mixed.test.js > is skipped', 'no server here'],
        ['mixed.test.js > is skipped silently', undefined],
        ['mixed.test.js > comes later', undefined],
        ['mixed.test.js > behind a broken hook > never runs', undefined],
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
