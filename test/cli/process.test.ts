import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { folderWith, helios, json, ndjson, output } from './terminal.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = join(ROOT, 'dist', 'cli', 'main.js');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(cwd: string, argv: readonly string[]): ChildProcessWithoutNullStreams {
  const env = { PATH: process.env.PATH ?? '' };
  const child = spawn(process.execPath, [MAIN, ...argv], { cwd, env });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function end(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const code = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

function lineOn(stream: NodeJS.ReadableStream, wanted: string): Promise<void> {
  return new Promise((resolve) => {
    let seen = '';
    stream.on('data', (chunk) => {
      seen += String(chunk);
      if (seen.includes(wanted)) resolve();
    });
  });
}

describe('the helios process', () => {
  beforeAll(() => {
    execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.mjs'), '--if-needed'], { cwd: ROOT });
  });

  it('has a first line by which a shell can run it', () => {
    expect(readFileSync(MAIN, 'utf8').split('\n')[0]).toBe('#!/usr/bin/env node');
    const version = execFileSync(MAIN, ['--version'], { encoding: 'utf8' });
    expect(version).toBe(`${JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version}\n`);
  });

  it('ends with 0, 1 or 2', async () => {
    const folder = folderWith({ 'a.json': { a: 1 } });
    expect(await end(start(folder, ['import', 'a.json', '--json']))).toMatchObject({ code: 0, stderr: '' });
    expect(await end(start(folder, ['materialize', 'b']))).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'UNKNOWN_OBJECT: There is no object named "b". Did you mean "a"?\n',
    });
    expect(await end(start(folder, ['materialise', 'a']))).toMatchObject({ code: 2, stdout: '' });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends in order at %s, with %i: nothing half-written, and the store opens again', async (signal, code) => {
    const folder = folderWith();
    const child = start(folder, ['import', '-', '--json']);
    const ended = end(child);
    child.stdin.write('{"a":1}\n{"a":2}\n{"unfinished":');
    await vi.waitFor(async () => {
      expect(existsSync(join(folder, '.helios', 'data.mdb'))).toBe(true);
      expect(await ndjson(folder, 'ls', '--json')).toHaveLength(2);
    }, 20_000);
    child.kill(signal);
    const { stdout, stderr, ...rest } = await ended;
    expect({ ...rest, stderr }).toEqual({ code, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ values: 2, versions: 2, interrupted: signal });
    expect(await json(folder, 'materialize', '2')).toEqual({ a: 2 });
    expect((await helios(folder, ['import', '-'], { stdin: ['{"a":3}'] })).code).toBe(0);
  });

  it('ends at once at a second Ctrl-C, whatever it hangs on', async () => {
    const folder = folderWith({
      'helios.config.mjs': `
        process.on('SIGINT', () => console.error('first'));
        setInterval(() => {}, 1_000);
        console.error('loading');
        await new Promise(() => {});`,
    });
    const child = start(folder, ['ls']);
    const code = new Promise((resolve) => child.once('close', resolve));
    await lineOn(child.stderr, 'loading');
    child.kill('SIGINT');
    await lineOn(child.stderr, 'first');
    child.kill('SIGINT');
    expect(await code).toBe(130);
  });

  it('ends quietly when the reader of its output leaves', async () => {
    const folder = folderWith();
    const lines = Array.from({ length: 2_000 }, (_, n) => `{"n":${n}}\n`);
    await helios(folder, ['import', '-', '--prefix', 'a-rather-long-name-to-fill-the-pipe/'], { stdin: lines });
    for (const options of ['--json', '']) {
      const script = `set -o pipefail; '${process.execPath}' '${MAIN}' ls ${options} | head -n 1`;
      const child = spawn('bash', ['-c', script], { cwd: folder });
      const { code, stdout, stderr } = await end(child);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.split('\n')).toHaveLength(2);
    }
  });

  it('fails when its output has no room', async () => {
    const folder = folderWith({ 'a.json': { a: 1 } });
    await output(folder, 'import', 'a.json');
    const child = spawn('bash', ['-c', `'${process.execPath}' '${MAIN}' ls > /dev/full`], { cwd: folder });
    expect(await end(child)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^INTERNAL: The output could not be written: ENOSPC/),
    });
  });

  it('is not kept alive by what a config file started', async () => {
    const folder = folderWith({
      'a.json': { a: 1 },
      'helios.config.mjs': 'setInterval(() => {}, 1_000); export default {};',
    });
    expect(await end(start(folder, ['import', 'a.json', '--json']))).toMatchObject({ code: 0 });
  });
});
