import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeliosError } from '../../src/protocol/errors.js';
import { decodeJson, encodeJson } from '../../src/protocol/json.js';
import { JSON_LIMITS, MAX_DEPTH } from '../../src/protocol/limits.js';
import type { LinkForm } from '../../src/protocol/tags.js';
import { anyValue, nested, ODD_KEYS, ODD_NUMBERS, ODD_TEXTS, recordOf } from './values.js';

const refused = (message: RegExp, code = 'INVALID_REQUEST') =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

class Reference {
  constructor(readonly link: LinkForm) {}
}
const link = { root: 'ab'.repeat(32), type: 'agent' };

describe('a value in JSON', () => {
  it('comes back as it was, whatever it holds', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        assert.deepStrictEqual(decodeJson(encodeJson(value)), value);
        assert.deepStrictEqual(decodeJson(Buffer.from(encodeJson(value, { indent: 2 }))), value);
      }),
      { numRuns: 400 },
    );
  });

  it.each(ODD_NUMBERS)('keeps the number %s', (number) => {
    expect(Object.is(decodeJson(encodeJson(number)), number)).toBe(true);
  });

  it.each(ODD_TEXTS)('keeps the text %j', (text) => {
    assert.deepStrictEqual(decodeJson(encodeJson([text, { [text]: text }])), [text, { [text]: text }]);
  });

  it.each(ODD_KEYS)('keeps the key %j, among others and alone', (key) => {
    for (const value of [
      recordOf([[key, 1]]),
      recordOf([
        ['a', 1],
        [key, [2n]],
        ['b', 3],
      ]),
    ]) {
      assert.deepStrictEqual(decodeJson(encodeJson(value)), value);
    }
  });

  it.each<[string, unknown, string]>([
    ['plain data', { a: [1, 'x', null, true] }, '{"a":[1,"x",null,true]}'],
    ['bigints', 1n, '{"$bigint":"1"}'],
    ['bytes', new Uint8Array([1, 2, 3]), '{"$bytes":"AQID"}'],
    ['Buffers', Buffer.from([1, 2, 3]), '{"$bytes":"AQID"}'],
    ['typed arrays', new Float64Array([1.5]), '{"$array":["Float64","AAAAAAAA+D8="]}'],
    ['clamped ones', new Uint8ClampedArray([1]), '{"$array":["Uint8Clamped","AQ=="]}'],
    ['DataViews', new DataView(new ArrayBuffer(1)), '{"$array":["DataView","AA=="]}'],
    ['part of a buffer', new Uint16Array([9, 1, 9]).subarray(1, 2), '{"$array":["Uint16","AQA="]}'],
    ['dates', new Date(0), '{"$date":"1970-01-01T00:00:00.000Z"}'],
    [
      'Maps',
      new Map<unknown, unknown>([
        ['a', 1],
        [2, null],
      ]),
      '{"$map":[["a",1],[2,null]]}',
    ],
    ['Sets', new Set(['a', 1]), '{"$set":["a",1]}'],
    ['NaN', Number.NaN, '{"$number":"NaN"}'],
    ['Infinity', Infinity, '{"$number":"Infinity"}'],
    ['-Infinity', -Infinity, '{"$number":"-Infinity"}'],
    ['-0', -0, '{"$number":"-0"}'],
    ['references', new Reference(link), `{"$ref":${JSON.stringify(link)}}`],
    ['a record that looks like a tag', { $map: [] }, '{"$$map":[]}'],
    ['one that looks escaped', { $$map: [] }, '{"$$$map":[]}'],
    ['one of any key with $', { $: 1 }, '{"$$":1}'],
    ['one with more keys', { $map: [], a: 1 }, '{"$map":[],"a":1}'],
    ['one whose other key is undefined', { $map: [], a: undefined }, '{"$$map":[]}'],
    ['half characters', '\ud800', '"\\ud800"'],
    ['the key __proto__', JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
    [
      'the key __proto__ beside a tag',
      JSON.parse('{"__proto__":{"b":1},"a":1}', (key, item) => (key === 'a' ? 1n : item)),
      '{"__proto__":{"b":1},"a":{"$bigint":"1"}}',
    ],
    ['a key named toJSON', { toJSON: 'x' }, '{"toJSON":"x"}'],
  ])('%s are written as the wire format says', (_, value, text) => {
    const toLink = (object: object) => (object instanceof Reference ? object.link : undefined);
    expect(encodeJson(value, { toLink })).toBe(text);
    const back = decodeJson(text, { fromLink: (form) => new Reference(form) });
    expect(encodeJson(back, { toLink })).toBe(text);
  });

  it('is indented for people when asked', () => {
    expect(encodeJson({ a: 1n }, { indent: 2 })).toBe('{\n  "a": {\n    "$bigint": "1"\n  }\n}');
  });
});

describe('what other programs write', () => {
  it.each<[string, unknown]>([
    [' { "a" : [ 1 , 2 ] } ', { a: [1, 2] }],
    ['{"\\u0024set":[1]}', new Set([1])],
    ['{ "$map" : [ [ {"$set":[]} , {"$bigint":"-5"} ] ] }', new Map([[new Set(), -5n]])],
    ['-0', -0],
    ['{"$bigint":"007"}', 7n],
    ['{"$date":"2024-02-29T12:00Z"}', new Date('2024-02-29T12:00Z')],
    ['{"$date":"2024-02-29T12:00:00.123456789+02:00"}', new Date('2024-02-29T10:00:00.123Z')],
    ['{"$date":"+275760-09-13T00:00:00.000Z"}', new Date(8.64e15)],
    ['{"$bytes":""}', new Uint8Array()],
    ['"[[[[[[{{{{,,,,"', '[[[[[[{{{{,,,,'],
    ['"a\\"[\\\\"', 'a"[\\'],
    ['\ufeff[1]', [1]],
  ])('%s is read', (text, value) => {
    assert.deepStrictEqual(decodeJson(Buffer.from(text)), value);
  });

  it.each<[string, RegExp]>([
    ['', /not JSON/],
    ['{', /not JSON/],
    ['[1,]', /not JSON/],
    ['undefined', /not JSON/],
    ['"abc', /not JSON/],
    [']]]', /not JSON/],
    ['1e400', /The message is a number beyond those of IEEE 754/],
    ['{"a":[-1e999]}', /The message at a\[0\] is a number beyond/],
    ['{"$what":1}', /is the tag "\$what"; expected a tag of this format/],
    ['{"a":{"$utf16":"AA=="}}', /The message at a is the tag "\$utf16"/],
    ['{"$record":[["a",1]]}', /is the tag "\$record"/],
    ['{"$bigint":1}', /The message at \$bigint is 1; expected decimal digits/],
    ['{"$bigint":"1.5"}', /expected decimal digits/],
    ['{"$bigint":""}', /expected decimal digits/],
    ['{"$bytes":"AQI"}', /expected bytes, in JSON as base64/],
    ['{"$bytes":"A_I="}', /expected bytes/],
    ['{"$bytes":"A==="}', /expected bytes/],
    ['{"$bytes":[1]}', /expected bytes/],
    ['{"$array":["Float64","AQ=="]}', /whole elements/],
    ['{"$array":["Float128","AQ=="]}', /the name of a typed array/],
    ['{"$array":["Int8",7]}', /the name of a typed array/],
    ['{"$array":["Int8","AQ==",1]}', /the name of a typed array/],
    ['{"$array":"Int8"}', /the name of a typed array/],
    ['{"$date":"yesterday"}', /expected an ISO 8601 date/],
    ['{"$date":"2024-02-29"}', /expected an ISO 8601 date/],
    ['{"$date":"2024-13-01T00:00:00Z"}', /expected an ISO 8601 date/],
    ['{"$date":0}', /expected an ISO 8601 date/],
    ['{"$map":{}}', /The message at \$map is a record; expected an array of pairs/],
    ['{"$map":[[1,2,3]]}', /The message at \$map\[0\] is an array of 3; expected a key and a value/],
    ['{"$map":[1]}', /expected a key and a value/],
    ['{"$set":1}', /expected an array of members/],
    ['{"$number":"7"}', /expected "NaN"/],
    ['{"$number":7}', /expected "NaN"/],
    ['{"$ref":null}', /expected \{ root/],
    ['{"$ref":"x"}', /expected \{ root/],
    ['{"$ref":{"root":"x"}}', /expected \{ root/],
    ['{"$ref":{"type":"x"}}', /expected \{ root/],
    ['{"$ref":{"root":"x","type":"agent"}}', /is the text "x"; expected \{ root/],
    [`{"$ref":{"root":"${'AB'.repeat(32)}","type":"agent"}}`, /expected \{ root/],
    [`{"$ref":{"root":"${'ab'.repeat(32)}","type":"Agent"}}`, /is the text "Agent"; expected \{ root/],
    [`{"$ref":{"root":"${'ab'.repeat(32)}","type":7}}`, /is 7; expected \{ root/],
    [`{"a":{"$ref":{"root":"${'ab'.repeat(32)}","type":"agent"}}}`, /The message at a is a link; expected no links/],
  ])('%s is refused', (text, message) => {
    expect(() => decodeJson(text)).toThrow(refused(message));
  });

  it('is refused when it is not UTF-8', () => {
    expect(() => decodeJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow(refused(/not UTF-8/));
  });

  it('is read or refused, whatever it is', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '1',
      '\\',
      '"$map"',
      '"$set"',
      '"$date"',
      '"a"',
      'null',
      '-0',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        try {
          const value = decodeJson(parts.join(''));
          assert.deepStrictEqual(decodeJson(encodeJson(value)), value);
        } catch (error) {
          if (!HeliosError.is(error, 'INVALID_REQUEST')) throw error;
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('limits on JSON', () => {
  const limits = { depth: 3, width: 3, items: 8, bytes: 40 };

  it.each<[string, string, RegExp]>([
    ['depth', '[[[[1]]]]', /nested deeper than 3 levels/],
    ['depth of records', '{"a":{"a":{"a":{}}}}', /nested deeper than 3 levels/],
    ['width', '[1,2,3,4]', /more than 3 entries/],
    ['width of records', '{"a":1,"b":2,"c":3,"d":4}', /more than 3 entries/],
    ['number of values', '[[1,2,3],[1,2,3],[1,2]]', /more than 8 values/],
    ['number of empty lists', '[[[],[],[]],[[],[],[]]]', /more than 8 values/],
    ['characters', `"${'x'.repeat(40)}"`, /42 characters/],
  ])('hold before parsing: %s', (_, text, message) => {
    expect(() => decodeJson(text, { limits })).toThrow(refused(message, 'TOO_LARGE'));
  });

  it('hold for bytes as they come and as they go', () => {
    expect(() => decodeJson(Buffer.from(`"${'é'.repeat(20)}"`), { limits })).toThrow(refused(/42 bytes/, 'TOO_LARGE'));
    expect(() => encodeJson('é'.repeat(20), { limits })).toThrow(refused(/more than 40 bytes/, 'TOO_LARGE'));
    expect(encodeJson('é'.repeat(19), { limits })).toHaveLength(21);
  });

  it('hold for writing', () => {
    expect(() => encodeJson([[[[1]]]], { limits })).toThrow(refused(/nested deeper than 3/, 'TOO_LARGE'));
    expect(() => encodeJson(new Map([[1, [1]]]), { limits })).toThrow(refused(/nested deeper than 3/, 'TOO_LARGE'));
    expect(() => encodeJson([1, 2, 3, 4], { limits })).toThrow(refused(/of 4 entries/, 'TOO_LARGE'));
  });

  it('count no brackets or commas in texts', () => {
    const text = '[[["[[{,,,\\"[,,\\\\"]]]';
    expect(decodeJson(text, { limits })).toEqual([[['[[{,,,"[,,\\']]]);
  });

  it('allow what they say', () => {
    expect(decodeJson('[[[1,2,3]],[1]]', { limits })).toEqual([[[1, 2, 3]], [1]]);
    expect(decodeJson('[[1,2,3],[1,2]]', { limits })).toEqual([
      [1, 2, 3],
      [1, 2],
    ]);
  });

  it.each<[string, (inner: unknown) => unknown]>([
    ['lists', (inner) => [inner]],
    ['records', (inner) => ({ inner })],
    ['Maps', (inner) => new Map([['inner', inner]])],
    ['Sets', (inner) => new Set([inner])],
  ])('let through every value that may be: %s of the greatest depth', (_, wrap) => {
    const deep = nested(MAX_DEPTH, wrap);
    const text = encodeJson(deep);
    expect(encodeJson(decodeJson(text))).toBe(text);
  });

  it('hold for a flood of brackets', () => {
    expect(() => decodeJson('['.repeat(1_000_000))).toThrow(refused(/nested deeper than/, 'TOO_LARGE'));
    expect(() => encodeJson(nested(JSON_LIMITS.depth + 1, (inner) => [inner]))).toThrow(refused(/./, 'TOO_LARGE'));
  });

  it('refuse what is no value, with its path', () => {
    expect(() => encodeJson({ a: [() => 1] })).toThrow(refused(/what is at a\[0\] is a function/, 'UNSUPPORTED_VALUE'));
    expect(() => encodeJson(undefined)).toThrow(refused(/the value itself is undefined/, 'UNSUPPORTED_VALUE'));
  });
});
