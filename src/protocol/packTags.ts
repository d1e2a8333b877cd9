/**
 * Reads the inside of a tag out of MessagePack: of a map with one key that begins with `$`, whose key has been read. A
 * tag that it doesn't know is refused rather than kept, so that tags can be added.
 */
import { describe, quote } from './describe.js';
import type { HeliosError } from './errors.js';
import type { PackReader } from './packReader.js';
import { bigintOf, dateOf, EXPECTED, linkOf, malformedTag, numberOf, putKey, viewOf } from './tags.js';

/** @throws HeliosError `INVALID_REQUEST` (details: `path`) for a malformed or unknown tag */
export function readTag(reader: PackReader, tag: string): unknown {
  if (tag.charCodeAt(1) === DOLLAR) return { [tag.slice(1)]: reader.value() };
  const { at, depth } = reader;
  switch (tag) {
    case '$bigint':
      return bigintOf(reader.textIfNext()) ?? fail(reader, at, depth, EXPECTED.bigint);
    case '$number':
      return numberOf(reader.textIfNext()) ?? fail(reader, at, depth, EXPECTED.number);
    case '$date':
      return dateOf(reader.textIfNext()) ?? fail(reader, at, depth, EXPECTED.date);
    case '$bytes':
      return reader.bytesIfNext() ?? fail(reader, at, depth, 'bytes');
    case '$utf16':
      return utf16Of(reader.bytesIfNext()) ?? fail(reader, at, depth, 'UTF-16 text, little-endian, as bytes');
    case '$array':
      return readView(reader) ?? fail(reader, at, depth, EXPECTED.view);
    case '$map':
      return readMap(reader) ?? fail(reader, at, depth, EXPECTED.pairs);
    case '$record':
      return readRecordOfPairs(reader) ?? fail(reader, at, depth, EXPECTED.pairs);
    case '$set':
      return readSet(reader) ?? fail(reader, at, depth, EXPECTED.members);
    case '$ref':
      return readLink(reader);
  }
  const advice = `a tag of this format; a record with this one key is written {${quote(`$${tag}`)}: …}`;
  throw malformedTag(reader.path.slice(0, depth - 1), `the tag ${quote(tag)}`, advice);
}

const DOLLAR = 0x24;

function utf16Of(bytes: Uint8Array<ArrayBuffer> | undefined): string | undefined {
  if (bytes === undefined || bytes.length % 2 !== 0) return undefined;
  return Buffer.from(bytes.buffer).toString('utf16le');
}

function readView(reader: PackReader): ArrayBufferView | undefined {
  if (reader.enterIfArray() !== 2) return undefined;
  const name = reader.textIfNext();
  const bytes = reader.bytesIfNext();
  reader.depth--;
  return bytes === undefined ? undefined : viewOf(name, bytes);
}

function readMap(reader: PackReader): Map<unknown, unknown> | undefined {
  const count = reader.enterIfArray();
  if (count === undefined) return undefined;
  const map = new Map<unknown, unknown>();
  for (let index = 0; index < count; index++) {
    const key = readPairKey(reader, index);
    map.set(key, reader.value());
    reader.depth--;
  }
  reader.depth--;
  return map;
}

function readRecordOfPairs(reader: PackReader): Record<string, unknown> | undefined {
  const count = reader.enterIfArray();
  if (count === undefined) return undefined;
  const record: Record<string, unknown> = {};
  for (let index = 0; index < count; index++) {
    const key = readPairKey(reader, index);
    if (typeof key !== 'string') throw wrong(reader, reader.depth - 1, key, 'keys that are texts');
    putKey(record, key, reader.value());
    reader.depth--;
  }
  reader.depth--;
  return record;
}

/** Goes into the pair of this number; its value is next. */
function readPairKey(reader: PackReader, index: number): unknown {
  const { at, depth } = reader;
  reader.path[depth - 1] = index;
  if (reader.enterIfArray() !== 2) return fail(reader, at, depth, EXPECTED.pair);
  reader.path[depth] = 0;
  const key = reader.value();
  reader.path[depth] = 1;
  return key;
}

function readSet(reader: PackReader): Set<unknown> | undefined {
  const count = reader.enterIfArray();
  if (count === undefined) return undefined;
  const set = new Set<unknown>();
  for (let index = 0; index < count; index++) {
    reader.path[reader.depth - 1] = index;
    set.add(reader.value());
  }
  reader.depth--;
  return set;
}

function readLink(reader: PackReader): unknown {
  const { depth, fromLink } = reader;
  const link = linkOf(reader.value(), (found) => {
    throw wrong(reader, depth, found, EXPECTED.link);
  });
  if (fromLink !== undefined) return fromLink(link);
  throw malformedTag(reader.path.slice(0, depth - 1), 'a link', 'no links here');
}

/** Refuses the value that begins at `at`, inside so many arrays and maps. */
function fail(reader: PackReader, at: number, depth: number, expected: string): never {
  reader.at = at;
  reader.depth = depth;
  throw wrong(reader, depth, reader.value(), expected);
}

function wrong(reader: PackReader, depth: number, found: unknown, expected: string): HeliosError {
  return malformedTag(reader.path.slice(0, depth), describe(found), expected);
}
