import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignSequences, EDITS_MAX, type Gap } from '../../src/state/align.js';

/** `abc|xyz` style: gaps as text, `removed>added` at their places. */
function gapsOf(before: string, after: string): string[] {
  const ids = (text: string) => [...text].map((unit) => unit.charCodeAt(0));
  return alignSequences(ids(before), ids(after)).map(
    (gap) =>
      `${gap.beforeFrom}:${before.slice(gap.beforeFrom, gap.beforeTo)}>${after.slice(gap.afterFrom, gap.afterTo)}`,
  );
}

/** What the gaps say, said back: the sequence after, made of the one before and of the gaps' added elements. */
function replayed(before: readonly number[], after: readonly number[], gaps: readonly Gap[]): number[] {
  const result: number[] = [];
  let at = 0;
  for (const gap of gaps) {
    result.push(...before.slice(at, gap.beforeFrom));
    expect(result.length).toBe(gap.afterFrom);
    result.push(...after.slice(gap.afterFrom, gap.afterTo));
    at = gap.beforeTo;
  }
  result.push(...before.slice(at));
  return result;
}

function edits(gaps: readonly Gap[]): number {
  return gaps.reduce((sum, gap) => sum + gap.beforeTo - gap.beforeFrom + gap.afterTo - gap.afterFrom, 0);
}

/** Length of the longest common subsequence, by the plain table. */
function commonLength(a: readonly number[], b: readonly number[]): number {
  let row: number[] = new Array(b.length + 1).fill(0);
  for (const left of a) {
    const next = [0];
    for (let j = 0; j < b.length; j++) {
      next.push(left === b[j] ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

const sequences = (most: number) => fc.array(fc.nat({ max: most }), { maxLength: 40 });

describe('alignment', () => {
  it.each([
    ['', '', []],
    ['abc', 'abc', []],
    ['', 'ab', ['0:>ab']],
    ['ab', '', ['0:ab>']],
    ['abc', 'abxc', ['2:>x']],
    ['abc', 'ac', ['1:b>']],
    ['abc', 'axc', ['1:b>x']],
    ['abc', 'cab', ['0:>c', '2:c>']],
    ['abcdef', 'xbcyef', ['0:a>x', '3:d>y']],
    ['aaaa', 'aaa', ['3:a>']],
    ['abab', 'baba', ['0:a>', '4:>a']],
    ['xay', 'zaw', ['0:x>z', '2:y>w']],
    ['aabb', 'bbaa', ['0:aa>', '4:>aa']],
    ['abc', 'xyz', ['0:abc>xyz']],
  ])('of %s and %s', (before, after, gaps) => {
    expect(gapsOf(before, after)).toEqual(gaps);
  });

  it('leads from the one sequence to the other, whatever they are', () => {
    fc.assert(
      fc.property(sequences(12), sequences(12), (before, after) => {
        const gaps = alignSequences(before, after);
        expect(replayed(before, after, gaps)).toEqual(after);
        for (const gap of gaps) expect(gap.beforeTo - gap.beforeFrom + gap.afterTo - gap.afterFrom).toBeGreaterThan(0);
      }),
      { numRuns: 5_000 },
    );
  });

  it('needs the fewest edits where elements repeat, so that nothing serves as an anchor', () => {
    // Each element twice on either side, and ends that keep it so.
    const repeated = (ends: readonly [number, number]) =>
      fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 20 }).map((ids) => [ends[0], ...ids, ...ids, ends[1]]);
    fc.assert(
      fc.property(repeated([7, 5]), repeated([8, 6]), (before, after) => {
        const fewest = before.length + after.length - 2 * commonLength(before, after);
        expect(edits(alignSequences(before, after))).toBe(fewest);
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds scattered edits in long sequences, however many there are', () => {
    const before = Array.from({ length: 50_000 }, (_, index) => index);
    const after = before.map((id) => (id % 10 === 0 ? id + 1_000_000 : id)).filter((id) => id % 7 !== 3);
    const gaps = alignSequences(before, after);
    expect(replayed(before, after, gaps)).toEqual(after);
    const kept = new Set(after);
    expect(edits(gaps)).toBe(
      before.filter((id) => !kept.has(id)).length + after.filter((id) => id >= 1_000_000).length,
    );
  });

  it('keeps what is in order when a long sequence is turned around or shuffled', () => {
    const before = Array.from({ length: 5_000 }, (_, index) => index);
    expect(replayed(before, before.toReversed(), alignSequences(before, before.toReversed()))).toEqual(
      before.toReversed(),
    );
    const moved = [...before.slice(1_000), ...before.slice(0, 1_000)];
    expect(edits(alignSequences(before, moved))).toBe(2_000);
  });

  it('gives up on a stretch that needs too many edits, and leaves it one gap', () => {
    const before = Array.from({ length: EDITS_MAX * 2 }, (_, index) => index % 2);
    const after = Array.from({ length: EDITS_MAX * 2 }, (_, index) => 2 + (index % 2));
    expect(alignSequences([9, ...before, 8], [9, ...after, 8])).toEqual([
      { beforeFrom: 1, beforeTo: EDITS_MAX * 2 + 1, afterFrom: 1, afterTo: EDITS_MAX * 2 + 1 },
    ]);
  });
});
