/** Texts and typed arrays that are split, edited through their trees: the root is that of the whole, and little is loaded. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEncoder } from '../../src/state/encode.js';
import { BYTE_TYPES, type Limits } from '../../src/state/format.js';
import type { Part } from '../../src/state/part.js';
import type { TreeEdit } from '../../src/state/tree/edit.js';
import { leavesOf } from '../../src/state/tree/lookup.js';
import { TreeNode } from '../../src/state/tree/node.js';
import { Units, unitsIn } from '../../src/state/tree/units.js';
import { createForest } from './forest.js';

const SMALL: Limits = { component: 60, firstLeaf: 70, stretchMax: 280, likelihood: 70 ** 4 / 2 ** 32 };
const RUNS = { numRuns: Number(process.env.SPLICE_RUNS ?? 250) };

function planted(value: unknown, limits: Limits = SMALL) {
  const forest = createForest(createEncoder({ limits }));
  const part = forest.plant(value);
  let loads = 0;
  const load = (one: Part): unknown => {
    loads++;
    return one.fresh === null ? forest.shallow(one) : forest.decoder.open(one.hash, one.fresh.block, one.fresh).value();
  };
  return { forest, part, load, tree: forest.shallow(part), loadsSince: (from: number) => loads - from };
}

/** Units that meet at cuts: halves of characters alone and together, and others. */
const UNITS = ['a', 'b', 'é', '😀', '\ud83d', '\ude00', '\ud83d', '\ude00', '字', '\n'];

/** Long ones are as likely as short ones. */
const textUpTo = (max: number) =>
  fc.tuple(fc.nat({ max }), fc.nat()).map(([length, seed]) => {
    let state = seed;
    let made = '';
    while (made.length < length) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      made += UNITS[(state >>> 16) % UNITS.length];
    }
    return made;
  });
const text = textUpTo(1_500);
const edits = fc.array(
  fc.record({
    at: fc.nat(),
    /** At a cut, or next to one. */
    isAtCut: fc.boolean(),
    removed: fc.oneof(fc.constant(0), fc.nat({ max: 4 }), fc.nat({ max: 400 })),
    added: fc.oneof(textUpTo(3), textUpTo(300)),
    isRead: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

/** Places where a split value is cut. */
function cutsOf(tree: unknown, load: (part: Part) => unknown): number[] {
  if (!(tree instanceof TreeNode)) return [0];
  let at = 0;
  return [...leavesOf(tree, load)].map((leaf) => {
    at += leaf.count;
    return at;
  });
}

describe('a split text that is edited', () => {
  it('has the root of the text that comes out, edit after edit', () => {
    fc.assert(
      fc.property(text, fc.array(edits, { minLength: 1, maxLength: 3 }), (start, rounds) => {
        const { forest, tree, load } = planted(start);
        let now = tree as string | TreeNode | TreeEdit;
        let plain = start;
        for (const [round, round_] of rounds.entries()) {
          const units = new Units(now, load);
          const cuts = cutsOf(now, load);
          for (const { at, isAtCut, removed, added, isRead } of round_) {
            const near = Math.max(0, (cuts[at % cuts.length] ?? 0) + (at % 3) - 1);
            const from = isAtCut ? Math.min(near, plain.length) : at % (plain.length + 1);
            const size = Math.min(removed, plain.length - from);
            plain = plain.slice(0, from) + added + plain.slice(from + size);
            units.splice(from, size, added);
            expect(units.length).toBe(plain.length);
            if (isRead) expect(units.slice(from, plain.length)).toBe(plain.slice(from));
          }
          const edited = units.edited();
          const encoded = forest.encoder.value(edited);
          expect(encoded.hash).toBe(forest.encoder.value(plain).hash);
          now = round % 2 === 1 ? (load(encoded) as string | TreeNode) : edited;
          if (typeof now !== 'string') expect(unitsIn(now)).toBe(plain.length);
        }
      }),
      RUNS,
    );
  });

  it('becomes another text by what differs', () => {
    fc.assert(
      fc.property(text, fc.nat(), fc.nat({ max: 300 }), text, (start, at, removed, added) => {
        const { forest, tree, load } = planted(start);
        const from = at % (start.length + 1);
        const plain = start.slice(0, from) + added + start.slice(from + removed);
        const units = new Units(tree as string | TreeNode, load);
        units.become(plain, start);
        expect(forest.encoder.value(units.edited()).hash).toBe(forest.encoder.value(plain).hash);
        expect(units.edited() === tree).toBe(plain === start);
      }),
      RUNS,
    );
  });

  it('is the very same when what came is what was there', () => {
    const { tree, load } = planted('lorem ipsum dolor '.repeat(40));
    const units = new Units(tree as TreeNode, load);
    units.splice(100, 5, 'XXXXX');
    units.splice(3, 2, '');
    units.splice(3, 0, 'em');
    expect(units.edited()).not.toBe(tree);
    units.splice(100, 5, String(new Units(tree as TreeNode, load).slice(100, 105)));
    expect(units.edited()).toBe(tree);
  });
});

describe('a split typed array that is edited', () => {
  it('has the root of what comes out, whatever its elements are', () => {
    const type = fc.integer({ min: 0, max: BYTE_TYPES.length - 1 });
    fc.assert(
      fc.property(
        type,
        fc.tuple(fc.nat({ max: 2_000 }), fc.nat()),
        fc.array(fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 9 }), { minLength: 1, maxLength: 3 }),
        (index, [size, seed], rounds) => {
          const View = BYTE_TYPES[index] ?? Uint8Array;
          const width = 'BYTES_PER_ELEMENT' in View ? Number(View.BYTES_PER_ELEMENT) : 1;
          const length = Math.floor(size / width) * width;
          const plain = Uint8Array.from({ length }, (_, at) => (Math.imul(at ^ seed, 0x9e3779b1) >>> 13) & 3);
          const viewOf = (bytes: Uint8Array) => new View(bytes.slice().buffer);
          const { forest, tree, load } = planted(viewOf(plain));
          if (!(tree instanceof TreeNode)) return;
          let now: TreeNode | TreeEdit = tree;
          for (const writes of rounds) {
            const units: Units = new Units(now, load);
            const byPlace = new Map(
              writes.map(([at, byte]) => [Math.floor((at % plain.length) / width) * width, byte]),
            );
            const overwrites = [...byPlace].sort(([a], [b]) => a - b);
            units.overwrite(overwrites.map(([at, byte]) => ({ at, content: new Uint8Array(width).fill(byte) })));
            for (const [at, byte] of overwrites) plain.fill(byte, at, at + width);
            expect(Buffer.compare(units.slice(0, plain.length) as Uint8Array, plain)).toBe(0);
            const edited = units.edited();
            expect(forest.encoder.value(edited).hash).toBe(forest.encoder.value(viewOf(plain)).hash);
            now = edited as TreeNode | TreeEdit;
          }
        },
      ),
      RUNS,
    );
  });

  it('is plain again when little of it stays', () => {
    const { forest, tree, load } = planted(Float64Array.from({ length: 100 }, (_, n) => n));
    const units = new Units(tree as TreeNode, load);
    units.splice(16, 99 * 8 - 16, new Uint8Array(0));
    expect(forest.encoder.value(units.edited()).hash).toBe(forest.encoder.value(Float64Array.of(0, 1, 99)).hash);
    units.splice(0, 24, new Uint8Array(0));
    expect(forest.encoder.value(units.edited()).hash).toBe(forest.encoder.value(new Float64Array(0)).hash);
  });
});
