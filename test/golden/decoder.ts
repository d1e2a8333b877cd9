/**
 * A second decoder, written from docs/format.md alone and sharing nothing with the first: what the page says is enough to
 * read every state that was ever stored. It is slow and plain, and trusts its blocks.
 */

/** A reference inside a value. */
export interface Linked {
  readonly root: string;
  readonly type: unknown;
  readonly schemaVersion: unknown;
  readonly weight: unknown;
}

export interface DecoderOptions {
  /** The bytes of a block by its hash in hex. */
  readonly read: (hash: string) => Uint8Array;
  /** What stands in a value for a link. Default: what it says. */
  readonly linked?: (link: Linked) => unknown;
}

const CHILD_BYTES = 46;
const VIEWS = [
  ...[Uint8Array, Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView],
];
const ENCODINGS = ['latin1', 'utf8', 'utf16le'] as const;

/** The value of a root. */
export function decode(root: string, options: DecoderOptions): unknown {
  const block = new Block(root, options);
  return block.isNode ? block.node() : block.next();
}

class Block {
  private readonly bytes: Buffer;
  readonly isNode: boolean;
  private readonly children: string[] = [];
  private readonly components: number;
  private readonly tailAt: number;
  private readonly keyLists: string[][] = [];
  private readonly text: string;
  private at = 2;
  private textAt = 0;
  private tailUsed = 0;
  private nextComponent = 0;
  private nextLink: number;

  constructor(
    hash: string,
    private readonly options: DecoderOptions,
  ) {
    this.bytes = Buffer.from(options.read(hash));
    if (this.bytes[0] !== 1) throw new Error(`block ${hash} is not of format 1`);
    this.isNode = this.bytes[1] === 2;
    this.components = this.varint();
    const links = this.varint();
    this.tailAt = this.bytes.length - this.varint();
    for (let index = 0; index < this.components + links; index++) {
      this.children.push(this.bytes.toString('hex', this.at, this.at + 32));
      this.at += CHILD_BYTES;
    }
    this.nextLink = this.components;
    const lengths = this.listLengths();
    this.text = this.stringRegion();
    for (const list of lengths) this.keyLists.push(list.map((units) => this.string(units)));
  }

  private listLengths(): number[][] {
    const count = this.varint();
    if (count === 0) return [];
    this.varint();
    this.varint();
    return Array.from({ length: count }, () => Array.from({ length: this.varint() }, () => this.varint()));
  }

  private stringRegion(): string {
    const units = this.varint();
    if (units === 0) return '';
    const encoding = this.byte();
    const size = encoding === 0 ? units : encoding === 1 ? this.varint() : 2 * units;
    this.at += size;
    return this.bytes.toString(ENCODINGS[encoding], this.at - size, this.at);
  }

  next(): unknown {
    const tag = this.byte();
    if (tag >= 0x80) return tag - 0x80;
    if (tag >= 0x40) return this.string(tag - 0x40);
    if (tag >= 0x20) return this.array(tag - 0x20);
    if (tag >= 0x10) return this.record(tag - 0x10, Object.prototype);
    const readers = [
      ...[() => null, () => false, () => true],
      () => this.varint(),
      () => -1 - this.varint(),
      () => this.double(),
      () => this.string(this.varint()),
      () => this.bigint(),
      () => new Date(this.double()),
      () => this.typed(this.byte(), this.varint()),
      () => this.array(this.varint()),
      () => this.record(this.varint(), Object.prototype),
      () => decode(this.children[this.nextComponent++] as string, this.options),
      () => new Map(Array.from({ length: this.varint() }, () => [this.next(), this.next()] as const)),
      () => new Set(this.array(this.varint())),
      () => this.extended(this.byte()),
    ];
    return readers[tag]?.();
  }

  private extended(tag: number): unknown {
    if (tag === 1) return this.record(this.varint(), null);
    const root = this.children[this.nextLink++] as string;
    const link = { root, type: this.next(), schemaVersion: this.next(), weight: this.next() };
    return this.options.linked?.(link) ?? link;
  }

  private array(length: number): unknown[] {
    return Array.from({ length }, () => this.next());
  }

  private record(list: number, prototype: object | null): object {
    return recordOf(
      (this.keyLists[list] as string[]).map((key) => [key, this.next()] as const),
      prototype,
    );
  }

  private bigint(): bigint {
    const sizeAndSign = this.varint();
    const size = Math.floor(sizeAndSign / 2);
    this.at += size;
    const magnitude = BigInt(`0x${this.bytes.toString('hex', this.at - size, this.at)}`);
    return sizeAndSign % 2 === 1 ? -magnitude : magnitude;
  }

  private typed(type: number, size: number): ArrayBufferView {
    if (size === 0) return viewOf(type, Buffer.alloc(0));
    const from = this.tailAt + Math.ceil(this.tailUsed / 8) * 8;
    this.tailUsed = from - this.tailAt + size;
    return viewOf(type, this.bytes.subarray(from, from + size));
  }

  /** A tree: its leaves put together in order. */
  node(): unknown {
    const of = this.byte();
    const type = this.byte();
    const parts = this.children.map((child) => decode(child, this.options));
    const recordFrom = (prototype: object | null) =>
      recordOf(
        parts.flatMap((part) => Object.entries(part as object)),
        prototype,
      );
    const joined = [
      ...[() => recordFrom(Object.prototype), () => recordFrom(null)],
      () => parts.flat(1),
      () => new Map(parts.flatMap((part) => [...(part as Map<unknown, unknown>)])),
      () => new Set(parts.flatMap((part) => [...(part as Set<unknown>)])),
      () => parts.join(''),
      () => viewOf(type, Buffer.concat((parts as ArrayBufferView[]).map(({ buffer }) => new Uint8Array(buffer)))),
    ];
    return joined[of]?.();
  }

  private string(units: number): string {
    this.textAt += units;
    return this.text.slice(this.textAt - units, this.textAt);
  }

  private double(): number {
    this.at += 8;
    return this.bytes.readDoubleLE(this.at - 8);
  }

  private varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  }

  private byte(): number {
    return this.bytes[this.at++] as number;
  }
}

function recordOf(entries: readonly (readonly [string, unknown])[], prototype: object | null): object {
  const property = { enumerable: true, writable: true, configurable: true };
  const record: object = Object.create(prototype);
  for (const [key, value] of entries) Object.defineProperty(record, key, { value, ...property });
  return record;
}

function viewOf(type: number, bytes: Uint8Array): ArrayBufferView {
  const View = VIEWS[type] as new (buffer: ArrayBuffer) => ArrayBufferView;
  return new View(Uint8Array.from(bytes).buffer);
}
