/** Quantities as a person reads them: bytes, times, ages, counts, shares. Always the same words, in English. */

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `812 B`, `1.6 MB`: decimal units, as the words say. */
export function bytesText(bytes: number): string {
  let unit = 0;
  let amount = bytes;
  while (Math.abs(amount) >= 999.95 && unit < BYTE_UNITS.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${BYTE_UNITS[unit]}`;
}

/** `1,234,567`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** A part of a whole, 0 to 1, as `81.4 %`. */
export function shareText(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** A duration in microseconds: `45 µs`, `1.8 ms`, `2.4 s`, `3 min 20 s`. */
export function durationText(us: number): string {
  if (us < 999.5) return `${Math.round(us)} µs`;
  if (us < 999_500) return `${(us / 1e3).toFixed(us < 9_950 ? 1 : 0)} ms`;
  if (us < 59.5e6) return `${(us / 1e6).toFixed(1)} s`;
  const seconds = Math.round(us / 1e6);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

const AGES = [
  [365 * 86_400_000, 'y'],
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const;

/** How long ago, in its largest unit: `12 s`, `3 h`, `40 d`. What lies in the future, by another clock, is `now` too. */
export function ageText(ms: number): string {
  const found = AGES.find(([unitMs]) => ms >= unitMs);
  return found === undefined ? 'now' : `${Math.floor(ms / found[0])} ${found[1]}`;
}

/** Local time to the second: `2026-03-01 14:05:09`. */
export function timeText(at: Date): string {
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
