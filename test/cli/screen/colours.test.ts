import { describe, expect, it } from 'vitest';
import { coloursFor } from '../../../src/cli/screen/colours.js';
import { Capture } from '../terminal.js';

describe('colours', () => {
  it('are for terminals that want them', () => {
    const terminal = new Capture(true, 80);
    expect(coloursFor(terminal, {}).isColorSupported).toBe(true);
    expect(coloursFor(terminal, { NO_COLOR: '' }).isColorSupported).toBe(true);
    expect(coloursFor(terminal, { NO_COLOR: '1' }).isColorSupported).toBe(false);
    expect(coloursFor(terminal, { TERM: 'dumb' }).isColorSupported).toBe(false);
    expect(coloursFor(new Capture(false, 80), {}).isColorSupported).toBe(false);
  });
});
