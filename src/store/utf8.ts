/** Texts as UTF-8 sees them: which of them it can hold, and their order by its bytes, which is not JavaScript's own. */

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether a text has half of a surrogate pair, which UTF-8 would change into another character. */
export function isIllFormed(text: string): boolean {
  return LONE_SURROGATE.test(text);
}

/** Less than zero when `a` comes first, zero when they are the same. */
export function compareUtf8(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** Halves of pairs (above U+FFFF) come after the code units U+E000 to U+FFFF, as their bytes do. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
