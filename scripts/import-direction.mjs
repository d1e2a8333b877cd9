/**
 * Imports point one way: each folder of src/ is a room, and the table below says what it may import. The rooms of pure
 * arithmetic and statecharts take time, chance and I/O as arguments and reach for none. Files import in no circles
 * (types apart).
 * `node scripts/import-direction.mjs [folder]` prints what is wrong and exits with 1; the reasons are in
 * docs/architecture.md.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, posix, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readUses } from './source-uses.mjs';

/** The files right in src/: the public surface, assembled from the rooms. */
const top = 'the top files';
const lower = ['protocol', 'machines', 'policy', 'cache', 'store', 'state', 'restore', 'bus', 'actors'];

/** Room → the rooms whose files it may import, besides its own. */
const rooms = new Map([
  ['protocol', []],
  ['policy', []],
  ['cache', []],
  ['machines', ['protocol', 'policy']],
  ['store', ['cache']],
  ['state', ['store']],
  ['restore', ['state', 'cache', 'policy']],
  ['bus', ['protocol']],
  ['actors', ['machines', 'restore', 'state', 'bus', 'policy', 'protocol']], // state: who restores speaks of references
  ['inspect', lower],
  [top, [...lower, 'inspect']],
  ['adapters', [...lower, 'inspect', top]],
  ['testing', [...lower, 'inspect', top]],
  ['cli', [...lower, 'inspect', 'adapters', 'testing', top]],
]);

/** What all may import: words that everyone speaks. */
const common = ['describe', 'errors', 'limits', 'names', 'paths'].map((name) => `protocol/${name}.ts`);
/** Room → rooms of which it may import types alone: it is handed such a thing by whoever assembles it. */
const typesOf = new Map([
  ['restore', ['store']],
  ['actors', ['store']],
]);
/** Rooms that reach for no clock, chance, scheduler or I/O. */
const pure = ['protocol', 'machines', 'policy'];
/** Rooms that may import what is only known when they run: a user's own configuration. */
const mayCompute = ['cli', top];

/**
 * @typedef {{ readonly file: string, readonly line: number, readonly rule: 'direction' | 'pure' | 'circle', readonly says: string }} Finding
 *   `file` is relative to the folder checked
 */

/**
 * @param {string} folder the src/ to check
 * @returns {{ files: number, findings: Finding[] }}
 */
export function checkImports(folder) {
  const files = sourceFiles(folder);
  /** @type {Finding[]} */
  const findings = [];
  /** @type {Map<string, { to: string, line: number }[]>} */
  const graph = new Map();
  for (const file of files) {
    const uses = readUses(file, readFileSync(join(folder, file), 'utf8'));
    /** @type {{ to: string, line: number }[]} */
    const edges = [];
    graph.set(file, edges);
    for (const use of uses.imports) {
      const to = targetOf(file, use.specifier);
      // An `import type` leaves nothing behind, and two types may well need each other: no edge.
      if (to !== undefined && files.includes(to) && !use.isTypeOnly) edges.push({ to, line: use.line });
      const says = judgeImport(file, use, to, files);
      if (says !== undefined) findings.push({ file, line: use.line, rule: 'direction', says });
    }
    findings.push(...judgePurity(file, uses));
  }
  return { files: files.length, findings: [...findings, ...findCircles(graph)] };
}

/**
 * @param {string} file
 * @param {import('./source-uses.mjs').Use} use
 * @param {string | undefined} to
 * @param {readonly string[]} files
 * @returns {string | undefined} what is wrong
 */
function judgeImport(file, { specifier, isTypeOnly }, to, files) {
  const room = roomOf(file);
  const allowed = rooms.get(room);
  if (allowed === undefined) return `${room}/ is no room: give it a row in the table of scripts/import-direction.mjs`;
  if (specifier === undefined) {
    return mayCompute.includes(room) ? undefined : `${room} imports something computed, which no check can follow`;
  }
  if (specifier === 'helios-materializer' || specifier.startsWith('helios-materializer/')) {
    return `${room} imports the package itself by name; import the file`;
  }
  if (to === undefined) return undefined;
  if (to.startsWith('../')) return `${room} imports ${specifier}, which is outside src/`;
  if (!files.includes(to)) return `${room} imports ${specifier}, and there is no ${to}`;
  const target = roomOf(to);
  if (target === room || allowed.includes(target) || common.includes(to)) return undefined;
  if (isTypeOnly && typesOf.get(room)?.includes(target)) return undefined;
  return `${room} must not import ${to}: ${describe(room, allowed)}`;
}

function describe(/** @type {string} */ room, /** @type {readonly string[]} */ allowed) {
  const words = common.map((path) => posix.basename(path, '.ts')).join(', ');
  const own = allowed.length === 0 ? 'nothing of ours' : `only ${allowed.join(', ')}`;
  return allowed.includes('protocol') ? `${room} imports ${own}` : `${room} imports ${own}, and of protocol ${words}`;
}

/** @returns {Finding[]} */
function judgePurity(/** @type {string} */ file, /** @type {import('./source-uses.mjs').SourceUses} */ uses) {
  const room = roomOf(file);
  if (!pure.includes(room)) return [];
  const builtins = uses.imports
    .filter(({ specifier }) => specifier !== undefined && isBuiltin(specifier))
    .map(({ specifier, line }) => ({ name: specifier, line }));
  return [...builtins, ...uses.reaches].map(({ name, line }) => ({
    file,
    line,
    rule: 'pure',
    says: `${room} must not use ${name}: time, chance and I/O come in as arguments there`,
  }));
}

/**
 * One finding for each set of files that import one another in a circle.
 *
 * @param {ReadonlyMap<string, readonly { to: string, line: number }[]>} graph
 * @returns {Finding[]}
 */
function findCircles(graph) {
  /** @type {Finding[]} */
  const findings = [];
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[]} */
  const trail = [];
  const visit = (/** @type {string} */ file) => {
    trail.push(file);
    for (const { to, line } of graph.get(file) ?? []) {
      const start = trail.indexOf(to);
      if (start !== -1) {
        const circle = [...trail.slice(start), to].join(' → ');
        findings.push({ file, line, rule: 'circle', says: `files import one another in a circle: ${circle}` });
      } else if (!done.has(to)) visit(to);
    }
    trail.pop();
    done.add(file);
  };
  for (const file of graph.keys()) if (!done.has(file)) visit(file);
  return findings;
}

/** The file that a relative import names, relative to src/; undefined for packages and builtins. */
function targetOf(/** @type {string} */ file, /** @type {string | undefined} */ specifier) {
  if (specifier === undefined || !/^\.{0,2}\//.test(specifier)) return undefined;
  return posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
}

function roomOf(/** @type {string} */ file) {
  const [first = ''] = file.split('/');
  return first === file ? top : first;
}

function sourceFiles(/** @type {string} */ folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => /\.[cm]?tsx?$/.test(path))
    .sort();
}

function main() {
  const folder = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..', 'src'));
  if (!existsSync(folder)) throw new Error(`There is no folder ${folder} to check.`);
  const { files, findings } = checkImports(folder);
  for (const { file, line, rule, says } of findings) console.error(`src/${file}:${line} [${rule}] ${says}`);
  console.log(`${files} files checked, ${findings.length} wrong imports`);
  if (files === 0 || findings.length > 0) process.exitCode = 1;
}

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) main();
