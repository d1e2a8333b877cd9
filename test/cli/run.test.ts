import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Interrupt } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';
import { folderWith, helios, ioFor, output } from './terminal.js';

const COMMANDS = ['import', 'materialize', 'ls', 'log', 'diff', 'stats'];
const READING = [['ls'], ['log', 'a'], ['diff', 'a'], ['materialize', 'a'], ['stats']];

describe('helios', () => {
  it('lists its commands, with examples and the exit codes', async () => {
    const { code, stdout } = await helios(folderWith(), ['--help']);
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain('130 after Ctrl-C');
  });

  it.each(COMMANDS)('%s explains itself with --help, with examples and the common options', async (command) => {
    const { code, stdout } = await helios(folderWith(), [command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: helios ${command} `);
    expect(stdout).toContain(`  $ helios ${command}`);
    for (const option of ['--store <dir>', '--config <file>', '--log-level <level>', '--json']) {
      expect(stdout).toContain(option);
    }
  });

  it('says its version', async () => {
    expect(await output(folderWith(), '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('shows its help on stderr and ends with 2 when no command is named', async () => {
    const { code, stdout, stderr } = await helios(folderWith(), []);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: helios');
  });

  it.each([
    [['lss'], "unknown command 'lss'\n(Did you mean ls?)"],
    [['ls', '--limt', '3'], "unknown option '--limt'\n(Did you mean --limit?)"],
    [['ls', '--limit', '0'], 'It must be a whole number of at least 1.'],
    [['ls', '--limit', '1.5'], 'It must be a whole number of at least 1.'],
    [['ls', 'a', 'b'], 'too many arguments'],
    [['materialize'], "missing required argument 'name'"],
    [['materialize', 'a', '--timeout', '-1'], 'It must be a number of seconds'],
    [['import'], "missing required argument 'path'"],
    [['ls', '--log-level', 'loud'], "argument 'loud' is invalid"],
  ])('ends with 2 and says what is wrong with %j', async (argv, said) => {
    const { code, stdout, stderr } = await helios(folderWith(), argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(said);
  });

  it.each(READING)('%s makes no store where there is none', async (...argv) => {
    const folder = folderWith();
    const { code, stdout, stderr } = await helios(folder, argv);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`INVALID_REQUEST: There is no store here: ${join(folder, '.helios')} does not exist.`);
    expect(stderr).toContain('helios import <path>');
    expect(existsSync(join(folder, '.helios'))).toBe(false);
  });

  it('leaves an empty directory, a file and a foreign directory as they are', async () => {
    const folder = folderWith({ file: 'text', 'foreign/notes.txt': 'text' });
    mkdirSync(join(folder, 'empty'));
    const said = async (store: string) => (await helios(folder, ['ls', '--store', store])).stderr;
    expect(await said('empty')).toContain('empty is empty. Make one with');
    expect(await said('file')).toMatch(/^INVALID_REQUEST: .*is a file/);
    expect(await said('foreign')).toMatch(/^INVALID_REQUEST: .*notes\.txt/);
    expect(readdirSync(join(folder, 'empty'))).toEqual([]);
    expect(readdirSync(join(folder, 'foreign'))).toEqual(['notes.txt']);
  });

  it('finds the store by option, then environment, then the working directory', async () => {
    const folder = folderWith({ 'a.json': { a: 1 }, 'b.json': { b: 1 }, 'c.json': { c: 1 } });
    const env = { HELIOS_STORE: 'from-env' };
    await helios(folder, ['import', 'a.json', '--store', 'from-option'], { env });
    await helios(folder, ['import', 'b.json'], { env });
    await helios(folder, ['import', 'c.json']);
    const names = async (argv: string[]) => (await helios(folder, ['ls', '--json', ...argv])).stdout;
    expect(JSON.parse(await names(['--store', 'from-option']))).toMatchObject({ name: 'a' });
    expect(JSON.parse(await names(['--store', 'from-env']))).toMatchObject({ name: 'b' });
    expect(JSON.parse(await names([]))).toMatchObject({ name: 'c' });
  });

  it('takes the common options before the command as well, where the later one wins', async () => {
    const folder = folderWith({ 'a.json': { a: 1 } });
    await output(folder, '--store', 'here', 'import', 'a.json');
    expect(await output(folder, '--store', 'nowhere', 'ls', '--store', 'here')).toContain('record');
  });

  it('logs JSON on stderr when asked to, by option or environment, and nothing otherwise', async () => {
    const folder = folderWith({ 'a.json': { a: 1 } });
    expect((await helios(folder, ['import', 'a.json'])).stderr).toBe('');
    const byOption = await helios(folder, ['import', 'a.json', '--log-level', 'debug']);
    const logged = byOption.stderr
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(logged).toContainEqual(expect.objectContaining({ msg: 'reading', file: 'a.json' }));
    expect((await helios(folder, ['ls'], { env: { HELIOS_LOG: 'DEBUG' } })).stderr).toContain('"msg":"closed"');
  });

  it('logs what failed with its stack when asked to', async () => {
    const folder = folderWith({ 'a.json': { a: 1 } });
    await output(folder, 'import', 'a.json');
    const { stderr } = await helios(folder, ['materialize', 'b', '--log-level', 'debug']);
    expect(stderr).toContain('"stack":"HeliosError');
  });

  it('refuses a log level in the environment that there is not, with exit code 2', async () => {
    const { code, stderr } = await helios(folderWith(), ['ls'], { env: { HELIOS_LOG: 'loud' } });
    expect(code).toBe(2);
    expect(stderr).toContain("$HELIOS_LOG is 'loud'");
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends with the exit code of %s when it was told to end, and says nothing', async (by, expected) => {
    const folder = folderWith({ 'a.json': { a: 1 } });
    await output(folder, 'import', 'a.json');
    const signal = AbortSignal.abort(new Interrupt(by));
    for (const argv of [['ls'], ['log', 'a'], ['materialize', 'a'], ['stats']]) {
      expect(await helios(folder, argv, { signal })).toEqual({ code: expected, stdout: '', stderr: '' });
    }
  });

  it('ends quietly when nobody reads its output any more', async () => {
    const folder = folderWith({ 'a.json': { a: 1 } });
    await output(folder, 'import', 'a.json');
    const error = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(error) });
    const io = { ...ioFor(folder), stdout };
    expect(await run(['ls'], io)).toBe(0);
    expect(io.stderr.text).toBe('');
  });

  it('fails when its output can not be written for another reason', async () => {
    const folder = folderWith({ 'a.json': { a: 1 } });
    await output(folder, 'import', 'a.json');
    const error = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(error) });
    const io = { ...ioFor(folder), stdout };
    expect(await run(['ls'], io)).toBe(1);
    expect(io.stderr.text).toBe('INTERNAL: The output could not be written: no space left on device\n');
  });

  it('colours its errors on a terminal, and nowhere where NO_COLOR is set', async () => {
    const folder = folderWith();
    const coloured = await helios(folder, ['ls'], { terminalColumns: 80 });
    expect(coloured.stderr).toContain('\u001b[31mINVALID_REQUEST\u001b[39m: ');
    const plain = await helios(folder, ['ls'], { terminalColumns: 80, env: { NO_COLOR: '1' } });
    expect(plain.stderr).toMatch(/^INVALID_REQUEST: /);
  });

  it('wraps its help at the width of the terminal', async () => {
    const { stdout } = await helios(folderWith(), ['ls', '--help'], { terminalColumns: 80 });
    const [options = ''] = stdout.split('Examples:');
    for (const line of options.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});
