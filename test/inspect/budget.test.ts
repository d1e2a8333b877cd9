import { expect, it } from 'vitest';
import { Budget } from '../../src/inspect/budget.js';

it('a budget gives so many a second, whatever is asked for', () => {
  let now = 5_000;
  const budget = new Budget(() => now);
  expect(budget.take(1)).toBe(false);
  budget.set(100);
  let taken = 0;
  for (let ms = 0; ms < 10_000; ms++, now++) while (budget.take(1)) taken++;
  expect(taken).toBeGreaterThanOrEqual(1_000);
  expect(taken).toBeLessThanOrEqual(1_025);
});

it('a budget saves up for a quarter of a second, and takes all or nothing', () => {
  let now = 0;
  const budget = new Budget(() => now);
  budget.set(1_000);
  now += 60_000;
  expect(budget.take(251)).toBe(false);
  expect(budget.take(250)).toBe(true);
  expect(budget.take(1)).toBe(false);
});

it('a budget lets no request begin with what the other actors need', () => {
  const budget = new Budget(() => 0);
  budget.set(1_000);
  expect(budget.mayBegin()).toBe(true);
  budget.take(200);
  expect(budget.mayBegin()).toBe(false);
  expect(budget.take(50)).toBe(true);
});

it('a budget smaller than a request lets one begin all the same when it is untouched', () => {
  let now = 0;
  const budget = new Budget(() => now);
  budget.set(8);
  expect(budget.mayBegin()).toBe(true);
  budget.take(1);
  expect(budget.mayBegin()).toBe(false);
  now += 1_000;
  expect(budget.mayBegin()).toBe(true);
});

it('a budget of nothing gives nothing, and begins afresh', () => {
  let now = 0;
  const budget = new Budget(() => now);
  budget.set(100);
  budget.set(0);
  now += 10_000;
  expect(budget.take(2)).toBe(false);
  budget.set(100);
  expect(budget.take(25)).toBe(true);
});
