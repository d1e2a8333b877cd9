/**
 * Keys of records as they are met, with their bytes, so that none is made or written anew each time. Records resemble
 * one another: each key remembers which one came behind it last, and which one began the record that it held; mostly
 * these come again. A bounded number is kept; what is forgotten is made again.
 */

/** Keys that are kept, at most. */
export const PACK_KEYS_MAX = 1_024;
/** Letters of a key that is kept, at most: more need a longer header, and seldom come again. */
export const PACK_KEY_LENGTH_MAX = 31;

const DOLLAR = 0x24;

export class PackKey {
  /** What came behind it last. */
  next: PackKey = this;
  /** What began the last record under it, also one in a list. */
  inner: PackKey = this;
  /** Whether it begins as tags do. */
  readonly isTagLike: boolean;
  /** Header and UTF-8, four bytes each, the last of them filled up with zeros. */
  readonly words: Uint32Array;

  constructor(
    readonly text: string,
    /** Header and UTF-8. */
    readonly bytes: Uint8Array,
  ) {
    this.isTagLike = text.charCodeAt(0) === DOLLAR;
    this.words = new Uint32Array(Math.ceil(bytes.length / 4));
    const padded = new DataView(new ArrayBuffer(this.words.length * 4));
    for (const [index, byte] of bytes.entries()) padded.setUint8(index, byte);
    for (let index = 0; index < this.words.length; index++) this.words[index] = padded.getUint32(index * 4);
  }

  /** Stands for none, and for the one of the outermost record: its bytes begin no text. */
  static none(): PackKey {
    return new PackKey('', Uint8Array.of(0xc1));
  }
}
