import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSubjects, fromToken, toToken } from '../../src/protocol/subjects.js';

describe('subjects', () => {
  it('are those of the wire format', () => {
    const subjects = createSubjects();
    expect(subjects.prefix).toBe('helios.v1');
    expect(subjects.call()).toBe('helios.v1.call._');
    expect(subjects.call('agent')).toBe('helios.v1.call.agent');
    expect(subjects.calls).toBe('helios.v1.call.*');
    expect(subjects.work('w-1')).toBe('helios.v1.work.w-1');
    expect(subjects.cancel('01A')).toBe('helios.v1.cancel.01A');
    expect(subjects.cancels).toBe('helios.v1.cancel.*');
    expect(subjects.heartbeat('w')).toBe('helios.v1.worker.w.heartbeat');
    expect(subjects.heartbeats).toBe('helios.v1.worker.*.heartbeat');
    expect(subjects.pressure('w')).toBe('helios.v1.worker.w.pressure');
    expect(subjects.pressures).toBe('helios.v1.worker.*.pressure');
    expect(subjects.live('queued', 'agent', '01A')).toBe('helios.v1.live.queued.agent.01A');
    expect(subjects.lives).toBe('helios.v1.live.>');
    expect(subjects.policy).toBe('helios.v1.policy');
  });

  it('may have another prefix', () => {
    expect(createSubjects('tenant-7.helios').call('doc')).toBe('tenant-7.helios.call.doc');
  });

  it.each(['', '.', 'a.', '.a', 'a..b', 'a b', 'a.*', '>', 'ä', 'x'.repeat(129)])('refuse the prefix %j', (prefix) => {
    expect(() => createSubjects(prefix)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });

  it('carry names that NATS refuses as base64url', () => {
    expect(createSubjects().work('host.local:42')).toBe('helios.v1.work.=aG9zdC5sb2NhbDo0Mg');
  });
});

describe('tokens', () => {
  it('give every name back, and fit a subject and a key', () => {
    const name = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('', '=', '=YQ', 'agents/7', '*', '>', 'a.b'),
    );
    fc.assert(
      fc.property(name, (text) => {
        const token = toToken(text);
        expect(token).toMatch(/^[A-Za-z0-9_/=-]+$/);
        expect(fromToken(token)).toBe(text);
      }),
    );
  });

  it('leave plain names readable', () => {
    expect(toToken('agents/7')).toBe('agents/7');
  });

  it.each(['a.b', '=YQ', '=!', 'a b', ''])('are not %j', (token) => {
    expect(() => fromToken(token)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });
});
