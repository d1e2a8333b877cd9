/** Blocks of values under test, as a restorer would read them: only through the child lists of the blocks themselves. */
import { Decoder, type OpenBlock } from '../../src/state/decode.js';
import { createEncoder, type Encoder } from '../../src/state/encode.js';
import { freshBlocks, Part } from '../../src/state/part.js';
import type { Hash } from '../../src/store/index.js';

export interface Forest {
  readonly encoder: Encoder;
  readonly decoder: Decoder;
  readonly blocks: Map<Hash, Uint8Array>;
  /** Encodes a value and keeps its blocks; the part given forgets that it was made here. */
  plant(value: unknown): Part;
  open(part: Part): OpenBlock;
  /** One block, with parts where other blocks begin. */
  shallow(part: Part): unknown;
  /** The whole value; `shares` gives equal components as one object, as a cache would. */
  whole(part: Part, shares?: boolean): unknown;
}

export function createForest(encoder = createEncoder(), decoder = new Decoder()): Forest {
  const blocks = new Map<Hash, Uint8Array>();
  const open = (part: Part): OpenBlock => {
    const bytes = blocks.get(part.hash);
    if (bytes === undefined) throw new Error(`block ${part.hash} was never planted`);
    return decoder.open(part.hash, bytes);
  };
  const whole = (part: Part, known: Map<Hash, unknown> | undefined): unknown => {
    if (known?.has(part.hash)) return known.get(part.hash);
    const block = open(part);
    const value = block.value(block.children.slice(0, block.components).map((child) => whole(child, known)));
    known?.set(part.hash, value);
    return value;
  };
  return {
    encoder,
    decoder,
    blocks,
    plant(value) {
      const part = encoder.value(value);
      for (const [hash, fresh] of freshBlocks(part)) blocks.set(hash, fresh.block);
      return new Part(part.hash, part.bytes, part.count, part.height, null);
    },
    open,
    shallow: (part) => open(part).value(),
    whole: (part, shares = false) => whole(part, shares ? new Map() : undefined),
  };
}
