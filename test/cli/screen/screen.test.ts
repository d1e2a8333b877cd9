import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outputTo } from '../../../src/cli/output.js';
import { coloursFor } from '../../../src/cli/screen/colours.js';
import { displayWidth, writeColumns } from '../../../src/cli/screen/columns.js';
import { preview } from '../../../src/cli/screen/preview.js';
import { printable } from '../../../src/cli/screen/printable.js';
import { ageText, bytesText, countText, durationText, shareText, timeText } from '../../../src/cli/screen/units.js';
import { Capture } from '../terminal.js';

describe('units', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [999_949, '999.9 kB'],
    [999_950, '1.0 MB'],
    [1_640_000, '1.6 MB'],
    [2.5e12, '2.5 TB'],
    [5e15, '5000.0 TB'],
    [-1_500, '-1.5 kB'],
  ])('bytes: %d are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

  it.each([
    [0, '0 µs'],
    [45.4, '45 µs'],
    [999.6, '1.0 ms'],
    [1_840, '1.8 ms'],
    [12_400, '12 ms'],
    [999_600, '1.0 s'],
    [2_400_000, '2.4 s'],
    [59_600_000, '1 min 0 s'],
    [200_000_000, '3 min 20 s'],
  ])('durations: %d µs are %s', (us, text) => expect(durationText(us)).toBe(text));

  it.each([
    [-5, 'now'],
    [999, 'now'],
    [1_000, '1 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [86_400_000, '1 d'],
    [400 * 86_400_000, '1 y'],
  ])('ages: %d ms are %s', (ms, text) => expect(ageText(ms)).toBe(text));

  it('shows counts, shares and times as people write them', () => {
    expect(countText(1_234_567)).toBe('1,234,567');
    expect(shareText(0.8137)).toBe('81.4 %');
    expect(timeText(new Date(2026, 2, 1, 4, 5, 9))).toBe('2026-03-01 04:05:09');
  });
});

describe('printable', () => {
  it('shows control characters and marks that hide or reorder text as escapes', () => {
    expect(printable('a\u001b[2Jb\tc\nd\u202e\u0085é漢😀')).toBe('a\\u001b[2Jb\\tc\\nd\\u202e\\u0085é漢😀');
  });

  it('keeps lines where it is asked to', () => {
    expect(printable('a\nb\r', { keepLines: true })).toBe('a\nb\\u000d');
  });
});

describe('colours', () => {
  it('are for terminals that want them', () => {
    const terminal = new Capture(true, 80);
    expect(coloursFor(terminal, {}).isColorSupported).toBe(true);
    expect(coloursFor(terminal, { NO_COLOR: '' }).isColorSupported).toBe(true);
    expect(coloursFor(terminal, { NO_COLOR: '1' }).isColorSupported).toBe(false);
    expect(coloursFor(terminal, { TERM: 'dumb' }).isColorSupported).toBe(false);
    expect(coloursFor(new Capture(false, 80), {}).isColorSupported).toBe(false);
  });
});

describe('columns', () => {
  async function drawn(rows: string[][]): Promise<string[]> {
    const screen = new Capture(false, 80);
    const out = outputTo(screen);
    const columns = [{ title: 'A' }, { title: 'NUMBER', align: 'right' }, { title: 'C' }] as const;
    const each = async function* () {
      yield* rows;
    };
    await writeColumns(out, columns, each(), (header) => header);
    await out.flush();
    return screen.text.split('\n').slice(0, -1);
  }

  it('are aligned, also where characters are wide or have no width', async () => {
    expect(
      await drawn([
        ['a', '1', 'x'],
        ['漢字', '22', ''],
        ['e\u0301', '333', '😀'],
      ]),
    ).toEqual(['A     NUMBER  C', 'a          1  x', '漢字      22', 'e\u0301        333  😀']);
  });

  it('grow with later batches, and keep their header where it is', async () => {
    const rows = Array.from({ length: 450 }, (_, index) => [index < 400 ? 'a' : 'longer', String(index), 'c']);
    const lines = await drawn(rows);
    expect(lines).toHaveLength(451);
    expect(lines.filter((line) => line.startsWith('A '))).toEqual(['A  NUMBER  C']);
    expect(lines[200]).toBe('a     199  c');
    expect(lines[450]).toBe('longer     449  c');
  });

  it('are nothing at all without rows', async () => {
    expect(await drawn([])).toEqual([]);
  });

  it('count what a terminal shows', () => {
    expect(displayWidth('\u001b[1mab\u001b[22m')).toBe(2);
    expect(displayWidth('한글')).toBe(4);
    expect(displayWidth('\u{20000}')).toBe(2);
  });
});

describe('preview', () => {
  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [-0, '-0'],
    [1.5, '1.5'],
    [12n, '12n'],
    ['a\n"b"', '"a\\n\\"b\\""'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Uint8Array(3), '<3 bytes>'],
    [[], '[]'],
    [{}, '{}'],
    [[1, [2]], '[1, [2]]'],
    [{ a: 1, 'b.c': { d: true } }, '{a: 1, "b.c": {d: true}}'],
    [new Set([1]), 'Set{1}'],
    [
      new Map<unknown, unknown>([
        ['k', 1],
        [2, {}],
      ]),
      'Map{"k" => 1, 2 => {}}',
    ],
    [{ a: { b: { c: { d: 1 }, e: [1, 2], f: [] } } }, '{a: {b: {c: {… 1}, e: [… 2], f: []}}}'],
    [{ root: 'f'.repeat(64), type: 'agent', materialize: () => {} }, '→ agent ffffffffffff'],
  ])('shows %o as %s', (value, expected) => expect(preview(value, 60)).toBe(expected));

  it('shows the first of many, and how many more there are', () => {
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    expect(preview(numbers, 40)).toBe('[0, 1, 2, 3, 4, 5, 6, 7, 8, … 91 more]');
  });

  it('is never longer than asked, whatever the value, and holds nothing that a terminal acts on', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
        (value) => {
          const shown = preview(value, 30);
          expect(shown).not.toMatch(/\p{Cc}/u);
          expect(shown.replace(/\\u[0-9a-f]{4}|\\[nt]/g, '.').length).toBeLessThanOrEqual(30);
        },
      ),
    );
  });

  it('looks at no more of a large value than it shows', () => {
    let looks = 0;
    const counting = new Proxy(
      Array.from({ length: 1_000_000 }, () => 'text'),
      {
        get: (target, key, receiver): unknown => {
          looks++;
          return Reflect.get(target, key, receiver);
        },
      },
    );
    preview(counting, 60);
    expect(looks).toBeLessThan(100);
  });
});
