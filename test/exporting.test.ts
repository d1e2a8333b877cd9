import { CarBlockIterator, CarReader } from '@ipld/car';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type HeadMove, Helios, type Value, type Version } from '../src/index.js';
import { hashOf } from '../src/store/index.js';
import { big, findingsOf } from './wholeStore.js';

const opened: Helios[] = [];

afterEach(async () => {
  for (const helios of opened.splice(0)) await helios.close();
});

async function open(): Promise<Helios> {
  const helios = await Helios.open({ store: 'memory' });
  opened.push(helios);
  return helios;
}

async function exportOf(helios: Helios, names: readonly string[]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  await helios.exportTo(new WritableStream({ write: (chunk) => void chunks.push(chunk) }), names);
  return Buffer.concat(chunks);
}

function streamOf(bytes: Uint8Array, chunkBytes = 1_000): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at + chunkBytes));
      at += chunkBytes;
    },
  });
}

async function population(): Promise<Helios> {
  const helios = await open();
  await helios.create('record', big(1, 300)).save('agents/1', { message: 'first' });
  await helios.update('agents/1', (draft: Record<string, Value>) => {
    draft['key 3'] = new Uint8Array([1, 2, 3]);
  });
  await helios.checkpoint('agents/1', 'now');
  const linked = await helios.load('agents/1');
  await helios
    .create(
      'map',
      new Map<Value, Value>([
        ['to', linked],
        [1n, new Date(5)],
      ]),
    )
    .save('agents/2');
  await helios
    .create(
      'list',
      Array.from({ length: 5_000 }, (_, at) => ({ at, text: `entry ${at}` })),
    )
    .save('list');
  return helios;
}

async function historyOf(helios: Helios, name: string): Promise<Version[]> {
  const versions: Version[] = [];
  for await (const version of helios.history(name)) versions.push(version);
  return versions;
}

const NAMES = ['agents/1', 'agents/2', 'list'];

describe('an exported file', () => {
  it('brings names, versions, labels and all blocks into an empty store', async () => {
    const helios = await population();
    const bytes = await exportOf(helios, NAMES);
    const other = await open();
    for (const chunkBytes of [7, 100_000]) {
      const versions = await other.importFrom(streamOf(bytes, chunkBytes));
      expect(versions.map(({ name, version }) => [name, version])).toEqual([
        ['agents/1', 2],
        ['agents/2', 1],
        ['list', 1],
      ]);
    }
    for (const name of NAMES) {
      expect(await historyOf(other, name)).toEqual(await historyOf(helios, name));
      expect((await other.load(name)).root).toBe((await helios.load(name)).root);
    }
    expect((await other.load('agents/1', { version: 1 })).materialize()).toEqual(big(1, 300));
    expect([...(await other.checkpoints('agents/1')).keys()]).toEqual(['now']);
    expect(await findingsOf(other)).toEqual([]);
  });

  it('is the same for the same heads', async () => {
    const helios = await population();
    const first = await exportOf(helios, NAMES);
    expect(Buffer.compare(first, await exportOf(helios, [...NAMES].reverse()))).toBe(0);
    const other = await open();
    await other.importFrom(streamOf(first));
    expect(Buffer.compare(first, await exportOf(other, NAMES))).toBe(0);
  });

  it('is a CAR v1 that @ipld/car reads: every block under its CID, each once, from the root', async () => {
    const bytes = await exportOf(await population(), NAMES);
    const reader = await CarReader.fromBytes(bytes);
    expect(reader.version).toBe(1);
    const [root] = await reader.getRoots();
    const seen = new Set<string>();
    for await (const { cid, bytes: block } of await CarBlockIterator.fromBytes(bytes)) {
      expect([cid.version, cid.code, cid.multihash.code]).toEqual([1, 0x55, 0x1e]);
      const hash = Buffer.from(cid.multihash.digest).toString('hex');
      expect(hashOf(block)).toBe(hash);
      expect(seen.has(hash)).toBe(false);
      seen.add(hash);
    }
    expect(seen.size).toBeGreaterThan(50);
    expect(seen.has(Buffer.from(root?.multihash.digest ?? []).toString('hex'))).toBe(true);
  });

  it('goes forward where a name is behind, leaves it where it is ahead, and moves nothing where neither follows', async () => {
    const helios = await open();
    await helios.create('record', { step: 1 }).save('a');
    const early = await exportOf(helios, ['a']);
    await helios.update('a', (draft: { step: number }) => {
      draft.step = 2;
    });
    await helios.create('record', { step: 1 }).save('b');
    const late = await exportOf(helios, ['a', 'b']);
    const other = await open();
    await other.importFrom(streamOf(early));
    const moves: HeadMove[] = [];
    const watching = other.watch({ prefix: 'a' })[Symbol.asyncIterator]();
    await other.importFrom(streamOf(late));
    moves.push((await watching.next()).value);
    expect(moves).toMatchObject([{ name: 'a', before: { version: 1 }, after: { version: 2 } }]);
    await other.importFrom(streamOf(early));
    expect((await other.load('a')).materialize()).toEqual({ step: 2 });
    const third = await open();
    await third.create('record', { step: 'other' }).save('b');
    await expect(third.importFrom(streamOf(late))).rejects.toMatchObject({ code: 'CONFLICT', details: { name: 'b' } });
    expect(await third.find('a')).toBeNull();
    // What is imported after all needs no second writing of blocks.
    await third.delete('b');
    await third.importFrom(streamOf(late));
    expect((await third.load('a')).materialize()).toEqual({ step: 2 });
  });

  it('is refused when it is cut off, damaged or another’s, and moves nothing', async () => {
    const bytes = await exportOf(await population(), NAMES);
    const other = await open();
    const refusal = async (changed: Uint8Array) => {
      try {
        await other.importFrom(streamOf(changed));
      } catch (error) {
        return error;
      }
      return undefined;
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        expect(await refusal(damaged)).toMatchObject({
          code: expect.stringMatching(/^(INVALID_REQUEST|CORRUPT_BLOCK)$/),
        });
        expect(await other.find('list')).toBeNull();
      }),
      { numRuns: 150 },
    );
    for (const length of [0, 1, 50, 100, 1_000, bytes.length - 1]) {
      expect(await refusal(bytes.subarray(0, length))).toMatchObject({ code: 'INVALID_REQUEST' });
    }
    expect(await refusal(Buffer.from('{"not":"a car"}'))).toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(other.importFrom(new ReadableStream({ start: (it) => it.error(new Error('gone')) }))).rejects.toThrow(
      'gone',
    );
    expect(await findingsOf(other)).toEqual([]);
  });

  it('is not made of what isn’t there', async () => {
    const helios = await open();
    await expect(exportOf(helios, ['nobody'])).rejects.toMatchObject({ code: 'UNKNOWN_OBJECT' });
    await expect(exportOf(helios, [])).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await helios.create('record', big(1, 300)).save('object');
    const failing = new WritableStream({
      write: () => {
        throw new Error('the disk is full');
      },
    });
    await expect(helios.exportTo(failing, ['object'])).rejects.toThrow('the disk is full');
  });
});
