/**
 * Reads paths written as text: dotted ones and JSON Pointers. One pass, no backtracking; what it can't read is refused
 * with the position and a mark under it, never guessed.
 *
 *   path    = [ key | bracket ] { "." key | bracket }
 *   key     = "*" | any characters but . [ ] " ' * \ and control characters
 *   bracket = "[" ( "*" | number | [index] ":" [index] | quoted ) "]"
 *   quoted  = JSON text in " or in '
 */
import { HeliosError } from './errors.js';
import type { Segment } from './paths.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a bare key must not hold
const KEY_CHARACTERS = /[^.[\]"'*\\\u0000-\u001f\u007f]+/y;
const INDEX = /^(0|[1-9]\d*)$/;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** What was read and where reading goes on. */
interface Read<T> {
  readonly found: T;
  readonly next: number;
}

/** @throws HeliosError `INVALID_REQUEST` (details: `path`, `position`) */
export function parseDotted(path: string): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  while (at < path.length) {
    const inBrackets = path[at] === '[';
    if (!inBrackets && segments.length > 0) {
      if (path[at] !== '.') throw unreadable(path, at, "expected '.' or '[' after ']'");
      at++;
    }
    const { found, next } = inBrackets ? readBracket(path, at) : readKey(path, at);
    segments.push(found);
    at = next;
  }
  return segments;
}

/** RFC 6901: `/` before each segment, `~1` for `/`, `~0` for `~`. All segments are texts. */
export function parsePointer(path: string): Segment[] {
  const wrong = /~(?![01])/.exec(path);
  if (wrong) throw unreadable(path, wrong.index, "in a JSON Pointer '~' is written ~0 and '/' is written ~1");
  return path
    .slice(1)
    .split('/')
    .map((token) => ({ kind: 'key', key: token.replaceAll('~1', '/').replaceAll('~0', '~') }));
}

function readKey(path: string, start: number): Read<Segment> {
  if (path[start] === '*') return { found: { kind: 'any' }, next: expectEnd(path, start + 1) };
  KEY_CHARACTERS.lastIndex = start;
  const key = KEY_CHARACTERS.exec(path)?.[0];
  if (key === undefined) throw unreadable(path, start, `expected a key (${quoting})`);
  return { found: { kind: 'key', key }, next: expectEnd(path, start + key.length) };
}

const quoting = 'a key with other characters is written ["so"]';

function expectEnd(path: string, at: number): number {
  const follows = path[at];
  if (follows === undefined || follows === '[') return at;
  if (follows !== '.') throw unreadable(path, at, `expected '.', '[' or the end (${quoting})`);
  if (at + 1 === path.length || path[at + 1] === '[') throw unreadable(path, at + 1, "expected a key after '.'");
  return at;
}

function readBracket(path: string, start: number): Read<Segment> {
  const first = path[start + 1];
  if (first === '"' || first === "'") {
    const { found, next } = readQuoted(path, start + 1);
    if (path[next] !== ']') throw unreadable(path, next, "expected ']'");
    return { found: { kind: 'key', key: found }, next: next + 1 };
  }
  const end = path.indexOf(']', start);
  if (end === -1) throw unreadable(path, path.length, "expected ']'");
  return { found: readIndex(path, start + 1, end), next: end + 1 };
}

function readIndex(path: string, start: number, end: number): Segment {
  const text = path.slice(start, end);
  if (text === '*') return { kind: 'any' };
  if (text.includes(':')) return readRange(path, start, text);
  const key = Number(text);
  // Only as JavaScript prints it, so that one place has one text; keys of Maps may be negative or fractions.
  if (Number.isFinite(key) && String(key) === text) return { kind: 'key', key };
  throw unreadable(path, start, `expected a number, a range such as 2:5, * or a quoted key (${quoting})`);
}

function readRange(path: string, start: number, text: string): Segment {
  const [fromText = '', toText = '', ...more] = text.split(':');
  const from = fromText === '' ? 0 : readBound(fromText);
  const to = toText === '' ? Infinity : readBound(toText);
  if (from === undefined || to === undefined || more.length > 0) {
    throw unreadable(path, start, 'expected a range such as 2:5, 2: or :5');
  }
  if (to < from) throw unreadable(path, start, `expected a range that doesn't end before it begins`);
  return { kind: 'range', from, to };
}

function readBound(text: string): number | undefined {
  const bound = Number(text);
  return INDEX.test(text) && Number.isSafeInteger(bound) ? bound : undefined;
}

function readQuoted(path: string, start: number): Read<string> {
  const mark = path[start];
  let found = '';
  let at = start + 1;
  while (path[at] !== mark) {
    const character = path[at];
    if (character === undefined) throw unreadable(path, path.length, `expected ${mark} at the end of the key`);
    if (character === '\\') {
      const escaped = readEscape(path, at);
      found += escaped.found;
      at = escaped.next;
    } else {
      found += character;
      at++;
    }
  }
  return { found, next: at + 1 };
}

function readEscape(path: string, at: number): Read<string> {
  const letter = path[at + 1] ?? '';
  const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
  if (plain !== undefined) return { found: plain, next: at + 2 };
  const digits = path.slice(at + 2, at + 6);
  if (letter === 'u' && /^[0-9a-fA-F]{4}$/.test(digits)) {
    return { found: String.fromCharCode(Number.parseInt(digits, 16)), next: at + 6 };
  }
  throw unreadable(path, at, 'expected an escape of JSON: \\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four hex digits');
}

/** Characters of the path that the hint shows on either side of the position. */
const HINT_SIDE = 30;

function unreadable(path: string, position: number, expected: string): HeliosError {
  const begin = Math.max(0, position - HINT_SIDE);
  const shown = path.slice(begin, position + HINT_SIDE).replace(/\p{Cc}/gu, '·');
  const hint = `\n  ${shown}\n  ${' '.repeat(position - begin)}^`;
  const message = `The path can't be read at position ${position}: ${expected}.${hint}`;
  return new HeliosError('INVALID_REQUEST', message, { details: { path, position } });
}
