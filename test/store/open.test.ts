import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/index.js';
import { freshDirectory, removeDirectory } from './directories.js';

describe('openStore', () => {
  it('makes "memory" a store in memory, and any other name a directory', async () => {
    const base = freshDirectory();
    const memory = openStore('memory', { random: (bytes) => new Uint8Array(bytes).fill(255) });
    expect(memory.kind).toBe('memory');
    expect(memory.id).toBe('f'.repeat(32));
    expect(openStore('memory').id).not.toBe(memory.id);
    const onDisk = openStore(join(base, 'memory'), { durability: 'power' });
    expect(onDisk.kind).toBe('lmdb');
    expect(existsSync(join(base, 'memory', 'data.mdb'))).toBe(true);
    await onDisk.close();
    expect(() => openStore(join(base, 'none'), { create: false })).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST' }),
    );
    removeDirectory(base);
  });
});
