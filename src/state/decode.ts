/**
 * Reads blocks (docs/format.md): the header alone, or the whole block as frozen plain data in which the values given for its
 * children stand where the children belong. It reads one block, never another; what it is given is verified bytes, so
 * a block that does not fit the format is `CORRUPT_BLOCK`.
 */
import type { Hash } from '../store/index.js';
import { ALIGNMENT, CHILD_BYTES, FORMAT, KIND_NODE, KIND_VALUE } from './format.js';
import { canGenerate, GENERATED_MAX } from './generate.js';
import { childAt } from './header.js';
import { KeyListBook } from './keyLists.js';
import type { FreshBlock, Link, Part } from './part.js';
import { BlockReader } from './readBlock.js';
import { readNode } from './readNode.js';

export interface DecoderOptions {
  /** Makes the reference that a link stands for. */
  readonly fromLink?: (link: Link) => unknown;
}

const NO_PARTS: readonly Part[] = Object.freeze([]);

export class Decoder {
  readonly keyLists = new KeyListBook();
  /** How many more key lists code may be made for. */
  generations = canGenerate ? GENERATED_MAX : 0;
  readonly fromLink: (link: Link) => unknown;
  private reader: BlockReader | null = null;

  constructor(options: DecoderOptions = {}) {
    this.fromLink = options.fromLink ?? ((link) => link);
  }

  /**
   * Opens a block: its child list is read, its body is not yet. `fresh` is given for a block made in this process.
   * @throws HeliosError `CORRUPT_BLOCK`
   */
  open(hash: Hash, bytes: Uint8Array, fresh: FreshBlock | null = null): OpenBlock {
    return new OpenBlock(this, hash, Buffer.isBuffer(bytes) ? bytes : bufferOf(bytes), fresh);
  }

  /** @internal A reader for one block, to be given back; one that failed is not, and one that is out has no other. */
  take(hash: Hash, bytes: Buffer): BlockReader {
    const reader = this.reader ?? new BlockReader(this);
    this.reader = null;
    reader.begin(hash, bytes);
    return reader;
  }

  /** @internal */
  giveBack(reader: BlockReader): void {
    reader.letGo();
    this.reader = reader;
  }
}

/** One block being read: its header when it is made, its body when `value` is called. */
export class OpenBlock {
  readonly kind: number;
  /** Components in the order of their places in the body, then links. */
  readonly children: readonly Part[];
  readonly components: number;
  /** After `value`: whether a typed array stands in this block. Such a value can't be shared: nothing freezes those. */
  hasBytes = false;
  /** Where the child list ends, and where the tail begins. */
  private readonly listEnd: number;
  private readonly end: number;

  constructor(
    private readonly decoder: Decoder,
    readonly hash: Hash,
    /** The whole block, as it was given. */
    readonly bytes: Buffer,
    private readonly fresh: FreshBlock | null,
  ) {
    const reader = decoder.take(hash, bytes);
    this.kind = bytes[1] ?? -1;
    if (bytes[0] !== FORMAT) reader.corrupt(`has format ${bytes[0]}, this version reads format ${FORMAT}`);
    if (this.kind < KIND_VALUE || this.kind > KIND_NODE) reader.corrupt(`is of the unknown kind ${this.kind}`);
    reader.at = 2;
    const components = reader.varint();
    const count = components + reader.varint();
    this.end = bytes.length - reader.varint();
    const listAt = reader.at;
    if (!(this.end >= listAt) || (this.end < bytes.length && this.end % ALIGNMENT !== 0)) {
      reader.corrupt('has a tail of no size that it could have');
    }
    if (count * CHILD_BYTES > this.end - listAt) reader.corrupt('is shorter than its child list');
    this.children = fresh?.children ?? (count === 0 ? NO_PARTS : childList(bytes, listAt, count));
    this.components = components;
    this.listEnd = listAt + count * CHILD_BYTES;
    decoder.giveBack(reader);
  }

  /**
   * The block's value, frozen. `components[i]` stands where component i belongs: its value, or its part.
   * Typed arrays in the result are copies.
   */
  value(components: readonly unknown[] = this.children): unknown {
    const reader = this.decoder.take(this.hash, this.bytes);
    reader.beginBody(this.listEnd, this.end, this.children, this.components, components);
    const value = this.kind === KIND_NODE ? readNode(reader, this.fresh) : reader.wholeValue();
    this.hasBytes = reader.hasBytes;
    this.decoder.giveBack(reader);
    return value;
  }
}

function childList(bytes: Uint8Array, at: number, count: number): readonly Part[] {
  const children: Part[] = new Array(count);
  for (let index = 0; index < count; index++) children[index] = childAt(bytes, at + index * CHILD_BYTES);
  return children;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
