import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Submission, Submissions, type SubmissionsOptions, systemClock } from '../../src/actors/index.js';
import type { Delivery, Journal } from '../../src/bus/index.js';
import { HeliosError } from '../../src/protocol/errors.js';
import { createIds, type DurableMessage, durableId, type Lane } from '../../src/protocol/index.js';
import { hashOf } from '../../src/store/index.js';
import { createManualClock } from '../../src/testing/index.js';
import { type NatsServer, startNatsServer } from '../natsServer.js';
import { type AskingHouse, failed, materialized, openEmbedded, openOverNats, subjects } from './askingHouse.js';

const nextId = createIds({ clock: Date.now, random: Math.random });
const CLOSED = new HeliosError('CLOSED', 'over');

let server: NatsServer;
beforeAll(async () => {
  server = await startNatsServer();
});
afterAll(() => server.stop());

function submissionsOf(house: AskingHouse, options: Partial<SubmissionsOptions> = {}): Submissions {
  const { bus, journal } = house;
  return new Submissions({ bus, journal, subjects, clock: systemClock, nextId, hash: hashOf, ...options });
}

/** The next request of a lane, and takes it out. */
async function taken({ there }: AskingHouse, lane: Lane = 'normal'): Promise<Delivery> {
  const delivery = await new Promise<Delivery>((resolve) => there.journal.requests.pull(lane, 1, 5_000, resolve));
  delivery.ack();
  return delivery;
}

/** Makes what becomes of it, as a worker does. */
async function end({ there }: AskingHouse, outcome: ReturnType<typeof materialized>): Promise<void> {
  expect(await there.journal.outcomes.create(outcome)).toBe(true);
  await there.journal.events.append(outcome);
}

describe.each([
  ['embedded', async () => openEmbedded()],
  ['over NATS', () => openOverNats(server)],
])('%s', (_, open) => {
  let house: AskingHouse;
  let submissions: Submissions;
  beforeEach(async () => {
    house = await open();
    submissions = submissionsOf(house);
  });
  afterEach(async () => {
    submissions.close(CLOSED);
    await house.close();
  });

  test('a request goes into the lane of its priority, under a fresh id of its own, with its options', async () => {
    const asked: [number | undefined, Lane][] = [
      [undefined, 'normal'],
      [0.9, 'urgent'],
      [0.7, 'high'],
      [0, 'background'],
    ];
    const ids = new Set<string>();
    for (const [priority, lane] of asked) {
      const { id, duplicate } = await submissions.submit({
        ...{ object: 'agents/7', type: 'agent', priority, ttlMs: 5_000, includeValue: true },
      });
      const delivery = await taken(house, lane);
      expect(delivery.subject).toBe(subjects.request(lane, 'agent'));
      expect(delivery.body).toMatchObject({ object: 'agents/7', id, ttlMs: 5_000, includeValue: true });
      expect(duplicate).toBe(false);
      ids.add(id);
    }
    expect(ids.size).toBe(asked.length);
  });

  test('a key is the id: asked for twice, it is one request', async () => {
    const key = `key ${nextId()}`;
    const first = await submissions.submit({ object: 'agents/7', idempotencyKey: key });
    const second = await submissions.submit({ object: 'agents/7', idempotencyKey: key });
    const other = await submissions.submit({ object: 'agents/7', idempotencyKey: `${key}!` });
    const of = { prefix: 'test', idempotencyKey: key, id: undefined, streamCreated: '', sequence: 1 };
    expect([first.id, second.id]).toEqual([durableId(of, hashOf), durableId(of, hashOf)]);
    expect([first.duplicate, second.duplicate, other.duplicate]).toEqual([false, true, false]);
    expect(other.id).not.toBe(first.id);
    expect((await taken(house)).body).toMatchObject({ idempotencyKey: key });
    expect((await taken(house)).body).toMatchObject({ idempotencyKey: `${key}!` });
  });

  test('its outcome is waited for, and is there for whoever asks later', async () => {
    const submission = await submissions.submit({ object: 'agents/7' });
    const waiting = submission.outcome();
    await end(house, materialized(submission.id, { version: 3, value: { hp: 1, at: new Date(0) } }));
    const outcome = await waiting;
    expect(outcome).toEqual({
      ...{ id: submission.id, type: 'agent', object: 'agents/7', at: new Date('2026-01-31T12:00:00Z') },
      ...{ state: 'materialized', root: 'a'.repeat(64), version: 3, bytes: 7, worker: 'left', attempt: 1 },
      ...{ timings: { queueUs: 1, restoreUs: 2, totalUs: 3 }, value: { hp: 1, at: new Date(0) } },
      cursor: expect.any(String),
    });
    expect(Object.isFrozen(outcome)).toBe(true);
    expect(outcome.state === 'materialized' && Object.isFrozen(outcome.value)).toBe(true);
    expect(await submission.outcome()).toEqual(outcome);
  });

  test('reading on after an outcome’s cursor misses nothing that came after it', async () => {
    const submission = await submissions.submit({ object: 'agents/7' });
    await end(house, materialized(submission.id));
    const later = nextId();
    await end(house, failed(later));
    const { cursor } = await submission.outcome();
    const ids: string[] = [];
    for await (const { event } of house.journal.events.read({ after: cursor })) {
      ids.push(event.id);
      if (event.id === later) break;
    }
    expect(ids.slice(-2)).toEqual([submission.id, later]);
  });

  test('a failure is an outcome, not an error', async () => {
    const submission = await submissions.submit({ object: 'agents/7' });
    await end(house, failed(submission.id, { worker: 'left', attempt: 2 }));
    expect(await submission.outcome()).toMatchObject({
      ...{ state: 'failed', worker: 'left', attempt: 2 },
      error: { code: 'UNKNOWN_OBJECT', message: 'nobody of that name', retryable: false },
    });
  });

  test('cancelling makes the outcome, says so to all, and is heard as an event; again, or too late, it changes nothing', async () => {
    const cancels: unknown[] = [];
    house.there.bus.subscribe(subjects.cancels, ({ body }) => cancels.push(body));
    const after = await house.journal.events.latest();
    await house.there.bus.flush();
    const submission = await submissions.submit({ root: 'b'.repeat(64), type: 'agent' });
    const waiting = submission.outcome();
    await submission.cancel();
    expect(await waiting).toMatchObject({ state: 'cancelled', object: 'b'.repeat(64), error: { code: 'CANCELLED' } });
    await submission.cancel();
    for await (const { event } of house.there.journal.events.read({ after })) {
      expect(event).toMatchObject({ id: submission.id, state: 'cancelled', type: 'agent' });
      break;
    }
    await house.bus.flush();
    await house.there.bus.flush();
    expect(cancels).toContainEqual({ id: submission.id });

    const done = await submissions.submit({ object: 'agents/7' });
    await end(house, materialized(done.id));
    await done.cancel();
    expect(await done.outcome()).toMatchObject({ state: 'materialized' });
    await house.bus.flush();
    expect(cancels).not.toContainEqual({ id: done.id });
  });

  test('waiting ends by the signal, which leaves the request as it is', async () => {
    const submission = await submissions.submit({ object: 'agents/7' });
    const abort = new AbortController();
    const waiting = submission.outcome({ signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED', message: expect.stringContaining('enough') });
    await expect(submission.outcome({ signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await house.journal.outcomes.get(submission.id)).toBe(undefined);
    await end(house, materialized(submission.id));
    expect(await submission.outcome({ signal: new AbortController().signal })).toMatchObject({ id: submission.id });
  });

  test('closing ends what waits, and refuses what comes', async () => {
    const submission = await submissions.submit({ object: 'agents/7' });
    const waiting = submission.outcome();
    submissions.close(CLOSED);
    await expect(waiting).rejects.toBe(CLOSED);
    await expect(submission.outcome()).rejects.toBe(CLOSED);
    await expect(submission.cancel()).rejects.toBe(CLOSED);
    await expect(submissions.submit({ object: 'agents/7' })).rejects.toBe(CLOSED);
  });
});

describe('whatever is under it', () => {
  let house: AskingHouse;
  beforeEach(() => {
    house = openEmbedded();
  });
  afterEach(() => house.close());

  /** A journal that can't be reached the first times. */
  function flaky(times: number, part: 'submit' | 'create' | 'append'): { journal: Journal; tries: () => number } {
    const { journal } = house;
    let tries = 0;
    const wrap = async <T>(work: () => Promise<T>): Promise<T> => {
      if (++tries > times) return work();
      // It may have arrived all the same.
      await work();
      throw new HeliosError('UNAVAILABLE', 'away');
    };
    const submit: Journal['requests']['submit'] = (...args) => wrap(() => journal.requests.submit(...args));
    const create: Journal['outcomes']['create'] = (outcome) => wrap(() => journal.outcomes.create(outcome));
    const append: Journal['events']['append'] = (event) => wrap(() => journal.events.append(event));
    return {
      tries: () => tries,
      journal: {
        ...journal,
        requests: part === 'submit' ? { ...journal.requests, submit } : journal.requests,
        outcomes: part === 'create' ? { ...journal.outcomes, create } : journal.outcomes,
        events: part === 'append' ? { ...journal.events, append } : journal.events,
      },
    };
  }
  const waits = { retryMs: 1, ackWaitMs: 1_000 };

  test('a journal that is away for a moment is tried again, with the same id', async () => {
    const { journal, tries } = flaky(2, 'submit');
    const submissions = submissionsOf(house, { journal, waits });
    const { id } = await submissions.submit({ object: 'agents/7' });
    expect(tries()).toBe(3);
    for (let count = 0; count < 3; count++) expect((await taken(house)).body).toMatchObject({ id });
    submissions.close(CLOSED);
  });

  test('one that stays away is said to, after a few tries; a full one at once', async () => {
    const { journal, tries } = flaky(9, 'submit');
    const submissions = submissionsOf(house, { journal, waits });
    await expect(submissions.submit({ object: 'agents/7' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(tries()).toBe(3);
    const full = async () => {
      throw new HeliosError('OVERLOADED', 'full');
    };
    const crowded = submissionsOf(house, { journal: { ...journal, requests: { ...journal.requests, submit: full } } });
    await expect(crowded.submit({ object: 'agents/7' })).rejects.toMatchObject({ code: 'OVERLOADED' });
  });

  test('a cancel that was made and not heard of is told all the same', async () => {
    for (const part of ['create', 'append'] as const) {
      const { journal } = flaky(1, part);
      const submissions = submissionsOf(house, { journal, waits });
      const cancels: unknown[] = [];
      const subscription = house.bus.subscribe(subjects.cancels, ({ body }) => cancels.push(body));
      const submission = await submissions.submit({ object: 'agents/7' });
      await submission.cancel();
      subscription.unsubscribe();
      expect(await submission.outcome()).toMatchObject({ state: 'cancelled' });
      expect(cancels).toContainEqual({ id: submission.id });
      submissions.close(CLOSED);
    }
  });

  test('closing ends the wait between two tries', async () => {
    const clock = createManualClock();
    const { journal } = flaky(9, 'submit');
    const submissions = submissionsOf(house, { journal, clock });
    const submitting = submissions.submit({ object: 'agents/7' });
    await new Promise((resolve) => setImmediate(resolve));
    submissions.close(CLOSED);
    await expect(submitting).rejects.toBe(CLOSED);
  });

  test('a signal gives up before it is tried, and between two tries', async () => {
    const { journal, tries } = flaky(9, 'submit');
    const submissions = submissionsOf(house, { journal, waits });
    const gone = AbortSignal.abort('no');
    await expect(submissions.submit({ object: 'agents/7' }, gone)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(tries()).toBe(0);
    const abort = new AbortController();
    const submitting = submissions.submit({ object: 'agents/7' }, abort.signal);
    abort.abort('no');
    await expect(submitting).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(tries()).toBe(1);
  });

  test('an outcome that never comes is waited for until its time is up and a little longer', async () => {
    const clock = createManualClock();
    const submissions = submissionsOf(house, { clock, waits: { retryMs: 1, ackWaitMs: 1_000 } });
    const submission = await submissions.submit({ object: 'agents/7', ttlMs: 5_000 });
    let error: unknown;
    const waiting = submission.outcome().catch((reason: unknown) => {
      error = reason;
    });
    clock.advance(6_999);
    await Promise.resolve();
    expect(error).toBe(undefined);
    clock.advance(1);
    await waiting;
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', details: { id: submission.id } });
    const again = submission.outcome();
    clock.advance(0);
    await expect(again).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });

  test('what can’t be asked for is refused before anything is sent', async () => {
    const submissions = submissionsOf(house);
    const wrong: object[] = [
      {},
      { object: '' },
      { object: 'a', priority: 2 },
      { object: 'a', ttlMs: 0 },
      { object: 'a', idempotencyKey: '' },
      { object: 'a', includeValue: 'yes' },
      { root: 'short', type: 'agent' },
    ];
    for (const asked of wrong) {
      await expect(submissions.submit(asked), JSON.stringify(asked)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    }
    expect(await house.journal.requests.size()).toBe(0);
    const submission = await submissions.submit({ object: 'a' } satisfies Partial<DurableMessage>);
    const options = { signal: 'now' } as unknown as Parameters<Submission['outcome']>[0];
    await expect(submission.outcome(options)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    submissions.close(CLOSED);
  });

  test('a journal that is closed under a waiting one refuses the next', async () => {
    const submissions = submissionsOf(house);
    const submission = await submissions.submit({ object: 'a' });
    await house.journal.close();
    await expect(submissions.submit({ object: 'a' })).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(submission.cancel()).rejects.toMatchObject({ code: 'CLOSED' });
    submissions.close(CLOSED);
  });
});
