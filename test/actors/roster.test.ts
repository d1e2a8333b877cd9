import { afterEach, describe, expect, test } from 'vitest';
import { ROSTER_MAX } from '../../src/actors/roster.js';
import { HeliosError } from '../../src/protocol/index.js';
import {
  openSupervising,
  type PlayedWorker,
  pass,
  type Supervising,
  type SupervisingOptions,
  settle,
  subjects,
  WAITS,
} from './supervising.js';

let it: Supervising;

function open(options: SupervisingOptions = {}): Supervising {
  it = openSupervising({ isWithoutJournal: true, ...options });
  return it;
}

afterEach(async () => {
  it.supervisor.stop(new HeliosError('CLOSED', 'Over.'));
  await it.bus.close();
  expect(it.errors).toEqual([]);
});

const { beatMs } = WAITS;
const states = () => it.supervisor.workers().map(({ name, state }) => [name, state]);

/** Some beats of these workers. */
async function beats(
  count: number,
  workers: readonly PlayedWorker[],
  options: Parameters<PlayedWorker['beat']>[1] = {},
) {
  for (let beat = 0; beat < count; beat++) {
    for (const worker of workers) worker.beat(9, options);
    await pass(it.clock, beatMs);
  }
}

describe('a worker that falls silent', () => {
  test('gets nothing new, and is gone when it stays silent: what it had is given out once more', async () => {
    const { call, supervisor } = open();
    const silent = it.worker('silent', 9);
    call('a');
    await settle();
    const other = it.worker('other', 9);
    await beats(2, [other]);
    expect(states()).toEqual([
      ['silent', 'suspect'],
      ['other', 'alive'],
    ]);
    for (let id = 0; id < 20; id++) call(`b${id}`);
    await settle();
    expect(silent.objects).toEqual(['a']);
    await beats(3, [other]);
    expect(states()).toEqual([['other', 'alive']]);
    expect(other.work).toHaveLength(21);
    expect(other.work.at(-1)).toMatchObject({ request: { id: 'a' }, attempt: 2, answerTo: '_INBOX.asker.a' });
    expect([supervisor.lost, supervisor.retried]).toEqual([1, 1]);
    // Its late report changes nothing, and when it comes back it is a new worker.
    silent.report('a', 'done');
    expect(supervisor.dispatched).toBe(21);
    silent.beat(9);
    expect(states()).toHaveLength(2);
  });

  test('is alive again with its next beat', async () => {
    open();
    const worker = it.worker('w', 9);
    await pass(it.clock, 2 * beatMs);
    expect(states()).toEqual([['w', 'suspect']]);
    worker.beat(9);
    expect(states()).toEqual([['w', 'alive']]);
    expect(it.supervisor.workers()[0]?.actor.getSnapshot().context.missed).toBe(0);
  });

  test('a call is given out twice at most, then its asker hears that nobody could do it', async () => {
    const { call, answers } = open();
    call('a');
    for (const name of ['first', 'second', 'third']) {
      const worker = it.worker(name, 9);
      await settle();
      if (name !== 'third') expect(worker.objects).toEqual(['a']);
      else expect(worker.objects).toEqual([]);
      worker.beat(0, { state: 'gone' });
    }
    expect(answers).toMatchObject([
      { id: 'a', worker: 'second', attempt: 2, error: { code: 'UNAVAILABLE', retryable: true } },
    ]);
  });

  test('is not gone because its supervisor was busy, or could hear nobody', async () => {
    let isReachable = true;
    const held: (() => void)[] = [];
    open();
    it.supervisor.stop(new HeliosError('CLOSED', 'Over.'));
    const flush = () => (isReachable ? it.bus.flush() : new Promise<void>((resolve) => held.push(resolve)));
    const supervisor = it.another({ bus: { ...it.bus, flush } });
    const worker = it.worker('w', 9);
    // Busy: the loop came round only after five beats, and the next beat is still in its socket.
    it.clock.advance(5 * beatMs);
    await settle();
    expect(supervisor.workers().map(({ state }) => state)).toEqual(['alive']);
    worker.beat(9);
    // Out of reach for long: nobody is judged, and afterwards everybody has the time of some beats again.
    isReachable = false;
    await pass(it.clock, 20 * beatMs);
    expect(supervisor.workers().map(({ state }) => state)).toEqual(['alive']);
    isReachable = true;
    for (const answer of held) answer();
    await settle();
    await pass(it.clock, beatMs);
    expect(supervisor.workers().map(({ state }) => state)).toEqual(['alive']);
    await pass(it.clock, 3 * beatMs);
    expect(supervisor.workers()).toEqual([]);
    supervisor.stop(new HeliosError('CLOSED', 'Over.'));
  });

  test('is looked for again after the bus could not be asked', async () => {
    open();
    it.supervisor.stop(new HeliosError('CLOSED', 'Over.'));
    let isBroken = true;
    const flush = () => (isBroken ? Promise.reject(new HeliosError('UNAVAILABLE', 'Away.')) : it.bus.flush());
    const supervisor = it.another({ bus: { ...it.bus, flush } });
    it.worker('w', 9);
    await pass(it.clock, 10 * beatMs);
    expect(supervisor.workers()).toHaveLength(1);
    isBroken = false;
    await pass(it.clock, 5 * beatMs);
    expect(supervisor.workers()).toEqual([]);
    supervisor.stop(new HeliosError('CLOSED', 'Over.'));
  });

  test('in one process nobody is lost by silence', async () => {
    open({ kind: 'embedded' });
    it.worker('w', 9);
    await pass(it.clock, 20 * beatMs);
    expect(states()).toEqual([['w', 'alive']]);
  });
});

describe('a worker that nobody can reach', () => {
  test('gives back what did not come to it, and the calls that it had', async () => {
    const { call, supervisor } = open();
    const worker = it.worker('w', 9);
    call('a');
    await settle();
    worker.vanish();
    call('b');
    await settle();
    expect(states()).toEqual([['w', 'suspect']]);
    expect([supervisor.queued, supervisor.dispatched]).toEqual([2, 0]);
    const other = it.worker('other', 9);
    await settle();
    expect(other.work).toMatchObject([
      { request: { id: 'b' }, attempt: 2 },
      { request: { id: 'a' }, attempt: 2 },
    ]);
  });

  test('is tried again with its next beat', async () => {
    const { call, supervisor } = open();
    const first = it.worker('w', 9);
    first.vanish();
    call('a');
    call('b');
    await settle();
    expect(supervisor.queued).toBe(2);
    const back = it.worker('w', 9);
    await settle();
    expect(back.objects.sort()).toEqual(['a', 'b']);
  });
});

describe('a worker that beats and does nothing', () => {
  test('is stuck when it has work in hand: its work goes to others, and it gets nothing until it gets on', async () => {
    const { call } = open();
    const stuck = it.worker('stuck', 9, { progress: 7 });
    call('a');
    await settle();
    const other = it.worker('other', 9);
    for (let beat = 0; beat < 11; beat++) {
      stuck.beat(9);
      other.beat(9);
      await pass(it.clock, beatMs);
    }
    expect(states()).toEqual([
      ['stuck', 'stuck'],
      ['other', 'alive'],
    ]);
    expect(other.objects).toEqual(['a']);
    for (let id = 0; id < 5; id++) call(`b${id}`);
    await settle();
    expect(stuck.objects).toEqual(['a']);
    stuck.beat(9, { progress: 8 });
    for (let id = 0; id < 20; id++) call(`c${id}`);
    await settle();
    expect(stuck.work.length).toBeGreaterThan(1);
  });

  test('and says nothing of what it was given is sent it once more, as the same attempt', async () => {
    const { call, supervisor } = open();
    const worker = it.worker('w', 9, { inHand: 0 });
    await beats(5, [worker]);
    call('a');
    await settle();
    await beats(5, [worker], { inHand: 0 });
    expect(worker.again).toEqual([]);
    await beats(2, [worker], { inHand: 3 });
    expect(worker.again).toMatchObject([{ request: { id: 'a' }, attempt: 1 }]);
    worker.report('a', 'done');
    await beats(8, [worker]);
    expect([worker.work.length, worker.again.length]).toEqual([1, 1]);
    expect([supervisor.lost, supervisor.dispatched]).toEqual([0, 0]);
    expect(states()).toEqual([['w', 'alive']]);
  });
});

describe('a worker that leaves', () => {
  test('gets nothing new once it drains, and finishes what it has', async () => {
    const { call, supervisor } = open();
    const worker = it.worker('w', 9);
    call('a');
    await settle();
    worker.beat(9, { state: 'draining' });
    call('b');
    await settle();
    expect(worker.objects).toEqual(['a']);
    worker.report('a', 'done');
    worker.beat(0, { state: 'gone' });
    expect(supervisor.workers()).toEqual([]);
    expect([supervisor.queued, supervisor.dispatched, supervisor.lost]).toEqual([1, 0, 0]);
    worker.beat(0, { state: 'gone' });
  });

  test('and another under the same name, which counts its beats anew, are two', async () => {
    const { call } = open();
    const worker = it.worker('w', 9);
    for (let beat = 0; beat < 20; beat++) worker.beat(9);
    call('a');
    await settle();
    // Beats may overtake each other.
    worker.beat(9, { beat: 19 });
    expect(worker.work).toHaveLength(1);
    worker.beat(9, { beat: 1 });
    await settle();
    expect(worker.work).toMatchObject([{ attempt: 1 }, { attempt: 2 }]);
  });
});

describe('who is heard', () => {
  test('is not who speaks another version on the wire, which is said once', async () => {
    const { warnings, call, bus } = open();
    const worker = it.worker('other', 9, { wire: 99 });
    worker.beat(9);
    // Its beats may look otherwise.
    bus.publish(subjects.heartbeat('other'), { worker: 'other', wire: 100, heart: 'beats' });
    call('a');
    await settle();
    expect(worker.objects).toEqual([]);
    expect(warnings).toMatchObject([{ code: 'INVALID_REQUEST', details: { worker: 'other', wire: 99 } }]);
  });

  test('are so many at most', () => {
    const { bus, warnings, supervisor } = open();
    const beat = { state: 'ready', beat: 1, progress: 1, inHand: 0, types: [], credits: { count: 1, bytes: 1 } };
    for (let count = 0; count <= ROSTER_MAX; count++) {
      bus.publish(subjects.heartbeat(`w${count}`), { ...beat, worker: `w${count}` });
    }
    expect(supervisor.workers()).toHaveLength(ROSTER_MAX);
    expect(warnings).toMatchObject([{ code: 'OVERLOADED' }]);
  });

  test('may learn types while it lives', async () => {
    const { call, clock } = open();
    const worker = it.worker('w', 9, { types: ['agent@1'] });
    await pass(clock, 250);
    worker.beat(9, { types: ['agent@1', 'rare@1'] });
    call('a', { type: 'rare' });
    await settle();
    expect(worker.objects).toEqual(['a']);
  });
});

test('with a limit of one missed beat, whoever can not be reached is gone at once', async () => {
  const { call, supervisor } = open({ waits: { ...WAITS, missedUntilGone: 1 } });
  const worker = it.worker('w', 9);
  call('a');
  await settle();
  worker.vanish();
  call('b');
  await settle();
  expect(supervisor.workers()).toEqual([]);
  expect(supervisor.queued).toBe(2);
});
