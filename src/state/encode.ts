/**
 * Turns a value into blocks (docs/format.md). One walk measures and checks every value from the leaves up and makes
 * blocks of those above the limit (measure.ts, tree/split.ts); a second writes each block (writeValue.ts). What is
 * written depends on the value alone: never on the order of keys, on what was encoded before, or on how the value was
 * edited into being.
 */
import { MAX_DEPTH } from '../protocol/limits.js';
import type { Hash } from '../store/index.js';
import { ValueDigest } from './digestValue.js';
import { Encoding } from './encoding.js';
import { FieldsEdit } from './fieldsEdit.js';
import { FORMAT_LIMITS, KIND_COMMIT, KIND_VALUE, type Limits } from './format.js';
import { Measure } from './measure.js';
import { type Link, Part } from './part.js';
import { SmallValue } from './smallValue.js';
import { TreeEdit } from './tree/edit.js';
import { writeNode } from './tree/grow.js';
import { splice } from './tree/splice.js';
import { Splitter } from './tree/split.js';
import { ValueWriter } from './writeValue.js';

export interface Encoder {
  /**
   * Encodes a value; parts that stand in it are kept as they are. The part returned holds every block that is new.
   * @throws HeliosError `UNSUPPORTED_VALUE` (details: `path`, `found`) for what the value model has no place for.
   */
  value(value: unknown): Part;
  /** The same for what an edit left, which is frozen all through: blocks keep what they are the values of, up to a limit. */
  settled(value: unknown): Part;
  /** Bytes of the blocks that the last value encoded was made of, without those that were there before. */
  readonly newBytes: number;
  /** Encodes a commit record. Its `root` is a part and stays one. */
  commit(record: object): Part;
}

export interface EncoderOptions {
  /** Recognises a reference inside a value. */
  readonly asLink?: (value: object) => Link | undefined;
  /** For tests alone: other sizes make other blocks, of no format. */
  readonly limits?: Limits;
}

export function createEncoder(options: EncoderOptions = {}): Encoder {
  const encoding = new ValueEncoder(options.asLink ?? (() => undefined), options.limits ?? FORMAT_LIMITS);
  return {
    value: (value) => encoding.encode(value, KIND_VALUE, false),
    settled: (value) => encoding.encode(value, KIND_VALUE, true),
    commit: (record) => encoding.encode(record, KIND_COMMIT, false),
    get newBytes() {
      return encoding.newBytes;
    },
  };
}

class ValueEncoder {
  private readonly encoding: Encoding;
  private readonly writer: ValueWriter;
  private readonly measure: Measure;
  private readonly splitter: Splitter;
  private readonly small: SmallValue;
  private isRunning = false;

  constructor(
    private readonly asLink: (value: object) => Link | undefined,
    private readonly limits: Limits,
  ) {
    const encoding = new Encoding(asLink, limits);
    const { standalone } = this;
    this.encoding = encoding;
    this.small = new SmallValue(encoding);
    this.writer = new ValueWriter(encoding, standalone);
    const digest = new ValueDigest(encoding, this.writer, standalone);
    this.measure = new Measure(
      encoding,
      (value, height) => this.splitter.part(value, height),
      standalone,
      (tree, costOf, makeBlock) => {
        if (tree instanceof TreeEdit) {
          return splice(tree, { encoding, splitter: this.splitter, digest, costOf, makeBlock });
        }
        const row = { parts: [...tree.children], ends: [...tree.ends] };
        return writeNode(encoding, tree.of, tree.type, tree.level, row, 0, row.parts.length);
      },
      this.small,
    );
    this.splitter = new Splitter(encoding, { writer: this.writer, digest, measure: this.measure, standalone });
  }

  get newBytes(): number {
    return this.encoding.newBytes;
  }

  encode(value: unknown, kind: number, isSettled: boolean): Part {
    if (value instanceof Part && kind === KIND_VALUE) {
      if (!this.isRunning) this.encoding.newBytes = 0;
      return value;
    }
    // A getter or a link in the value encodes another one meanwhile.
    if (this.isRunning) return new ValueEncoder(this.asLink, this.limits).encode(value, kind, false);
    this.isRunning = true;
    this.encoding.start(isSettled);
    try {
      if (kind === KIND_VALUE && typeof value === 'object' && value !== null) {
        const small = this.small.part(value);
        if (small !== undefined) return small;
      }
      this.measure.whole(value, kind === KIND_COMMIT ? MAX_DEPTH + 1 : MAX_DEPTH);
      if (kind === KIND_COMMIT) return this.commit(value as object);
      const known = this.encoding.parts.get(value);
      if (known !== undefined) return known;
      const plain = value instanceof TreeEdit || value instanceof FieldsEdit ? this.encoding.plains.get(value) : value;
      return this.splitter.part(plain, this.measure.height);
    } finally {
      this.isRunning = false;
      this.encoding.clear();
    }
  }

  private commit(record: object): Part {
    const { height } = this.measure;
    this.encoding.begin();
    this.writer.top(record);
    const count = Object.values(record).filter((item) => item !== undefined).length;
    return this.encoding.finish(KIND_COMMIT, count, height);
  }

  /**
   * The hash of a value encoded by itself: the order of members that have no order of their own. Mostly found while their
   * Map or Set is measured, when everything below them is. Of a leaf that is written again without being measured it is
   * asked for while that is written: another encoder finds it then.
   */
  private readonly standalone = (value: unknown): Hash => {
    const { parts, hashes } = this.encoding;
    if (typeof value !== 'object' || value === null) return this.hashByItself(value);
    const known = hashes.get(value);
    if (known !== undefined) return known;
    const part = value instanceof Part ? value : parts.get(value);
    const hash = part === undefined ? this.hashByItself(value) : part.hash;
    hashes.set(value, hash);
    return hash;
  };

  private hashByItself(value: unknown): Hash {
    if (!this.encoding.isWriting) return this.splitter.whole(value, 1, 0).hash;
    return new ValueEncoder(this.asLink, this.limits).encode(value, KIND_VALUE, false).hash;
  }
}
