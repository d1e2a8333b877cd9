import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeliosError } from '../../../src/index.js';
import { createMemoryStore, type Hash, type Head, hashOf } from '../../../src/store/index.js';
import { decodeHead, decodeLabels, encodeHead, encodeLabels } from '../../../src/store/lmdb/headRecord.js';

const HASH = 'ab'.repeat(32);
const HEAD: Head = {
  name: 'agents/é',
  ...{
    version: 7,
    commit: HASH,
    root: 'cd'.repeat(32),
    type: 'agent',
    schemaVersion: 2,
    weight: 0.25,
    at: 1_700_000_000_000,
  },
};

const heads: fc.Arbitrary<Head> = fc
  .record({
    name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    type: fc.constantFrom('a', 'log', 'agent', 'x'.repeat(64)),
    message: fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', '', '12345678')), {
      nil: undefined,
    }),
  })
  .map(({ message, ...rest }) => ({ ...HEAD, ...rest, ...(message === undefined ? {} : { message }) }));

function flipped(bytes: Uint8Array, at: number): Buffer {
  const damaged = Buffer.from(bytes);
  damaged[at >>> 3] = (damaged[at >>> 3] ?? 0) ^ (1 << (at & 7));
  return damaged;
}

function codeOf(act: () => unknown): string {
  try {
    act();
    return 'nothing was thrown';
  } catch (error) {
    return HeliosError.is(error) ? error.code : String(error);
  }
}

describe('a head record', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(heads, (head) => {
        expect(decodeHead(head.name, Buffer.from(encodeHead(head)))).toEqual(head);
      }),
    );
  });

  it('of which any bit is flipped is refused', () => {
    fc.assert(
      fc.property(heads, (head) => {
        const record = encodeHead(head);
        for (let at = 0; at < record.length * 8; at++) {
          expect(codeOf(() => decodeHead(head.name, flipped(record, at)))).toBe('CORRUPT_BLOCK');
        }
      }),
      { numRuns: 10 },
    );
  });

  it('that was cut off or lies under another name is refused', () => {
    const record = Buffer.from(encodeHead({ ...HEAD, message: 'twelve' }));
    for (let end = 0; end < record.length; end++) {
      expect(codeOf(() => decodeHead(HEAD.name, record.subarray(0, end)))).toBe('CORRUPT_BLOCK');
    }
    expect(codeOf(() => decodeHead('agents/e', record))).toBe('CORRUPT_BLOCK');
  });
});

describe('labels', () => {
  const labels = new Map(Object.entries({ first: 1, 'the “second”': 20 }));

  it('come back as they were', () => {
    expect(decodeLabels('a', encodeLabels('a', labels))).toEqual(labels);
    expect(decodeLabels('a', undefined)).toEqual(new Map());
  });

  it('of which any bit is flipped, or that lie under another name, are refused', () => {
    const record = encodeLabels('a', labels);
    for (let at = 0; at < record.length * 8; at++) {
      expect(codeOf(() => decodeLabels('a', flipped(record, at)))).toBe('CORRUPT_BLOCK');
    }
    expect(codeOf(() => decodeLabels('b', record))).toBe('CORRUPT_BLOCK');
  });
});

it('a block of which any bit is flipped is not given out', () => {
  const blocks = new Map<Hash, Uint8Array>();
  const store = createMemoryStore({ blocks });
  const block = Buffer.from('a block of a few bytes, which are looked at one after another. '.repeat(4));
  const hash = hashOf(block);
  for (let at = 0; at < block.length * 8; at++) {
    blocks.set(hash, flipped(block, at));
    expect(codeOf(() => store.blocks.get(hash))).toBe('CORRUPT_BLOCK');
  }
  blocks.set(hash, block);
  expect(codeOf(() => store.blocks.get(hash))).toBe('nothing was thrown');
});
