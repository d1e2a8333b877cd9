/**
 * Constants of block format 0. They decide which bytes, and so which hash, a value has: changing any of them is a new
 * format. docs/format.md describes the layout byte by byte. Splitting of large collections by content has its place
 * here as further kinds of node; format 0 has none.
 */

export const FORMAT = 0;

/** Second byte of a block. */
export const KIND_VALUE = 0;
export const KIND_COMMIT = 1;

/**
 * A value below the top whose cost (see `cost` in docs/format.md) is above this is a block of its own. Smaller shares
 * more between versions and costs more index: measured on the tour's documents, see docs/architecture.md.
 */
export const COMPONENT_LIMIT = 1024;

/** Costs of values, in units of about a byte of encoded form, independent of the block around them. */
export const COST_CONSTANT = 1;
export const COST_NUMBER = 5;
export const COST_DATE = 9;
export const COST_STRING = 2;
export const COST_BYTES = 4;
export const COST_COLLECTION = 3;
export const COST_KEY = 1;
export const COST_BLOCK = 46;

/** Bytes of one entry in a block's child list: hash 32, bytes 6, count 4, height 2. */
export const CHILD_BYTES = 44;

/** Records with more keys than this have a key list of their own in the block, never a shared one. */
export const SHARED_KEYS = 32;

export const TAG_NULL = 0x00;
export const TAG_FALSE = 0x01;
export const TAG_TRUE = 0x02;
export const TAG_POSITIVE = 0x03;
export const TAG_NEGATIVE = 0x04;
export const TAG_FLOAT = 0x05;
export const TAG_STRING = 0x06;
export const TAG_BIGINT = 0x07;
export const TAG_DATE = 0x08;
export const TAG_BYTES = 0x09;
export const TAG_ARRAY = 0x0a;
export const TAG_RECORD = 0x0b;
export const TAG_COMPONENT = 0x0c;
export const TAG_MAP = 0x0d;
export const TAG_SET = 0x0e;
export const TAG_EXTENDED = 0x0f;
/** 0x10–0x1f: a record whose shape index is the low four bits. */
export const TAG_RECORD_SMALL = 0x10;
/** 0x20–0x3f: an array whose length is the low five bits. */
export const TAG_ARRAY_SMALL = 0x20;
/** 0x40–0x7f: a string whose length in UTF-16 units is the low six bits. */
export const TAG_STRING_SMALL = 0x40;
/** 0x80–0xff: the integers 0 to 127. */
export const TAG_INTEGER_SMALL = 0x80;

export const EXTENDED_LINK = 0x00;
/** A record whose prototype is null. */
export const EXTENDED_BARE_RECORD = 0x01;

export const STRINGS_LATIN1 = 0;
export const STRINGS_UTF8 = 1;
export const STRINGS_UTF16 = 2;

/** Byte arrays and typed arrays by the number that stands for them in a block. */
export const BYTE_TYPES: readonly (new (buffer: ArrayBuffer) => ArrayBufferView)[] = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
];
