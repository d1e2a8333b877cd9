import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeItems, decodeMessage, encodeMessage } from '../../src/protocol/codec.js';
import { MESSAGE_LIMITS } from '../../src/protocol/limits.js';
import { packArrayHeader } from '../../src/protocol/packItems.js';
import { ODD_KEYS, ODD_NUMBERS, ODD_TEXTS } from './values.js';

function batchOf(items: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([packArrayHeader(items.length), ...items]);
}

const odd = [
  ...ODD_NUMBERS,
  ...ODD_TEXTS,
  ...ODD_KEYS.map((key) => ({ [key]: key, [`${key}x`]: 1 })),
  ...[null, true, false, 10n ** 20n, new Date(0), new Date(1), new Date(-1), new Date(8e15)],
  ...[0, 1, 255, 256, 65_535, 65_536].map((length) => new Uint8Array(length)),
  ...[0, 15, 16, 65_536].map((length) => new Array(length).fill(1)),
  Object.fromEntries(Array.from({ length: 70_000 }, (_, index) => [`k${index}`, index])),
  new Map<unknown, unknown>([[[1], new Set([2])]]),
  new Float64Array(3),
];

/** Refused, with the code that says why. */
const refusedAs = (code: string) => ({ error: expect.objectContaining({ code }) });
/** Well-formed, and nothing that Helios reads. */
const FOREIGN = ['c1', 'd40501', 'd5050102', 'd60501020304', 'd7050102030405060708', 'c7010501', 'c800010501'];

describe('the items of a batch', () => {
  it('are read whatever they hold', () => {
    for (let start = 0; start < odd.length; start += 7) {
      const values = [...odd.slice(start, start + 7), 'end'];
      const items = decodeItems(batchOf(values.map((value) => encodeMessage(value))), 32);
      expect(items).toStrictEqual(values.map((body) => ({ body })));
    }
  });

  it.each([
    ...FOREIGN,
    'd8050102030405060708090a0b0c0d0e0f10',
    'c9000000010501',
    'a2c328',
    '8101a161',
    `82a16101a9${Buffer.from('__proto__').toString('hex')}92a3616263c0`,
    '93d40501dc000101de0001a16101',
    '92c403010203d4ff00',
    '94da000161c5000101cb3ff0000000000000c1',
    '94df00000001a16101dd0000000101db0000000161c1',
    '95c60000000101ca3f800000cd0001ce00000001c1',
    '96cf0000000000000001d0ffd1ffffd2ffffffffd3ffffffffffffffffc1',
    '81a524776861740a',
  ])('are read although one of them, %s, can not be', (hex) => {
    const batch = batchOf([encodeMessage({ a: 1 }), Buffer.from(hex, 'hex'), encodeMessage([2])]);
    expect(decodeItems(batch, 32)).toEqual([{ body: { a: 1 } }, refusedAs('INVALID_REQUEST'), { body: [2] }]);
  });

  it('are held to the limits each by itself', () => {
    const limits = { ...MESSAGE_LIMITS, items: 4, bytes: 9, depth: 2 };
    const values = [[1, 2, 3], [1, 2, 3, 4], 'more than 9', [[[1]]], [[1]], 'more than 9', [1, 2, 3]];
    const items = decodeItems(batchOf(values.map((value) => encodeMessage(value))), 32, { limits });
    const tooLarge = refusedAs('TOO_LARGE');
    expect(items.map((item) => ('body' in item ? item.body : item))).toEqual([
      ...[[1, 2, 3], tooLarge, tooLarge, tooLarge, [[1]], tooLarge, [1, 2, 3]],
    ]);
  });

  it('bring references back', () => {
    class Reference {}
    const form = { root: 'ab'.repeat(32), type: 'agent' };
    const item = encodeMessage(new Reference(), { toLink: () => form });
    const body = new Reference();
    expect(decodeItems(batchOf([item, item]), 2, { fromLink: () => body })).toEqual([{ body }, { body }]);
  });

  it('that are cut off are refused, with those behind them', () => {
    const [whole, none] = [{ body: [1] }, refusedAs('INVALID_REQUEST')];
    expect(decodeItems(Buffer.from('93910192019101', 'hex'), 32)).toEqual([whole, { body: [1, [1]] }, none]);
    expect(decodeItems(Buffer.from('93910192a2a29101', 'hex'), 32)).toEqual([whole, none, none]);
    expect(decodeItems(Buffer.from('9391019101c4ff', 'hex'), 32)).toEqual([whole, whole, none]);
    expect(decodeItems(Buffer.from('93c602000000aa', 'hex'), 32)).toEqual([none, none, none]);
  });

  it('do not end before the batch does', () => {
    expect(decodeItems(Buffer.from('92010203', 'hex'), 32)).toEqual([{ body: 1 }, refusedAs('INVALID_REQUEST')]);
  });

  it('are counted in all three ways', () => {
    for (const header of ['92', 'dc0002', 'dd00000002']) {
      expect(decodeItems(Buffer.from(`${header}0102`, 'hex'), 32)).toEqual([{ body: 1 }, { body: 2 }]);
    }
    expect(decodeItems(Buffer.from('90', 'hex'), 32)).toEqual([]);
    expect(packArrayHeader(16)).toEqual(Uint8Array.of(0xdc, 0, 16));
  });

  it.each(['', '01', 'a0', '80', 'dc00', 'dd000000', '9201', '9001'])('of %j are refused, all of it', (hex) => {
    expect(() => decodeItems(Buffer.from(hex, 'hex'), 32)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST' }),
    );
  });

  it('are at most as many as allowed', () => {
    expect(() => decodeItems(batchOf(new Array(33).fill(Uint8Array.of(1))), 32)).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
    expect(() => decodeItems(Buffer.from('ddffffffff01', 'hex'), 32)).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  });

  it('are as many as the batch says or refused with it, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 15 }), fc.uint8Array({ maxLength: 64 }), (count, bytes) => {
        try {
          const items = decodeItems(Uint8Array.of(0x90 | count, ...bytes), 32);
          expect(items).toHaveLength(count);
          for (const item of items) {
            if ('body' in item) expect(decodeMessage(encodeMessage(item.body))).toEqual(item.body);
            else expect(item.error).toMatchObject({ code: expect.stringMatching(/^(INVALID_REQUEST|TOO_LARGE)$/) });
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_REQUEST' });
        }
      }),
      { numRuns: 500 },
    );
  });
});
