import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HeadMove, Helios } from '../src/index.js';
import { WATCH_WAITING_MAX } from '../src/state/headMoves.js';

let helios: Helios;

beforeEach(async () => {
  helios = await Helios.open({ store: 'memory' });
});
afterEach(() => helios.close());

async function take(moves: AsyncIterable<HeadMove>, count: number): Promise<unknown[]> {
  const taken: unknown[] = [];
  for await (const { name, before, after } of moves) {
    taken.push([name, before?.version ?? null, after?.version ?? null]);
    if (taken.length === count) break;
  }
  return taken;
}

describe('whoever watches heads', () => {
  it('hears of saves, several at once, updates and deletions, in the order in which they were committed', async () => {
    const moves = helios.watch();
    const ref = helios.create('record', { step: 1 });
    await ref.save('a');
    await helios.update('a', (draft: { step: number }) => {
      draft.step = 2;
    });
    await helios.saveAll([
      { name: 'b', ref },
      { name: 'c', ref },
    ]);
    await helios.revert('a', await firstVersion('a'));
    await helios.delete('b');
    expect(await take(moves, 6)).toEqual([
      ['a', null, 1],
      ['a', 1, 2],
      ['b', null, 1],
      ['c', null, 1],
      ['a', 2, 3],
      ['b', 1, null],
    ]);
  });

  it('hears of one name, or of those that begin so', async () => {
    const [one, some] = [helios.watch({ name: 'agents/1' }), helios.watch({ prefix: 'agents/' })];
    for (const name of ['other', 'agents/1', 'agents/10', 'agent', 'agents/1']) {
      await helios.create('record', { name }).save(name, { expect: 'any' });
    }
    expect(await take(one, 2)).toEqual([
      ['agents/1', null, 1],
      ['agents/1', 1, 2],
    ]);
    expect(await take(some, 3)).toEqual([
      ['agents/1', null, 1],
      ['agents/10', null, 1],
      ['agents/1', 1, 2],
    ]);
  });

  it('hears nothing of what failed', async () => {
    const moves = helios.watch();
    await helios.create('record', {}).save('a');
    await expect(helios.create('record', { other: 1 }).save('a')).rejects.toMatchObject({ code: 'CONFLICT' });
    await helios.delete('a');
    expect(await take(moves, 2)).toEqual([
      ['a', null, 1],
      ['a', 1, null],
    ]);
  });

  it('ends by its signal, by leaving the loop, and when all is closed', async () => {
    const abort = new AbortController();
    const [first, second] = [helios.watch({ signal: abort.signal }), helios.watch()];
    const waiting = take(first, 1);
    abort.abort();
    expect(await waiting).toEqual([]);
    expect(await take(helios.watch({ signal: abort.signal }), 1)).toEqual([]);
    const ending = take(second, 1);
    await helios.close();
    expect(await ending).toEqual([]);
    expect(() => helios.watch()).toThrowError(expect.objectContaining({ code: 'CLOSED' }));
  });

  it('is told when it has fallen too far behind, and loses nothing without knowing', async () => {
    const { moves } = Helios.runtime(helios).rooms;
    const slow = helios.watch()[Symbol.asyncIterator]();
    for (let number = 0; number <= WATCH_WAITING_MAX; number++) moves.tell({ name: 'a', before: null, after: null });
    await expect(slow.next()).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(await slow.next()).toEqual({ done: true, value: undefined });
    expect(moves.isWatched).toBe(false);
  });

  it('says by what it wants to hear, or is refused', () => {
    expect(() => helios.watch({ prefix: 7 as never })).toThrowError(
      expect.objectContaining({ code: 'INVALID_REQUEST' }),
    );
  });
});

async function firstVersion(name: string) {
  for await (const version of helios.history(name)) if (version.version === 1) return version;
  throw new Error('no first version');
}
