/** Runs the command in this process, against real files and a real store, with streams that remember what they got. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { Io, Screen } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';
import { Helios, type Value } from '../../src/index.js';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: Iterable<string | Buffer> | Readable;
  readonly env?: Record<string, string>;
  /** Both output streams are terminals of this width. */
  readonly terminalColumns?: number;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
}

export class Capture extends Writable implements Screen {
  text = '';

  constructor(
    readonly isTTY: boolean,
    readonly columns: number,
  ) {
    super();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export function ioFor(cwd: string, options: RunOptions = {}): Io & { stdout: Capture; stderr: Capture } {
  const { stdin = [], env = {}, terminalColumns, signal = new AbortController().signal, now = Date.now } = options;
  const screen = () => new Capture(terminalColumns !== undefined, terminalColumns ?? 80);
  return {
    stdin: stdin instanceof Readable ? stdin : Readable.from(stdin, { objectMode: false }),
    stdout: screen(),
    stderr: screen(),
    ...{ env, cwd, signal, now },
  };
}

export async function helios(cwd: string, argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const io = ioFor(cwd, options);
  const code = await run(argv, io);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}

/** The output of a command that must end well. */
export async function output(cwd: string, ...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await helios(cwd, argv);
  if (code !== 0 || stderr !== '') throw new Error(`helios ${argv.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

/** The same, as one JSON document. */
export async function json(cwd: string, ...argv: string[]): Promise<unknown> {
  return JSON.parse(await output(cwd, ...argv));
}

/** The same, as one JSON document a line. */
export async function ndjson(cwd: string, ...argv: string[]): Promise<unknown[]> {
  const lines = (await output(cwd, ...argv)).split('\n');
  return lines.slice(0, -1).map((line): unknown => JSON.parse(line));
}

/** A folder of its own with these files: text as it is, anything else as JSON. It goes with the test. */
export function folderWith(files: Readonly<Record<string, unknown>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'helios-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  put(folder, files);
  return folder;
}

export function put(folder: string, files: Readonly<Record<string, unknown>>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    const isText = typeof content === 'string' || Buffer.isBuffer(content);
    writeFileSync(file, isText ? content : JSON.stringify(content));
  }
}

/** Opens the default store of a folder, does something to it and closes it. */
export async function inStore(folder: string, work: (helios: Helios) => Promise<void>): Promise<void> {
  const opened = await Helios.open({ store: join(folder, '.helios') });
  try {
    await work(opened);
  } finally {
    await opened.close();
  }
}

/** Saves states of one name, one after the other. */
export async function save(folder: string, name: string, ...values: Record<string, Value>[]): Promise<void> {
  await inStore(folder, async (opened) => {
    for (const value of values) await opened.create('record', value).save(name, { expect: 'any' });
  });
}
