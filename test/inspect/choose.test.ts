import { describe, expect, it } from 'vitest';
import { choose, DEFAULT_SAMPLE, filterFrom, isSampled } from '../../src/inspect/choose.js';
import { createIds } from '../../src/protocol/ids.js';

const request = { id: 'r1', object: 'agents/7', type: 'agent', ended: null } as const;

describe('which requests are shown', () => {
  it('is one in a hundred when nothing is said, all when they are named, none but failures when those are asked for', () => {
    expect(filterFrom({})).toEqual({ failed: false, sample: DEFAULT_SAMPLE });
    expect(filterFrom({ type: 'agent' })).toEqual({ type: 'agent', failed: false, sample: 1 });
    expect(filterFrom({ id: 'x' })).toEqual({ id: 'x', failed: false, sample: 1 });
    expect(filterFrom({ failed: true, type: 'agent' })).toEqual({ type: 'agent', failed: true, sample: 0 });
    expect(filterFrom({ failed: true, sample: 0.5 })).toEqual({ failed: true, sample: 0.5 });
  });

  it('goes by the id, or by the name of what is asked for', () => {
    expect(choose(filterFrom({ id: 'r1' }), request)).toBe('now');
    expect(choose(filterFrom({ id: 'agents/7' }), request)).toBe('now');
    expect(choose(filterFrom({ id: 'agents/8' }), request)).toBe('never');
  });

  it('goes by the type, which may be known at the end alone', () => {
    const filter = filterFrom({ type: 'agent' });
    expect(choose(filter, request)).toBe('now');
    expect(choose(filter, { ...request, type: 'city' })).toBe('never');
    expect(choose(filter, { ...request, type: '_' })).toBe('later');
    expect(choose(filter, { ...request, type: '_', ended: 'badly' })).toBe('never');
    expect(choose(filter, { ...request, ended: 'well' })).toBe('now');
  });

  it('waits for the end where failures are asked for', () => {
    const filter = filterFrom({ failed: true });
    expect(choose(filter, request)).toBe('later');
    expect(choose(filter, { ...request, ended: 'badly' })).toBe('now');
    expect(choose(filter, { ...request, ended: 'well' })).toBe('never');
    expect(choose(filterFrom({ failed: true, sample: 1 }), request)).toBe('now');
    expect(choose(filterFrom({ failed: true, type: 'agent' }), { ...request, type: '_' })).toBe('later');
  });

  it('takes the share that was asked for, the same ids each time, and more of them for a greater share', () => {
    let at = 1_700_000_000_000;
    const nextId = createIds({ clock: () => at++, random: Math.random });
    const ids = Array.from({ length: 20_000 }, nextId);
    for (const share of [0.01, 0.1, 0.5]) {
      const chosen = ids.filter((id) => isSampled(id, share));
      expect(chosen.length / ids.length).toBeGreaterThan(share * 0.7);
      expect(chosen.length / ids.length).toBeLessThan(share * 1.3);
      expect(chosen.every((id) => isSampled(id, share) && isSampled(id, share * 1.5))).toBe(true);
    }
    expect(ids.some((id) => isSampled(id, 0))).toBe(false);
    expect(ids.every((id) => isSampled(id, 1))).toBe(true);
  });
});
