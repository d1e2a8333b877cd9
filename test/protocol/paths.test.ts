import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeliosError } from '../../src/protocol/errors.js';
import { MAX_PATH_LENGTH, MAX_PATH_SEGMENTS } from '../../src/protocol/limits.js';
import { formatPath, isConcrete, type Path, parsePath, type Segment } from '../../src/protocol/paths.js';

const key = (text: string | number): Segment => ({ kind: 'key', key: text });
const any: Segment = { kind: 'any' };
const range = (from: number, to = Infinity): Segment => ({ kind: 'range', from, to });

function refusal(path: unknown): HeliosError {
  try {
    parsePath(path as Path);
  } catch (error) {
    if (HeliosError.is(error, 'INVALID_REQUEST')) return error;
    throw error;
  }
  throw new Error(`Not refused: ${String(path)}`);
}

describe('paths that are read', () => {
  it.each<[Path, Segment[]]>([
    ['', []],
    [[], []],
    ['a', [key('a')]],
    ['a.b[3].c', [key('a'), key('b'), key(3), key('c')]],
    ['releases["1.0"]', [key('releases'), key('1.0')]],
    ["releases['1.0'].date", [key('releases'), key('1.0'), key('date')]],
    ['["a"]', [key('a')]],
    ['[""]', [key('')]],
    ['[0][1]', [key(0), key(1)]],
    ['a.10', [key('a'), key('10')]],
    ['a["10"]', [key('a'), key('10')]],
    ['a[10]', [key('a'), key(10)]],
    ['a[-1]', [key('a'), key(-1)]],
    ['a[1.5]', [key('a'), key(1.5)]],
    ['*', [any]],
    ['a.*.b', [key('a'), any, key('b')]],
    ['a[*].b', [key('a'), any, key('b')]],
    ['a["*"]', [key('a'), key('*')]],
    ['a[2:5]', [key('a'), range(2, 5)]],
    ['a[2:2]', [key('a'), range(2, 2)]],
    ['a[:5]', [key('a'), range(0, 5)]],
    ['a[2:]', [key('a'), range(2)]],
    ['a[:]', [key('a'), range(0)]],
    ['first name.@@iterator.é', [key('first name'), key('@@iterator'), key('é')]],
    ['constructor.__proto__', [key('constructor'), key('__proto__')]],
    ['["a\\"b\'c\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud800"]', [key('a"b\'c\\/\b\f\n\r\té\ud800')]],
    ["['it\\'s']", [key("it's")]],
    ['["]["]', [key('][')]],
    ['/a/b/3', [key('a'), key('b'), key('3')]],
    ['/', [key('')]],
    ['//', [key(''), key('')]],
    ['/a~1b/~0~01/*', [key('a/b'), key('~~1'), key('*')]],
    ['a/b', [key('a/b')]],
    [
      ['a.b', 3, '*', ''],
      [key('a.b'), key(3), key('*'), key('')],
    ],
    [
      [-0, -1, 1.5],
      [key(0), key(-1), key(1.5)],
    ],
  ])('%j', (path, segments) => {
    expect(parsePath(path)).toStrictEqual(segments);
  });

  it('know whether they mean one place', () => {
    expect(isConcrete(parsePath('a[3]["*"]'))).toBe(true);
    expect(isConcrete(parsePath('a[*]'))).toBe(false);
    expect(isConcrete(parsePath('a[1:2]'))).toBe(false);
  });
});

describe('paths that are refused', () => {
  it.each<[string, number]>([
    ['.a', 0],
    ['a.', 2],
    ['a..b', 2],
    ['a.[0]', 2],
    ['a]', 1],
    ['a"b"', 1],
    ['a*', 1],
    ['*a', 1],
    ['a\\.b', 1],
    ['a\nb', 1],
    ['a[', 2],
    ['a[3', 3],
    ['a[]', 2],
    ['a[x]', 2],
    ['a[03]', 2],
    ['a[ 3]', 2],
    ['a[+3]', 2],
    ['a[NaN]', 2],
    ['a[Infinity]', 2],
    ['a[-0]', 2],
    ['a[0]b', 4],
    ['a["b"', 5],
    ['a["b', 4],
    ['a["b"x]', 5],
    ['a["\\x"]', 3],
    ['a["\\u12"]', 3],
    ['a["\\', 3],
    ['a[5:2]', 2],
    ['a[1:2:3]', 2],
    ['a[-1:2]', 2],
    ['a[1:b]', 2],
    ['a[01:2]', 2],
    ['a[1:99999999999999999999]', 2],
    ['/a/~2', 3],
    ['/~', 1],
  ])('%j at %i', (path, position) => {
    const error = refusal(path);
    expect(error.details).toEqual({ path, position });
    expect(error.message).toContain(`at position ${position}`);
  });

  it('show a mark under the place', () => {
    expect(refusal('a.[0]').message).toBe(
      "The path can't be read at position 2: expected a key after '.'.\n  a.[0]\n    ^",
    );
  });

  it('show only the part of a long path that is wrong', () => {
    const lines = refusal(`${'a.'.repeat(500)}.${'b'.repeat(500)}`).message.split('\n');
    expect(lines[1]?.length).toBeLessThan(80);
    expect(lines[1]?.[lines[2]?.indexOf('^') ?? -1]).toBe('.');
  });

  it.each<[unknown, string]>([
    [null, 'got null'],
    [7, 'got 7'],
    [{ length: 0 }, 'got a record'],
    [['a', true], 'got true at position 1'],
    [['a', Number.NaN], 'got NaN at position 1'],
    [[Infinity], 'got Infinity at position 0'],
  ])('of the wrong type: %j', (path, text) => {
    expect(refusal(path).message).toContain(text);
  });

  it('are those that are too long', () => {
    expect(refusal('a'.repeat(MAX_PATH_LENGTH + 1)).message).toContain(`at most ${MAX_PATH_LENGTH} characters`);
    expect(refusal(new Array(MAX_PATH_SEGMENTS + 1).fill('a')).message).toContain(`at most ${MAX_PATH_SEGMENTS}`);
    expect(parsePath(new Array(MAX_PATH_SEGMENTS).fill('a'))).toHaveLength(MAX_PATH_SEGMENTS);
  });
});

describe('the canonical text', () => {
  it.each([
    ['', ''],
    ['a.b[3].c', 'a.b[3].c'],
    ['/a/b/3', 'a.b.3'],
    ["a['b'].*[:3][1:]", 'a.b[*][0:3][1:]'],
    ['["a b"]["1.0"][""]', '["a b"]["1.0"][""]'],
    ['/', '[""]'],
  ])('of %j is %j', (path, text) => {
    expect(formatPath(parsePath(path))).toBe(text);
  });

  it('parses back to the same segments, whatever they are', () => {
    const anyKey = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.constantFrom('', '*', '.', '[', ']', '"', "'", '\\', '/', '~', '10', '-1', '\ud800', '__proto__', 'a b'),
    );
    const segment = fc.oneof(
      anyKey.map(key),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => key(number + 0)),
      fc.nat().map(key),
      fc.constant(any),
      fc.tuple(fc.nat(), fc.nat()).map(([from, length]) => range(from, from + length)),
      fc.nat().map((from) => range(from)),
    );
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 8 }), (segments) => {
        expect(parsePath(formatPath(segments))).toStrictEqual(segments);
      }),
      { numRuns: 300 },
    );
  });

  it('is never read as something else: any text is refused or has one canonical form', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '1', '0', '.', '[', ']', '"', "'", '*', ':', '-', '/', '~', '\\'),
    });
    fc.assert(
      fc.property(text, (path) => {
        let segments: readonly Segment[];
        try {
          segments = parsePath(path);
        } catch (error) {
          expect(HeliosError.is(error, 'INVALID_REQUEST')).toBe(true);
          return;
        }
        const canonical = formatPath(segments);
        expect(formatPath(parsePath(canonical))).toBe(canonical);
      }),
      { numRuns: 3_000 },
    );
  });
});
