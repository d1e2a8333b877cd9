/** What the MessagePack codec keeps to, with msgpackr's native part and without it. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../src/protocol/codec.js';
import { HeliosError } from '../../src/protocol/errors.js';
import { anyValue, ODD_KEYS, ODD_NUMBERS, ODD_TEXTS, recordOf } from './values.js';

export function codecProperties(): void {
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
}

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
