import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSubjects, fromToken, LANES, laneOf, toToken } from '../../src/protocol/subjects.js';

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
    expect(subjects.request('urgent', 'agent')).toBe('helios.v1.request.urgent.agent');
    expect(subjects.request('background')).toBe('helios.v1.request.background._');
    expect(subjects.requests('high')).toBe('helios.v1.request.high.*');
    expect(subjects.requests()).toBe('helios.v1.request.*.*');
    expect(subjects.outcome('01A')).toBe('helios.v1.outcome.01A');
    expect(subjects.outcomes).toBe('helios.v1.outcome.*');
    expect(subjects.event('failed', '_', '01A')).toBe('helios.v1.event.failed._.01A');
    expect(subjects.events).toBe('helios.v1.event.*.*.*');
    expect(subjects.dead('01A')).toBe('helios.v1.dead.01A');
    expect(subjects.deads).toBe('helios.v1.dead.*');
    expect(subjects.inspectControl).toBe('helios.v1.inspect.control');
    expect(subjects.inspectData('host.local')).toBe('helios.v1.inspect.data.=aG9zdC5sb2NhbA');
    expect(subjects.inspectDatas).toBe('helios.v1.inspect.data.*');
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

describe('names of streams and buckets', () => {
  it('are plain words under the default prefix', () => {
    expect(createSubjects().storage('REQUESTS')).toBe('HELIOS_REQUESTS');
  });

  it('are of one prefix alone, and fit NATS', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,6}$/);
    const prefix = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join('.'));
    fc.assert(
      fc.property(prefix, prefix, (one, other) => {
        const name = createSubjects(one).storage('EVENTS');
        expect(name).toMatch(/^[A-Za-z0-9_-]+_EVENTS$/);
        expect(name === createSubjects(other).storage('EVENTS')).toBe(one === other);
      }),
    );
    const storages = ['a.b', 'a-b', 'a-pb', 'a-mb', 'a_b', 'ab', 'HELIOS', 'helios-v1', 'helios.v2'].map((name) =>
      createSubjects(name).storage('X'),
    );
    expect(new Set([...storages, createSubjects().storage('X')]).size).toBe(storages.length + 1);
  });
});

describe('lanes', () => {
  it.each([
    [1, 'urgent'],
    [0.9, 'urgent'],
    [0.89, 'high'],
    [0.6, 'high'],
    [0.59, 'normal'],
    [0.5, 'normal'],
    [0.3, 'normal'],
    [0.29, 'background'],
    [0, 'background'],
  ])('a request of priority %d goes to %s', (priority, lane) => {
    expect(laneOf(priority)).toBe(lane);
  });

  it('are four', () => {
    expect(LANES).toEqual(['urgent', 'high', 'normal', 'background']);
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
