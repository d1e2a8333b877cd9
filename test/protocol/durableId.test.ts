import { createHash } from 'node:crypto';
import { hash as blake3Of } from 'blake3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DurableIdentity, durableId } from '../../src/protocol/durableId.js';
import { ID_PATTERN } from '../../src/protocol/limits.js';

const blake3 = (text: string) => Buffer.from(blake3Of(Buffer.from(text)).toString('hex'), 'hex');
const hash = (bytes: Uint8Array) => blake3Of(Buffer.from(bytes)).toString('hex');
const message: DurableIdentity = {
  ...{ prefix: 'helios.v1', idempotencyKey: undefined, id: undefined },
  ...{ streamCreated: '2026-01-31T12:00:00.123456789Z', sequence: 7 },
};
const idOf = (of: Partial<DurableIdentity>) => durableId({ ...message, ...of }, hash);

/** Written once more, by the definition of base32 (RFC 4648) on bits. */
function base32Of(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? [])
    .map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five, 2)])
    .join('');
}

describe('the id of a durable request', () => {
  it('is known beforehand to whoever knows the key: the first 26 base32 digits of BLAKE3(prefix, key)', () => {
    const expected = base32Of(blake3('helios.v1\0order-1')).slice(0, 26);
    expect(idOf({ idempotencyKey: 'order-1' })).toBe(expected);
    // So that it stays this one, whatever becomes of the code on both sides.
    expect(expected).toBe('pr6eevd27qyuj7dopk5sk7ngsg');
  });

  it('with a key depends on prefix and key alone', () => {
    const id = idOf({ idempotencyKey: 'k', id: 'own', sequence: 1 });
    expect(idOf({ idempotencyKey: 'k', sequence: 2, streamCreated: 'later' })).toBe(id);
    expect(idOf({ idempotencyKey: 'l' })).not.toBe(id);
    expect(idOf({ idempotencyKey: 'k', prefix: 'helios.v2' })).not.toBe(id);
  });

  it('without a key is its own id, else that of its place in the stream', () => {
    expect(idOf({ id: 'own' })).toBe('own');
    const id = idOf({});
    expect(idOf({})).toBe(id);
    expect(idOf({ sequence: 8 })).not.toBe(id);
    expect(idOf({ streamCreated: '2026-02-01T00:00:00Z' })).not.toBe(id);
    expect(idOf({ prefix: 'helios.v2' })).not.toBe(id);
  });

  it('is a token of a subject, and each digit is one of 32 as base32 has them', () => {
    fc.assert(
      fc.property(fc.string(), (idempotencyKey) => {
        const id = idOf({ idempotencyKey });
        expect(id).toMatch(ID_PATTERN);
        expect(id).toMatch(/^[a-z2-7]{26}$/);
      }),
    );
  });

  it('takes the digits from all of the first 130 bits', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const id = durableId({ ...message, idempotencyKey: 'k' }, () => Buffer.from(bytes).toString('hex'));
        expect(id).toBe(base32Of(Buffer.from(bytes)).slice(0, 26));
      }),
    );
  });

  it('hashes bytes of UTF-8', () => {
    const seen: string[] = [];
    durableId({ ...message, idempotencyKey: 'ä' }, (bytes) => {
      seen.push(Buffer.from(bytes).toString('hex'));
      return createHash('sha256').digest('hex');
    });
    expect(seen).toEqual([Buffer.from('helios.v1\0ä', 'utf8').toString('hex')]);
  });

  it('wants a hash that is long enough', () => {
    expect(() => durableId(message, () => 'abcd')).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});
