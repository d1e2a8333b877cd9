/** What `helios export` wrote, taken in again: names with their versions, checked block by block. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Helios, Version } from '../../index.js';
import { HeliosError } from '../../protocol/errors.js';
import type { Io } from '../io.js';
import { jsonText } from '../jsonText.js';
import { versionJson } from '../ls.js';
import { outputTo } from '../output.js';
import { printable } from '../screen/printable.js';
import { progressOn } from '../screen/progress.js';
import { bytesText, countText } from '../screen/units.js';

/** Options that are about values, which such a file names and types itself. */
const OTHERS = ['name', 'prefix', 'key', 'type', 'ndjson', 'msgpack', 'skipBad', 'message'];

/** @throws HeliosError `INVALID_REQUEST` for options, or files, that don't go with it */
export function checkCar(paths: readonly string[], options: object): void {
  const other = OTHERS.find((name) => Reflect.get(options, name) !== undefined);
  if (other !== undefined) {
    const option = `--${other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new HeliosError('INVALID_REQUEST', `A .car file brings its own names and types: leave ${option} out.`);
  }
  const isCar = Reflect.get(options, 'car') === true;
  const odd = isCar ? undefined : paths.find((path) => !path.endsWith('.car'));
  if (odd !== undefined) {
    throw new HeliosError('INVALID_REQUEST', `Import .car files by themselves: ${odd} is none (else say --car).`);
  }
}

export async function importCars(helios: Helios, paths: readonly string[], asJson: boolean, io: Io): Promise<void> {
  const out = outputTo(io.stdout);
  for (const path of paths) {
    const before = helios.stats().store.bytes;
    const versions = await importCar(helios, path, io);
    const stored = helios.stats().store.bytes - before;
    if (asJson) for (const version of versions) await out.line(jsonText(versionJson(version)));
    else await out.line(`${printable(path)}: ${said(versions)}, ${bytesText(stored)} of new blocks`);
  }
  await out.flush();
}

async function importCar(helios: Helios, path: string, io: Io): Promise<Version[]> {
  const total = path === '-' ? 0 : await sizeOf(resolve(io.cwd, path));
  const file = path === '-' ? io.stdin : createReadStream(resolve(io.cwd, path));
  const progress = progressOn(io, { label: 'import', counted: 'chunks', total, unit: 'bytes' });
  try {
    return await helios.importFrom(ReadableStream.from(counted(file, progress.at, io)));
  } finally {
    progress.end();
    if (file !== io.stdin) file.destroy();
  }
}

async function* counted(file: Readable, at: (done: number, count: number) => void, io: Io): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let chunks = 0;
  for await (const chunk of file) {
    io.signal.throwIfAborted();
    bytes += chunk.length;
    at(bytes, ++chunks);
    yield chunk;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw new HeliosError('INVALID_REQUEST', `${path} can't be read: it is not there.`, { cause: error });
  }
}

function said(versions: readonly Version[]): string {
  const [first] = versions;
  if (versions.length === 1 && first !== undefined) return `${printable(first.name)}, version ${first.version}`;
  return `${countText(versions.length)} names`;
}
