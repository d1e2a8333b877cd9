import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readUses } from '../../scripts/source-uses.mjs';
import { projectRoot, startNode } from './clone.js';

const readJson = (path: string) => JSON.parse(readFileSync(join(projectRoot, path), 'utf8'));
const manifest: { dependencies: Record<string, string>; devDependencies: Record<string, string> } =
  readJson('package.json');
const lock: { packages: Record<string, { resolved?: string; hasInstallScript?: boolean }> } =
  readJson('package-lock.json');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'helios-package-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The packages that files in a folder import at run time. */
function packagesImportedIn(path: string): Set<string> {
  const files = readdirSync(join(projectRoot, path), { recursive: true, encoding: 'utf8' });
  const imports = files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => readUses(file, readFileSync(join(projectRoot, path, file), 'utf8')).imports);
  return new Set(imports.filter(({ isTypeOnly }) => !isTypeOnly).map(({ specifier }) => specifier ?? ''));
}

describe('the house', () => {
  it.each(['package.json', 'tsconfig.json', 'src/actors', 'src/machines', 'src/protocol', 'test'])('has %s', (path) => {
    expect(existsSync(join(projectRoot, path))).toBe(true);
  });

  it.each([
    ['xstate', 'src'],
    ['msgpackr', 'src'],
    ['blake3', 'src'],
    ['pino', 'src'],
    ['vitest', 'test'],
  ])('really uses %s in %s', (name, where) => {
    expect(packagesImportedIn(where)).toContain(name);
  });
});

describe('dependencies', () => {
  const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });

  it.each(all)('%s is pinned to one version: %s', (_, version) => {
    expect(version).toMatch(/^(npm:(@[\w-]+\/)?[\w-]+@)?\d+\.\d+\.\d+$/);
  });

  it('are in the lockfile as in package.json, from wherever the reader has his registry', () => {
    expect(lock.packages['']).toMatchObject({
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    });
    expect(Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  });

  it('need no script of theirs to run when they are installed', () => {
    expect(readFileSync(join(projectRoot, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m);
    // All three work without: lmdb and msgpackr-extract find prebuilt optional packages, blake3 its WebAssembly. A
    // fourth name here wants the same look before it is added.
    const scripted = Object.entries(lock.packages).filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(scripted.map(([path]) => path.replace(/^.*node_modules\//, ''))).toEqual([
      'blake3',
      'lmdb',
      'msgpackr-extract',
    ]);
  });
});

describe('blake3', () => {
  it('has no native binary on disk', () => {
    const files = readdirSync(join(projectRoot, 'node_modules', 'blake3'), { recursive: true, encoding: 'utf8' });
    expect(files).toContain(join('dist', 'index.js'));
    expect(files.filter((file) => file.endsWith('.node'))).toEqual([]);
  });

  it('loads none when Helios hashes and stores', async () => {
    linkInto(folder);
    const program = `
      import { createRequire } from 'node:module';
      import { Helios } from 'helios-materializer';
      const helios = await Helios.open({ store: './store' });
      const reference = helios.create('record', { answer: 42 });
      await reference.save('one');
      await helios.close();
      const loaded = [...process.report.getReport().sharedObjects, ...Object.keys(createRequire(import.meta.url).cache)];
      console.log(JSON.stringify({ root: reference.root, natives: loaded.filter((path) => path.endsWith('.node')) }));
    `;
    writeFileSync(join(folder, 'program.mjs'), program);
    const { code, stdout, stderr } = await startNode(['program.mjs'], folder).ended;
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const { root, natives } = JSON.parse(stdout);
    expect(root).toMatch(/^[0-9a-f]{64}$/);
    // lmdb's is there, so the list does tell what is loaded.
    expect(natives.filter((path: string) => path.includes('lmdb'))).not.toEqual([]);
    expect(natives.filter((path: string) => path.includes('blake'))).toEqual([]);
  });
});

describe('another package that links to this one', () => {
  it('can import every entry point', async () => {
    linkInto(folder);
    writeFileSync(
      join(folder, 'program.mjs'),
      `import { Helios } from 'helios-materializer';
      import * as machines from 'helios-materializer/machines';
      import * as testing from 'helios-materializer/testing';
      console.log(typeof Helios.open, Object.keys(machines).length > 0, Object.keys(testing).length > 0);`,
    );
    const { stdout, stderr } = await startNode(['program.mjs'], folder).ended;
    expect(stderr).toBe('');
    expect(stdout.trim()).toBe('function true true');
  });

  it('compiles against its declarations', async () => {
    linkInto(folder);
    mkdirSync(join(folder, 'node_modules', '@types'));
    symlinkSync(join(projectRoot, 'node_modules', '@types', 'node'), join(folder, 'node_modules', '@types', 'node'));
    const { compilerOptions } = readJson('tsconfig.json');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    const call = "helios.create('record', { answer: 42 })";
    writeFileSync(
      join(folder, 'right.ts'),
      `import { Helios } from 'helios-materializer';
      import * as machines from 'helios-materializer/machines';
      import * as testing from 'helios-materializer/testing';
      export const names: string[] = Object.keys({ ...machines, ...testing });
      export async function root(): Promise<string> {
        await using helios = await Helios.open({ store: 'memory' });
        return ${call}.root;
      }`,
    );
    const tsc = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
    expect(await startNode([tsc, '-p', '.'], folder).ended).toMatchObject({ stdout: '', code: 0 });
    writeFileSync(
      join(folder, 'wrong.ts'),
      `import { Helios } from 'helios-materializer';
      export const root = async (): Promise<number> => { const helios = await Helios.open({ store: 'memory' }); return ${call}.root; };`,
    );
    const { stdout } = await startNode([tsc, '-p', '.'], folder).ended;
    expect(stdout).toMatch(/^wrong\.ts\(2,\d+\): error TS2322/); // so the declarations were really read
  });
});

describe('the package', () => {
  const check = (path: string) => startNode([join(projectRoot, 'scripts', 'package-check.mjs'), path], path).ended;

  it('holds what users need, and nothing else', async () => {
    const { code, stderr } = await check(projectRoot);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('is refused with a file that is of no use, with one left over, and without one that is promised', async () => {
    for (const name of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md']) write(name, `${name}\n`);
    cpSync(join(projectRoot, 'package.json'), join(folder, 'package.json'));
    for (const name of ['index', 'machines/index', 'testing/index', 'adapters/langgraph/index', 'cli/main']) {
      write(`src/${name}.ts`, '');
      write(`dist/${name}.d.ts`, 'export {};\n');
      write(`dist/${name}.js`, name === 'cli/main' ? '#!/usr/bin/env node\nexport {};\n' : 'export {};\n');
    }
    write('dist/.stamp', 'left out by package.json');
    expect(await check(folder)).toMatchObject({ code: 0, stderr: '' });

    write('dist/index.test.js.snap', 'a snapshot');
    write('dist/gone.js', 'export {};\n');
    rmSync(join(folder, 'dist', 'testing', 'index.js'));
    const { code, stderr } = await check(folder);
    expect(code).toBe(1);
    expect(stderr).toContain('dist/index.test.js.snap is of no use to users\n');
    expect(stderr).toContain('dist/gone.js has no source in src/ any more\n');
    expect(stderr).toContain('dist/testing/index.js is missing\n');
    expect(stderr).toContain('publint: pkg.exports["./testing"].default');
  });
});

function write(path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

/** As `npm link` does it. Needs dist/, so `npm run build` comes before this test. */
function linkInto(consumer: string): void {
  expect(existsSync(join(projectRoot, 'dist')), 'dist/ is built (npm run build)').toBe(true);
  mkdirSync(join(consumer, 'node_modules'));
  symlinkSync(projectRoot, join(consumer, 'node_modules', 'helios-materializer'));
  writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "type": "module" }');
}
