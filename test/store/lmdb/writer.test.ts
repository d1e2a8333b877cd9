import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hashOf, openLmdbStore } from '../../../src/store/index.js';
import { Collections } from '../../../src/store/lmdb/collection.js';
import { Heads } from '../../../src/store/lmdb/heads.js';
import { Snapshot } from '../../../src/store/lmdb/snapshot.js';
import { openTables, type Tables } from '../../../src/store/lmdb/tables.js';
import { Tally } from '../../../src/store/lmdb/tally.js';
import { Turnstile } from '../../../src/store/lmdb/turnstile.js';
import { Writer, type WriterOptions } from '../../../src/store/lmdb/writer.js';
import { head, makeBlocks, randomBlock, save } from '../../contract/store.js';
import { type Child, startChild, startStopped } from '../children.js';
import { freshDirectory, removeDirectory } from '../directories.js';

let directory: string;
beforeEach(() => {
  directory = freshDirectory();
});
afterEach(() => removeDirectory(directory));

/** A writer that cannot see who holds the lock, as on a system where nobody can. */
function blindWriter(options: Partial<WriterOptions> = {}): { tables: Tables; heads: Heads; writer: Writer } {
  const tables = openTables(directory, undefined, () => {});
  const heads = new Heads(tables, new Snapshot(tables.environment, () => {}));
  const tally = new Tally(tables.tally, Buffer.from('slot one'));
  const lock = { holder: () => undefined };
  const turnstile = new Turnstile(directory);
  const collections = new Collections({ tables, tally, now: Date.now });
  const own = { directory, tables, heads, tally, lock, turnstile, lockWaitMs: 200, flush: undefined };
  const writer = new Writer({ ...own, collections, now: Date.now, ...options });
  return { tables, heads, writer };
}

function moving(name: string): Parameters<Writer['write']>[0] {
  const [hash, block] = randomBlock(40);
  return { blocks: new Map([[hash, block]]), borrowed: [], moves: [{ name, expect: null, to: head(name, 1) }] };
}

describe('a writer that cannot see the lock', () => {
  let stopper: Child;
  async function stop(): Promise<void> {
    stopper = await startStopped(directory);
  }
  afterEach(async () => {
    stopper.kill('SIGKILL');
    await stopper.ended;
  });

  it('calls off what waits for it too long, and goes on when it is free', async () => {
    const { tables, heads, writer } = blindWriter();
    await stop();
    const late = moving('late');
    const waiting = writer.write(late);
    await expect(waiting).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: expect.stringContaining('another process'),
    });
    await expect(writer.write(moving('behind it'))).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    stopper.kill('SIGCONT');
    expect(await stopper.next()).toBe('let go');
    await writer.write(moving('in time'));
    heads.renew();
    expect(Array.from(heads.list(), ({ name }) => name)).toEqual(['in time']);
    expect([...late.blocks.keys()].map((hash) => tables.blocks.getBinaryFast(hash))).toEqual([undefined]);
    await writer.close();
    await tables.environment.close();
  });

  it('says in time that it cannot close', async () => {
    const { tables, writer } = blindWriter();
    await stop();
    const waiting = writer.write(moving('late'));
    const closing = writer.close();
    await expect(waiting).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await expect(closing).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await expect(writer.write(moving('after'))).rejects.toMatchObject({ code: 'CLOSED' });
    stopper.kill('SIGCONT');
    expect(await stopper.next()).toBe('let go');
    await tables.environment.close();
  });
});

describe('a writer', () => {
  it('queues a change anew when a block that it had is gone by the time it is written', async () => {
    const { tables, heads, writer } = blindWriter();
    const [hash, block] = randomBlock(30);
    await writer.write({ blocks: new Map([[hash, block]]), borrowed: [], moves: [] });
    heads.get('a'); // this turn's snapshot has the block
    expect(tables.blocks.getBinaryFast(hash)).toBeDefined();
    const removing = tables.blocks.remove(hash); // as a collection in another process would
    const moves = [{ name: 'a', expect: null, to: head('a', 1) }];
    await Promise.all([removing, writer.write({ blocks: new Map([[hash, block]]), borrowed: [], moves })]);
    heads.renew();
    expect(tables.blocks.getBinaryFast(hash)).toBeDefined();
    expect(heads.get('a')).toEqual(head('a', 1));
    await writer.close();
    await tables.environment.close();
  });

  it('resolves only when what it wrote is flushed, if it is to wait for that', async () => {
    let release = () => {};
    const flushed = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { tables, heads, writer } = blindWriter({ flush: () => flushed, lockWaitMs: 10_000 });
    let isResolved = false;
    const writing = writer.write(moving('a')).then(() => {
      isResolved = true;
    });
    await vi.waitFor(() => {
      heads.renew();
      expect(heads.get('a')).toBeDefined();
    });
    expect(isResolved).toBe(false);
    release();
    await writing;
    await writer.close();
    await tables.environment.close();
  });

  it('fails a change whose flush fails', async () => {
    const flush = () => Promise.reject(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
    const { tables, writer } = blindWriter({ flush });
    await expect(writer.write(moving('a'))).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('EIO'),
    });
    await writer.close();
    await tables.environment.close();
  });
});

describe('durability', () => {
  async function flushesOf(durability: 'process' | 'power'): Promise<number> {
    const probe = await openFile(join(directory, '..'), 'r');
    const datasync = vi.spyOn(Object.getPrototypeOf(probe), 'datasync');
    await probe.close();
    try {
      const store = openLmdbStore({ directory, durability });
      const before = datasync.mock.calls.length;
      await save(store, head(durability, 1), null);
      await store.blocks.put(makeBlocks(3, 3));
      await store.close();
      return datasync.mock.calls.length - before;
    } finally {
      datasync.mockRestore();
    }
  }

  it('"power" waits for the disk with every transaction, "process" leaves it to the system', async () => {
    expect(await flushesOf('power')).toBe(2);
    expect(await flushesOf('process')).toBe(0);
  });
});

describe('a full disk', () => {
  it('fails the change with STORE_FULL, keeps what was saved, and harms nothing', async () => {
    const limited = ['sh', '-c', 'ulimit -f 4096; exec "$@"', 'sh']; // blocks of 512 or 1,024 bytes
    const filler = startChild('filler', [directory], limited);
    const said = await filler.next();
    expect(said).toMatchObject({ failure: { code: 'STORE_FULL' }, isReadable: true, again: 'STORE_FULL' });
    const { saved, size } = said as { saved: number; size: { blocks: number; bytes: number } };
    expect(saved).toBeGreaterThan(10);
    expect(size).toEqual({ blocks: saved, bytes: 20_000 * saved });

    const store = openLmdbStore({ directory });
    expect(Array.from(store.heads.list()).length).toBe(saved);
    for (let version = 1; version <= saved; version++) {
      const hash = hashOf(Buffer.from(`${version}`.padEnd(20_000, '.')));
      expect(store.heads.get(`n${version}`)?.commit).toBe(hash);
      expect(store.blocks.get(hash)?.length).toBe(20_000);
    }
    await save(store, head('after', 1), null);
    await store.close();
  });
});

describe('large blocks', () => {
  it('come back as they were, beyond what LMDB copies itself', async () => {
    const store = openLmdbStore({ directory });
    for (const size of [16 * 1_048_576 - 1, 16 * 1_048_576 + 1, 40_000_000]) {
      const block = new Uint8Array(size).fill(size & 0xff);
      block[size - 1] = 1;
      const hash = hashOf(block);
      await store.blocks.put(new Map([[hash, block]]));
      const found = store.blocks.get(hash);
      expect(found?.constructor).toBe(Uint8Array);
      expect(Buffer.compare(found ?? new Uint8Array(0), block)).toBe(0);
      const again = store.blocks.get(hash);
      found?.fill(0);
      expect(Buffer.compare(again ?? new Uint8Array(0), block)).toBe(0);
    }
    await store.close();
  });
});
