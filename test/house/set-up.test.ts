import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clone, lockfile, makeClone, startNode } from './clone.js';

let clone: Clone;
beforeEach(() => {
  clone = makeClone();
});
afterEach(() => clone.remove());

const start = (...args: string[]) => clone.start('start.mjs', ...args).ended;
const builtAt = () => statSync(join(clone.folder, 'dist')).ino;

describe('npm start', () => {
  it('installs and builds in a fresh clone, then is the tour: its arguments, its output, its exit code', async () => {
    const { code, stdout } = await start('--small', 'a b');
    expect(stdout).toContain('tour 42 --small a b');
    expect(code).toBe(7);
    expect(clone.read('npm.log')).toContain('ci --include=dev --include=optional --ignore-scripts');
  });

  it('does nothing again when nothing changed', async () => {
    await start();
    const before = builtAt();
    clone.write('src/index.ts', clone.read('src/index.ts'));
    const { stderr } = await start();
    expect(stderr).toBe('');
    expect(clone.npmRuns()).toBe(1);
    expect(builtAt()).toBe(before);
  });

  it('builds again when a source file changed, came or went, and keeps no file of a source that is gone', async () => {
    clone.write('src/extra.ts', 'export const extra = 1;\n');
    await start();
    expect(clone.has('dist/extra.js')).toBe(true);
    rmSync(join(clone.folder, 'src/extra.ts'));
    clone.write('src/index.ts', 'export const answer: number = 43;\n');
    expect((await start()).stdout).toContain('tour 43');
    expect(clone.has('dist/extra.js')).toBe(false);
    expect(clone.npmRuns()).toBe(1);
  });

  it('builds again when a file of dist is missing', async () => {
    await start();
    rmSync(join(clone.folder, 'dist/index.js'));
    expect((await start()).stdout).toContain('tour 42');
  });

  it('makes the command executable', async () => {
    await start();
    expect(statSync(join(clone.folder, 'dist/cli/main.js')).mode & 0o111).toBe(0o111);
  });

  it.each([
    ['the lockfile asks for another version', () => clone.write('package-lock.json', lockfile('7.0.3'))],
    ['a package is gone', () => rmSync(join(clone.folder, 'node_modules/typescript'))],
    ['an installation was cut short', () => rmSync(join(clone.folder, 'node_modules/.package-lock.json'))],
    [
      'node_modules came from another system',
      () => {
        const { packages } = JSON.parse(lockfile('7.0.2'));
        delete packages[''];
        clone.write('node_modules/.package-lock.json', JSON.stringify({ packages }));
      },
    ],
  ])('installs again when %s', async (_, change) => {
    await start();
    change();
    expect((await start()).code).toBe(7);
    expect(clone.npmRuns()).toBe(2);
  });

  it('says so and ends with 1 when npm fails, and starts over the next time', async () => {
    clone.write('npm-fails', '');
    const failed = await start();
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('npm ci failed; its reason is above.');
    rmSync(join(clone.folder, 'npm-fails'));
    expect((await start()).code).toBe(7);
  });

  it('leaves dist as it was when the build fails', async () => {
    await start();
    clone.write('src/index.ts', 'export const answer: number = "not a number";\n');
    const failed = await start();
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('src/index.ts(1,14)');
    expect(clone.read('dist/index.js')).toContain('42');
  });

  it('refuses an old Node in words', async () => {
    const old = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"18.19.0"})';
    const { code, stderr } = await startNode(['--import', old, 'scripts/start.mjs'], clone.folder).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('Helios needs Node 20 or later, and this is Node 18.19.0');
    expect(clone.npmRuns()).toBe(0);
  });
});

describe('two at once in one clone', () => {
  it('one installs and builds while the other waits, then both run', async () => {
    clone.write('hold', '');
    const first = clone.start('start.mjs', 'first');
    await first.says('npm is at work');
    const second = clone.start('start.mjs', 'second');
    await second.says(`Process ${first.pid} is setting up; waiting for it`);
    rmSync(join(clone.folder, 'hold'));
    expect((await first.ended).stdout).toContain('tour 42 first');
    expect((await second.ended).stdout).toContain('tour 42 second');
    expect(clone.npmRuns()).toBe(1);
    expect(clone.has('.set-up.lock')).toBe(false);
  });

  it('a process that was killed keeps nobody waiting', async () => {
    clone.write('hold', '');
    const killed = clone.start('start.mjs');
    await killed.says('npm is at work');
    killed.kill('SIGKILL');
    process.kill(Number(clone.read('npm.pid')), 'SIGKILL');
    rmSync(join(clone.folder, 'hold'));
    await killed.ended;
    expect(clone.has('.set-up.lock')).toBe(true);
    expect((await start()).code).toBe(7);
    expect(clone.has('.set-up.lock')).toBe(false);
  });

  it('a lock that nobody has touched for long is taken over, whoever the process number now belongs to', async () => {
    const path = join(clone.folder, '.set-up.lock');
    writeFileSync(path, `${process.pid} ${hostname()} 0`);
    utimesSync(path, new Date(0), new Date(0));
    expect((await start()).code).toBe(7);
  });

  it('an interrupted installation ends with 130 and lets go of the lock', async () => {
    clone.write('hold', '');
    const interrupted = clone.start('start.mjs');
    await interrupted.says('npm is at work');
    interrupted.kill('SIGINT');
    expect((await interrupted.ended).code).toBe(130);
    expect(clone.has('.set-up.lock')).toBe(false);
    rmSync(join(clone.folder, 'hold'));
    expect((await start()).code).toBe(7);
  });
});
