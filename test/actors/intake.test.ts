import { beforeEach, describe, expect, test } from 'vitest';
import { Intake, LANE_WEIGHTS } from '../../src/actors/intake.js';
import { createEmbeddedJournal, type Delivery, type RequestQueue } from '../../src/bus/index.js';
import { HeliosError, LANES, type Lane } from '../../src/protocol/index.js';
import { createManualClock, type ManualClock } from '../../src/testing/index.js';
import { pass, settle, WAITS } from './supervising.js';

let clock: ManualClock;
let requests: RequestQueue;
let taken: { readonly lane: Lane; readonly delivery: Delivery }[];
let ended: Record<Lane, number>;
let capacity: number;
let warnings: unknown[];
/** Questions asked: how many requests of which lane. */
let asked: [Lane, number][];

beforeEach(() => {
  clock = createManualClock(1_000);
  requests = createEmbeddedJournal({ clock, wallClock: () => 0 }).requests;
  taken = [];
  ended = { urgent: 0, high: 0, normal: 0, background: 0 };
  capacity = 0;
  warnings = [];
  asked = [];
});

const countOf = (lane: Lane) => taken.filter((one) => one.lane === lane).length;
const counts = () => LANES.map(countOf);

function open(queue: RequestQueue = requests): Intake {
  const counted: RequestQueue = {
    ...queue,
    pull: (lane, count, waitMs, onDelivery) => {
      asked.push([lane, count]);
      return queue.pull(lane, count, waitMs, onDelivery);
    },
  };
  return new Intake({
    ...{ requests: counted, clock, waits: WAITS, random: () => 0.5 },
    capacity: () => capacity,
    held: (lane) => countOf(lane) - ended[lane],
    onDelivery: (lane, delivery) => taken.push({ lane, delivery }),
    onWarning: (warning) => warnings.push(warning),
  });
}

async function submit(count: number, ...lanes: readonly Lane[]): Promise<void> {
  for (let index = 0; index < count; index++) for (const lane of lanes) await requests.submit(lane, undefined, {});
}

/** Ends what is held, oldest first. */
function end(count: number): void {
  const left = { ...ended };
  for (const { lane, delivery } of taken) {
    if (left[lane] > 0) left[lane]--;
    else if (count-- > 0) {
      delivery.ack();
      ended[lane]++;
    }
  }
}

describe('the intake', () => {
  test('asks for nothing while there is no room, and asks when there is', async () => {
    const intake = open();
    await submit(5, 'normal');
    intake.fill();
    await settle();
    expect([asked, intake.outstanding]).toEqual([[], 0]);
    capacity = 4;
    intake.fillIfShort();
    await settle();
    expect(taken.length).toBeGreaterThan(0);
    expect(taken.length).toBeLessThanOrEqual(4);
  });

  test.each([2, 8, 40, 200])('holds at most %i when that is what it may, however many there are', async (most) => {
    const intake = open();
    capacity = most;
    await submit(most + 10, 'normal');
    intake.fill();
    await settle();
    expect(taken.length).toBeGreaterThanOrEqual(most / 2);
    for (let round = 0; round < 30; round++) {
      expect(taken.length - ended.normal).toBeLessThanOrEqual(most);
      end(Math.ceil(most / 3));
      intake.fillIfShort();
      await settle();
    }
    expect(taken).toHaveLength(most + 10);
  });

  test('counts what it has asked for, and asks again when half of it has come', async () => {
    const intake = open();
    capacity = 100;
    await submit(1, 'normal');
    intake.fill();
    await settle();
    // The lane has turned out to be one that is worth asking, and has nothing more.
    const outstanding = asked.filter(([lane]) => lane === 'normal').at(-1)?.[1] ?? 0;
    expect(outstanding).toBeGreaterThan(40);
    expect(intake.outstanding).toBe(outstanding + 3);
    const questions = asked.length;
    await submit(Math.floor(outstanding / 4), 'normal');
    await settle();
    end(100);
    intake.fill();
    await settle();
    expect(asked).toHaveLength(questions);
    await submit(Math.floor(outstanding / 2), 'normal');
    await settle();
    end(100);
    intake.fill();
    await settle();
    expect(asked.length).toBeGreaterThan(questions);
  });

  test('serves lanes that all have work by their weights', async () => {
    const intake = open();
    capacity = 30;
    await submit(600, ...LANES);
    intake.fill();
    await settle();
    while (taken.length < 600) {
      end(10);
      intake.fillIfShort();
      await settle();
    }
    const shares = LANES.map((lane) => (countOf(lane) / taken.length) * 15);
    for (const [index, lane] of LANES.entries()) {
      expect(shares[index], lane).toBeGreaterThan(LANE_WEIGHTS[lane] * 0.75 - 0.3);
      expect(shares[index], lane).toBeLessThan(LANE_WEIGHTS[lane] * 1.25 + 0.3);
    }
  });

  test('starves no lane, also with room for two alone', async () => {
    const intake = open();
    capacity = 2;
    await submit(100, ...LANES);
    intake.fill();
    await settle();
    for (let round = 0; round < 60; round++) {
      end(1);
      intake.fillIfShort();
      await settle();
    }
    expect(Math.min(...counts())).toBeGreaterThan(2);
  });

  test('lets no lane take what is kept for the others, when its requests do not get on', async () => {
    const intake = open();
    capacity = 60;
    await submit(100, 'background');
    intake.fill();
    await settle();
    expect(countOf('background')).toBeGreaterThanOrEqual(30);
    expect(countOf('background')).toBeLessThan(40);
    await submit(20, 'urgent');
    await settle();
    intake.fill();
    await settle();
    expect(countOf('urgent')).toBeGreaterThanOrEqual(16);
  });

  test('asks a lane at once that has work, however much the others were asked for and have not', async () => {
    const intake = open();
    capacity = 60;
    // Each of these has had one, and is asked for all the room that it may take: none comes.
    await submit(1, 'normal', 'background');
    intake.fill();
    await settle();
    await submit(20, 'urgent', 'high');
    await settle();
    // No question has ended: the time for it stands still.
    expect(countOf('urgent')).toBeGreaterThanOrEqual(16);
    expect(countOf('high')).toBeGreaterThanOrEqual(8);
  });

  test('asks a lane for one when nothing came, and hears of what comes later', async () => {
    const intake = open();
    capacity = 60;
    await submit(1, 'urgent');
    intake.fill();
    await settle();
    await pass(clock, 5_000, 500);
    const [lane, count] = asked.filter(([lane]) => lane === 'urgent').at(-1) ?? [];
    expect([lane, count]).toEqual(['urgent', 1]);
    expect(intake.outstanding).toBe(4);
    await submit(5, 'urgent');
    await settle();
    expect(countOf('urgent')).toBe(6);
  });

  test('gives back what comes after it was stopped', async () => {
    const intake = open();
    capacity = 10;
    intake.fill();
    await settle();
    const pulled = requests.pull('normal', 1, 1_000, () => {});
    pulled.stop();
    intake.stop();
    intake.fill();
    await submit(1, 'normal');
    await settle();
    expect(taken).toEqual([]);
    const again: number[] = [];
    requests.pull('normal', 1, 1_000, ({ delivered }) => again.push(delivered));
    await settle();
    expect(again).toHaveLength(1);
  });
});

describe('a journal that is out of reach', () => {
  test('is asked again after a while, longer each time, and soon when it is back', async () => {
    let isAway = true;
    const intake = open({
      ...requests,
      pull: (lane, count, waitMs, onDelivery) => {
        if (!isAway) return requests.pull(lane, count, waitMs, onDelivery);
        return { outstanding: 0, ended: Promise.resolve(), stop: () => {} };
      },
    });
    capacity = 10;
    await submit(1, 'normal');
    intake.fill();
    await settle();
    expect(asked).toHaveLength(4);
    intake.fill();
    await settle();
    expect(asked).toHaveLength(4);
    await pass(clock, 1_000, 10);
    // Four lanes, each time: after 15, 30, 60, then each 75 ms.
    expect(asked.length).toBeGreaterThan(4 * 8);
    expect(asked.length).toBeLessThan(4 * 20);
    isAway = false;
    await pass(clock, 100, 10);
    expect(countOf('normal')).toBe(1);
    intake.stop();
  });

  test('that refuses the question is one too, and is heard of; one that was closed is asked no more', async () => {
    let error = new HeliosError('UNAVAILABLE', 'Away.');
    const intake = open({
      ...requests,
      pull: () => {
        throw error;
      },
    });
    capacity = 10;
    intake.fill();
    await settle();
    expect(warnings).toMatchObject([{ code: 'UNAVAILABLE' }, {}, {}, {}]);
    error = new HeliosError('CLOSED', 'Closed.');
    await pass(clock, 100, 10);
    const questions = asked.length;
    expect(questions).toBeGreaterThan(4);
    await pass(clock, 1_000, 100);
    expect([asked.length, warnings.length]).toEqual([questions, 4]);
    intake.stop();
  });
});
