/**
 * What every store does, whatever it rests on. An adapter's test calls `storeContract` with a way to open a fresh store
 * and a way to put bytes under a hash past the store.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Blocks, type Hash, type Head, hashOf, type Store } from '../../src/store/index.js';

export interface Opened<T> {
  readonly store: Store;
  /** Where the store is, for the raw way in. */
  readonly at: T;
}

/** Puts bytes under a hash where the store keeps its blocks, without asking the store. */
export type RawWrite<T> = (at: T, hash: Hash, bytes: Uint8Array) => Promise<void>;

export function storeContract<T>(
  name: string,
  make: () => Promise<Opened<T>> | Opened<T>,
  raw: RawWrite<T>,
  dispose: (at: T) => Promise<void> | void = () => {},
): void {
  describe(`the store contract, on ${name}`, () => {
    let store: Store;
    let at: T;
    beforeEach(async () => {
      ({ store, at } = await make());
    });
    afterEach(async () => {
      await store.close();
      await dispose(at);
    });

    describe('blocks', () => {
      it('come back as they were put, of every size', async () => {
        for (const size of [0, 1, 31, 32, 100, 2_000, 4_096, 65_536, 3_000_000]) {
          const [hash, block] = randomBlock(size);
          await store.blocks.put(new Map([[hash, block]]));
          expect(store.blocks.has(hash)).toBe(true);
          expect(same(store.blocks.get(hash), block)).toBe(true);
        }
      });

      it('come back as a plain Uint8Array that later reads and writes leave alone', async () => {
        const blocks = makeBlocks(50, 300);
        await store.blocks.put(blocks);
        const got = [...blocks].map(([hash]) => store.blocks.get(hash));
        store.heads.get('x');
        await store.blocks.put(makeBlocks(10, 5_000));
        [...blocks].forEach(([, block], index) => {
          expect(got[index]?.constructor).toBe(Uint8Array);
          expect(same(got[index], block)).toBe(true);
        });
      });

      it('are not changed by writing to what get returned, nor to what was put', async () => {
        const [hash, block] = randomBlock(200);
        const original = block.slice();
        await store.blocks.put(new Map([[hash, block]]));
        block.fill(1);
        store.blocks.get(hash)?.fill(2);
        expect(same(store.blocks.get(hash), original)).toBe(true);
      });

      it('that are not there are undefined, and so is what cannot be a hash', async () => {
        const [hash, block] = randomBlock(10);
        await store.blocks.put(new Map([[hash, block]]));
        const odd = ['', 'zz', 'z'.repeat(64), '0'.repeat(64), hash.toUpperCase(), hash.slice(0, 62), `${hash}00`];
        for (const absent of [hashOf(Buffer.from('absent')), ...odd]) {
          expect(store.blocks.get(absent)).toBeUndefined();
          expect(store.blocks.has(absent)).toBe(false);
        }
      });

      it('whose bytes are not what the hash says are CORRUPT_BLOCK, naming the hash', async () => {
        const [hash, block] = randomBlock(500);
        const [other, otherBlock] = randomBlock(500);
        await store.blocks.put(new Map([[other, otherBlock]]));
        const damaged = block.slice();
        damaged[250] = (damaged[250] ?? 0) ^ 1;
        for (const wrong of [damaged, block.slice(0, 499), new Uint8Array(0), otherBlock]) {
          await raw(at, hash, wrong);
          expect(() => store.blocks.get(hash)).toThrow(
            expect.objectContaining({ code: 'CORRUPT_BLOCK', details: expect.objectContaining({ hash }) }),
          );
          expect(store.blocks.has(hash)).toBe(true);
        }
        expect(same(store.blocks.get(other), otherBlock)).toBe(true);
        await raw(at, hash, block);
        expect(same(store.blocks.get(hash), block)).toBe(true);
      });

      it('are counted once, with their own bytes', async () => {
        expect(store.blocks.size).toEqual({ blocks: 0, bytes: 0 });
        const blocks = makeBlocks(20, 100);
        await store.blocks.put(blocks);
        await store.blocks.put(blocks);
        const [hash, block] = randomBlock(7);
        await Promise.all([
          store.blocks.put(new Map([...blocks, [hash, block]])),
          store.commit({ blocks: new Map([[hash, block]]), borrowed: [], moves: [] }),
        ]);
        expect(store.blocks.size).toEqual({ blocks: 21, bytes: 2_007 });
      });

      it('of which there are many are all there after one put', async () => {
        const blocks = makeBlocks(10_000, 40);
        await store.blocks.put(blocks);
        expect(store.blocks.size).toEqual({ blocks: 10_000, bytes: 400_000 });
        for (const hash of blocks.keys()) expect(store.blocks.has(hash)).toBe(true);
      });

      it('are refused under what is not a hash', async () => {
        const block = new Uint8Array(3);
        for (const hash of ['', 'abc', hashOf(block).toUpperCase(), `${hashOf(block)}00`]) {
          await expect(store.blocks.put(new Map([[hash, block]]))).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
        }
      });

      it('are fetched at once when they are here, and missing by name when not', async () => {
        const blocks = makeBlocks(1_000, 10);
        await store.blocks.put(blocks);
        await store.blocks.fetch([]);
        await store.blocks.fetch([...blocks.keys()]);
        const absent = [hashOf(Buffer.from('a')), hashOf(Buffer.from('b'))];
        await expect(store.blocks.fetch([...absent, ...blocks.keys()])).rejects.toMatchObject({
          code: 'MISSING_BLOCK',
          details: { hashes: absent },
        });
      });

      it('are not fetched for a signal that has aborted, or aborts meanwhile', async () => {
        const blocks = makeBlocks(2_000, 10);
        await store.blocks.put(blocks);
        const signal = AbortSignal.abort(new Error('enough'));
        await expect(store.blocks.fetch([], { signal })).rejects.toMatchObject({
          code: 'CANCELLED',
          cause: expect.objectContaining({ message: 'enough' }),
        });
        const controller = new AbortController();
        const fetching = store.blocks.fetch([...blocks.keys()], { signal: controller.signal });
        controller.abort();
        await expect(fetching).rejects.toMatchObject({ code: 'CANCELLED' });
      });
    });

    describe('heads', () => {
      it('are found by name, with everything that was said of them', async () => {
        const plain = head('agents/7', 1);
        const full: Head = {
          ...head('Ümläut 😀', 1, 'b'),
          type: 'world_2',
          schemaVersion: 12,
          weight: 0.125,
          at: 1_753_876_543_210,
          message: 'moved "north"\n\u{1f600} \ud800 end',
        };
        await save(store, plain, null);
        await save(store, full, null);
        expect(store.heads.get('agents/7')).toEqual(plain);
        expect(store.heads.get('Ümläut 😀')).toEqual(full);
        expect(store.heads.get('agents')).toBeUndefined();
        expect(store.heads.get('agents/77')).toBeUndefined();
        for (const impossible of ['', 'x'.repeat(513), 'x'.repeat(9_000)]) {
          expect(store.heads.get(impossible)).toBeUndefined();
          expect(store.heads.version(impossible, 1)).toBeUndefined();
          expect([...store.heads.history(impossible)]).toEqual([]);
        }
      });

      it('of ill-formed names are not mistaken for others', async () => {
        await save(store, head('a\ufffd', 1), null);
        expect(store.heads.get('a\ud800')).toBeUndefined();
        expect(store.heads.version('a\ud800', 1)).toBeUndefined();
        expect([...store.heads.history('a\ud800')]).toEqual([]);
        expect([...store.heads.list({ prefix: 'a\ud800' })]).toEqual([]);
        await expect(save(store, head('a\ud800', 1), null)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
      });

      it('are listed in the order of their UTF-8 bytes', async () => {
        const names = ['b', 'a', 'a/b', 'a/10', 'a/9', 'a b', 'ä', 'z', '\uffee', '😀', '€', 'aa', 'A', '\u0800'];
        for (const name of names) await save(store, head(name, 1), null);
        const ordered = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(listed(store)).toEqual(ordered);
        expect(listed(store, { limit: 3 })).toEqual(ordered.slice(0, 3));
        expect(listed(store, { limit: 0 })).toEqual([]);
        ordered.forEach((name, index) => {
          expect(listed(store, { after: name })).toEqual(ordered.slice(index + 1));
        });
        expect(listed(store, { after: 'a/1' })).toEqual(ordered.slice(ordered.indexOf('a/10')));
      });

      it('are listed by prefix, from after a name', async () => {
        const names = ['a', 'a/', 'a/1', 'a/2', 'a/20', 'a0', 'b', 'é', 'éa'];
        for (const name of names) await save(store, head(name, 1), null);
        expect(listed(store, { prefix: 'a/' })).toEqual(['a/', 'a/1', 'a/2', 'a/20']);
        expect(listed(store, { prefix: 'a/', after: 'a/' })).toEqual(['a/1', 'a/2', 'a/20']);
        expect(listed(store, { prefix: 'a/', after: 'a/1', limit: 1 })).toEqual(['a/2']);
        expect(listed(store, { prefix: 'a/', after: 'A' })).toEqual(['a/', 'a/1', 'a/2', 'a/20']);
        expect(listed(store, { prefix: 'a/', after: 'b' })).toEqual([]);
        expect(listed(store, { prefix: 'é' })).toEqual(['é', 'éa']);
        expect(listed(store, { prefix: 'c' })).toEqual([]);
        expect(listed(store, { prefix: 'a'.repeat(9_000) })).toEqual([]);
        expect(listed(store, { after: 'a0'.repeat(5_000) })).toEqual(['b', 'é', 'éa']);
        expect(listed(store, { after: 'e\ud800' })).toEqual(['é', 'éa']);
      });

      it('of which there are many are all listed, also while the list changes', async () => {
        const names = Array.from({ length: 700 }, (_, index) => `n${String(index).padStart(4, '0')}`);
        await store.commit({
          blocks: new Map(),
          borrowed: [],
          moves: names.map((name) => ({ name, expect: null, to: head(name, 1) })),
        });
        expect(listed(store)).toEqual(names);
        const walked: string[] = [];
        for (const { name } of store.heads.list()) {
          walked.push(name);
          if (walked.length === 10) await remove(store, 'n0500', 1);
        }
        expect(walked.slice(0, 500)).toEqual(names.slice(0, 500));
        expect(listed(store)).toEqual(names.filter((name) => name !== 'n0500'));
      });

      it('keep every version, listed newest first', async () => {
        const versions = Array.from({ length: 600 }, (_, index) => head('counter', index + 1, String(index)));
        for (const [index, version] of versions.entries()) {
          await save(store, version, versions[index - 1]?.commit ?? null);
        }
        expect(store.heads.get('counter')).toEqual(versions.at(-1));
        expect([...store.heads.history('counter')]).toEqual([...versions].reverse());
        expect([...store.heads.history('counter', { limit: 2 })]).toEqual([versions[599], versions[598]]);
        expect([...store.heads.history('counter', { limit: 0 })]).toEqual([]);
        expect([...store.heads.history('nobody')]).toEqual([]);
        expect(store.heads.version('counter', 1)).toEqual(versions[0]);
        expect(store.heads.version('counter', 600)).toEqual(versions[599]);
        for (const absent of [0, 601, -1, 1.5, Number.NaN, 2 ** 32 + 1]) {
          expect(store.heads.version('counter', absent)).toBeUndefined();
        }
      });

      it('with names that begin alike keep their versions apart', async () => {
        const long = 'x'.repeat(512);
        const names = ['a', 'a\u00a0', 'a0', 'a/', 'aa', `${'é'.repeat(255)}aa`, long, long.slice(1)];
        for (const name of names) {
          await save(store, head(name, 1, name), null);
          await save(store, head(name, 2, `${name}2`), head(name, 1, name).commit);
        }
        for (const name of names) {
          expect([...store.heads.history(name)]).toEqual([head(name, 2, `${name}2`), head(name, 1, name)]);
          await remove(store, name, 2, `${name}2`);
          expect([...store.heads.history(name)]).toEqual([]);
        }
        expect(listed(store)).toEqual([]);
      });
    });

    describe('a commit', () => {
      it('writes blocks and moves the head together', async () => {
        const [hash, block] = randomBlock(100);
        const to = { ...head('a', 1), commit: hash, root: hash };
        await store.commit({
          blocks: new Map([[hash, block]]),
          borrowed: [],
          moves: [{ name: 'a', expect: null, to }],
        });
        expect(same(store.blocks.get(hash), block)).toBe(true);
        expect(store.heads.get('a')).toEqual(to);
      });

      it('moves a head only from where it was said to be', async () => {
        const first = head('a', 1, 'first');
        const second = head('a', 2, 'second');
        await expect(save(store, first, second.commit)).rejects.toMatchObject({
          code: 'CONFLICT',
          retryable: true,
          details: { name: 'a', expected: second.commit, found: null },
        });
        await save(store, first, null);
        await expect(save(store, second, null)).rejects.toMatchObject({
          code: 'CONFLICT',
          details: { name: 'a', expected: null, found: first.commit },
        });
        await expect(save(store, second, second.commit)).rejects.toMatchObject({
          details: { name: 'a', expected: second.commit, found: first.commit },
        });
        expect(store.heads.get('a')).toEqual(first);
        expect(store.heads.version('a', 2)).toBeUndefined();
        await save(store, second, first.commit);
        await expect(save(store, head('a', 2, 'third'), first.commit)).rejects.toMatchObject({ code: 'CONFLICT' });
        expect([...store.heads.history('a')]).toEqual([second, first]);
      });

      it('that lost leaves nothing behind, neither heads nor blocks', async () => {
        await save(store, head('a', 1), null);
        const [hash, block] = randomBlock(100);
        const lost = store.commit({
          blocks: new Map([[hash, block]]),
          borrowed: [],
          moves: [
            { name: 'b', expect: null, to: head('b', 1) },
            { name: 'a', expect: null, to: head('a', 1, 'other') },
            { name: 'c', expect: null, to: head('c', 1) },
          ],
        });
        await expect(lost).rejects.toMatchObject({ code: 'CONFLICT', details: { name: 'a' } });
        expect(store.blocks.has(hash)).toBe(false);
        expect(store.blocks.size).toEqual({ blocks: 0, bytes: 0 });
        expect(listed(store)).toEqual(['a']);
      });

      it('needs the borrowed blocks to be there, or among its own', async () => {
        const [here, block] = randomBlock(10);
        const [own, ownBlock] = randomBlock(11);
        await store.blocks.put(new Map([[here, block]]));
        const absent = [hashOf(Buffer.from('a')), hashOf(Buffer.from('b'))];
        const blocks = new Map([[own, ownBlock]]);
        const moves = [{ name: 'a', expect: null, to: head('a', 1) }];
        const refused = store.commit({ blocks, borrowed: [here, ...absent, own], moves });
        await expect(refused).rejects.toMatchObject({ code: 'MISSING_BLOCK', details: { hashes: absent } });
        expect(store.heads.get('a')).toBeUndefined();
        expect(store.blocks.has(own)).toBe(false);
        await store.commit({ blocks, borrowed: [here, own], moves });
        expect(store.heads.get('a')).toEqual(head('a', 1));
      });

      it('says CONFLICT before MISSING_BLOCK: who loads again borrows other blocks', async () => {
        const moves = [{ name: 'a', expect: head('a', 9).commit, to: head('a', 10) }];
        const refused = store.commit({ blocks: new Map(), borrowed: [hashOf(Buffer.from('absent'))], moves });
        await expect(refused).rejects.toMatchObject({ code: 'CONFLICT' });
      });

      it('of several moves makes all of them', async () => {
        await save(store, head('a', 1), null);
        await save(store, head('b', 1), null);
        await store.commit({
          blocks: new Map(),
          borrowed: [],
          moves: [
            { name: 'a', expect: head('a', 1).commit, to: head('a', 2, '2') },
            { name: 'b', expect: head('b', 1).commit, to: null },
            { name: 'c', expect: null, to: head('c', 1) },
          ],
        });
        expect([...store.heads.list()]).toEqual([head('a', 2, '2'), head('c', 1)]);
      });

      it('that deletes a head takes its versions along, and the name begins anew', async () => {
        await save(store, head('a', 1), null);
        await save(store, head('a', 2, '2'), head('a', 1).commit);
        await expect(remove(store, 'a', 1)).rejects.toMatchObject({
          code: 'CONFLICT',
          details: { name: 'a', expected: head('a', 1).commit, found: head('a', 2, '2').commit },
        });
        await remove(store, 'a', 2, '2');
        expect(store.heads.get('a')).toBeUndefined();
        expect(store.heads.version('a', 1)).toBeUndefined();
        expect([...store.heads.history('a')]).toEqual([]);
        expect(listed(store)).toEqual([]);
        await save(store, head('a', 1, 'new'), null);
        expect([...store.heads.history('a')]).toEqual([head('a', 1, 'new')]);
      });

      it('with "any" overwrites or deletes whatever is there', async () => {
        await save(store, head('a', 1), 'any');
        await save(store, head('a', 2, '2'), 'any');
        await save(store, head('a', 5, '5'), 'any');
        expect([...store.heads.history('a')]).toEqual([head('a', 5, '5'), head('a', 2, '2'), head('a', 1)]);
        await store.commit({ blocks: new Map(), borrowed: [], moves: [{ name: 'a', expect: 'any', to: null }] });
        expect([...store.heads.history('a')]).toEqual([]);
        await store.commit({ blocks: new Map(), borrowed: [], moves: [{ name: 'a', expect: 'any', to: null }] });
        expect(store.heads.get('a')).toBeUndefined();
      });

      it('with "any" and a version number that is taken is a CONFLICT', async () => {
        await save(store, head('a', 3), null);
        for (const version of [1, 3]) {
          await expect(save(store, head('a', version, 'late'), 'any')).rejects.toMatchObject({
            code: 'CONFLICT',
            details: { name: 'a', expected: 'any', found: head('a', 3).commit },
          });
        }
        expect(store.heads.get('a')).toEqual(head('a', 3));
      });

      it('asked for in one turn is made after the ones before it', async () => {
        const all = [
          save(store, head('a', 1), null),
          save(store, head('a', 2, '2'), head('a', 1).commit),
          save(store, head('a', 3, '3'), 'any'),
          remove(store, 'a', 3, '3'),
          save(store, head('a', 1, 'again'), null),
        ];
        await Promise.all(all);
        expect([...store.heads.history('a')]).toEqual([head('a', 1, 'again')]);
      });

      it('of many at once for the same head is won by exactly one', async () => {
        const tries = Array.from({ length: 20 }, (_, index) => save(store, head('a', 1, String(index)), null));
        const outcomes = await Promise.allSettled(tries);
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
        expect(store.heads.get('a')).toEqual(head('a', 1, String(winner)));
      });

      it('that cannot be one is INVALID_REQUEST', async () => {
        const to = head('a', 1);
        const bad = [
          [{ name: '', expect: null, to: { ...to, name: '' } }],
          [{ name: 'a\u0000b', expect: null, to: { ...to, name: 'a\u0000b' } }],
          [{ name: 'x'.repeat(513), expect: null, to: { ...to, name: 'x'.repeat(513) } }],
          [{ name: 'b', expect: null, to }],
          [{ name: 'a', expect: 'nothing', to }],
          [{ name: 'a', expect: null, to: { ...to, version: 0 } }],
          [{ name: 'a', expect: null, to: { ...to, version: 1.5 } }],
          [{ name: 'a', expect: null, to: { ...to, commit: 'abc' } }],
          [
            { name: 'a', expect: null, to },
            { name: 'a', expect: to.commit, to: null },
          ],
        ];
        for (const moves of bad) {
          const commit = store.commit({ blocks: new Map(), borrowed: [], moves });
          await expect(commit).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
        }
        const borrowing = store.commit({ blocks: new Map(), borrowed: ['abc'], moves: [] });
        await expect(borrowing).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
        expect(listed(store)).toEqual([]);
      });

      it('behaves, in any sequence, as a plain table of heads would', async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
            const prefix = `${names++}/`;
            const model = new Map<string, Head[]>();
            for (const [index, { name: short, expect: guess, deletes }] of steps.entries()) {
              const name = prefix + short;
              const versions = model.get(name) ?? [];
              const found = versions.at(-1);
              const expected =
                guess === 'right' ? (found?.commit ?? null) : guess === 'any' ? 'any' : guess === 'absent' ? null : FAR;
              const to = deletes ? null : head(name, (found?.version ?? 0) + 1, `${index}`);
              const isRight = expected === 'any' || expected === (found?.commit ?? null);
              const commit = store.commit({ blocks: new Map(), borrowed: [], moves: [{ name, expect: expected, to }] });
              if (isRight) {
                await commit;
                if (to === null) model.delete(name);
                else model.set(name, [...versions, to]);
              } else await expect(commit).rejects.toMatchObject({ code: 'CONFLICT' });
            }
            const heads = [...model.values()].map((versions) => versions.at(-1));
            const ordered = heads.sort((a, b) =>
              Buffer.compare(Buffer.from(a?.name ?? ''), Buffer.from(b?.name ?? '')),
            );
            expect([...store.heads.list({ prefix })]).toEqual(ordered);
            for (const [name, versions] of model) {
              expect([...store.heads.history(name)]).toEqual([...versions].reverse());
            }
          }),
          { numRuns: 25 },
        );
      });
    });

    describe('closing', () => {
      it('writes what was asked for before it', async () => {
        const blocks = makeBlocks(10, 10);
        const putting = store.blocks.put(blocks);
        const saving = save(store, head('a', 1), null);
        await store.close();
        await Promise.all([putting, saving]);
      });

      it('can be done again, and everything after it is CLOSED', async () => {
        await save(store, head('a', 1), null);
        const [hash, block] = randomBlock(1);
        await store.blocks.put(new Map([[hash, block]]));
        await Promise.all([store.close(), store.close()]);
        await store.close();
        const closed = expect.objectContaining({ code: 'CLOSED' });
        expect(() => store.blocks.get(hash)).toThrow(closed);
        expect(() => store.blocks.has(hash)).toThrow(closed);
        expect(() => store.blocks.size).toThrow(closed);
        expect(() => store.heads.get('a')).toThrow(closed);
        expect(() => store.heads.version('a', 1)).toThrow(closed);
        expect(() => store.heads.list()).toThrow(closed);
        expect(() => store.heads.history('a')).toThrow(closed);
        await expect(store.blocks.put(new Map())).rejects.toEqual(closed);
        await expect(store.blocks.fetch([])).rejects.toEqual(closed);
        await expect(store.commit({ blocks: new Map(), borrowed: [], moves: [] })).rejects.toEqual(closed);
      });
    });

    describe('labels', () => {
      it('keep the versions that have them, and let go of them with the last one', async () => {
        let before: Hash | null = null;
        for (let version = 1; version <= 4; version++) {
          const to = head('a', version, `${version}`);
          const moves = [{ name: 'a', expect: before, to, drop: [version - 2, version - 1] }];
          if (version === 3) await store.label('a', 'kept', 2, 0);
          await store.commit({ blocks: new Map(), borrowed: [], moves });
          before = to.commit;
        }
        const numbers = () => Array.from(store.heads.history('a'), ({ version }) => version);
        expect(numbers()).toEqual([4, 2]);
        expect([...store.heads.labels('a')]).toEqual([['kept', 2]]);
        await store.label('a', 'kept', 4, 3);
        expect(numbers()).toEqual([4]);
        await store.label('a', 'kept', null, 9);
        expect([numbers(), store.heads.labels('a').size]).toEqual([[4], 0]);
      });

      it.each([0, -1, 1.5, 2, 2 ** 32, Number.NaN])(
        'can not be given to version %d, which is not there',
        async (version) => {
          await save(store, head('a', 1), null);
          await expect(store.label('a', 'x', version, 0)).rejects.toMatchObject({ code: 'CONFLICT' });
          await expect(store.label('b', 'x', version, 0)).rejects.toMatchObject({ code: 'CONFLICT' });
        },
      );
    });

    describe('a collection', () => {
      it('is told what is written and borrowed, and which commits heads move to, though they were there', async () => {
        const [[kept, block], [added, other]] = [randomBlock(40), randomBlock(50)];
        await store.blocks.put(new Map([[kept, block]]));
        await store.collection.begin();
        expect(await store.collection.written()).toEqual([]);
        const to = head('a', 1);
        const moves = [{ name: 'a', expect: null, to }];
        await store.commit({ blocks: new Map([[added, other]]), borrowed: [kept], moves });
        expect([...(await store.collection.written())].sort()).toEqual([kept, added, to.commit].sort());
        expect(await store.collection.written()).toEqual([]);
        await store.collection.end();
      });

      it('frees what it chooses, says so to those who looked before, and is one at a time', async () => {
        const blocks = makeBlocks(5, 100);
        await store.blocks.put(blocks);
        const hashes = [...blocks.keys()].sort();
        await store.collection.begin();
        await expect(store.collection.begin()).rejects.toMatchObject({ code: 'CONFLICT' });
        expect([...store.collection.hashes(null, 3)]).toEqual(hashes.slice(0, 3));
        expect([...store.collection.hashes(hashes[2] ?? null, 9)]).toEqual(hashes.slice(3));
        const { count: swept } = store.swept;
        const freed = await store.collection.sweep(() => hashes.slice(0, 2), 7);
        expect(freed).toEqual({ blocks: 2, bytes: 200 });
        expect([store.swept, store.blocks.size]).toEqual([
          { count: swept + 1, before: 7 },
          { blocks: 3, bytes: 300 },
        ]);
        const moves = [{ name: 'a', expect: null, to: head('a', 1) }];
        const late = store.commit({ blocks: new Map(), borrowed: [], moves, swept });
        await expect(late).rejects.toMatchObject({ code: 'STALE_REFERENCE' });
        await store.collection.end();
        await expect(store.collection.written()).rejects.toMatchObject({ code: 'CONFLICT' });
      });

      it('knows the commits that were let go of lately, but not those that were purged', async () => {
        for (const name of ['a', 'b']) await save(store, head(name, 1, name), null);
        await remove(store, 'a', 1, 'a');
        const moves = [{ name: 'b', expect: head('b', 1, 'b').commit, to: null, isPurge: true }];
        await store.commit({ blocks: new Map(), borrowed: [], moves });
        expect(await store.collection.dropped(0)).toEqual([head('a', 1, 'a').commit]);
        expect(await store.collection.dropped(Date.now() + 1_000)).toEqual([]);
        expect(await store.collection.dropped(0)).toEqual([]);
      });
    });

    it('has an id of its own', async () => {
      expect(store.id).toMatch(/^[0-9a-f]{32}$/);
      const other = await make();
      expect(other.store.id).not.toBe(store.id);
      await other.store.close();
      await dispose(other.at);
    });
  });
}

const FAR = hashOf(Buffer.from('a commit that nobody made'));
/** Runs of a property share a store: each has names of its own. */
let names = 0;

const step = fc.record({
  name: fc.constantFrom('a', 'b', 'ä', '😀', 'a/b'),
  expect: fc.constantFrom('right', 'right', 'any', 'absent', 'wrong'),
  deletes: fc.boolean(),
});

/** A head of some name; `tag` makes one version's commit differ from another's. */
export function head(name: string, version: number, tag = ''): Head {
  const commit = hashOf(Buffer.from(`commit ${name} ${tag}`));
  const root = hashOf(Buffer.from(`root ${tag}`));
  return { name, version, commit, root, type: 'agent', schemaVersion: 1, weight: 1, at: 1_700_000_000_000 };
}

export function save(store: Store, to: Head, expected: Hash | null | 'any'): Promise<void> {
  return store.commit({ blocks: new Map(), borrowed: [], moves: [{ name: to.name, expect: expected, to }] });
}

function remove(store: Store, name: string, version: number, tag = ''): Promise<void> {
  const expected = head(name, version, tag).commit;
  return store.commit({ blocks: new Map(), borrowed: [], moves: [{ name, expect: expected, to: null }] });
}

function listed(store: Store, options: Parameters<Store['heads']['list']>[0] = {}): string[] {
  return Array.from(store.heads.list(options), ({ name }) => name);
}

let seed = 1;

export function randomBlock(size: number): [Hash, Uint8Array] {
  const block = new Uint8Array(size);
  for (let at = 0; at < size; at++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    block[at] = seed >>> 16;
  }
  return [hashOf(block), block];
}

export function makeBlocks(count: number, size: number): Blocks {
  return new Map(Array.from({ length: count }, () => randomBlock(size)));
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}
