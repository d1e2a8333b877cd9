import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkImports } from '../../scripts/import-direction.mjs';
import { projectRoot, startNode } from './clone.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'helios-imports-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Findings in a house of these files, as `file:line rule`. */
function check(files: Record<string, string>) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return checkImports(folder).findings.map(({ file, line, rule }) => `${file}:${line} ${rule}`);
}

const store = { 'store/store.ts': 'export interface Store { readonly id: string }\nexport const one = 1;\n' };

describe('a planted wrong import', () => {
  it('makes the command fail, naming the file, the line and the rule', async () => {
    cpSync(join(projectRoot, 'src'), folder, { recursive: true });
    writeFileSync(join(folder, 'cache', 'planted.ts'), "\nimport { one } from '../store/store.js';\n", { flag: 'w' });
    const command = join(projectRoot, 'scripts', 'import-direction.mjs');
    const { code, stderr } = await startNode([command, folder], folder).ended;
    expect(code).toBe(1);
    expect(stderr).toContain(
      'src/cache/planted.ts:2 [direction] cache must not import store/store.ts: ' +
        'cache imports nothing of ours, and of protocol describe, errors, limits, names, paths',
    );
  });

  it.each([
    ['a plain import', "import { one } from '../store/store.js';"],
    ['a type import', "import type { Store } from '../store/store.js';"],
    ['an import for its effects', "import '../store/store.js';"],
    ['an export from', "export { one } from '../store/store.js';"],
    ['an export of all', "export * from '../store/store.js';"],
    ['a type export', "export type { Store } from '../store/store.js';"],
    ['a dynamic import', "export const later = () => import('../store/store.js');"],
    ['a dynamic import by template', 'export const later = () => import(`../store/store.js`);'],
    ['a type of a module', "export type Later = import('../store/store.js').Store;"],
    ['an import by require', "import all = require('../store/store.js');"],
    ["a thread's file", "export const at = new URL('../store/store.js', import.meta.url);"],
  ])('is found as %s', (_, text) => {
    expect(check({ ...store, 'cache/wrong.ts': text })).toEqual(['cache/wrong.ts:1 direction']);
  });

  it('is not taken for one in a comment, a text or the place of a file that is data', () => {
    const text =
      "// import '../store/store.js';\nexport const text = \"import '../store/store.js'\";\n" +
      "export const at = new URL('../../package.json', import.meta.url);\n";
    expect(check({ ...store, 'cache/right.ts': text })).toEqual([]);
  });
});

describe('the direction', () => {
  const house = {
    'protocol/errors.ts': 'export const e = 1;',
    'protocol/codec.ts': 'export const c = 1;',
    'machines/m.ts': "import { c } from '../protocol/codec.js';",
    'policy/p.ts': "import { e } from '../protocol/errors.js';",
    'cache/c.ts': "import { e } from '../protocol/errors.js';",
    'store/s.ts': "import '../cache/c.js';",
    'state/s.ts': "import '../store/s.js';",
    'restore/r.ts': "import '../state/s.js';\nimport '../cache/c.js';\nimport '../policy/p.js';",
    'bus/b.ts': "import '../protocol/codec.js';",
    'actors/a.ts': ['machines/m', 'restore/r', 'state/s', 'bus/b', 'policy/p', 'protocol/codec']
      .map((path) => `import '../${path}.js';`)
      .join('\n'),
    'inspect/i.ts': "import '../store/s.js';",
    'helios.ts': "import './actors/a.js';\nimport './store/s.js';\nimport './inspect/i.js';",
    'testing/t.ts': "import '../helios.js';",
    'cli/main.ts': "import '../helios.js';",
  };

  it('allows what the design says', () => {
    expect(check(house)).toEqual([]);
  });

  it.each([
    ['policy', 'protocol/codec'],
    ['protocol', 'cache/c'],
    ['machines', 'bus/b'],
    ['cache', 'policy/p'],
    ['store', 'state/s'],
    ['state', 'restore/r'],
    ['state', 'cache/c'],
    ['restore', 'store/s'],
    ['restore', 'actors/a'],
    ['bus', 'actors/a'],
    ['actors', 'store/s'],
    ['actors', 'cache/c'],
    ['actors', 'inspect/i'],
    ['actors', 'cli/main'],
    ['inspect', 'cli/main'],
  ])('keeps %s from importing %s', (room, target) => {
    expect(check({ ...house, [`${room}/wrong.ts`]: `import '../${target}.js';` })).toEqual([
      `${room}/wrong.ts:1 direction`,
    ]);
  });

  it('keeps lower rooms from the public surface, and the surface from the command', () => {
    const wrong = { 'actors/wrong.ts': "import '../helios.js';", 'wrong.ts': "import './cli/main.js';" };
    expect(check({ ...house, ...wrong })).toEqual(['actors/wrong.ts:1 direction', 'wrong.ts:1 direction']);
  });

  it('lets restore and actors speak of the store by type alone', () => {
    const type = "import type { Store } from '../store/store.js';";
    expect(check({ ...store, 'restore/a.ts': type, 'actors/a.ts': type })).toEqual([]);
    // With `type` inside the braces the import itself stays.
    const inline = "import { type Store } from '../store/store.js';";
    expect(check({ 'restore/a.ts': inline })).toEqual(['restore/a.ts:1 direction']);
  });

  it('refuses a room that is not in the table, a file that is not there, a way out of src, the package by its name', () => {
    expect(check({ 'attic/a.ts': "import 'xstate';" })).toEqual(['attic/a.ts:1 direction']);
    expect(check({ 'attic/a.ts': '', 'bus/a.ts': "import './gone.js';" })).toEqual(['bus/a.ts:1 direction']);
    expect(check({ 'bus/a.ts': "import '../../package.json';" })).toEqual(['bus/a.ts:1 direction']);
    expect(check({ 'bus/a.ts': "import 'helios-materializer/testing';" })).toEqual(['bus/a.ts:1 direction']);
  });

  it('lets the command alone import what is known only when it runs', () => {
    const text = 'export const load = (path: string) => import(path);';
    expect(check({ 'cli/config.ts': text, 'restore/config.ts': text })).toEqual(['restore/config.ts:1 direction']);
  });
});

describe('circles', () => {
  it('are refused, with the whole way round', () => {
    const files = { 'bus/a.ts': "import './b.js';", 'bus/b.ts': "import './c.js';", 'bus/c.ts': "import './a.js';" };
    expect(check(files)).toEqual(['bus/c.ts:1 circle']);
    expect(checkImports(folder).findings[0]?.says).toContain('bus/a.ts → bus/b.ts → bus/c.ts → bus/a.ts');
  });

  it('of types alone are none', () => {
    expect(check({ 'bus/a.ts': "import type { B } from './b.js';", 'bus/b.ts': "import './a.js';" })).toEqual([]);
  });
});

describe('pure rooms', () => {
  const rooms = ['machines', 'policy', 'protocol'];

  it.each([
    "import { readFileSync } from 'node:fs';",
    "import { readFileSync } from 'fs';",
    "import type { Stats } from 'node:fs';",
    'export const at = Date.now();',
    'export const clock = Date.now;',
    "export const at = Date['now']();",
    'const { now } = Date;',
    'export const at = new Date();',
    'export const at = Date();',
    'export const chance = Math.random();',
    'const { random: chance } = Math;',
    'setTimeout(() => {}, 1);',
    'setInterval(() => {}, 1);',
    'queueMicrotask(() => {});',
    'export const at = performance.now();',
    'export const memory = process.memoryUsage();',
    'export const world = globalThis;',
    'export const id = crypto.randomUUID();',
    'export const signal = AbortSignal.timeout(5);',
    'export const things = { process };',
    'export const asked = (setTimeout as unknown)!;',
  ])('refuse %s', (text) => {
    expect(check(Object.fromEntries(rooms.map((room) => [`${room}/a.ts`, text])))).toEqual(
      rooms.map((room) => `${room}/a.ts:1 pure`),
    );
  });

  it.each([
    'export const at = new Date(5);',
    'export const most = Math.max(1, 2);',
    'export const read = (performance: { now(): number }) => performance.now();',
    'export const read = ({ process }: { process: number }) => process;',
    'export const event = { setTimeout: 1, process: 2 }.process;',
    'export class Timer { setTimeout() { return this.process; } process = 1; }',
    'export type Clock = typeof Date.now; export type Timer = typeof setTimeout;',
    "import { setTimeout } from 'xstate'; setTimeout();",
  ])('allow %s', (text) => {
    expect(check({ 'machines/a.ts': text })).toEqual([]);
  });

  it('are no others: a store may read files', () => {
    expect(check({ 'store/a.ts': "import 'node:fs';\nDate.now();" })).toEqual([]);
  });
});

it('an empty house is no proof: the command fails', async () => {
  const command = join(projectRoot, 'scripts', 'import-direction.mjs');
  expect((await startNode([command, folder], folder).ended).code).toBe(1);
});

it('a file that is no TypeScript is named', () => {
  expect(() => check({ 'bus/a.ts': 'export const = ;' })).toThrow('bus/a.ts cannot be parsed');
});
