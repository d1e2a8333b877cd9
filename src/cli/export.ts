/** `helios export`: names, with their versions and all that they hold, as one file that another store takes in. */
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import type { Command } from 'commander';
import type { Helios } from '../index.js';
import { HeliosError } from '../protocol/errors.js';
import type { Io } from './io.js';
import { withStore } from './openStore.js';
import { settle, withCommonOptions } from './options.js';
import { outputTo } from './output.js';
import { progressOn } from './screen/progress.js';
import { bytesText, countText } from './screen/units.js';

interface ExportOptions {
  readonly out?: string;
  readonly prefix?: string;
}

const EXAMPLES = `
The file is a CAR of version 1 (content-addressed archive): each block under the BLAKE3 hash that names it. Take it in
with helios import. Without --out it goes to stdout.

Examples:
  $ helios export agents/7 --out agent.car
  $ helios export --prefix agents/ --out agents.car
  $ helios export plan | ssh elsewhere helios import - --car`;

export function addExport(program: Command, io: Io): void {
  withCommonOptions(program.command('export'))
    .description('Write names, with their versions and all that they hold, as one CAR file.')
    .argument('[name...]', 'names of objects')
    .option('--prefix <text>', 'all names that begin so')
    .option('--out <file>', 'where to (default: stdout)')
    .addHelpText('after', EXAMPLES)
    .action(async (names: string[], options: ExportOptions, command: Command) => {
      const settings = await settle(command, io);
      await withStore(settings, 'read', (helios) => exportAll(helios, names, options, io));
    });
}

async function exportAll(helios: Helios, given: readonly string[], options: ExportOptions, io: Io): Promise<void> {
  const names = [...given];
  if (options.prefix !== undefined) {
    for await (const { name } of helios.list({ prefix: options.prefix })) names.push(name);
  }
  if (names.length === 0) {
    const text = 'There is nothing to export: say names, or a --prefix that names begin with.';
    throw new HeliosError('INVALID_REQUEST', text);
  }
  if (options.out === undefined) {
    if (io.stdout.isTTY === true) {
      throw new HeliosError('INVALID_REQUEST', 'The file is no text: say --out FILE, or send it through a pipe.');
    }
    await write(helios, names, io.stdout, io);
    return;
  }
  const path = resolve(io.cwd, options.out);
  // Beside its place until it is whole.
  const half = `${path}.${process.pid}.part`;
  let bytes: number;
  const file = createWriteStream(half, { flags: 'wx' });
  file.on('error', () => {}); // told to whoever writes
  // Opening it may take longer than finding out that there is nothing to write.
  const closed = new Promise<void>((done) => file.once('close', done));
  try {
    bytes = await write(helios, names, file, io);
    await new Promise<void>((done) => file.end(done));
    await rename(half, path);
  } catch (error) {
    file.destroy();
    await closed;
    await rm(half, { force: true });
    throw unwritable(error, path);
  }
  const out = outputTo(io.stdout);
  await out.line(`Exported ${countText(new Set(names).size)} names, ${bytesText(bytes)}, to ${options.out}`);
  await out.flush();
}

async function write(helios: Helios, names: readonly string[], to: Writable, io: Io): Promise<number> {
  const progress = progressOn(io, { label: 'export', counted: 'chunks', total: 0, unit: 'bytes' });
  let bytes = 0;
  let chunks = 0;
  try {
    await helios.exportTo(
      new WritableStream({
        async write(chunk) {
          io.signal.throwIfAborted();
          await new Promise<void>((done, fail) => to.write(chunk, (error) => (error ? fail(error) : done())));
          bytes += chunk.length;
          progress.at(bytes, ++chunks);
        },
      }),
      names,
    );
  } finally {
    progress.end();
  }
  return bytes;
}

function unwritable(error: unknown, path: string): unknown {
  const code: unknown = Reflect.get(Object(error), 'code');
  if (HeliosError.is(error) || typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) return error;
  return new HeliosError('INVALID_REQUEST', `${path} can't be written: ${(error as Error).message}`, { cause: error });
}
