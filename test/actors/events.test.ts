import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LIVE_WAITING_MAX } from '../../src/actors/events.js';
import { type EventFilter, Events, type HeliosEvent } from '../../src/actors/index.js';
import { HeliosError } from '../../src/protocol/errors.js';
import type { LiveMessage, OutcomeMessage } from '../../src/protocol/index.js';
import { type NatsServer, startNatsServer } from '../natsServer.js';
import { type AskingHouse, failed, materialized, openEmbedded, openOverNats, subjects } from './askingHouse.js';

const CLOSED = new HeliosError('CLOSED', 'over');

let server: NatsServer;
beforeAll(async () => {
  server = await startNatsServer();
});
afterAll(() => server.stop());

let count = 0;
function freshId(): string {
  return `e${process.pid}-${++count}`;
}

/** Tells of progress as supervisors and workers do; resolves when it has gone out. */
async function tell({ there }: AskingHouse, id: string, otherwise: Partial<LiveMessage> = {}): Promise<void> {
  const at = '2026-01-31T11:59:59.000Z';
  const live: LiveMessage = { id, type: 'agent', object: 'agents/7', at, state: 'queued', attempt: 0, ...otherwise };
  const headers = { 'Content-Type': 'application/json' };
  there.bus.publish(subjects.live(live.state, live.type, id), live, { headers });
  await there.bus.flush();
}

async function append({ there }: AskingHouse, ...outcomes: OutcomeMessage[]): Promise<void> {
  for (const outcome of outcomes) await there.journal.events.append(outcome);
}

/** So many of what comes. */
async function some(events: AsyncIterable<HeliosEvent>, number: number): Promise<HeliosEvent[]> {
  const all: HeliosEvent[] = [];
  for await (const event of events) {
    all.push(event);
    if (all.length === number) break;
  }
  return all;
}

function briefly(events: readonly HeliosEvent[]): string[] {
  return events.map(({ state, id }) => `${state} ${id}`);
}

describe.each([
  ['embedded', async () => openEmbedded()],
  ['over NATS', () => openOverNats(server)],
])('%s', (_, open) => {
  let house: AskingHouse;
  let events: Events;
  beforeEach(async () => {
    house = await open();
    events = new Events({ bus: house.bus, subjects, events: house.journal.events });
  });
  afterEach(async () => {
    events.close(CLOSED);
    await house.close();
  });

  /** A reading that certainly hears what comes from now on. */
  async function hearing(filter: EventFilter = {}): Promise<AsyncIterableIterator<HeliosEvent>> {
    const reading = events.read({ after: await house.journal.events.latest(), ...filter });
    await house.bus.flush();
    return reading;
  }

  test('progress and end of a request arrive in their order, typed and decoded', async () => {
    const [id, other] = [freshId(), freshId()];
    const reading = await hearing();
    await tell(house, id);
    await tell(house, id, { state: 'restoring', worker: 'left', attempt: 1 });
    const first = await some({ [Symbol.asyncIterator]: () => ({ next: () => reading.next() }) }, 2);
    await append(house, materialized(id, { value: { hp: 1, big: 2n } }), failed(other));
    const rest = await some(reading, 2);
    const about = { id, type: 'agent', object: 'agents/7' };
    const cursor = expect.any(String);
    expect([...first, ...rest]).toEqual([
      { ...about, state: 'queued', attempt: 0, at: new Date('2026-01-31T11:59:59Z'), cursor },
      { ...about, state: 'restoring', worker: 'left', attempt: 1, at: new Date('2026-01-31T11:59:59Z'), cursor },
      {
        ...{ ...about, state: 'materialized', at: new Date('2026-01-31T12:00:00Z'), cursor },
        ...{ root: 'a'.repeat(64), bytes: 7, worker: 'left', attempt: 1, value: { hp: 1, big: 2n } },
        timings: { queueUs: 1, restoreUs: 2, totalUs: 3 },
      },
      {
        ...{ ...about, id: other, state: 'failed', at: new Date('2026-01-31T12:00:00Z'), cursor },
        error: { code: 'UNKNOWN_OBJECT', message: 'nobody of that name', retryable: false },
      },
    ]);
    expect(Object.isFrozen(rest[0])).toBe(true);
    expect(rest[0]?.state === 'materialized' && Object.isFrozen(rest[0].value)).toBe(true);
  });

  test('without a cursor it begins with the call, not with what was before', async () => {
    await append(house, materialized(freshId()));
    const reading = events.read({});
    await house.journal.events.latest();
    await house.bus.flush();
    const id = freshId();
    await append(house, materialized(id));
    expect(briefly(await some(reading, 1))).toEqual([`materialized ${id}`]);
  });

  test('reading on behind any event’s cursor misses no end of a request, and repeats no progress', async () => {
    const ids = Array.from({ length: 4 }, freshId);
    const [a = '', b = '', c = '', d = ''] = ids;
    const reading = await hearing();
    await append(house, materialized(a));
    const seen = [await reading.next()];
    await tell(house, b);
    seen.push(await reading.next());
    await append(house, materialized(b), materialized(c));
    seen.push(await reading.next(), await reading.next());
    await append(house, materialized(d));
    const cursors = seen.map(({ value }) => value?.cursor);
    const ends = [a, b, c, d];
    for (const [index, behind] of [
      [0, 1],
      [1, 1],
      [2, 2],
      [3, 3],
    ] as const) {
      const after = cursors[index] ?? '';
      const read = await some(events.read({ after }), ends.length - behind);
      expect(briefly(read)).toEqual(ends.slice(behind).map((id) => `materialized ${id}`));
    }
  });

  test('a filter lets through what it says, of both kinds', async () => {
    const [one, two] = [freshId(), freshId()];
    const filters: [EventFilter, string[]][] = [
      [{ state: 'materialized' }, [`materialized ${one}`]],
      [{ state: 'failed' }, [`failed ${two}`]],
      [{ state: 'restoring' }, [`restoring ${two}`]],
      [{ type: 'list' }, [`queued ${two}`, `restoring ${two}`, `failed ${two}`]],
      [{ id: one }, [`queued ${one}`, `materialized ${one}`]],
      [{ id: one, type: 'agent', state: 'queued' }, [`queued ${one}`]],
    ];
    const readings = await Promise.all(filters.map(([filter]) => hearing(filter)));
    await tell(house, one);
    await tell(house, two, { type: 'list' });
    await tell(house, two, { type: 'list', state: 'restoring', worker: 'w', attempt: 1 });
    await house.bus.flush();
    await append(house, materialized(one), failed(two, { type: 'list' }));
    for (const [index, [filter, expected]] of filters.entries()) {
      const read = await some(readings[index] ?? events.read({}), expected.length);
      expect(briefly(read).sort(), JSON.stringify(filter)).toEqual([...expected].sort());
    }
  });

  test('a slow reader loses the oldest progress, and no end of a request', async () => {
    const reading = await hearing();
    const id = freshId();
    for (let attempt = 1; attempt <= LIVE_WAITING_MAX + 10; attempt++) void tell(house, id, { attempt });
    await tell(house, id, { attempt: LIVE_WAITING_MAX + 11 });
    const ends = Array.from({ length: 20 }, freshId);
    await append(house, ...ends.map((end) => materialized(end)));
    await house.bus.flush();
    const read = await some(reading, LIVE_WAITING_MAX + ends.length);
    const attempts = read.flatMap((event) => (event.state === 'queued' ? [event.attempt] : []));
    expect(attempts).toEqual(Array.from({ length: LIVE_WAITING_MAX }, (_item, index) => index + 12));
    expect(read.filter(({ state }) => state === 'materialized').map((event) => event.id)).toEqual(ends);
  });

  test('what is no progress is passed over and noted', async () => {
    const reading = await hearing();
    const id = freshId();
    if (house.bus.kind === 'nats') {
      house.there.bus.publish(subjects.live('queued', 'agent', id), { id, state: 'queued' });
      house.there.bus.publish(subjects.live('queued', 'agent', id), 'hello');
    }
    await tell(house, id);
    expect(briefly(await some(reading, 1))).toEqual([`queued ${id}`]);
    expect(house.errors.length).toBe(house.bus.kind === 'nats' ? 2 : 0);
  });

  test('a signal, leaving the loop, and closing end it without an error', async () => {
    const abort = new AbortController();
    const aborted = await hearing({ signal: abort.signal });
    const waiting = [aborted.next(), aborted.next()];
    await append(house, materialized(freshId()));
    expect((await waiting[0])?.done).toBe(false);
    abort.abort();
    expect(await waiting[1]).toEqual({ done: true, value: undefined });
    expect(await aborted.next()).toEqual({ done: true, value: undefined });
    expect(await some(events.read({ signal: abort.signal }), 1)).toEqual([]);

    const left = await hearing();
    await append(house, materialized(freshId()), materialized(freshId()));
    expect(await some(left, 1)).toHaveLength(1);
    expect((await left.next()).done).toBe(true);

    const open = await hearing();
    const last = open.next();
    events.close(CLOSED);
    expect((await last).done).toBe(true);
    await expect(events.read({}).next()).rejects.toBe(CLOSED);
  });

  test('the journal’s end is the reading’s', async () => {
    const reading = await hearing({ state: 'materialized' });
    const last = reading.next();
    await house.journal.close();
    expect((await last).done).toBe(true);
    await expect(events.read({}).next()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('what is wrong with a filter is thrown when it is read, and once', async () => {
    const wrong: object[] = [
      { state: 'pending' },
      { state: 'done' },
      { type: 'No Type' },
      { id: 'a.b' },
      { id: '' },
      { after: 7 },
      { signal: 'now' },
    ];
    for (const filter of wrong) {
      const reading = events.read(filter);
      await expect(reading.next(), JSON.stringify(filter)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
      expect(await reading.next()).toEqual({ done: true, value: undefined });
    }
    await expect(some(events.read({ after: 'no cursor' }), 1)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});
