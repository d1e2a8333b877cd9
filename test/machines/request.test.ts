import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createActor } from 'xstate';
import { MAX_ATTEMPTS, type RequestEvent, type RequestInput, requestMachine } from '../../src/machines/index.js';
import { HeliosError } from '../../src/protocol/errors.js';
import { stepped } from './step.js';

const damaged = new HeliosError('CORRUPT_BLOCK', 'The block is damaged.');
const gone = new HeliosError('UNAVAILABLE', 'The worker is gone.');
const late = new HeliosError('DEADLINE_EXCEEDED', 'Too late.');
const cancelled = new HeliosError('CANCELLED', 'The caller left.');

const START: RequestEvent = { type: 'START', worker: 'w1' };
const LOST: RequestEvent = { type: 'LOST', worker: 'w1', error: gone };

function request(input: Partial<RequestInput> = {}, ...events: RequestEvent[]) {
  return stepped(
    requestMachine,
    { object: 'agents/7', type: 'agent', priority: 0.8, urgency: 0.5, ...input },
    ...events,
  );
}

describe('a request', () => {
  test('begins pending, with what it was asked for and nothing more', () => {
    const { value, context } = request({ id: 'r1' }).getSnapshot();
    expect(value).toBe('pending');
    expect(context).toEqual({
      id: 'r1',
      object: 'agents/7',
      type: 'agent',
      priority: 0.8,
      urgency: 0.5,
      maxAttempts: MAX_ATTEMPTS,
      attempt: 0,
      worker: null,
      result: null,
      error: null,
      reason: null,
    });
  });

  test('goes through queued and restoring to materialized, seen in that order by a subscriber', () => {
    const actor = createActor(requestMachine, { input: { object: 'a', type: 't', priority: 1, urgency: 0 } }).start();
    const seen: unknown[] = [];
    actor.subscribe(({ value }) => seen.push(value));
    actor.send({ type: 'ENQUEUE' });
    actor.send(START);
    actor.send({ type: 'RESTORED', result: { hp: 10 } });
    expect(seen).toEqual(['queued', 'restoring', 'materialized']);
    expect(actor.getSnapshot().status).toBe('done');
    expect(actor.getSnapshot().context).toMatchObject({ attempt: 1, worker: 'w1', error: null });
    expect(actor.getSnapshot().output).toEqual({ state: 'materialized', result: { hp: 10 } });
  });

  test.each([
    ['pending', []],
    ['queued', [{ type: 'ENQUEUE' }]],
    ['restoring', [{ type: 'ENQUEUE' }, START]],
  ] satisfies [string, RequestEvent[]][])('can be cancelled and can expire while %s', (_, before) => {
    const left = request({}, ...before, { type: 'CANCEL', error: cancelled, reason: 'closed the tab' }).getSnapshot();
    expect(left.output).toEqual({ state: 'cancelled', error: cancelled });
    expect(left.context.reason).toBe('closed the tab');
    const silent = request({}, ...before, { type: 'CANCEL', error: cancelled }).getSnapshot();
    expect(silent.context).toMatchObject({ error: cancelled, reason: null });
    const expired = request({}, ...before, { type: 'EXPIRE', error: late }).getSnapshot();
    expect(expired.output).toEqual({ state: 'expired', error: late });
  });

  test.each([
    ['pending', []],
    ['queued', [{ type: 'ENQUEUE' }]],
  ] satisfies [string, RequestEvent[]][])('can be refused while %s', (_, before) => {
    expect(request({}, ...before, { type: 'REFUSE', error: damaged }).getSnapshot().output).toEqual({
      state: 'failed',
      error: damaged,
    });
  });

  test('is no longer refused once a worker has it', () => {
    expect(request({}, { type: 'ENQUEUE' }, START, { type: 'REFUSE', error: damaged }).getSnapshot().value).toBe(
      'restoring',
    );
  });
});

describe('a request that fails at its worker', () => {
  test('is queued again, without an error, while the failure is retryable and attempts are left', () => {
    const { value, context } = request({}, { type: 'ENQUEUE' }, START, { type: 'FAIL', error: gone }).getSnapshot();
    expect(value).toBe('queued');
    expect(context).toMatchObject({ attempt: 1, error: null });
  });

  test('fails at once when trying again is no use', () => {
    const { output, context } = request({}, { type: 'ENQUEUE' }, START, { type: 'FAIL', error: damaged }).getSnapshot();
    expect(output).toEqual({ state: 'failed', error: damaged });
    expect(context.attempt).toBe(1);
  });

  test('fails with the last error when its attempts are used up', () => {
    const once: RequestEvent[] = [START, { type: 'FAIL', error: gone }];
    const { output, context } = request({ maxAttempts: 2 }, { type: 'ENQUEUE' }, ...once, ...once).getSnapshot();
    expect(output).toEqual({ state: 'failed', error: gone });
    expect(context.attempt).toBe(2);
  });

  test('gets at least one attempt, whatever was asked for', () => {
    const { output } = request({ maxAttempts: 0 }, { type: 'ENQUEUE' }, START, {
      type: 'RESTORED',
      result: 1,
    }).getSnapshot();
    expect(output).toEqual({ state: 'materialized', result: 1 });
  });
});

describe('a request whose worker is lost', () => {
  test('is queued for another one, and that counts as an attempt', () => {
    const actor = request({ maxAttempts: 2 }, { type: 'ENQUEUE' }, START, LOST);
    expect(actor.getSnapshot().value).toBe('queued');
    actor.send({ type: 'START', worker: 'w2' });
    expect(actor.getSnapshot().context).toMatchObject({ attempt: 2, worker: 'w2' });
    actor.send({ type: 'LOST', worker: 'w2', error: gone });
    expect(actor.getSnapshot().output).toEqual({ state: 'failed', error: gone });
  });

  test('stays where it is when the news is about a worker that no longer has it', () => {
    const actor = request({ maxAttempts: 2 }, { type: 'ENQUEUE' }, START, LOST, { type: 'START', worker: 'w2' }, LOST);
    expect(actor.getSnapshot().value).toBe('restoring');
    expect(actor.getSnapshot().context).toMatchObject({ attempt: 2, worker: 'w2', error: null });
  });
});

const anyEvent: fc.Arbitrary<RequestEvent> = fc.constantFrom<RequestEvent[]>(
  { type: 'ENQUEUE' },
  { type: 'REFUSE', error: damaged },
  START,
  { type: 'START', worker: 'w2' },
  { type: 'RESTORED', result: 'it' },
  { type: 'FAIL', error: damaged },
  { type: 'FAIL', error: gone },
  LOST,
  { type: 'LOST', worker: 'w2', error: gone },
  { type: 'CANCEL', error: cancelled },
  { type: 'EXPIRE', error: late },
);

test('whatever happens, attempts stay within their limit, and an error is there exactly when it ended without a result', () => {
  const walk = fc.tuple(fc.array(anyEvent, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }));
  fc.assert(
    fc.property(walk, ([events, maxAttempts]) => {
      const actor = request({ maxAttempts });
      for (const event of events) {
        const before = actor.getSnapshot();
        actor.send(event);
        const after = actor.getSnapshot();
        expect(after.context.attempt).toBeLessThanOrEqual(maxAttempts);
        expect(after.context.attempt - before.context.attempt).toBe(
          before.value === 'queued' && event.type === 'START' ? 1 : 0,
        );
        if (before.status === 'done') expect(after).toBe(before);
        expect(after.context.error !== null).toBe(after.status === 'done' && after.value !== 'materialized');
        expect(after.output?.state).toBe(after.status === 'done' ? after.value : undefined);
      }
    }),
  );
});
