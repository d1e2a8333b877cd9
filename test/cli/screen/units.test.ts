import { describe, expect, it } from 'vitest';
import { ageText, bytesText, countText, durationText, shareText, timeText } from '../../../src/cli/screen/units.js';

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
