import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { helios } from '../cli/terminal.js';
import { projectRoot, startNode } from '../house/clone.js';
import { fenced, readDocument, section } from './markdown.js';

const readme = readDocument('README.md');

/** A project that has installed Helios and what the example needs. */
let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'helios-readme-'));
  mkdirSync(join(project, 'node_modules', '@types'), { recursive: true });
  symlinkSync(projectRoot, join(project, 'node_modules', 'helios-materializer'));
  for (const name of ['zod', join('@types', 'node')]) {
    symlinkSync(join(projectRoot, 'node_modules', name), join(project, 'node_modules', name));
  }
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "type": "module" }');
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

describe('the example of the README', () => {
  const [example = ''] = fenced(section(readme, 'Use it'), 'js');
  const promised = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);

  it('is a dozen lines', () => {
    const lines = example.split('\n').filter((line) => line !== '');
    expect(lines.length).toBeLessThanOrEqual(13);
  });

  it.each(['memory', './store'])('prints what it says, on the store %s', async (store) => {
    expect(existsSync(join(projectRoot, 'dist')), 'dist/ is built (npm run build)').toBe(true);
    expect(promised.length).toBeGreaterThan(0);
    writeFileSync(join(project, 'example.js'), example.replace("'memory'", `'${store}'`));
    const { code, stdout, stderr } = await startNode(['example.js'], project).ended;
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual(promised);
    expect(code).toBe(0);
  });

  it('is right in the eyes of the compiler', async () => {
    writeFileSync(join(project, 'example.ts'), example);
    const compilerOptions = { strict: true, target: 'ES2022', module: 'NodeNext', types: ['node'], noEmit: true };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['example.ts'] }));
    const tsc = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
    expect(await startNode([tsc, '-p', '.'], project).ended).toMatchObject({ stdout: '', code: 0 });
  });
});

/** Commands that go on for long, or want a cluster. */
const LONG = ['tour', 'up', 'worker', 'submit', 'watch', 'dead', 'inspect'];

describe('the commands of the README', () => {
  const [session = ''] = fenced(section(readme, 'The command'), 'sh');
  const commands = session.trimEnd().split('\n').map(words);

  it('all run, one after the other', async () => {
    const saver = join(projectRoot, 'test', 'adapters', 'langgraph', 'sqlite', 'saver.sqlite');
    copyFileSync(saver, join(project, 'checkpoints.sqlite'));
    expect(commands.length).toBeGreaterThan(3);
    for (const [name, ...argv] of commands) {
      expect(name).toBe('helios');
      // These have tests of their own, and take their time.
      const isLong = LONG.includes(argv[0] ?? '');
      const { code, stdout, stderr } = await helios(project, isLong ? [...argv, '--help'] : argv);
      expect({ argv, code, stderr: argv.includes('--timings') ? '' : stderr }).toEqual({ argv, code: 0, stderr: '' });
      expect(stdout).not.toBe('');
    }
  });

  it('are all the commands there are', async () => {
    const { stdout } = await helios(project, ['--help']);
    const listed = [...(stdout.split('Commands:')[1] ?? '').matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name);
    const shown = new Set(commands.map(([, name]) => name));
    expect([...shown].sort()).toEqual(listed.filter((name) => name !== 'help').sort());
  });
});

it.each(['README.md', 'CONTRIBUTING.md'])('every npm script that %s names exists', (path) => {
  const text = readDocument(path);
  const named = [...text.matchAll(/npm (?:run ([\w:]+)|(start|test)\b)/g)].map(([, run, own]) => run ?? own ?? '');
  expect(named.length).toBeGreaterThan(0);
  expect(Object.keys(packageJson.scripts)).toEqual(expect.arrayContaining(named));
});

/** The words of a line, as a shell would part them, as far as the README goes. */
function words(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}
