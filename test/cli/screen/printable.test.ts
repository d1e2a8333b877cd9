import { describe, expect, it } from 'vitest';
import { printable } from '../../../src/cli/screen/printable.js';

describe('printable', () => {
  it('shows control characters and marks that hide or reorder text as escapes', () => {
    expect(printable('a\u001b[2Jb\tc\nd\u202e\u0085é漢😀')).toBe('a\\u001b[2Jb\\tc\\nd\\u202e\\u0085é漢😀');
  });

  it('keeps lines where it is asked to', () => {
    expect(printable('a\nb\r', { keepLines: true })).toBe('a\nb\\u000d');
  });
});
