import { describe, expect, it } from 'vitest';
import { ERROR_CODES, HeliosError } from '../../src/protocol/errors.js';

describe('a HeliosError', () => {
  it('takes from its code whether a retry may help, unless told otherwise', () => {
    expect(new HeliosError('CONFLICT', 'x').retryable).toBe(true);
    expect(new HeliosError('CORRUPT_BLOCK', 'x').retryable).toBe(false);
    expect(new HeliosError('CORRUPT_BLOCK', 'x', { retryable: true }).retryable).toBe(true);
  });

  it('carries details, cause and the time to wait only when given', () => {
    const cause = new Error('why');
    const full = new HeliosError('OVERLOADED', 'x', { details: { a: 1 }, cause, retryAfterMs: 5 });
    expect(full).toMatchObject({ name: 'HeliosError', message: 'x', details: { a: 1 }, cause, retryAfterMs: 5 });
    const bare = new HeliosError('OVERLOADED', 'x');
    expect(bare.details).toEqual({});
    expect('cause' in bare).toBe(false);
    expect('retryAfterMs' in bare).toBe(false);
  });

  it('is recognised by name and code, also from another copy of the package', () => {
    const foreign = Object.assign(new Error('x'), { name: 'HeliosError', code: 'CLOSED' });
    expect(HeliosError.is(foreign)).toBe(true);
    expect(HeliosError.is(foreign, 'CLOSED')).toBe(true);
    expect(HeliosError.is(foreign, 'CONFLICT')).toBe(false);
    expect(HeliosError.is(new Error('x'))).toBe(false);
    expect(HeliosError.is(Object.assign(new Error('x'), { name: 'HeliosError' }))).toBe(false);
    expect(HeliosError.is({ name: 'HeliosError', code: 'CLOSED' })).toBe(false);
  });

  it('wraps what is not ours as INTERNAL and leaves ours alone', () => {
    const ours = new HeliosError('CLOSED', 'x');
    expect(HeliosError.from(ours)).toBe(ours);
    const theirs = new TypeError('oops');
    expect(HeliosError.from(theirs)).toMatchObject({
      code: 'INTERNAL',
      message: 'Unexpected failure: oops',
      cause: theirs,
    });
    expect(HeliosError.from('thrown text').message).toBe('Unexpected failure: thrown text');
  });

  it('has the codes of the wire', () => {
    expect(ERROR_CODES).toHaveLength(19);
    expect(ERROR_CODES).toContain('INTERNAL');
  });
});
