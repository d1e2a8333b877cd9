import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, LEVEL_THRESHOLDS, LEVELS, type Situation, thresholdFor } from '../../src/policy/index.js';
import { HeliosError } from '../../src/protocol/errors.js';

const calm: Situation = { threshold: 0, score: 0, trend: 0 };
const question = { priority: 0.5, estimatedBytes: 2_048, urgency: 0.5 };
const share = fc.double({ min: 0, max: 1, noNaN: true });
const bytes = fc.double({ min: 0, max: 1e12, noNaN: true });

describe('the threshold', () => {
  test('asks for nothing under little pressure, and for nearly everything at full pressure', () => {
    expect(thresholdFor(0)).toBe(0);
    expect(thresholdFor(0.4)).toBe(0);
    expect(thresholdFor(0.7)).toBeCloseTo(0.475);
    expect(thresholdFor(1)).toBeCloseTo(0.95);
    expect(thresholdFor(Number.NaN)).toBe(0);
  });

  test('never falls when pressure rises, and never asks for all of it', () => {
    fc.assert(
      fc.property(share, share, (a, b) => {
        expect(thresholdFor(Math.min(a, b))).toBeLessThanOrEqual(thresholdFor(Math.max(a, b)));
        expect(thresholdFor(a)).toBeLessThan(1);
      }),
    );
  });

  test('rises with the level', () => {
    expect(LEVELS.map((level) => LEVEL_THRESHOLDS[level])).toEqual([0, 0.2, 0.5, 0.8]);
  });
});

test('a sweep of pressures lets fewer and fewer priorities pass: all at 0.1, the topmost at 0.95', () => {
  const pressures = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];
  const priorities = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
  const lowestToPass = pressures.map((score) =>
    priorities.find((priority) => decide({ ...question, priority }, { ...calm, score }).pass),
  );
  expect(lowestToPass).toEqual([0.1, 0.1, 0.1, 0.1, 0.2, 0.4, 0.5, 0.7, 0.8, 0.9]);
});

test('a sweep whose pressure jumps from step to step still lets all pass at 0.1 and the topmost at 0.95', () => {
  const wild = (priority: number, score: number) =>
    decide({ ...question, priority }, { ...calm, score, trend: 9 }).pass;
  expect(wild(0.1, 0.1)).toBe(true);
  expect(wild(0.8, 0.95)).toBe(false);
  expect(wild(0.9, 0.95)).toBe(true);
});

describe('a decision', () => {
  test('needs at least what the policy asks for, however low the pressure', () => {
    expect(decide(question, { ...calm, threshold: 0.5 })).toMatchObject({ pass: true, threshold: 0.5 });
    expect(decide(question, { ...calm, threshold: 0.51 })).toMatchObject({ pass: false, threshold: 0.51 });
  });

  test('looks ahead when pressure rises, no farther than a limit, and gives no credit when it falls', () => {
    const situation = { ...calm, score: 0.7 };
    const { threshold } = decide(question, situation);
    expect(decide(question, { ...situation, trend: 0.01 }).threshold).toBeCloseTo(thresholdFor(0.72));
    expect(decide(question, { ...situation, trend: 50 }).threshold).toBeCloseTo(thresholdFor(0.73));
    expect(decide(question, { ...situation, trend: -1 }).threshold).toBe(threshold);
    expect(decide(question, { ...situation, trend: Number.NaN }).threshold).toBe(threshold);
  });

  test('counts the bytes as a share of what memory has left', () => {
    const ask = (estimatedBytes: number, freeBytes?: number) =>
      decide({ ...question, estimatedBytes }, { ...calm, score: 0.6, freeBytes }).threshold;
    expect(ask(500, 1_000)).toBeCloseTo(thresholdFor(0.8));
    expect(ask(5_000, 1_000)).toBeCloseTo(thresholdFor(1));
    expect(ask(1, 0)).toBeCloseTo(thresholdFor(1));
    expect(ask(0, 0)).toBe(thresholdFor(0.6));
    expect(ask(500)).toBe(thresholdFor(0.6));
    expect(ask(500, Number.NaN)).toBe(thresholdFor(0.6));
    expect(ask(500, Number.POSITIVE_INFINITY)).toBe(thresholdFor(0.6));
  });

  test('names each of its reasons', () => {
    const { terms } = decide(
      { priority: 0.5, estimatedBytes: 100, urgency: 1 },
      { threshold: 0.9, score: 0.6, trend: 0.01, freeBytes: 1_000 },
    );
    expect(Object.keys(terms)).toEqual(['priority', 'urgency', 'pressure', 'trend', 'size', 'policy']);
    expect(terms.priority).toBe(0.5);
    expect(terms.urgency).toBeCloseTo(0.1);
    expect(terms.pressure).toBeCloseTo(-thresholdFor(0.6));
    expect(terms.trend).toBeCloseTo(thresholdFor(0.6) - thresholdFor(0.62));
    expect(terms.size).toBeCloseTo(thresholdFor(0.62) - thresholdFor(0.658));
    expect(terms.policy).toBeCloseTo(thresholdFor(0.658) - 0.9);
  });

  const anySituation: fc.Arbitrary<Situation> = fc.record(
    { threshold: share, score: share, trend: fc.double({ min: -1, max: 1, noNaN: true }), freeBytes: bytes },
    { requiredKeys: ['threshold', 'score', 'trend'] },
  );
  const anyQuestion = fc.record({ priority: share, estimatedBytes: bytes, urgency: share });

  test('is the sum of its reasons, none of which is a negative zero', () => {
    fc.assert(
      fc.property(anyQuestion, anySituation, (asked, situation) => {
        const { pass, threshold, terms } = decide(asked, situation);
        const margin = Object.values(terms).reduce((sum, term) => sum + term, 0);
        if (Math.abs(margin) > 1e-9) expect(pass).toBe(margin > 0);
        expect(threshold).toBeGreaterThanOrEqual(situation.threshold);
        for (const term of Object.values(terms)) expect(Object.is(term, -0) && asked.priority > 0).toBe(false);
      }),
    );
  });

  test('is never turned into a refusal by more priority or urgency', () => {
    fc.assert(
      fc.property(
        anyQuestion,
        anySituation,
        share,
        fc.constantFrom('priority', 'urgency'),
        (asked, situation, other, field) => {
          const less = { ...asked, [field]: Math.min(asked[field], other) };
          const more = { ...asked, [field]: Math.max(asked[field], other) };
          if (decide(less, situation).pass) expect(decide(more, situation).pass).toBe(true);
        },
      ),
    );
  });

  test('is never turned into a pass by more bytes, pressure, trend or policy, or by less room', () => {
    fc.assert(
      fc.property(anyQuestion, anySituation, bytes, share, fc.nat(4), (asked, situation, otherBytes, other, which) => {
        const { estimatedBytes } = asked;
        const { score, trend, threshold, freeBytes = Number.POSITIVE_INFINITY } = situation;
        const harder: readonly [typeof asked, Situation] = (
          [
            [{ ...asked, estimatedBytes: Math.max(estimatedBytes, otherBytes) }, situation],
            [asked, { ...situation, score: Math.max(score, other) }],
            [asked, { ...situation, trend: Math.max(trend, other) }],
            [asked, { ...situation, threshold: Math.max(threshold, other) }],
            [asked, { ...situation, freeBytes: Math.min(freeBytes, otherBytes) }],
          ] as const
        )[which] ?? [asked, situation];
        if (!decide(asked, situation).pass) expect(decide(...harder).pass).toBe(false);
      }),
    );
  });

  test('always lets the most important pass', () => {
    fc.assert(
      fc.property(bytes, anySituation, (estimatedBytes, situation) => {
        expect(decide({ priority: 1, urgency: 1, estimatedBytes }, situation).pass).toBe(true);
      }),
    );
    const worst = { threshold: 2, score: 9, trend: Number.POSITIVE_INFINITY, freeBytes: -1 };
    expect(decide({ priority: 1, urgency: 1, estimatedBytes: 1e300 }, worst).pass).toBe(true);
  });

  test('takes what it cannot read of the situation for no pressure', () => {
    const blind = { threshold: Number.NaN, score: Number.NaN, trend: Number.NaN, freeBytes: Number.NaN };
    expect(decide({ ...question, priority: 0 }, blind)).toMatchObject({ pass: true, threshold: 0 });
  });
});

describe('an argument out of its range is refused by name', () => {
  test.each([
    ['priority', -0.1],
    ['priority', 1.1],
    ['priority', Number.NaN],
    ['urgency', 2],
    ['urgency', Number.NEGATIVE_INFINITY],
    ['estimatedBytes', -1],
    ['estimatedBytes', Number.POSITIVE_INFINITY],
    ['estimatedBytes', Number.NaN],
  ] as const)('%s of %d', (name, value) => {
    const refusal = refusalOf({ ...question, [name]: value });
    expect(refusal.code).toBe('INVALID_REQUEST');
    expect(refusal.message).toContain(name);
    expect(refusal.message).toContain(String(value));
    expect(refusal.details).toEqual({ argument: name });
  });

  test('and so is what is no number at all', () => {
    expect(refusalOf({ ...question, priority: '0.5' }).message).toContain('of type string');
    expect(refusalOf({ ...question, urgency: null }).message).toContain('of type null');
    expect(refusalOf({ ...question, estimatedBytes: undefined }).message).toContain('of type undefined');
    expect(refusalOf({ ...question, estimatedBytes: 1n }).message).toContain('of type bigint');
  });

  function refusalOf(asked: unknown): HeliosError {
    try {
      // As plain JavaScript would call it.
      Reflect.apply(decide, undefined, [asked, calm]);
    } catch (error) {
      if (HeliosError.is(error)) return error;
    }
    throw new Error('It was not refused.');
  }
});
