/** The first bytes of a block: how many children it has, and the entries of their list (docs/format.md). */
import { CHILD_BYTES, CHILD_BYTES_AT, CHILD_COUNT_AT, CHILD_HEIGHT_AT } from './format.js';
import { Part } from './part.js';

/** A child's bytes and count have six bytes; what shares so much that it would take more says this. */
export const CHILD_BYTES_MAX = 0xffffffffffff;

export interface Header {
  readonly components: number;
  readonly links: number;
  /** Bytes of typed arrays behind the body. */
  readonly tailBytes: number;
  /** Where the child list begins. */
  readonly listAt: number;
}

/** The header of a block that is known to be one. */
export function headerOf(block: Uint8Array): Header {
  let at = 2;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = block[at++] ?? 0;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  const components = varint();
  const links = varint();
  const tailBytes = varint();
  return { components, links, tailBytes, listAt: at };
}

/** The entry of a child list at an offset. */
export function childAt(block: Uint8Array, at: number): Part {
  return Part.at(
    block,
    at,
    uint48(block, at + CHILD_BYTES_AT),
    uint48(block, at + CHILD_COUNT_AT),
    (block[at + CHILD_HEIGHT_AT] as number) | ((block[at + CHILD_HEIGHT_AT + 1] as number) << 8),
    null,
  );
}

/** The bytes of all components and of what is below them. */
export function bytesBelow(block: Uint8Array, { listAt, components }: Header): number {
  let bytes = 0;
  for (let index = 0; index < components; index++)
    bytes += uint48(block, listAt + index * CHILD_BYTES + CHILD_BYTES_AT);
  return bytes;
}

function uint48(bytes: Uint8Array, at: number): number {
  const low =
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0;
  return low + ((bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8)) * 0x100000000;
}

/** Writes an entry of a child list. */
export function writeChild(block: Buffer, at: number, part: Part): void {
  writeHash(block, at, part);
  writeUInt48(block, at + CHILD_BYTES_AT, Math.min(part.bytes, CHILD_BYTES_MAX));
  writeUInt48(block, at + CHILD_COUNT_AT, Math.min(part.count, CHILD_BYTES_MAX));
  block[at + CHILD_HEIGHT_AT] = part.height & 0xff;
  block[at + CHILD_HEIGHT_AT + 1] = part.height >>> 8;
}

/** Writes the entry of a link, which names another state and measures nothing of it. */
export function writeLinked(block: Buffer, at: number, part: Part): void {
  writeHash(block, at, part);
  block.fill(0, at + CHILD_BYTES_AT, at + CHILD_BYTES);
}

function writeHash(block: Buffer, at: number, part: Part): void {
  const { raw, rawAt } = part;
  if (raw === null) block.write(part.hash, at, 32, 'hex');
  else for (let index = 0; index < 32; index++) block[at + index] = raw[rawAt + index] as number;
}

function writeUInt48(block: Buffer, at: number, value: number): void {
  const low = value % 0x100000000;
  const high = (value - low) / 0x100000000;
  block[at] = low & 0xff;
  block[at + 1] = (low >>> 8) & 0xff;
  block[at + 2] = (low >>> 16) & 0xff;
  block[at + 3] = low >>> 24;
  block[at + 4] = high & 0xff;
  block[at + 5] = high >>> 8;
}
