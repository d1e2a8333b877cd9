import { describe, expect, it } from 'vitest';
import { progressOn } from '../../../src/cli/screen/progress.js';
import { ioFor } from '../terminal.js';

const OPTIONS = { label: 'import', counted: 'objects', total: 2_000, unit: 'bytes' } as const;

/** A terminal with a clock that is set by hand. */
function terminal(isTerminal = true) {
  const clock = { ms: 0 };
  const options = isTerminal ? { terminalColumns: 100 } : {};
  const io = ioFor('/', { ...options, now: () => clock.ms });
  return { io, clock };
}

describe('progress', () => {
  it('shows nothing of what is done soon', () => {
    const { io, clock } = terminal();
    const progress = progressOn(io, OPTIONS);
    clock.ms = 499;
    progress.at(1_999, 3);
    progress.end();
    expect(io.stderr.text).toBe('');
  });

  it('shows a bar with share, bytes and count of what takes longer, and takes it away in the end', () => {
    const { io, clock } = terminal();
    const progress = progressOn(io, OPTIONS);
    clock.ms = 600;
    progress.at(1_000, 3);
    progress.end();
    expect(io.stderr.text).toMatch(/import .* 50% · 1\.0 kB · 3 objects · ETA /);
    expect(io.stderr.text.endsWith('\u001b[2K')).toBe(true);
    expect(io.stdout.text).toBe('');
  });

  it('shows count alone where nobody knows the total', () => {
    const { io, clock } = terminal();
    const progress = progressOn(io, { label: 'stats', counted: 'objects', total: 0, unit: 'pieces' });
    clock.ms = 600;
    progress.at(1_234, 1_234);
    progress.end();
    expect(io.stderr.text).toContain('stats 1,234 objects');
    expect(io.stderr.text).not.toContain('%');
  });

  it('writes nothing where stderr is no terminal', () => {
    const { io, clock } = terminal(false);
    const progress = progressOn(io, OPTIONS);
    clock.ms = 5_000;
    progress.at(1_000, 3);
    progress.end();
    expect(io.stderr.text).toBe('');
  });

  it('leaves signals alone: the command ends in order by itself', () => {
    const { io, clock } = terminal();
    const listeners = process.listenerCount('SIGINT');
    const progress = progressOn(io, OPTIONS);
    clock.ms = 600;
    progress.at(1, 1);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
    progress.end();
  });
});
