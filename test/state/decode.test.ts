import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeliosError } from '../../src/protocol/errors.js';
import { MAX_DEPTH } from '../../src/protocol/limits.js';
import { Decoder, type OpenBlock } from '../../src/state/decode.js';
import { createEncoder } from '../../src/state/encode.js';
import { COMPONENT_LIMIT, KIND_COMMIT, KIND_VALUE } from '../../src/state/format.js';
import { freshBlocks, type Link } from '../../src/state/part.js';
import { createForest } from './forest.js';
import { collections, values } from './values.js';

const HASH = '00'.repeat(32);
const encoder = createEncoder();

function blockOf(value: unknown): Uint8Array {
  return encoder.value(value).fresh?.block ?? new Uint8Array();
}

function open(block: Uint8Array): OpenBlock {
  return new Decoder().open(HASH, block);
}

/** A block by hand: `open` it to see what is said of it. */
function bytes(...parts: (number | string)[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part, 'hex'))),
  );
}

/** Header without children, no key lists, no strings, then a body. */
function bare(...body: (number | string)[]): Uint8Array {
  return bytes(1, KIND_VALUE, 0, 0, 0, 0, 0, ...body);
}

function complaint(block: Uint8Array): string {
  try {
    open(block).value();
  } catch (error) {
    if (!HeliosError.is(error, 'CORRUPT_BLOCK')) throw error;
    expect(error.details).toEqual({ hash: HASH });
    return error.message
      .replace(`Block ${HASH} `, '')
      .replace('. It was damaged, or written by another program: import its object again.', '');
  }
  return 'fine';
}

describe('a block that is opened', () => {
  const long = (text: string) => text.repeat(COMPONENT_LIMIT);

  it('tells its kind and its children before its body is read', () => {
    const part = encoder.value([long('a'), 1, long('b')]);
    const block = open(part.fresh?.block ?? new Uint8Array());
    expect(block.kind).toBe(KIND_VALUE);
    expect(block.children.map((child) => child.hash)).toEqual(
      [long('a'), long('b')].map((text) => encoder.value(text).hash),
    );
    expect(block.children.every((child) => child.fresh === null)).toBe(true);
    expect(open(encoder.commit({ version: 1 }).fresh?.block ?? new Uint8Array()).kind).toBe(KIND_COMMIT);
  });

  it('gives the children of a block made here as they were made', () => {
    const part = encoder.value([long('a')]);
    const fresh = part.fresh ?? undefined;
    if (fresh === undefined) throw new Error('not fresh');
    expect(new Decoder().open(part.hash, fresh.block, fresh).value()).toEqual([fresh.children[0]]);
  });

  it('puts what it is given where its components stand, in order', () => {
    expect(open(blockOf([long('a'), { x: long('b') }])).value([1, 'two'])).toEqual([1, { x: 'two' }]);
  });

  it('reads plain Uint8Arrays, also those that are views on part of a buffer', () => {
    const block = blockOf({ a: 1.5, b: 'text' });
    const padded = new Uint8Array(block.length + 9);
    padded.set(block, 7);
    expect(open(new Uint8Array(padded.buffer, 7, block.length)).value()).toEqual({ a: 1.5, b: 'text' });
  });

  it('says whether typed arrays stand in it, and copies them out', () => {
    const block = blockOf({ a: new Float64Array([1, 2]), b: new DataView(new ArrayBuffer(2)) });
    const first = open(block);
    const value = first.value() as { a: Float64Array };
    expect(first.hasBytes).toBe(true);
    value.a.fill(7);
    expect(open(block).value()).toEqual({ a: new Float64Array([1, 2]), b: new DataView(new ArrayBuffer(2)) });
    const other = open(blockOf([1]));
    other.value();
    expect(other.hasBytes).toBe(false);
  });

  it('gives values that are frozen all the way down', () => {
    const isFrozen = (value: unknown): boolean => {
      if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return true;
      if (!Object.isFrozen(value)) return false;
      if (value instanceof Map) return [...value].flat().every(isFrozen);
      if (value instanceof Set) return [...value].every(isFrozen);
      return Object.values(value).every(isFrozen);
    };
    fc.assert(
      fc.property(collections, (value) => {
        const forest = createForest();
        expect(isFrozen(forest.whole(forest.plant(value), true))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('makes references of its links as it is told to', () => {
    class Reference {
      constructor(readonly link: Link) {}
    }
    const target = encoder.value(1);
    const linking = createEncoder({
      asLink: (value) => (value instanceof Reference ? value.link : undefined),
    });
    const link = { part: target, type: 'agent', schemaVersion: 3, weight: 0.25 };
    const block = linking.value([new Reference(link)]).fresh?.block ?? new Uint8Array();
    const [back] = new Decoder({ fromLink: (read) => new Reference(read) }).open(HASH, block).value() as Reference[];
    expect(back).toBeInstanceOf(Reference);
    expect({ ...back?.link, part: back?.link.part.hash }).toEqual({ ...link, part: target.hash });
  });

  it('reads key lists right when it has read very many others', () => {
    const decoder = new Decoder();
    for (let index = 0; index < 9_000; index++) {
      const value = { [`k${index}`]: { [`l${index}`]: index } };
      expect(decoder.open(HASH, blockOf(value)).value()).toEqual(value);
    }
    expect(decoder.keyLists.size).toBeLessThan(8_193);
    expect(decoder.open(HASH, blockOf({ k0: { l0: 0 } })).value()).toEqual({ k0: { l0: 0 } });
  });

  it('keeps apart key lists whose texts are the same', () => {
    const decoder = new Decoder();
    for (const value of [{ ab: 1, c: 2 }, { a: 1, bc: 2 }, [{ ab: 1 }, { c: 2 }], [{ a: 1 }, { bc: 2 }], { abc: 1 }]) {
      expect(decoder.open(HASH, blockOf(value)).value()).toEqual(value);
    }
  });

  it('does not keep very long key lists', () => {
    const decoder = new Decoder();
    decoder
      .open(HASH, blockOf(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key${index}`, 0]))))
      .value();
    expect(decoder.keyLists.size).toBe(0);
  });
});

describe('a block that does not fit the format', () => {
  it.each<[string, Uint8Array, string]>([
    ['is empty', bytes(), 'has format undefined, this version reads format 1'],
    ['has another format', bytes(0, 0, 0, 0), 'has format 0, this version reads format 1'],
    ['has another kind', bytes(1, 9, 0, 0), 'is of the unknown kind 9'],
    ['has no kind', bytes(1), 'is of the unknown kind -1'],
    ['ends in its header', bytes(1, 0, 0x80), 'ends in the middle of a value'],
    ['lists more children than it has bytes', bytes(1, 0, 1, 0, 0, HASH), 'is shorter than its child list'],
    [
      'lists a child that it does not hold',
      bytes(1, 0, 1, 0, 0, '00'.repeat(46), 0, 0, 0),
      'lists children that its value does not have',
    ],
    [
      'lists a link that it does not hold',
      bytes(1, 0, 0, 1, 0, '00'.repeat(46), 0, 0, 0),
      'lists children that its value does not have',
    ],
    ['holds a child that it does not list', bare(0x0c), 'refers to more components than it lists'],
    ['has no body', bare(), 'ends in the middle of a value'],
    ['has a second value', bare(0, 0), 'goes on behind its value'],
    ['has a text that no value uses', bytes(1, 0, 0, 0, 0, 0, 1, 0, '61', 0), 'goes on behind its value'],
    ['has an unknown extended tag', bare(0x0f, 7), 'has the unknown extended tag 7'],
    ['has a link without a child', bare(0x0f, 0, 0, 0, 0), 'has a link that does not say what it links to'],
    [
      'has strings in an unknown encoding',
      bytes(1, 0, 0, 0, 0, 0, 1, 3, '61', 0x41),
      'has strings in the unknown encoding 3',
    ],
    ['has fewer latin1 strings than it says', bytes(1, 0, 0, 0, 0, 0, 5, 0, '61'), 'has fewer strings than it says'],
    [
      'has fewer UTF-8 strings than it says',
      bytes(1, 0, 0, 0, 0, 0, 2, 1, 1, '61', 0x42),
      'has fewer strings than it says',
    ],
    ['has fewer UTF-16 strings than it says', bytes(1, 0, 0, 0, 0, 0, 5, 2, '6100'), 'has fewer strings than it says'],
    ['uses more strings than it has', bare(0x41), 'has fewer strings than it says'],
    ['uses a key list that it has not', bare(0x13), 'has no key list 3'],
    [
      'has a key list longer than itself',
      bytes(1, 0, 0, 0, 0, 1, 1, 0, 0x7f, 0, 0x10),
      'is shorter than a collection in it',
    ],
    [
      'has key lists longer than they say',
      bytes(1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, '61', 0x10, 0x80),
      'has key lists that do not fit their sizes',
    ],
    [
      'has more text for keys than text',
      bytes(1, 0, 0, 0, 0, 1, 2, 5, 1, 5, 1, 0, '61', 0x10, 0x80),
      'has fewer strings than it says',
    ],
    [
      'has keys twice',
      bytes(1, 0, 0, 0, 0, 1, 3, 2, 2, 1, 1, 2, 0, '6161', 0x10, 0x80, 0x80),
      'has keys that are not in order',
    ],
    [
      'has keys in disorder',
      bytes(1, 0, 0, 0, 0, 1, 3, 2, 2, 1, 1, 2, 0, '6261', 0x10, 0x80, 0x80),
      'has keys that are not in order',
    ],
    ['has a list longer than itself', bare(0x3f, 0), 'ends in the middle of a value'],
    ['has a long list longer than itself', bare(0x0a, 0xff, 0x7f, 0), 'is shorter than a collection in it'],
    ['has a Map longer than itself', bare(0x0d, 0x7f), 'is shorter than a collection in it'],
    ['has a Set longer than itself', bare(0x0e, 0x7f), 'is shorter than a collection in it'],
    ['has a key of a Map twice', bare(0x0d, 2, 0x81, 0, 0x81, 0), 'has a Map or Set with a member twice'],
    ['has a member of a Set twice', bare(0x0e, 2, 0x81, 0x81), 'has a Map or Set with a member twice'],
    ['has an integer of no bytes', bare(0x07, 0), 'has an integer of no size'],
    ['has an integer longer than itself', bare(0x07, 0x10, 1), 'has an integer of no size'],
    ['has a number that ends', bare(0x05, '0000'), 'ends in the middle of a number'],
    ['has a number too long to be one', bare(0x03, 'ffffffffffffffffffffffff7f'), 'has a number that is too long'],
    ['has a date that is none', bare(0x08, '000000000000f87f'), 'has a date that is none'],
    ['has bytes of an unknown type', bare(0x09, 12, 0), 'has bytes of the unknown type 12'],
    ['has bytes longer than itself', bare(0x09, 0, 3), 'is shorter than a typed array in it'],
    ['has half an element of a typed array', bare(0x09, 8, 4), 'has a typed array that ends in the middle'],
    ['has a tail longer than itself', bytes(1, 0, 0, 0, 9, 0, 0, 0), 'has a tail of no size that it could have'],
    [
      'has a tail that is not aligned',
      bytes(1, 0, 0, 0, 1, 0, 0, 0x09, 0, 1, '07'),
      'has a tail of no size that it could have',
    ],
    ['has a tail that nothing uses', bytes(1, 0, 0, 0, 8, 0, 0, 0, '00'.repeat(8)), 'goes on behind its value'],
    [
      'has something before its tail',
      bytes(1, 0, 0, 0, 1, 0, 0, 0, 1, '00'.repeat(7), '07'),
      'goes on behind its value',
    ],
    [
      'has something between its typed arrays',
      bytes(1, 0, 0, 0, 9, 0, 0, 0x22, 0x09, 0, 1, 0x09, 0, 1, 0, 0, '0701', '00'.repeat(6), '07'),
      'has something between its typed arrays',
    ],
    ['is a node of nothing', bytes(1, 2, 0, 0, 0, 0, 0, 2, 0, 1), 'is a node of no kind that there is'],
    [
      'is a node of the unknown',
      bytes(1, 2, 1, 0, 0, '00'.repeat(46), 0, 0, 7, 0, 1, 0, 0, 0, 0),
      'is a node of no kind that there is',
    ],
    [
      'is a node on no level',
      bytes(1, 2, 1, 0, 0, '00'.repeat(46), 0, 0, 2, 0, 0, 0, 0, 0, 0),
      'is a node of no kind that there is',
    ],
    [
      'is a node that ends',
      bytes(1, 2, 1, 0, 0, '00'.repeat(46), 0, 0, 2, 0, 1, 0, 0),
      'ends in the middle of a value',
    ],
    ['is nested too deep', bare('21'.repeat(MAX_DEPTH + 1), 0x20), `is nested deeper than ${MAX_DEPTH} levels`],
    ['is nested far too deep', bare('21'.repeat(1_000_000), 0x20), `is nested deeper than ${MAX_DEPTH} levels`],
  ])('%s', (_, block, message) => {
    expect(complaint(block)).toBe(message);
  });

  it('is refused or read, whatever byte of it is another', () => {
    fc.assert(
      fc.property(values, fc.infiniteStream(fc.nat({ max: 255 })), (value, bytes) => {
        for (const [, { block }] of freshBlocks(encoder.value(value))) {
          const step = Math.max(1, Math.floor(block.length / 60));
          for (let at = 0; at < block.length; at += step) {
            const wrong = Buffer.from(block);
            wrong[at] = bytes.next().value ?? 0;
            complaint(wrong);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is refused wherever it is cut off', () => {
    fc.assert(
      fc.property(values, (value) => {
        for (const [, { block }] of freshBlocks(encoder.value(value))) {
          const step = Math.max(1, Math.floor(block.length / 60));
          for (let end = 0; end < block.length; end += step) expect(complaint(block.subarray(0, end))).not.toBe('fine');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is refused or read when it is noise behind a header', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (noise, withChildren) => {
        complaint(
          withChildren
            ? bytes(1, 0, 1, 1, 0, '00'.repeat(92), Buffer.from(noise).toString('hex'))
            : bytes(1, 0, Buffer.from(noise).toString('hex')),
        );
        complaint(bare(Buffer.from(noise).toString('hex')));
      }),
      { numRuns: 5_000 },
    );
  });
});
