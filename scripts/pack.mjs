/**
 * `npm run pack`: builds, checks what the package would hold, and writes the tarball that is published
 * (`npm publish helios-materializer-*.tgz`). npm's own prepack hooks don't run here: .npmrc turns scripts off.
 */
import './node-version.mjs';
import { join } from 'node:path';
import { run, runNpm } from './run.mjs';
import { command, root, SetUpFailed, setUp } from './set-up.mjs';

await command(async () => {
  await setUp({ rebuild: true });
  const check = await run(process.execPath, [join(root, 'scripts', 'package-check.mjs')], { cwd: root });
  if (check.code !== 0) throw new SetUpFailed('Nothing was packed: the package is not as it should be, see above.');
  const { code } = await runNpm(['pack', '--ignore-scripts'], { cwd: root });
  if (code !== 0) throw new SetUpFailed('npm pack failed; its reason is above.');
});
