/** What the MessagePack codec keeps to, whatever it is given; msgpackr is the measure of what is plain data. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../src/protocol/codec.js';
import { HeliosError } from '../../src/protocol/errors.js';
import { allSamples } from './messageSamples.js';
import { anyValue, ODD_KEYS, ODD_NUMBERS, ODD_TEXTS, recordOf } from './values.js';

describe('a message in MessagePack', () => {
  it('comes back as it was, whatever it holds', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        assert.deepStrictEqual(decodeMessage(encodeMessage(value)), value);
      }),
      { numRuns: 500 },
    );
  });

  it.each(ODD_NUMBERS)('keeps the number %s', (number) => {
    const [inList, { inRecord }] = decodeMessage(encodeMessage([number, { inRecord: number }])) as [
      number,
      { inRecord: number },
    ];
    expect(Object.is(inList, number)).toBe(true);
    expect(Object.is(inRecord, number)).toBe(true);
  });

  it.each(ODD_TEXTS)('keeps the text %j as value and as key, among others and alone', (text) => {
    for (const value of [
      text,
      [text, 'a', text],
      { [text]: text },
      { a: 1, [text]: text, b: 2 },
      new Map([[text, text]]),
    ]) {
      assert.deepStrictEqual(decodeMessage(encodeMessage(value)), value);
    }
  });

  it.each(ODD_KEYS)('keeps the key %j, among others and alone', (key) => {
    for (const value of [
      recordOf([[key, 1]]),
      recordOf([
        ['a', 1],
        [key, [2]],
        ['b', 3],
      ]),
    ]) {
      const back = decodeMessage(encodeMessage(value));
      assert.deepStrictEqual(back, value);
      expect(Object.keys(back as object)).toEqual(Object.keys(value));
      expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    }
  });

  it('is never read as anything but a value or refused, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        readOrRefuse(bytes);
      }),
      { numRuns: 3_000 },
    );
  });

  it('is read or refused when a byte of it is damaged', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), fc.integer({ min: 0, max: 255 }), (value, at, byte) => {
        const bytes = Uint8Array.from(encodeMessage(value));
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        readOrRefuse(bytes);
      }),
      { numRuns: 400 },
    );
  });

  it('is refused when any part of its end is missing', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), (value, length) => {
        const bytes = encodeMessage(value);
        expect(() => decodeMessage(bytes.subarray(0, length % bytes.length))).toThrow(
          expect.objectContaining({ code: 'INVALID_REQUEST' }),
        );
      }),
      { numRuns: 200 },
    );
  });
});

const msgpackr = new Packr({ useRecords: false, mapsAsObjects: true, variableMapSize: true });

/** What MessagePack holds as it is: no -0, no key that means something, no text or key that UTF-8 can't carry. */
const plainText = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ minLength: 10, maxLength: 80 }),
    fc.constantFrom('é'.repeat(15), 'é'.repeat(16), 'a'.repeat(31), 'a'.repeat(32), 'é'.repeat(127), 'é'.repeat(128)),
    fc.constantFrom('é'.repeat(32_767), 'a'.repeat(65_535), 'é'.repeat(32_768), 'a'.repeat(65_536)),
  )
  .map((text) => text.replaceAll(/^\ufeff+|\p{Surrogate}/gu, ''));
const plainLeaf = fc.oneof(
  fc.constantFrom(null, true, false),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, 31, 32, 127, 128, 255, 256, 65_535, 65_536, -32, -33, -128, -129, -32_768, -32_769, 2 ** 32),
  fc.double().map((number) => (Object.is(number, -0) ? 0 : number)),
  plainText,
  fc.date({ noInvalidDate: true, min: new Date(-8.64e15), max: new Date(8.64e15) }),
  fc.integer({ min: -10, max: 17_179_869_190 }).map((seconds) => new Date(seconds * 1_000)),
  fc.uint8Array({ maxLength: 300 }),
);
const plainKey = plainText.map((text) => (text === '__proto__' || text.startsWith('$') ? `x${text}` : text));
const plainValue = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, plainLeaf, tie('list'), tie('record')),
  list: fc.array(tie('value'), { maxLength: 20 }),
  record: fc.array(fc.tuple(plainKey, tie('value')), { maxLength: 20 }).map(recordOf),
})).value;

describe('plain data in MessagePack', () => {
  const check = (value: unknown) => {
    const bytes = encodeMessage(value);
    expect(Buffer.from(bytes).equals(msgpackr.pack(value))).toBe(true);
    assert.deepStrictEqual(decodeMessage(msgpackr.pack(value)), value);
  };

  it('is the same bytes as from msgpackr', () => {
    fc.assert(fc.property(plainValue, check), { numRuns: 500 });
  });

  it('is the same bytes as from msgpackr for each of our messages', () => {
    for (const { sample, name } of allSamples) if (name !== 'policyMessage') check(sample);
  });

  it('is the same bytes as from msgpackr where lists and records are long', () => {
    for (const length of [15, 16, 17, 65_535, 65_536]) {
      check(new Array(length).fill(1));
      check(Object.fromEntries(Array.from({ length }, (_, index) => [`k${index}`, index])));
      check(new Uint8Array(length));
    }
  });

  it('leaves out what is undefined, as if it had not been there', () => {
    const entry = fc.tuple(plainKey, fc.option(plainLeaf, { nil: undefined }));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 40 }), (entries) => {
        const record = recordOf(entries);
        const defined = recordOf(Object.entries(record).filter(([, item]) => item !== undefined));
        assert.deepStrictEqual(encodeMessage([record, 1]), encodeMessage([defined, 1]));
      }),
    );
  });
});

function readOrRefuse(bytes: Uint8Array): void {
  let value: unknown;
  try {
    value = decodeMessage(bytes);
  } catch (error) {
    if (HeliosError.is(error, 'INVALID_REQUEST') || HeliosError.is(error, 'TOO_LARGE')) return;
    throw error;
  }
  // What was read can be written again, and is the same.
  assert.deepStrictEqual(decodeMessage(encodeMessage(value)), value);
}
