import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../src/protocol/index.js';
import { packArrayHeader, packItems } from '../../src/protocol/packItems.js';
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

describe('the items of a batch', () => {
  it('are found whatever they hold', () => {
    for (let start = 0; start < odd.length; start += 7) {
      const values = [...odd.slice(start, start + 7), 'end'];
      const items = packItems(batchOf(values.map((value) => encodeMessage(value))), 32);
      expect(items.map((item) => decodeMessage(item))).toStrictEqual(values);
    }
  });

  it('are found where another writer has chosen longer forms', () => {
    const texts = [
      ...['cc01', 'cd0001', 'ce00000001', 'cf0000000000000001', 'd0ff', 'd1ffff', 'd2ffffffff', 'd3ffffffffffffffff'],
      ...[
        'ca3f800000',
        'cb3ff0000000000000',
        'd90161',
        'da000161',
        'db0000000161',
        'c40101',
        'c5000101',
        'c60000000101',
      ],
      ...['dc000101', 'dd0000000101', 'de0001a16101', 'df00000001a16101', 'c0', 'c2', 'e0'],
      ...['d40501', 'd5050102', 'd60501020304', 'd7050102030405060708', 'd8050102030405060708090a0b0c0d0e0f10'],
      ...['c7010501', 'c800010501', 'c9000000010501', '01'],
    ];
    const items = texts.map((hex) => Buffer.from(hex, 'hex'));
    expect(packItems(batchOf(items), 32)).toEqual(items);
  });

  it('are counted in all three ways', () => {
    for (const header of ['92', 'dc0002', 'dd00000002']) {
      expect(packItems(Buffer.from(`${header}0102`, 'hex'), 32)).toHaveLength(2);
    }
    expect(packItems(Buffer.from('90', 'hex'), 32)).toEqual([]);
    expect(packArrayHeader(16)).toEqual(Uint8Array.of(0xdc, 0, 16));
  });

  it.each(['', '01', 'a0', '80', 'dc00', 'dd000000', '9201', '92a2', '92d9', '92920102', '9101', '9001', '92c60000'])(
    'of %j are refused or all of it',
    (hex) => {
      const bytes = Buffer.from(hex, 'hex');
      if (hex === '9101') expect(packItems(bytes, 32)).toEqual([bytes.subarray(1)]);
      else expect(() => packItems(bytes, 32)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    },
  );

  it('are at most as many as allowed', () => {
    expect(() => packItems(batchOf(new Array(33).fill(Uint8Array.of(1))), 32)).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
    expect(() => packItems(Buffer.from('ddffffffff01', 'hex'), 32)).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  });

  it('of any bytes are found or refused, in time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          const items = packItems(bytes, 32);
          expect(
            Buffer.concat(items).equals(Buffer.from(bytes.subarray(bytes.length - Buffer.concat(items).length))),
          ).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^(INVALID_REQUEST|TOO_LARGE)$/) });
        }
      }),
    );
  });
});
