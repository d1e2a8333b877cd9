import { decodeTime, isValid } from 'ulid';
import { describe, expect, it } from 'vitest';
import { createIds, isUlid } from '../../src/protocol/ids.js';

function makerAt(times: number[], random: () => number = Math.random) {
  let last = 0;
  return createIds({ clock: () => (last = times.shift() ?? last), random });
}

describe('ids', () => {
  it('are ULIDs of their time', () => {
    const id = makerAt([1_700_000_000_123.9])();
    expect(isUlid(id)).toBe(true);
    expect(isValid(id)).toBe(true);
    expect(decodeTime(id)).toBe(1_700_000_000_123);
  });

  it('grow within a millisecond, across milliseconds and when the clock goes back', () => {
    const times = [5, 5, 5, 4, 3, 6, 6, 2, 7].flatMap((time) => Array.from({ length: 500 }, () => time));
    const next = makerAt([...times]);
    const ids = times.map(() => next());
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
    expect(decodeTime(ids.at(-1) ?? '')).toBe(7);
  });

  it('use all of the random bits', () => {
    const draws = [0.25, 0.5, 0.75, 0.125];
    expect(makerAt([0], () => draws.shift() ?? 0)()).toBe('00000000008000G000R0004000');
    expect(makerAt([0], () => 0)()).toBe('00000000000000000000000000');
    // A random source that gives 1, which it must not, still makes an id.
    expect(isUlid(makerAt([0], () => 1)())).toBe(true);
  });

  it('carry over when a part is full', () => {
    const draws = [0, 0, 1 - 2 ** -20, 1 - 2 ** -20];
    const next = makerAt([1], () => draws.shift() ?? 0);
    expect(next()).toBe('000000000100000000ZZZZZZZZ');
    expect(next()).toBe('00000000010000000100000000'.replace(/^(.{10}).*/, '$10000000100000000'));
  });

  it('go on in the next millisecond when all 80 bits are full', () => {
    const next = makerAt([1, 1, 1], () => 1 - 2 ** -20);
    expect(next()).toBe('0000000001ZZZZZZZZZZZZZZZZ');
    expect(next()).toBe('0000000002ZZZZZZZZZZZZZZZZ');
    expect(next()).toBe('0000000003ZZZZZZZZZZZZZZZZ');
  });

  it('differ between makers', () => {
    expect(makerAt([1])()).not.toBe(makerAt([1])());
  });

  it.each([
    '',
    '01HNZX8JGFACFA36RBXDHEQN6',
    '01HNZX8JGFACFA36RBXDHEQN6EE',
    '01hnzx8jgfacfa36rbxdheqn6e',
    '81HNZX8JGFACFA36RBXDHEQN6E',
    '01HNZX8JGFACFA36RBXDHEQN6U',
    7,
    undefined,
  ])('are not %j', (text) => {
    expect(isUlid(text)).toBe(false);
  });
});
