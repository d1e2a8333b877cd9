/**
 * Reads a tagged form out of JSON back into the value, in place: arrays and records of the decoded message are reused. Depth and
 * width were checked before decoding. A tag that it doesn't know is refused rather than kept, so that tags can be added.
 */
import { describe, quote } from './describe.js';
import type { HeliosError } from './errors.js';
import { bigintOf, dateOf, EXPECTED, type LinkForm, linkOf, malformedTag, numberOf, putKey, viewOf } from './tags.js';

export interface ReadOptions {
  /** The reference that a link stands for; without it links are refused. */
  readonly fromLink?: (link: LinkForm) => unknown;
}

interface Reading {
  readonly fromLink: ReadOptions['fromLink'];
  readonly keys: (string | number)[];
}

/** @throws HeliosError `INVALID_REQUEST` (details: `path`) for a malformed or unknown tag */
export function fromTagged(written: unknown, fromLink: ReadOptions['fromLink']): unknown {
  return read({ fromLink, keys: [] }, written, 0);
}

function read(walk: Reading, written: unknown, depth: number): unknown {
  if (typeof written === 'object' && written !== null) {
    if (Array.isArray(written)) return readArray(walk, written, depth);
    return readRecord(walk, written as Record<string, unknown>, depth);
  }
  if (typeof written === 'number' && !Number.isFinite(written)) {
    throw malformed(walk, depth, 'a number beyond those of IEEE 754 doubles', 'a number of at most 1.8e308');
  }
  return written;
}

function readArray(walk: Reading, written: unknown[], depth: number): unknown[] {
  for (let index = 0; index < written.length; index++) {
    walk.keys[depth] = index;
    written[index] = read(walk, written[index], depth + 1);
  }
  return written;
}

function readRecord(walk: Reading, written: Record<string, unknown>, depth: number): unknown {
  const keys = Object.keys(written);
  const only = keys[0];
  if (keys.length === 1 && only?.startsWith('$')) {
    walk.keys[depth] = only;
    return readTag(walk, only, written[only], depth + 1);
  }
  for (const key of keys) {
    walk.keys[depth] = key;
    const before = written[key];
    const after = read(walk, before, depth + 1);
    if (after !== before) putKey(written, key, after);
  }
  return written;
}

function readTag(walk: Reading, tag: string, inner: unknown, depth: number): unknown {
  if (tag.startsWith('$$')) return { [tag.slice(1)]: read(walk, inner, depth) };
  switch (tag) {
    case '$bigint':
      return bigintOf(inner) ?? fail(walk, depth, inner, EXPECTED.bigint);
    case '$bytes':
      return bytesOf(inner) ?? fail(walk, depth, inner, 'bytes, in JSON as base64 with its padding');
    case '$array':
      return readView(walk, inner, depth);
    case '$date':
      return dateOf(inner) ?? fail(walk, depth, inner, EXPECTED.date);
    case '$map':
      return new Map(readPairs(walk, inner, depth));
    case '$set':
      return new Set(readArray(walk, asArray(walk, inner, depth, EXPECTED.members), depth));
    case '$number':
      return numberOf(inner) ?? fail(walk, depth, inner, EXPECTED.number);
    case '$ref':
      return readLink(walk, inner, depth);
  }
  const advice = `a tag of this format; a record with this one key is written {${quote(`$${tag}`)}: …}`;
  throw malformed(walk, depth - 1, `the tag ${quote(tag)}`, advice);
}

/** What base64 holds, in memory of its own. */
function bytesOf(written: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typeof written !== 'string' || written.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(written)) {
    return undefined;
  }
  return new Uint8Array(Buffer.from(written, 'base64'));
}

function readView(walk: Reading, inner: unknown, depth: number): ArrayBufferView {
  const [name, written, ...more] = Array.isArray(inner) ? inner : [];
  const bytes = more.length === 0 ? bytesOf(written) : undefined;
  const view = bytes === undefined ? undefined : viewOf(name, bytes);
  return view ?? fail(walk, depth, inner, EXPECTED.view);
}

function readLink(walk: Reading, inner: unknown, depth: number): unknown {
  const link = linkOf(inner, (found) => fail(walk, depth, found, EXPECTED.link));
  if (walk.fromLink === undefined) throw malformed(walk, depth - 1, 'a link', 'no links here');
  return walk.fromLink(link);
}

function readPairs(walk: Reading, inner: unknown, depth: number): [unknown, unknown][] {
  return asArray(walk, inner, depth, EXPECTED.pairs).map((pair, index) => {
    walk.keys[depth] = index;
    if (!Array.isArray(pair) || pair.length !== 2) return fail(walk, depth + 1, pair, EXPECTED.pair);
    return [read(walk, pair[0], depth + 1), read(walk, pair[1], depth + 1)];
  });
}

function asArray(walk: Reading, inner: unknown, depth: number, expected: string): unknown[] {
  return Array.isArray(inner) ? inner : fail(walk, depth, inner, expected);
}

function fail(walk: Reading, depth: number, found: unknown, expected: string): never {
  throw malformed(walk, depth, describe(found), expected);
}

function malformed(walk: Reading, depth: number, found: string, expected: string): HeliosError {
  return malformedTag(walk.keys.slice(0, depth), found, expected);
}
