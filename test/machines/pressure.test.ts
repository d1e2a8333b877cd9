import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PressureEvent, pressureMachine } from '../../src/machines/index.js';
import { LEVEL_SETTINGS, LEVELS, type Level, severity } from '../../src/policy/index.js';
import { stepped } from './step.js';

const { enter, exit, tightenAfterMs, relaxAfterMs, risingAbove } = LEVEL_SETTINGS;
const sample = (score: number, at: number, trend = 0): PressureEvent => ({ type: 'SAMPLE', score, trend, at });

function pressure(...events: PressureEvent[]) {
  return stepped(pressureMachine, {}, ...events);
}

/** Comes to a level the shortest way; its last sample is at 0. */
function at(level: Level) {
  if (level === 'normal') return pressure(sample(0, 0));
  return pressure(sample(enter[level], -tightenAfterMs), sample(enter[level], 0));
}

describe('rising', () => {
  test('a level is entered when the score has held for the time that it takes, and not before', () => {
    expect(pressure(sample(enter.elevated, 0)).getSnapshot().value).toBe('normal');
    const early = pressure(sample(enter.elevated, 0), sample(enter.elevated, tightenAfterMs - 1));
    expect(early.getSnapshot().value).toBe('normal');
    early.send(sample(enter.elevated, tightenAfterMs));
    expect(early.getSnapshot().value).toBe('elevated');
  });

  test('a score that dips in between begins its time anew', () => {
    const actor = pressure(sample(enter.high, 0), sample(0.5, 50), sample(enter.high, tightenAfterMs));
    expect(actor.getSnapshot().value).toBe('normal');
  });

  test('a score just below the enter score never raises the level', () => {
    const actor = pressure();
    for (let time = 0; time < 10; time++) actor.send(sample(enter.elevated - 1e-9, time * 1_000));
    expect(actor.getSnapshot().value).toBe('normal');
  });

  test.each([
    ['normal', 'high'],
    ['normal', 'elevated'],
    ['elevated', 'high'],
  ] as const)('from %s it goes straight to %s', (from, to) => {
    const actor = at(from);
    actor.send(sample(enter[to], 1));
    actor.send(sample(enter[to], 1 + tightenAfterMs));
    expect(actor.getSnapshot().value).toBe(to);
  });

  test.each(['normal', 'elevated', 'high'] as const)('from %s critical is entered at once', (from) => {
    const actor = at(from);
    actor.send(sample(enter.critical, 1));
    expect(actor.getSnapshot().value).toBe('critical');
  });

  test('a score that swings between two levels counts for the lower of them all the time', () => {
    const actor = pressure(sample(enter.high, 0), sample(enter.elevated, tightenAfterMs / 2));
    actor.send(sample(enter.high, tightenAfterMs));
    expect(actor.getSnapshot().value).toBe('elevated');
  });
});

describe('falling', () => {
  test('goes one level at a time, each after its own time of calm', () => {
    const actor = at('critical');
    const seen: [number, unknown][] = [];
    for (let time = 100; time <= 4 * relaxAfterMs; time += 100) {
      actor.send(sample(0.1, time));
      const { value } = actor.getSnapshot();
      if (seen.at(-1)?.[1] !== value) seen.push([time, value]);
    }
    expect(seen).toEqual([
      [100, 'critical'],
      [100 + relaxAfterMs, 'high'],
      [100 + 2 * relaxAfterMs, 'elevated'],
      [100 + 3 * relaxAfterMs, 'normal'],
    ]);
  });

  test.each(['elevated', 'high', 'critical'] as const)(
    '%s stays while the score is between exit and enter',
    (level) => {
      const actor = at(level);
      for (let time = 1; time <= 10; time++) actor.send(sample(exit[level], time * relaxAfterMs));
      expect(actor.getSnapshot().value).toBe(level);
    },
  );

  test('a score that comes back above exit begins the calm anew', () => {
    const actor = at('elevated');
    actor.send(sample(0.1, 1));
    actor.send(sample(exit.elevated, relaxAfterMs / 2));
    actor.send(sample(0.1, relaxAfterMs));
    actor.send(sample(0.1, 2 * relaxAfterMs - 1));
    expect(actor.getSnapshot().value).toBe('elevated');
    actor.send(sample(0.1, 2 * relaxAfterMs));
    expect(actor.getSnapshot().value).toBe('normal');
  });

  test('a level is kept while the score rises fast, and left when it no longer does', () => {
    const actor = at('elevated');
    actor.send(sample(0.1, 1, risingAbove * 2));
    actor.send(sample(0.3, 1 + relaxAfterMs, risingAbove * 2));
    expect(actor.getSnapshot().value).toBe('elevated');
    actor.send(sample(0.3, 2 + relaxAfterMs, risingAbove));
    expect(actor.getSnapshot().value).toBe('normal');
  });
});

test('a sample that is no reading changes nothing', () => {
  for (const level of LEVELS) {
    const actor = at(level);
    const before = actor.getSnapshot();
    for (const event of [sample(Number.NaN, 1), sample(0, Number.NaN), sample(Infinity, 1), sample(1, 1, Number.NaN)]) {
      actor.send(event);
      expect(actor.getSnapshot().value).toBe(level);
      expect(actor.getSnapshot().context).toEqual(before.context);
    }
  }
});

test('a clock that jumps back moves no level', () => {
  const actor = at('high');
  actor.send(sample(0.1, -1_000_000));
  actor.send(sample(0.1, -1_000_001));
  expect(actor.getSnapshot().value).toBe('high');
});

test.each(LEVELS)('it can be stopped at %s, and says no more', (level) => {
  const actor = at(level);
  expect(actor.getSnapshot().value).toBe(level);
  actor.send({ type: 'STOP' });
  expect(actor.getSnapshot()).toMatchObject({ value: 'stopped', status: 'done' });
});

test('other settings hold where they are given', () => {
  const settings = { ...LEVEL_SETTINGS, tightenAfterMs: 0, relaxAfterMs: 0 };
  const actor = stepped(pressureMachine, { settings });
  actor.send(sample(enter.high, 0));
  expect(actor.getSnapshot().value).toBe('high');
  actor.send(sample(0, 1));
  expect(actor.getSnapshot().value).toBe('elevated');
});

test('whatever is sampled: down one level at most, up only at or above the enter score, and down only below exit', () => {
  const walk = fc.array(
    fc.record({
      score: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.5, 0.55, 0.65, 0.7, 0.8, 0.9)),
      trend: fc.constantFrom(-0.1, 0, 0.1),
      afterMs: fc.constantFrom(1, 50, 100, 500, 1_000, 5_000),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(walk, (steps) => {
      const actor = pressure();
      let time = 0;
      let changedAt = 0;
      for (const { score, trend, afterMs } of steps) {
        time += afterMs;
        const before = actor.getSnapshot().value as Level;
        actor.send(sample(score, time, trend));
        const after = actor.getSnapshot().value as Level;
        expect(actor.getSnapshot().context).toMatchObject({ score, trend, at: time });
        if (after === before) continue;
        if (severity(after) > severity(before)) {
          expect(score).toBeGreaterThanOrEqual(enter[after as Exclude<Level, 'normal'>]);
        } else {
          expect(severity(before) - severity(after)).toBe(1);
          expect(score).toBeLessThan(exit[before as Exclude<Level, 'normal'>]);
          expect(time - changedAt).toBeGreaterThanOrEqual(relaxAfterMs);
        }
        changedAt = time;
      }
    }),
  );
});
