/**
 * Digests: 32 bits that follow from a value alone and decide where split values are cut (docs/format.md, "Which values
 * are split"). Cheap, and no proof of anything: blocks are named by BLAKE3, never by these.
 */

const DIGEST_START = 0x48454c31;
const LEVEL_SALT = 0x9e3779b9;

const float = new Float64Array(1);
const words = new Int32Array(float.buffer);

/** Spreads what a digest holds over all of its bits. */
export function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Takes one more word in. */
export function step(hash: number, word: number): number {
  const h = Math.imul(hash ^ word, 0x9e3779b1);
  return (h << 15) | (h >>> 17);
}

/** The mark as it decides at a level. */
export function atLevel(mark: number, level: number): number {
  return mix(mark ^ Math.imul(level, LEVEL_SALT));
}

export function takeNumber(hash: number, tag: number, value: number): number {
  float[0] = Number.isNaN(value) ? Number.NaN : value;
  return step(step(step(hash, tag), words[0] as number), words[1] as number);
}

export function takeText(hash: number, tag: number, text: string): number {
  return takeUnits(step(hash, tag), text);
}

/** The length of a text and its units. */
export function takeUnits(hash: number, text: string): number {
  const { length } = text;
  let h = step(hash, length);
  for (let index = 0; index < length; index++) {
    h = Math.imul(h ^ text.charCodeAt(index), 0x9e3779b1);
    h = (h << 15) | (h >>> 17);
  }
  return h;
}

/** What a hash in hexadecimal adds: its first eight bytes as two words. */
export function takeHash(hash: number, tag: number, hex: string): number {
  return step(step(step(hash, tag), wordAt(hex, 0)), wordAt(hex, 8));
}

export function digestStart(): number {
  return DIGEST_START;
}

/** The digest of a record's key. */
export function digestOfKey(key: string): number {
  return takeText(DIGEST_START, 5, key);
}

/**
 * The digest of a Map's key or a Set's member that is no collection.
 * @param hashed the root of one that is; then `member` is not looked at
 */
export function digestOfMember(member: unknown, hashed?: string): number {
  if (hashed !== undefined) return takeHash(DIGEST_START, 14, hashed);
  return takeScalar(DIGEST_START, member);
}

export function takeScalar(hash: number, value: unknown): number {
  switch (typeof value) {
    case 'string':
      return takeText(hash, 5, value);
    case 'number':
      return takeNumber(hash, 3, value);
    case 'bigint':
      return takeText(hash, 4, value.toString(16));
    case 'boolean':
      return step(hash, value ? 2 : 1);
    default:
      return step(hash, 0);
  }
}

/** Four bytes in hexadecimal, the first the lowest. */
function wordAt(hex: string, at: number): number {
  const big = Number.parseInt(hex.slice(at, at + 8), 16) | 0;
  return (big << 24) | ((big & 0xff00) << 8) | ((big >>> 8) & 0xff00) | (big >>> 24);
}
