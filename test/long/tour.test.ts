import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { folderWith } from '../cli/terminal.js';
import { buildIfNeeded } from '../cli/tour/inputs.js';

const TOUR = join(fileURLToPath(new URL('../..', import.meta.url)), 'examples', 'tour', 'main.mjs');

it('the tour of npm start holds all it claims, on 100 MB of real data', () => {
  buildIfNeeded();
  const stdout = execFileSync(process.execPath, [TOUR], { cwd: folderWith(), encoding: 'utf8' });
  expect(stdout).toMatch(/^The tour of Helios/);
  expect(stdout).toMatch(/✓ (\d+) of \1 checks held/);
});
