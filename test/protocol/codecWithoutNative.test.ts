import { isNativeAccelerationEnabled } from 'msgpackr';
import { describe, expect, it, vi } from 'vitest';
import { decodeMessage } from '../../src/protocol/codec.js';
import { codecProperties } from './codecProperties.js';

// Before msgpackr is loaded: where its native part is missing, it reads text by other code.
vi.hoisted(() => {
  process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED = 'true';
});

codecProperties();

describe('without the native part of msgpackr', () => {
  it('this test runs', () => {
    expect(isNativeAccelerationEnabled).toBe(false);
  });

  it('a longer text with a byte order mark is refused rather than changed', () => {
    const text = Buffer.from(`\ufeff${'a'.repeat(100)}`);
    const bytes = Buffer.concat([Buffer.from([0xd9, text.length]), text]);
    expect(() => decodeMessage(bytes)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', message: expect.stringContaining('$utf16') }),
    );
    const short = Buffer.from('\ufeffabc');
    expect(decodeMessage(Buffer.concat([Buffer.from([0xa0 | short.length]), short]))).toBe('\ufeffabc');
  });
});
