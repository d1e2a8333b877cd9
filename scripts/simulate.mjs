/**
 * `npm run simulate -- --seed N --steps M`: a seeded simulation, out of the sources as they are. They are compiled into
 * a folder of this run's own, which goes with it, so that any number of runs may go on at once.
 */
import './node-version.mjs';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';
import { command, root, setUpDependencies } from './set-up.mjs';

async function main() {
  await setUpDependencies();
  // Within the project, so that packages are found from there.
  const caches = join(root, 'node_modules', '.cache');
  mkdirSync(caches, { recursive: true });
  const folder = mkdtempSync(join(caches, 'simulate-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  try {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const project = join(root, 'test', 'simulation');
    const compiled = await run(process.execPath, [tsc, '-p', project, '--outDir', folder], {
      cwd: root,
      capture: 'both',
    });
    if (compiled.code !== 0) throw new Error(`The sources don't compile:\n${compiled.output}`);
    const program = join(folder, 'test', 'simulation', 'main.js');
    const { code } = await run(process.execPath, [program, ...process.argv.slice(2)], { cwd: root });
    process.exitCode = code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await command(main);
