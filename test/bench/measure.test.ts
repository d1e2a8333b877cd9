import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compare } from '../../bench/measure.mjs';
import { folderWith } from '../cli/terminal.js';
import { buildIfNeeded } from '../cli/tour/inputs.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('a contest', () => {
  it('lets both sides meet the same items, in turns whose order changes', async () => {
    const turns: string[] = [];
    const side = (name: string, seen: number[]) => ({
      name,
      run: (index: number) => {
        if (turns.at(-1) !== name) turns.push(name);
        seen.push(index);
      },
    });
    const [left, right]: [number[], number[]] = [[], []];
    const { ratio } = await compare({ subject: side('a', left), peer: side('b', right), operations: 10 }, true);
    expect(left).toEqual(right);
    expect(left).toEqual(Array.from({ length: 80 }, (_, index) => index)); // 2 blocks of warm-up, 2 in each of 3 rounds
    expect(turns.join('')).toBe('abababababababa'.slice(0, turns.length)); // equal neighbours are one turn
    expect(turns.length).toBeLessThan(16); // an order that never changed would be 16 turns
    expect(ratio.rounds).toHaveLength(3);
  });

  it('says how much longer the subject takes, by each sampling', async () => {
    let spun = 0;
    const work = (rounds: number) => () => {
      for (let round = 0; round < rounds; round++) spun = (spun + Math.imul(spun, round)) | 0;
    };
    const slow = { name: 'slow', run: work(60_000) };
    const quick = { name: 'quick', run: work(600) };
    const samplings = [
      { operations: 20 },
      { operations: 20, isAsync: true },
      { operations: 20, sample: 'flight' as const },
      {
        operations: 1_000,
        sample: 'batch' as const,
        subject: { name: 'slow', run: work(600) },
        peer: { name: 'quick', run: work(6) },
      },
    ];
    for (const sampling of samplings) {
      const { ratio } = await compare({ subject: slow, peer: quick, ...sampling }, true);
      expect(ratio.median).toBeGreaterThan(2);
      expect(ratio.min).toBeLessThanOrEqual(Number(ratio.median));
      expect(ratio.max).toBeGreaterThanOrEqual(Number(ratio.median));
    }
  });
});

describe('npm run bench', () => {
  it('runs one entry, prints its table and writes the same as JSON', { timeout: 60_000 }, () => {
    buildIfNeeded();
    const file = join(folderWith(), 'figures.json');
    const argv = [join(ROOT, 'bench', 'main.mjs'), '--quick', '--only', 'factory-lookup', '--json', file];
    const stdout = execFileSync(process.execPath, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    expect(stdout).toMatch(/one of 50 types by name .* Map\.get /);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      isQuick: true,
      results: [{ entry: 'factory-lookup', peer: { name: 'Map.get' } }],
    });
  });
});
