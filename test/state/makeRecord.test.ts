import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeliosError } from '../../src/protocol/errors.js';
import { Decoder } from '../../src/state/decode.js';
import { createEncoder } from '../../src/state/encode.js';
import { GENERATE_AFTER } from '../../src/state/generate.js';

const HASH = '00'.repeat(32);
const encoder = createEncoder();

function blockOf(value: unknown): Uint8Array {
  return encoder.value(value).fresh?.block ?? new Uint8Array();
}

const rows = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    at: index,
    bytes: new Uint8Array(index),
    text: `a text of ${index}`,
    weight: index / 3,
    where: { x: index * 1.5, y: -index },
  }));

/** A decoder that has made code for the records of `rows`. */
function practised(): Decoder {
  const decoder = new Decoder();
  for (let index = 0; index <= GENERATE_AFTER; index++) decoder.open(HASH, blockOf(rows(2))).value();
  return decoder;
}

describe('code made to read the records of a key list', () => {
  const decoder = practised();
  const isRefused = (block: Uint8Array): boolean => {
    try {
      decoder.open(HASH, block).value();
      return false;
    } catch (error) {
      if (!HeliosError.is(error, 'CORRUPT_BLOCK')) throw error;
      return true;
    }
  };

  it('was made, and gives what was written, frozen', () => {
    expect(decoder.generations).toBeLessThan(new Decoder().generations);
    for (const count of [0, 1, 5]) {
      const read = decoder.open(HASH, blockOf(rows(count))).value() as object[];
      expect(read).toStrictEqual(rows(count));
      expect([read, ...read].every(Object.isFrozen)).toBe(true);
    }
  });

  it('refuses a block wherever it is cut off', () => {
    const block = blockOf(rows(4));
    for (let end = 0; end < block.length; end++) expect(isRefused(block.subarray(0, end)), `cut at ${end}`).toBe(true);
  });

  it('reads or refuses a block whatever byte of it is another, and reads the next one right', () => {
    const block = blockOf(rows(4));
    fc.assert(
      fc.property(fc.nat({ max: block.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const wrong = Buffer.from(block);
        wrong[at] = byte;
        isRefused(wrong);
        expect(decoder.open(HASH, block).value()).toStrictEqual(rows(4));
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps apart blocks that are read while another is', () => {
    const inner = blockOf(rows(3));
    const linking = createEncoder({
      asLink: (value) =>
        value instanceof URL ? { part: encoder.value(1), type: 'it', schemaVersion: 1, weight: 1 } : undefined,
    });
    const outer = linking.value([new URL('a:b'), { at: 1.5, text: 'behind it' }]).fresh?.block ?? new Uint8Array();
    const nested = new Decoder({ fromLink: () => nested.open(HASH, inner).value() });
    for (let index = 0; index <= GENERATE_AFTER; index++) {
      expect(nested.open(HASH, outer).value()).toStrictEqual([rows(3), { at: 1.5, text: 'behind it' }]);
    }
  });
});
