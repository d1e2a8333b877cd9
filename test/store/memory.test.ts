import { describe, expect, it } from 'vitest';
import { createMemoryStore, type Hash, hashOf } from '../../src/store/index.js';
import { storeContract } from '../contract/store.js';

storeContract(
  'memory',
  () => {
    const at = new Map<Hash, Uint8Array>();
    return { store: createMemoryStore({ blocks: at }), at };
  },
  async (at, hash, bytes) => {
    at.set(hash, bytes);
  },
);

describe('a store in memory', () => {
  it('counts the blocks that it was given', () => {
    const block = Buffer.from('here already');
    const store = createMemoryStore({
      blocks: new Map([[hashOf(block), block]]),
      random: (bytes) => new Uint8Array(bytes),
    });
    expect(store.blocks.size).toEqual({ blocks: 1, bytes: 12 });
    expect(store.id).toBe('0'.repeat(32));
    expect(store.kind).toBe('memory');
  });
});
