/**
 * A tiny clone of this project in a temporary folder: its real scripts, a few lines of source, and an npm that installs
 * without a network. For tests of what happens to a clone; it says nothing about Helios itself.
 */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Resolves when stderr holds the text; rejects when the process ends without it. */
  says(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

export interface Clone {
  readonly folder: string;
  start(script: string, ...args: readonly string[]): Running;
  write(path: string, content: string): void;
  has(path: string): boolean;
  read(path: string): string;
  /** How often npm was run here. */
  npmRuns(): number;
  remove(): void;
}

/** Installs what package-lock.json names, as far as the checks can tell; waits first while a file `hold` is there. */
const npm = `
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, watch, writeFileSync } from 'node:fs';
appendFileSync('npm.log', process.argv.slice(2).join(' ') + '\\n');
rmSync('node_modules', { recursive: true, force: true });
mkdirSync('node_modules');
writeFileSync('npm.pid', String(process.pid));
console.error('npm is at work');
await new Promise((resolve) => {
  const watcher = watch('.', () => { if (!existsSync('hold')) { watcher.close(); resolve(); } });
  if (!existsSync('hold')) { watcher.close(); resolve(); }
});
if (existsSync('npm-fails')) process.exit(3);
symlinkSync(${JSON.stringify(join(projectRoot, 'node_modules', 'typescript'))}, 'node_modules/typescript');
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const installed = Object.entries(packages).filter(([path, entry]) => path !== '' && !entry.os);
writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: Object.fromEntries(installed) }));
`;

const files = {
  'package.json': JSON.stringify({ name: 'clone', type: 'module', version: '1.0.0' }),
  'package-lock.json': lockfile('7.0.2'),
  'tsconfig.json': '{}',
  'tsconfig.build.json': JSON.stringify({
    compilerOptions: { target: 'es2022', module: 'nodenext', rootDir: 'src', outDir: 'dist', types: [] },
    include: ['src'],
  }),
  'src/index.ts': 'export const answer: number = 42;\n',
  'src/cli/main.ts': '#!/usr/bin/env node\nexport {};\n',
  'examples/tour/main.mjs': `
    import { answer } from '../../dist/index.js';
    console.log('tour', answer, ...process.argv.slice(2));
    process.exitCode = 7;
  `,
  'npm-cli.js': npm,
};

export function lockfile(typescriptVersion: string): string {
  return JSON.stringify({
    packages: {
      '': {},
      'node_modules/typescript': { version: typescriptVersion, integrity: `sha512-${typescriptVersion}` },
      'node_modules/for-another-system': { version: '1.0.0', optional: true, os: ['another'] },
    },
  });
}

export function makeClone(): Clone {
  const folder = mkdtempSync(join(tmpdir(), 'helios-clone-'));
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  cpSync(join(projectRoot, 'scripts'), join(folder, 'scripts'), { recursive: true });
  for (const [path, content] of Object.entries(files)) write(path, content);
  chmodSync(join(folder, 'npm-cli.js'), 0o755);
  const read = (path: string) => readFileSync(join(folder, path), 'utf8');
  const has = (path: string) => existsSync(join(folder, path));
  return {
    folder,
    write,
    read,
    has,
    start: (script, ...args) => startNode([join('scripts', script), ...args], folder),
    npmRuns: () => (has('npm.log') ? read('npm.log').trimEnd().split('\n').length : 0),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Runs Node in a folder, with the clone's own npm in place of the real one if there is one. */
export function startNode(args: readonly string[], folder: string, settings: Record<string, string> = {}): Running {
  const npmCli = join(folder, 'npm-cli.js');
  const env = { ...process.env, ...settings, ...(existsSync(npmCli) ? { npm_execpath: npmCli } : {}) };
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const heard = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      heard[name] += text;
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...heard }));
  });
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (heard.stderr.includes(text)) resolve();
      };
      child.stderr.on('data', look);
      child.on('close', () => reject(new Error(`ended without saying "${text}": ${heard.stderr}`)));
      look();
    });
  return { pid: child.pid ?? 0, ended, says, kill: (signal) => child.kill(signal) };
}
