/**
 * Looks at the package as users would get it: nothing in it that they don't need, nothing missing that package.json
 * promises, entry points that every resolver finds (publint). `node scripts/package-check.mjs [folder]` prints what is
 * wrong and exits with 1. It packs nothing; see scripts/pack.mjs.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, posix, resolve } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { runNpm } from './run.mjs';
import { command, root, SetUpFailed } from './set-up.mjs';

/** What may be in the package. Everything else is refused: a new kind of file needs a line here. */
const wanted = [/^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/, /^dist\/.+\.(js|d\.ts)$/, /^samples\/.+/];
const required = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'];
/** Far above what it is: to notice a data set that slipped in, not to count bytes. */
const unpackedBytesMax = 4_000_000;

/**
 * @param {string} folder of the package, built
 * @returns {Promise<{ files: string[], unpackedBytes: number, problems: string[] }>}
 */
async function checkPackage(folder) {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const { files, unpackedBytes } = await listPacked(folder);
  const problems = [
    ...files.filter((file) => !wanted.some((kind) => kind.test(file))).map((file) => `${file} is of no use to users`),
    ...files.filter((file) => isLeftOver(folder, file)).map((file) => `${file} has no source in src/ any more`),
    ...[...required, ...promised(manifest)].filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
  ];
  if (unpackedBytes > unpackedBytesMax) {
    problems.push(`${unpackedBytes} bytes unpacked, and at most ${unpackedBytesMax} were expected`);
  }
  const { messages } = await publint({ pkgDir: folder, pack: 'npm', strict: true });
  for (const message of messages) problems.push(`publint: ${formatMessage(message, manifest, { color: false })}`);
  return { files, unpackedBytes, problems };
}

/** What `npm pack` would put in. */
async function listPacked(/** @type {string} */ folder) {
  const { code, output } = await runNpm(['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: folder,
    capture: 'stdout',
  });
  if (code !== 0) throw new SetUpFailed('npm pack --dry-run failed; its reason is above.');
  /** @type {{ files: { path: string }[], unpackedSize: number }[]} */
  const [report] = Object.values(JSON.parse(output));
  if (report === undefined) throw new SetUpFailed('npm pack --dry-run listed no package.');
  return { files: report.files.map(({ path }) => path).sort(), unpackedBytes: report.unpackedSize };
}

/** The files that package.json points at. */
function promised(/** @type {{ exports: object, bin: object }} */ manifest) {
  /** @type {(value: unknown) => string[]} */
  const targets = (value) => (typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(targets));
  return [...targets(manifest.exports), ...targets(manifest.bin)].map((path) => posix.normalize(path));
}

function isLeftOver(/** @type {string} */ folder, /** @type {string} */ file) {
  const compiled = /^dist\/(.+?)(\.d)?\.(js|ts)$/.exec(file);
  return compiled !== null && !['ts', 'js'].some((kind) => existsSync(join(folder, 'src', `${compiled[1]}.${kind}`)));
}

async function main() {
  const folder = resolve(process.argv[2] ?? root);
  const { files, unpackedBytes, problems } = await checkPackage(folder);
  for (const problem of problems) console.error(problem);
  console.log(`${files.length} files, ${Math.round(unpackedBytes / 1000)} kB unpacked, ${problems.length} problems`);
  if (problems.length > 0) process.exitCode = 1;
}

await command(main);
