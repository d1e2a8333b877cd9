/** Chance out of a seed: the same seed draws the same, on every machine. Not for secrets. */
export interface Chance {
  /** 0 up to but not including 1. */
  readonly random: () => number;
  /** Whether something of this likelihood (0 to 1) happens. */
  happens(likelihood: number): boolean;
  /** A number from `least` up to but not including `most`. */
  between(least: number, most: number): number;
  /** One of several, each as likely as the others; `undefined` of none. */
  one<T>(of: readonly T[]): T | undefined;
  /** A chance of its own, which goes on by itself: what is drawn here changes nothing there. */
  branch(): Chance;
}

/** The generator is sfc32 (from PractRand): 128 bits of state, three additions a draw. */
export function createChance(seed: number): Chance {
  let a = 0x9e3779b9 | 0;
  let b = (seed / 2 ** 32) | 0;
  let c = seed | 0;
  let count = 1;
  const draw = () => {
    const sum = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  // Seeds that are alike must not begin alike.
  for (let mixed = 0; mixed < 16; mixed++) draw();
  return {
    random: draw,
    happens: (likelihood) => likelihood > 0 && draw() < likelihood,
    between: (least, most) => least + draw() * (most - least),
    one: (of) => of[Math.floor(draw() * of.length)],
    branch: () => createChance(draw() * 2 ** 53),
  };
}
