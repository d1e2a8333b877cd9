/** Whether one list begins with all of another: told from trees as from the plain lists, and without reading what both have. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEncoder } from '../../src/state/encode.js';
import { FORMAT_LIMITS, type Limits } from '../../src/state/format.js';
import type { Part } from '../../src/state/part.js';
import { firstNotKept, type ListTree } from '../../src/state/tree/beginning.js';
import type { TreeEdit } from '../../src/state/tree/edit.js';
import type { TreeNode } from '../../src/state/tree/node.js';
import { Pieces } from '../../src/state/tree/pieces.js';
import { createForest } from './forest.js';

const SMALL: Limits = { component: 60, firstLeaf: 70, stretchMax: 280, likelihood: 70 ** 4 / 2 ** 32 };

function forestOf(limits: Limits) {
  const forest = createForest(createEncoder({ limits }));
  const counted = { loads: 0 };
  const load = (part: Part) => {
    counted.loads++;
    return forest.shallow(part);
  };
  const tree = (list: readonly unknown[]) => forest.shallow(forest.plant(list)) as ListTree;
  const rootOf = (value: unknown) => forest.encoder.value(value).hash;
  const isSame = (one: unknown, other: unknown) => rootOf(one) === rootOf(other);
  return { load, tree, isSame, counted };
}

function expected(before: readonly unknown[], after: readonly unknown[]): number {
  return before.findIndex((element, at) => JSON.stringify(element) !== JSON.stringify(after[at]));
}

const element = fc.oneof(fc.nat({ max: 3 }), fc.string({ maxLength: 80 }), fc.constant({ n: 1 }));
const lists = fc.oneof(fc.array(element, { maxLength: 12 }), fc.array(element, { minLength: 60, maxLength: 300 }));
/** What became of a list, or another one. */
const pairs = fc.tuple(lists, lists, fc.nat(), fc.nat({ max: 4 })).map(([list, more, at, kind]) => {
  const changed = [...list];
  if (kind === 1) changed[at % (list.length + 1)] = 'changed';
  if (kind === 2) changed.splice(at % (list.length + 1), 1);
  return [
    list,
    kind === 4 ? more : kind === 3 ? changed.slice(0, at % (list.length + 1)) : [...changed, ...more],
  ] as const;
});

describe('whether a list begins with another', () => {
  it('is told from their trees, whatever their levels', () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        const { load, tree, isSame } = forestOf(SMALL);
        expect(firstNotKept(tree(before), tree(after), load, isSame)).toBe(expected(before, after));
        expect(firstNotKept(before, tree(after), load, isSame)).toBe(expected(before, after));
        expect(firstNotKept(tree(before), after, load, isSame)).toBe(expected(before, after));
      }),
      { numRuns: 400 },
    );
  });

  it('is told from edits that are not encoded', () => {
    const splices = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 2 }), fc.array(element, { maxLength: 3 })), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.array(element, { minLength: 60, maxLength: 200 }), splices, splices, (start, first, second) => {
        const { load, tree, isSame } = forestOf(SMALL);
        const edit = (base: ListTree, list: readonly unknown[], all: typeof first) => {
          const pieces = new Pieces(base as TreeNode | TreeEdit, load);
          const plain = [...list];
          for (const [place, removed, items] of all) {
            const at = place % 3 === 0 ? plain.length : place % (plain.length + 1);
            const count = Math.min(removed, plain.length - at);
            pieces.splice(at, count, items);
            plain.splice(at, count, ...items);
          }
          return [pieces.edited((_, value) => value), plain] as const;
        };
        const [one, before] = edit(tree(start), start, first);
        const [other, after] = edit(one, before, second);
        expect(firstNotKept(one, other, load, isSame)).toBe(expected(before, after));
        expect(firstNotKept(other, one, load, isSame)).toBe(expected(after, before));
        expect(firstNotKept(tree(start), other, load, isSame)).toBe(expected(start, after));
      }),
      { numRuns: 300 },
    );
  });

  it('reads the end of the shorter one, not what both have', () => {
    const { load, tree, isSame, counted } = forestOf(FORMAT_LIMITS);
    const list = Array.from({ length: 50_000 }, (_, n) => n);
    const [before, after] = [tree(list), tree([...list, ...list])];
    expect(firstNotKept(before, after, load, isSame)).toBe(-1);
    expect(counted.loads).toBeLessThan(12);
    const appended = new Pieces(before as TreeNode, load);
    appended.append(['more']);
    counted.loads = 0;
    expect(
      firstNotKept(
        before,
        appended.edited((_, value) => value),
        load,
        isSame,
      ),
    ).toBe(-1);
    expect(counted.loads).toBe(0);
  });
});
