/**
 * The values in a source, one after the other, each still text: parsing is left to whoever takes it, so that a bad one
 * can be reported and passed over while the rest goes on.
 */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { HeliosError } from '../../protocol/errors.js';
import { parseJson } from './json.js';
import { linesOf, TEXT_BYTES_MAX } from './lines.js';
import { valuesOf } from './messagePack.js';
import { type Source, unreadable } from './sources.js';

export interface Reading {
  /** File, and line or number where it has many values: `data/a.json`, `people.ndjson:3`. */
  readonly place: string;
  /** See Source. */
  readonly path: string;
  /** Line of an NDJSON stream, number of a value of a MessagePack one. */
  readonly line?: number;
  /** Bytes of text; of a value of a stream of MessagePack, those read since the one before. */
  readonly bytes: number;
  /**
   * The value. To be called at once: the text is gone with the next reading.
   * @throws HeliosError `INVALID_REQUEST` naming file, line and column · `TOO_LARGE`
   */
  parse(): unknown;
}

export interface ReadingOptions {
  readonly stdin: Readable;
  /** Ends the reading of a stream that may never end by itself. */
  readonly signal: AbortSignal;
}

/** Bytes that are asked of a file at a time. */
const READ_BYTES = 262_144;

export async function* readingsOf(source: Source, options: ReadingOptions): AsyncGenerator<Reading> {
  if (source.kind === 'json') yield await wholeFile(source, options.signal, parseJson);
  else if (source.kind === 'raw') yield await raw(source, options);
  else if (source.kind === 'ndjson') yield* linesIn(source, options);
  else yield* valuesIn(source, options);
}

/** A file of bytes that are the value, or all of stdin. */
async function raw(source: Source, options: ReadingOptions): Promise<Reading> {
  const { file, label, path } = source;
  if (file !== '-') return wholeFile(source, options.signal, (bytes) => bytes);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(streamOf(source, options), label)) {
    const read = Buffer.from(chunk as Uint8Array);
    bytes += read.length;
    if (bytes > TEXT_BYTES_MAX) break;
    chunks.push(read);
  }
  if (bytes > TEXT_BYTES_MAX) return tooLarge(source, bytes);
  return { place: label, path, bytes, parse: () => Buffer.concat(chunks) };
}

async function wholeFile(
  source: Source,
  signal: AbortSignal,
  parse: (bytes: Buffer, label: string) => unknown,
): Promise<Reading> {
  const { file, label, path, bytes } = source;
  if (bytes > TEXT_BYTES_MAX) return tooLarge(source, bytes);
  const text = await readFile(file, { signal }).catch((error: unknown) => {
    throw unreadable(label, error);
  });
  return { place: label, path, bytes, parse: () => parse(text, label) };
}

function tooLarge({ label, path }: Source, bytes: number): Reading {
  const message = `${label} has ${bytes} bytes, and one value is read of at most ${TEXT_BYTES_MAX}. Split it, or make it NDJSON.`;
  const refuse = () => {
    throw new HeliosError('TOO_LARGE', message, { details: { file: label } });
  };
  return { place: label, path, bytes, parse: refuse };
}

async function* valuesIn(source: Source, options: ReadingOptions): AsyncGenerator<Reading> {
  const { label, path } = source;
  const stream = streamOf(source, options);
  let bytesRead = 0;
  stream.on('data', (chunk: Buffer) => {
    bytesRead += chunk.length;
  });
  let line = 0;
  try {
    for await (const value of valuesOf(stream, label)) {
      line++;
      yield { place: `${label}:${line}`, path, line, bytes: bytesRead, parse: () => value };
      bytesRead = 0;
    }
  } catch (error) {
    throw HeliosError.is(error) ? error : unreadable(label, error);
  }
}

function streamOf({ file }: Source, { stdin, signal }: ReadingOptions): Readable {
  const stream = addAbortSignal(signal, file === '-' ? stdin : createReadStream(file, { highWaterMark: READ_BYTES }));
  stream.on('error', () => {}); // said by whoever reads
  return stream;
}

async function* linesIn(source: Source, options: ReadingOptions): AsyncGenerator<Reading> {
  const { label, path } = source;
  const stream = streamOf(source, options);
  for await (const { number, bytes } of linesOf(chunksOf(stream, label), label)) {
    if (isBlank(bytes)) continue;
    const parse = () => parseJson(bytes, label, number);
    yield { place: `${label}:${number}`, path, line: number, bytes: bytes.length + 1, parse };
  }
}

async function* chunksOf(stream: Readable, label: string): AsyncGenerator<unknown> {
  try {
    yield* stream;
  } catch (error) {
    throw unreadable(label, error);
  }
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
