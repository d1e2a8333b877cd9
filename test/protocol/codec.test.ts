import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { Packr, pack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../src/protocol/codec.js';
import { HeliosError } from '../../src/protocol/errors.js';
import { MESSAGE_LIMITS } from '../../src/protocol/limits.js';
import type { LinkForm } from '../../src/protocol/tags.js';
import { nested } from './values.js';

const refused = (message: RegExp, code = 'INVALID_REQUEST') =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });
const bytesOf = (...parts: (number | string | Uint8Array)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))));

class Reference {
  constructor(readonly link: LinkForm) {}
}
const link = { root: 'ab'.repeat(32), type: 'agent' };
const toLink = (value: object) => (value instanceof Reference ? value.link : undefined);

describe('the wire form', () => {
  it('of plain data is plain MessagePack, which any client reads', () => {
    const message = { object: 'agents/7', priority: 0.5, paths: ['a', ['b', 3]], text: 'é', none: null, yes: true };
    const foreign = new Packr({ useRecords: false });
    expect(foreign.unpack(Buffer.from(encodeMessage(message)))).toEqual(message);
    expect(decodeMessage(pack(message))).toStrictEqual(message);
  });

  it('carries bytes and dates as MessagePack has them', () => {
    expect(bytesOf(encodeMessage(new Uint8Array([1, 2])))).toEqual(bytesOf(0xc4, 2, 1, 2));
    expect(bytesOf(encodeMessage(new Date(1_000)))).toEqual(bytesOf(0xd6, 0xff, 0, 0, 0, 1));
  });

  it.each<[string, unknown, unknown]>([
    ['-0', -0, { $number: '-0' }],
    ['bigints', 1n, { $bigint: '1' }],
    ['Maps', new Map([['a', 1]]), { $map: [['a', 1]] }],
    ['Sets', new Set([1]), { $set: [1] }],
    ['typed arrays', new Int16Array([1, -1]), { $array: ['Int16', new Uint8Array([1, 0, 255, 255])] }],
    ['half characters', '\ud800', { $utf16: new Uint8Array([0, 0xd8]) }],
    ['records that look like tags', { $date: 1 }, { $$date: 1 }],
    ['records that look like escaped ones', { $$: 1 }, { $$$: 1 }],
    [
      'the key __proto__',
      JSON.parse('{"a":1,"__proto__":2}'),
      {
        $record: [
          ['a', 1],
          ['__proto__', 2],
        ],
      },
    ],
    ['references', new Reference(link), { $ref: link }],
  ])('tags %s', (_, value, tagged) => {
    const foreign = new Packr({ useRecords: false }).unpack(Buffer.from(encodeMessage([value], { toLink })));
    expect(JSON.stringify(foreign)).toBe(JSON.stringify([jsonOf(tagged)]));
  });

  it('leaves out what is undefined in a record, and takes records of any realm and of no prototype', () => {
    expect(decodeMessage(encodeMessage({ a: undefined, b: 1, c: undefined }))).toStrictEqual({ b: 1 });
    expect(decodeMessage(encodeMessage({ $a: 1, b: undefined }))).toStrictEqual({ $a: 1 });
    expect(decodeMessage(encodeMessage(Object.assign(Object.create(null), { a: 1 })))).toStrictEqual({ a: 1 });
    expect(decodeMessage(encodeMessage(runInNewContext('({ a: [1] })')))).toStrictEqual({ a: [1] });
  });

  it('brings references back by the callback, and refuses links where there is none', () => {
    const bytes = encodeMessage({ parent: new Reference(link) }, { toLink });
    const back = decodeMessage(bytes, { fromLink: (form) => new Reference(form) });
    assert.deepStrictEqual(back, { parent: new Reference(link) });
    expect(() => decodeMessage(bytes)).toThrow(refused(/The message at parent is a link; expected no links here/));
  });

  it('carries errors as their forms', () => {
    const error = new HeliosError('CONFLICT', 'x', {
      details: { name: 'a' },
      retryAfterMs: 5,
      cause: new Error('why'),
    });
    expect(decodeMessage(encodeMessage({ error }))).toStrictEqual({
      error: { code: 'CONFLICT', message: 'x', retryable: true, retryAfterMs: 5, details: { name: 'a' } },
    });
    expect(decodeMessage(encodeMessage(new HeliosError('CLOSED', 'x')))).toStrictEqual({
      code: 'CLOSED',
      message: 'x',
      retryable: false,
    });
  });

  it('does not change what it writes, and shares no memory with what it read', () => {
    const inner = Object.freeze([1, -0, Object.freeze({ $a: 'b' })]);
    const value = Object.freeze({ inner, map: new Map([[1, inner]]) });
    encodeMessage(value);
    assert.deepStrictEqual(value.inner, [1, -0, { $a: 'b' }]);
    const bytes = Uint8Array.from(encodeMessage({ data: new Uint8Array([1, 2, 3]) }));
    const back = decodeMessage(bytes) as { data: Uint8Array };
    bytes.fill(0);
    expect(back.data).toStrictEqual(new Uint8Array([1, 2, 3]));
    expect(back.data.buffer.byteLength).toBe(3);
    expect('dataView' in bytes).toBe(false);
  });

  it('takes part of a larger buffer', () => {
    const whole = bytesOf(1, 2, encodeMessage(['x', new Uint8Array([7])]), 3);
    expect(decodeMessage(whole.subarray(2, -1))).toStrictEqual(['x', new Uint8Array([7])]);
  });
});

function jsonOf(tagged: unknown): unknown {
  return new Packr({ useRecords: false }).unpack(pack(tagged));
}

describe('what other clients send', () => {
  it.each<[string, Uint8Array, unknown]>([
    ['a small number in 64 bits', bytesOf(0xcf, 0, 0, 0, 0, 0, 0, 0x75, 0x30), 30_000],
    ['a negative number in 64 bits', bytesOf(0xd3, 255, 255, 255, 255, 255, 255, 255, 255), -1],
    ['a number that only a bigint holds', bytesOf(0xcf, 255, 255, 255, 255, 255, 255, 255, 255), 2n ** 64n - 1n],
    ['a float of 32 bits', bytesOf(0xca, 0x3f, 0xc0, 0, 0), 1.5],
    [
      'integers of all sizes',
      bytesOf(0x96, 0xcc, 200, 0xcd, 1, 0, 0xce, 0, 1, 0, 0, 0xd0, 0x80, 0xd1, 0x80, 0, 0xd2, 0x80, 0, 0, 0),
      [200, 256, 65_536, -128, -32_768, -2_147_483_648],
    ],
    [
      'arrays and maps with long headers',
      bytesOf(0xdd, 0, 0, 0, 2, 0xdc, 0, 0, 0xdf, 0, 0, 0, 1, 0xda, 0, 1, 'a', 1),
      [[], { a: 1 }],
    ],
    ['a tag under a long header', bytesOf(0xde, 0, 1, 0xd9, 4, '$set', 0x91, 1), new Set([1])],
    ['bin 16 and 32', bytesOf(0x92, 0xc5, 0, 1, 7, 0xc6, 0, 0, 0, 1, 8), [new Uint8Array([7]), new Uint8Array([8])]],
    ['a date in 64 bits', bytesOf(0xd7, 0xff, 0, 0, 0, 0, 0, 0, 0, 1), new Date(1_000)],
    [
      'a date in 96 bits',
      bytesOf(0xc7, 12, 0xff, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255),
      new Date(-1_000),
    ],
    ['the last date', bytesOf(0xc7, 12, 0xff, 0, 0, 0, 0, 0, 0, 0x07, 0xdb, 0xa8, 0x21, 0x80, 0), new Date(8.64e15)],
    ['a date as text', pack({ $date: '2024-02-29T12:00:00Z' }), new Date('2024-02-29T12:00:00Z')],
    ['a key that is used twice', bytesOf(0x82, 0xa1, 'a', 1, 0xa1, 'a', 2), { a: 2 }],
  ])('%s is read', (_, bytes, value) => {
    expect(decodeMessage(bytes)).toStrictEqual(value);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', bytesOf(), /end before the value does/],
    ['two values', bytesOf(1, 2), /more bytes than one value/],
    ['a key cut off', bytesOf(0x81), /end before/],
    ['a map without its last key', bytesOf(0x82, 0xa1, 'a', 0xc4, 1), /end before/],
    ['a long array that is not there', bytesOf(0xdd, 255, 255, 255, 255), /entries \(at most/],
    ['an array longer than the message', bytesOf(0xdc, 1, 0, 1), /end before/],
    ['a map longer than the message', bytesOf(0xde, 0, 3, 0xa1, 'a', 1), /end before/],
    ['a text longer than the message', bytesOf(0xdb, 0, 1, 0, 0, 'a'), /end before/],
    ['bytes longer than the message', bytesOf(0xc6, 0, 1, 0, 0, 1), /end before/],
    ['a number as key', bytesOf(0x81, 1, 1), /a key that is no text; such a map is written \{"\$map"/],
    ['the key __proto__', bytesOf(0x81, 0xa9, '__proto__', 0x80), /"__proto__"; such a record is written \{"\$record"/],
    ['the key __proto__ in a long form', bytesOf(0x81, 0xd9, 9, '__proto__', 0x80), /"__proto__"/],
    ['text that is not UTF-8', bytesOf(0xa2, 0xc3, 0x28), /text that is not UTF-8/],
    ['half a character in UTF-8', bytesOf(0xa3, 0xed, 0xa0, 0x80), /not UTF-8/],
    ['a key that is not UTF-8', bytesOf(0x81, 0xa1, 0xff, 1), /not UTF-8/],
    ['the byte that nobody uses', bytesOf(0xc1), /0xc1/],
    ['undefined of msgpackr', bytesOf(0xd4, 0, 0), /0xd4/],
    ['a record of msgpackr', bytesOf(0xd4, 0x72, 0x40, 0x91, 0xa1, 'a', 1), /0xd4/],
    ['a large record of msgpackr', bytesOf(0xd5, 0x72, 0x40, 0, 0x91, 0xa1, 'a', 1), /0xd5/],
    ['a pointer of msgpackr', bytesOf(0xd6, 0x70, 0, 0, 0, 1), /an extension other than -1/],
    ['a typed array of msgpackr', bytesOf(0xc7, 2, 0x74, 1, 7), /an extension other than -1/],
    ['a bundle of msgpackr', bytesOf(0xd6, 0x62, 0, 0, 0, 4), /an extension other than -1/],
    ['a date of another size', bytesOf(0xc7, 3, 0xff, 0, 0, 0), /an extension other than -1/],
    ['a date cut off', bytesOf(0xd6, 0xff, 0, 0), /end before/],
    ['too many nanoseconds', bytesOf(0xd7, 0xff, 255, 255, 255, 252, 0, 0, 0, 0), /beyond those that a Date can hold/],
    ['too many nanoseconds in 96 bits', bytesOf(0xc7, 12, 0xff, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0), /beyond/],
    ['a date after the last', bytesOf(0xc7, 12, 0xff, 0, 0, 0, 1, 0, 0, 0x07, 0xdb, 0xa8, 0x21, 0x80, 0), /beyond/],
    ['a date far before the first', bytesOf(0xc7, 12, 0xff, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0), /beyond/],
    [
      'an unknown tag',
      pack({ a: { $what: 1 } }),
      /The message at a is the tag "\$what"; expected a tag of this format.*\{"\$\$what": …\}/,
    ],
    ['a malformed $utf16', pack({ $utf16: Buffer.of(1) }), /expected UTF-16 text/],
    ['a $utf16 of text', pack({ $utf16: 'a' }), /got|expected UTF-16 text/],
    ['a $record of other things', pack({ $record: [[1, 2]] }), /is 1; expected keys that are texts/],
    ['a $record of no pairs', pack({ $record: [['a']] }), /is an array of 1; expected a key and a value/],
  ])('%s is refused', (_, bytes, message) => {
    expect(() => decodeMessage(bytes)).toThrow(expect.objectContaining({ message: expect.stringMatching(message) }));
    expect(() => decodeMessage(bytes)).toThrow(HeliosError);
  });
});

describe('limits', () => {
  const limits = { ...MESSAGE_LIMITS, depth: 4, width: 3, items: 8, bytes: 60 };

  it.each<[string, unknown, RegExp]>([
    ['depth', [[[[[]]]]], /nested deeper than 4 levels/],
    ['depth in records', { a: { a: { a: { a: {} } } } }, /nested deeper than 4 levels/],
    ['width of a list', [1, 2, 3, 4], /of 4 entries \(at most 3\)/],
    ['width of a record', { a: 1, b: 2, c: 3, d: 4 }, /of 4 entries \(at most 3\)/],
    ['number of values', [[1, 2, 3], [1, 2], [1]], /more than 8 values/],
    ['bytes', 'x'.repeat(60), /62 bytes \(at most 60\)/],
  ])('on %s hold for reading and writing', (_, value, message) => {
    expect(() => decodeMessage(encodeMessage(value), { limits })).toThrow(refused(message, 'TOO_LARGE'));
    expect(() => encodeMessage(value, { limits })).toThrow(refused(message, 'TOO_LARGE'));
  });

  it.each<[string, unknown]>([
    ['a Map', [[new Map([[1, 2]])]]],
    ['a Set', [[[new Set([1])]]]],
    ['a typed array', [[[new Int8Array(1)]]]],
    ['a record of pairs', [[JSON.parse('{"__proto__":1}')]]],
  ])('count the levels that %s takes on the wire', (_, value) => {
    const tight = { ...limits, depth: 4, items: 99, bytes: 999 };
    expect(() => encodeMessage(value, { limits: tight })).toThrow(refused(/deeper/, 'TOO_LARGE'));
    expect(() => decodeMessage(encodeMessage(value), { limits: tight })).toThrow(refused(/deeper/, 'TOO_LARGE'));
    assert.deepStrictEqual(decodeMessage(encodeMessage(value, { limits: { ...tight, depth: 6 } })), value);
  });

  it('allow what they say', () => {
    const atLimit = [[[[1]]], 2, 3];
    expect(decodeMessage(encodeMessage(atLimit, { limits }), { limits })).toEqual(atLimit);
  });

  it.each([
    ['lists', (inner: unknown) => [inner]],
    ['records', (inner: unknown) => ({ inner })],
  ])('on depth are what the stack takes: %s', (_, wrap) => {
    const deep = nested(MESSAGE_LIMITS.depth, wrap);
    assert.deepStrictEqual(decodeMessage(encodeMessage(deep)), deep);
    expect(() => encodeMessage(nested(MESSAGE_LIMITS.depth + 1, wrap))).toThrow(refused(/deeper/, 'TOO_LARGE'));
  });

  it('hold for a flood of nested headers before anything is made of them', () => {
    expect(() => decodeMessage(new Uint8Array(1_000_000).fill(0x91))).toThrow(refused(/deeper/, 'TOO_LARGE'));
  });

  it('give TOO_LARGE when the caller has left too little stack', () => {
    const deep = nested(MESSAGE_LIMITS.depth, (inner) => [inner]);
    const atTheEndOfTheStack = (): unknown => {
      try {
        return atTheEndOfTheStack();
      } catch (error) {
        if (HeliosError.is(error)) throw error;
        return encodeMessage(deep);
      }
    };
    expect(atTheEndOfTheStack).toThrow(refused(/more than the stack that is left/, 'TOO_LARGE'));
    expect(decodeMessage(encodeMessage(deep))).toEqual(deep);
  });
});

describe('what is no value', () => {
  class Account {}

  it.each<[unknown, string, RegExp]>([
    [undefined, '', /the value itself is undefined/],
    [[undefined], '[0]', /what is at \[0\] is undefined/],
    // biome-ignore lint/suspicious/noSparseArray: it is the subject
    [[1, , 2], '[1]', /is undefined/],
    [{ a: [{ b: () => 1 }] }, 'a[0].b', /what is at a\[0\]\.b is a function/],
    [{ a: Symbol('x') }, 'a', /is a symbol/],
    [{ a: new Account() }, 'a', /is a Account/],
    [{ a: new (class extends Map {})() }, 'a', /is a Map of 0/],
    [{ a: new Date(Number.NaN) }, 'a', /is an invalid Date/],
    [{ a: new Uint8Array(new SharedArrayBuffer(1)) }, 'a', /shared between threads/],
    [new Map([['k', /x/]]), 'k', /is a RegExp/],
    [new Map([[{}, /x/]]), '["a record"]', /is a RegExp/],
    [new Map([[3, /x/]]), '[3]', /is a RegExp/],
    [new Set([1, /x/]), '[1]', /is a RegExp/],
    [{ a: new Error('x') }, 'a', /is a Error/],
  ])('%# is refused with its path', (value, path, message) => {
    const error = catching(() => encodeMessage(value));
    expect(error).toEqual(refused(message, 'UNSUPPORTED_VALUE'));
    expect(HeliosError.is(error) && error.message).toContain(path);
  });

  it('is refused when it is part of itself', () => {
    const cycle: Record<string, unknown> = { list: [] };
    cycle.list = [1, cycle];
    expect(() => encodeMessage(cycle)).toThrow(refused(/part of itself \(a cycle\)/, 'UNSUPPORTED_VALUE'));
    expect(catching(() => encodeMessage(cycle))).toMatchObject({ message: expect.stringContaining('and below') });
  });

  it('is not refused for being at two places', () => {
    const shared = { a: 1 };
    expect(decodeMessage(encodeMessage([shared, shared]))).toStrictEqual([{ a: 1 }, { a: 1 }]);
  });
});

function catching(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
