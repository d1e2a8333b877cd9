import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Turnstile, whileNobodyWrites } from '../../../src/store/lmdb/turnstile.js';

let directory: string;
let other: ChildProcess;
let start: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'helios-turnstile-'));
  other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'inherit'] });
  await once(other, 'spawn');
  start = readFileSync(`/proc/${other.pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[19] ?? '';
});

afterEach(() => {
  other.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

const mark = (kind: string, owner = other.pid, started = start) =>
  writeFileSync(join(directory, `${kind}-${owner}-${started}-abcdef`), '');

test('a writer goes in when nobody opens, beside other writers, and leaves nothing behind', () => {
  const turnstile = new Turnstile(directory);
  mark('writing');
  expect(turnstile.enter()).toBe(true);
  expect(readdirSync(directory)).toHaveLength(2);
  turnstile.leave();
  turnstile.leave();
  expect(readdirSync(directory)).toHaveLength(1);
});

test('a writer stays out while another process opens', () => {
  mark('opening');
  expect(new Turnstile(directory).enter()).toBe(false);
  expect(readdirSync(directory)).toHaveLength(1);
});

test('an opener goes in when nobody writes or opens, and its mark is there while it does', () => {
  const seen = whileNobodyWrites(directory, 1_000, () => readdirSync(directory));
  expect(seen).toEqual([expect.stringMatching(`^opening-${process.pid}-`)]);
  expect(readdirSync(directory)).toEqual([]);
});

test.each(['writing', 'opening'])('an opener waits for another that is %s, and says for whom in the end', (kind) => {
  mark(kind);
  const open = () => expect.fail('it went in');
  expect(() => whileNobodyWrites(directory, 20, open)).toThrow(
    expect.objectContaining({ code: 'DEADLINE_EXCEEDED', details: { directory, process: other.pid } }),
  );
  expect(readdirSync(directory)).toHaveLength(1);
});

test('what is left of processes that are gone counts for nothing and is removed', async () => {
  mark('writing', other.pid, '1');
  mark('opening', other.pid, '2');
  expect(whileNobodyWrites(directory, 1_000, () => 'in')).toBe('in');
  mark('writing');
  mark('opening');
  other.kill('SIGKILL');
  await once(other, 'exit');
  expect(new Turnstile(directory).enter()).toBe(true);
  expect(whileNobodyWrites(directory, 1_000, () => 'in')).toBe('in');
  expect(readdirSync(directory)).toEqual([expect.stringMatching(`^writing-${process.pid}-`)]);
});

test('what fails inside an opening comes out, and the mark goes', () => {
  const open = () => {
    throw new Error('no room');
  };
  expect(() => whileNobodyWrites(directory, 1_000, open)).toThrow('no room');
  expect(readdirSync(directory)).toEqual([]);
});
