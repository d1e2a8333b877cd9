/** The first bytes of a block: how many children it has and where their list begins (docs/format.md). */
import { CHILD_BYTES, CHILD_BYTES_AT, CHILD_COUNT_AT, CHILD_HEIGHT_AT } from './format.js';
import { Part } from './part.js';

export interface Header {
  readonly components: number;
  readonly links: number;
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
  varint();
  return { components, links, listAt: at };
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
