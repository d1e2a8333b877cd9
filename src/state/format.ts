/**
 * Constants of block format 1. They decide which bytes, and so which hash, a value has: changing any of them is a new
 * format. docs/format.md describes the layout byte by byte.
 */

export const FORMAT = 1;

/** Second byte of a block. */
export const KIND_VALUE = 0;
export const KIND_COMMIT = 1;
export const KIND_NODE = 2;

/**
 * A value below the top whose cost (see `cost` in docs/format.md) is above this is a block of its own. Smaller shares
 * more between versions and costs more index: measured on the tour's documents, see docs/architecture.md.
 */
export const COMPONENT_LIMIT = 1536;

/** Sizes that decide what is a block. The format's own are `FORMAT_LIMITS`; tests grow deep trees from small values. */
export interface Limits {
  /** Cost above which a value below the top is a block of its own. */
  readonly component: number;
  /** Size at which the first leaf of a split value ends. */
  readonly firstLeaf: number;
  /** Size at which any other leaf or node ends at the latest. */
  readonly stretchMax: number;
  /** The fourth power of the scale of sizes, by 2^32: how likely a stretch ends. */
  readonly likelihood: number;
}

/** Leaves and nodes of 1.4 KB on average: 1536 is the scale of their sizes, 1536^4 / 2^32 = 1296. */
export const FORMAT_LIMITS: Limits = Object.freeze({
  component: COMPONENT_LIMIT,
  firstLeaf: 3072,
  stretchMax: 6144,
  likelihood: 1296,
});

/** Costs of values, in units of about a byte of encoded form, independent of the block around them. */
export const COST_CONSTANT = 1;
export const COST_NUMBER = 5;
export const COST_DATE = 9;
export const COST_STRING = 2;
export const COST_BYTES = 4;
export const COST_COLLECTION = 3;
export const COST_KEY = 1;
export const COST_BLOCK = 46;
/** Size of a child in a node of marks: its entry in the child list and the mark. */
export const SIZE_MARKED = COST_BLOCK + 4;

/** Bytes of one entry in a block's child list: hash 32, bytes 6, count 6, height 2. */
export const CHILD_BYTES = 46;
export const CHILD_BYTES_AT = 32;
export const CHILD_COUNT_AT = 38;
export const CHILD_HEIGHT_AT = 44;

/** Typed arrays lie at multiples of this from the start of their block. */
export const ALIGNMENT = 8;

/** Records with more keys than this have a key list of their own in the block, never a shared one. */
export const SHARED_KEYS = 32;

/** What a node is of: the first byte of its body. */
export const NODE_RECORD = 0;
export const NODE_BARE_RECORD = 1;
export const NODE_ARRAY = 2;
export const NODE_MAP = 3;
export const NODE_SET = 4;
export const NODE_STRING = 5;
export const NODE_BYTES = 6;

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
/** In nodes of Maps and Sets: a key that is told by its root. */
export const EXTENDED_HASHED = 0x02;

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

/** Bytes of one element, by type. */
export const ELEMENT_BYTES: readonly number[] = BYTE_TYPES.map((type) =>
  'BYTES_PER_ELEMENT' in type ? Number(type.BYTES_PER_ELEMENT) : 1,
);
