import { describe, expect, it } from 'vitest';
import { HeliosError } from '../../../src/protocol/errors.js';
import { reasonOf, storeFault } from '../../../src/store/lmdb/faults.js';

function failed(code: number | string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

describe('what LMDB throws', () => {
  it.each([
    [-30792, 'STORE_FULL'],
    [28, 'STORE_FULL'],
    [27, 'STORE_FULL'],
    [122, 'STORE_FULL'],
    [5, 'STORE_FULL'],
    [-30790, 'UNAVAILABLE'],
    [12, 'INTERNAL'],
    ['ENOENT', 'INTERNAL'],
  ])('with number %s is %s, with the cause', (code, expected) => {
    const cause = failed(code, 'as LMDB says');
    expect(storeFault(cause)).toMatchObject({ code: expected, cause });
  });

  it('and is no error at all is INTERNAL', () => {
    expect(storeFault('text')).toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('text') });
  });

  it('and is ours stays as it is', () => {
    const ours = new HeliosError('CONFLICT', 'said already');
    expect(storeFault(ours)).toBe(ours);
  });
});

describe('the reason of a failed write', () => {
  it('is what its promise rejects with, or else itself', async () => {
    const reason = failed(28, 'No space left on device');
    const rejecting = Promise.reject(reason);
    expect(await reasonOf(Object.assign(new Error('Commit failed'), { commitError: rejecting }))).toBe(reason);
    const silent = Object.assign(new Error('Commit failed'), { commitError: Promise.resolve() });
    expect(await reasonOf(silent)).toBe(silent);
    expect(await reasonOf(reason)).toBe(reason);
    expect(await reasonOf('text')).toBe('text');
  });
});
