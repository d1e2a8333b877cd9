/** Several processes on one directory: what one commits the others see, and nobody's end or standstill harms another. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashOf, openLmdbStore, type Store } from '../../../src/store/index.js';
import { head, makeBlocks, save } from '../../contract/store.js';
import { type Child, startChild, startStopped } from '../children.js';
import { freshDirectory, removeDirectory } from '../directories.js';

let directory: string;
let store: Store | undefined;
const children: Child[] = [];

beforeEach(() => {
  directory = freshDirectory();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    await child.ended;
  }
  await store?.close();
  store = undefined;
  removeDirectory(directory);
});

function opened(options: { lockWaitMs?: number; mapBytes?: number } = {}): Store {
  store = openLmdbStore({ directory, ...options });
  return store;
}

function child(name: string, ...args: string[]): Child {
  const started = startChild(name, [directory, ...args]);
  children.push(started);
  return started;
}

async function openedChild(options: object = {}): Promise<Child> {
  const worker = child('worker', JSON.stringify(options));
  expect(await worker.next()).toBe('open');
  return worker;
}

/** Every block of every version is here, and the tally is what the blocks add up to. Returns the head's version. */
function expectSound(sound: Store, name: string): number {
  const newest = sound.heads.get(name)?.version ?? 0;
  const seen = new Map<string, number>();
  const missing: string[] = [];
  const look = (hash: string): Uint8Array => {
    const block = sound.blocks.get(hash);
    if (block === undefined) missing.push(hash);
    else seen.set(hash, block.length);
    return block ?? Buffer.from('{"children":[]}');
  };
  const versions: number[] = [];
  for (const { version, commit } of sound.heads.history(name)) {
    const written = JSON.parse(Buffer.from(look(commit)).toString());
    for (const hash of written.children) look(hash);
    versions.push(written.version === version ? version : Number.NaN);
  }
  expect(missing).toEqual([]);
  expect(versions).toEqual(Array.from({ length: newest }, (_, at) => newest - at));
  const { size } = sound.blocks;
  let bytes = 0;
  for (const length of seen.values()) bytes += length;
  // Blocks that went ahead of a commit that never came count as well.
  expect(size.blocks).toBeGreaterThanOrEqual(seen.size);
  expect(size.bytes - bytes).toBe((size.blocks - seen.size) * 60);
  return newest;
}

describe('two stores on one directory', () => {
  it('in one process see each other, and one closed leaves the other open', async () => {
    const first = openLmdbStore({ directory });
    const second = opened();
    expect(second.id).toBe(first.id);
    await save(first, head('a', 1), null);
    expect(second.heads.get('a')).toEqual(head('a', 1));
    const blocks = makeBlocks(100, 50);
    await Promise.all([first.blocks.put(blocks), second.blocks.put(blocks)]);
    await first.close();
    for (const hash of blocks.keys()) expect(second.blocks.has(hash)).toBe(true);
    await save(second, head('a', 2, '2'), head('a', 1).commit);
    expect(second.heads.get('a')).toEqual(head('a', 2, '2'));
    expect(second.blocks.size).toEqual({ blocks: 100, bytes: 5_000 });
  });

  it('in two processes see in the next turn what the other committed', async () => {
    const here = opened();
    const other = await openedChild();
    let previous: string | undefined;
    for (let version = 1; version <= 20; version++) {
      expect(here.heads.get('a')?.version).toBe(previous === undefined ? undefined : version - 1);
      expect(here.blocks.has(hashOf(Buffer.from(`a ${version}`)))).toBe(false);
      const hash = await other.ask(`save a ${version} ${previous ?? ''}`.trim());
      expect(here.heads.get('a')?.commit).toBe(hash);
      expect(here.heads.version('a', version)?.commit).toBe(hash);
      expect(Buffer.from(here.blocks.get(String(hash)) ?? []).toString()).toBe(`a ${version}`);
      previous = String(hash);
    }
  });

  it('count one head up without losing a step', async () => {
    const times = 400;
    const counters = [child('counter', String(times), 'a'), child('counter', String(times), 'b')];
    await Promise.all(counters.map((counter) => counter.next()));
    await Promise.all(counters.map((counter) => counter.ended));
    const here = opened();
    expect(here.heads.get('counter')?.version).toBe(2 * times);
    const versions = Array.from(here.heads.history('counter'), ({ version }) => version);
    expect(versions).toEqual(Array.from({ length: 2 * times }, (_, at) => 2 * times - at));
  });

  it('that put the same blocks at once count them once', async () => {
    const workers = await Promise.all([openedChild(), openedChild()]);
    for (const size of [20, 21, 22, 23]) {
      await Promise.all(workers.map((worker) => worker.ask(`put 3000 ${size}`)));
    }
    await Promise.all(workers.map((worker) => worker.ask('close')));
    expect(opened().blocks.size).toEqual({ blocks: 12_000, bytes: 3_000 * (20 + 21 + 22 + 23) });
  });

  it('grow the file for each other', async () => {
    const here = opened({ mapBytes: 1_048_576 });
    const other = await openedChild({ mapBytes: 1_048_576 });
    const theirs = String(await other.ask('put 300 50000'));
    expect(here.blocks.get(theirs)?.length).toBe(50_000);
    const ours = makeBlocks(30, 1_000_000);
    await here.blocks.put(ours);
    for (const [hash, block] of ours) {
      expect(await other.ask(`has ${hash}`)).toBe(true);
      expect(Buffer.compare(here.blocks.get(hash) ?? new Uint8Array(0), block)).toBe(0);
    }
    expect(here.blocks.get(theirs)?.length).toBe(50_000);
  });
});

describe('a process that is killed while it commits', () => {
  it('leaves every head it moved with all its blocks, and loses nothing that it had resolved', async () => {
    let reached = 0;
    for (const round of [1, 2, 3, 4, 5, 6]) {
      const committer = child('committer', 'a');
      let acknowledged = 0;
      for (let said = 0; said < 5 + 7 * round; said++) acknowledged = Number(await committer.next());
      committer.kill('SIGKILL');
      await committer.ended;
      for (let said = await committer.next(); said !== undefined; said = await committer.next()) {
        acknowledged = Number(said);
      }
      const here = opened();
      const version = expectSound(here, 'a');
      expect(version).toBeGreaterThanOrEqual(acknowledged);
      expect(version).toBeGreaterThan(reached);
      await here.close();
      reached = version;
    }
  });

  it('stops nobody else', async () => {
    const here = opened();
    for (let round = 1; round <= 4; round++) {
      const committer = child('committer', `theirs ${round}`);
      for (let said = 0; said < 3 * round; said++) await committer.next();
      const saving = Promise.all(Array.from({ length: 20 }, (_, at) => save(here, head(`${round}/${at}`, 1), null)));
      committer.kill('SIGKILL');
      await saving;
      await save(here, head(`after ${round}`, 1), null);
    }
  });
});

describe('a process whose JavaScript is busy while it commits', () => {
  it('holds up nobody', async () => {
    const here = opened({ lockWaitMs: 5_000 });
    const file = join(directory, 'enough');
    const spinner = child('spinner', file);
    expect(await spinner.next()).toBe('busy');
    for (let version = 1; version <= 10; version++) {
      await save(here, head('a', version, `${version}`), version === 1 ? null : head('a', 0, `${version - 1}`).commit);
    }
    writeFileSync(file, '');
    expect(await spinner.next()).toBe('done');
    expect(Array.from(here.heads.list(), ({ name }) => name)).toEqual(['a', 'busy 1', 'busy 2', 'busy 3']);
  });
});

describe('a process that is stopped while it holds the write lock', () => {
  async function stopped(): Promise<Child> {
    const stopper = await startStopped(directory);
    children.push(stopper);
    return stopper;
  }

  it('makes saves fail in time, with nothing written, and not read', async () => {
    const here = opened({ lockWaitMs: 300 });
    await save(here, head('a', 1), null);
    const stopper = await stopped();
    const saving = save(here, head('a', 2, 'late'), head('a', 1).commit);
    expect(here.heads.get('a')).toEqual(head('a', 1));
    await expect(saving).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      retryable: true,
      message: expect.stringContaining(`kill -CONT ${stopper.process.pid}`),
      details: { directory, lockWaitMs: 300, holder: stopper.process.pid },
    });
    await expect(here.blocks.put(makeBlocks(1, 1))).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(here.heads.get('a')).toEqual(head('a', 1));

    stopper.kill('SIGCONT');
    expect(await stopper.next()).toBe('let go');
    expect(here.heads.get('a')).toEqual(head('a', 1));
    await save(here, head('a', 2, 'in time'), head('a', 1).commit);
    expect(here.heads.get('a')).toEqual(head('a', 2, 'in time'));
    expect(here.blocks.size.blocks).toBe(0);
  });

  it('delays the saves of those who wait longer than it stands still', async () => {
    const here = opened({ lockWaitMs: 20_000 });
    const stopper = await stopped();
    const saving = save(here, head('a', 1), null);
    stopper.kill('SIGCONT');
    await saving;
    expect(here.heads.get('a')).toEqual(head('a', 1));
  });

  it('delays nobody once it is killed', async () => {
    const here = opened({ lockWaitMs: 20_000 });
    const stopper = await stopped();
    const saving = save(here, head('a', 1), null);
    stopper.kill('SIGKILL');
    await saving;
    expect(here.heads.get('a')).toEqual(head('a', 1));
  });

  it('lets others close, end, and say that they cannot open', async () => {
    const here = opened({ lockWaitMs: 300 });
    await here.blocks.put(makeBlocks(1, 1));
    const other = await openedChild({ lockWaitMs: 300 });
    const stopper = await stopped();
    expect(await other.ask('save a 1')).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(await other.ask('close')).toBe('closed');
    expect(await other.ended).toBe(0);
    const saving = save(here, head('a', 1), null);
    const closing = here.close();
    await expect(saving).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await closing;
    const late = expect.objectContaining({
      code: 'DEADLINE_EXCEEDED',
      details: { directory, lockWaitMs: 100, holder: stopper.process.pid },
    });
    expect(() => opened({ lockWaitMs: 100 })).toThrow(late);
    stopper.kill('SIGCONT');
    expect(await stopper.next()).toBe('let go');
    expect(opened().blocks.size).toEqual({ blocks: 1, bytes: 1 });
  });
});

describe('a store opened many times', () => {
  it('keeps its figure without keeping a slot for each time', async () => {
    for (let time = 0; time < 12; time++) {
      const here = openLmdbStore({ directory });
      await here.blocks.put(makeBlocks(10, 10));
      await here.close();
    }
    expect(opened().blocks.size).toEqual({ blocks: 120, bytes: 1_200 });
    const raw = open<Uint8Array, Uint8Array>(directory, { noSubdir: false, keyEncoding: 'binary', encoding: 'binary' });
    const tally = raw.openDB({ name: 'tally', keyEncoding: 'binary', encoding: 'binary' });
    expect(tally.getKeysCount()).toBe(1);
    await raw.close();
  });
});
