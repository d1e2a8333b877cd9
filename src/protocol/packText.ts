/**
 * Short texts out of bytes: for ids, names and words of a few letters, asking the runtime costs several times what
 * making them here does. Knows ASCII alone.
 */

const make = String.fromCharCode;

/** The text of up to 16 bytes, if all of them are ASCII. The bytes must be there. */
export function shortText(bytes: Uint8Array, start: number, length: number): string | undefined {
  let seen = 0;
  for (let at = start, stop = start + length; at < stop; at++) seen |= bytes[at] ?? 0;
  if (seen >= 0x80) return undefined;
  const a = bytes[start] ?? 0;
  const b = bytes[start + 1] ?? 0;
  const c = bytes[start + 2] ?? 0;
  const d = bytes[start + 3] ?? 0;
  if (length < 5) {
    if (length === 4) return make(a, b, c, d);
    if (length === 3) return make(a, b, c);
    if (length === 2) return make(a, b);
    return length === 1 ? make(a) : '';
  }
  const e = bytes[start + 4] ?? 0;
  const f = bytes[start + 5] ?? 0;
  const g = bytes[start + 6] ?? 0;
  const h = bytes[start + 7] ?? 0;
  if (length < 9) {
    if (length === 8) return make(a, b, c, d, e, f, g, h);
    if (length === 7) return make(a, b, c, d, e, f, g);
    return length === 6 ? make(a, b, c, d, e, f) : make(a, b, c, d, e);
  }
  const i = bytes[start + 8] ?? 0;
  const j = bytes[start + 9] ?? 0;
  const k = bytes[start + 10] ?? 0;
  const l = bytes[start + 11] ?? 0;
  if (length < 13) {
    if (length === 12) return make(a, b, c, d, e, f, g, h, i, j, k, l);
    if (length === 11) return make(a, b, c, d, e, f, g, h, i, j, k);
    return length === 10 ? make(a, b, c, d, e, f, g, h, i, j) : make(a, b, c, d, e, f, g, h, i);
  }
  const m = bytes[start + 12] ?? 0;
  const n = bytes[start + 13] ?? 0;
  const o = bytes[start + 14] ?? 0;
  const p = bytes[start + 15] ?? 0;
  if (length === 16) return make(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
  if (length === 15) return make(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
  return length === 14 ? make(a, b, c, d, e, f, g, h, i, j, k, l, m, n) : make(a, b, c, d, e, f, g, h, i, j, k, l, m);
}
