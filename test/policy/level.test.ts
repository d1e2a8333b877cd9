import { expect, test } from 'vitest';
import { LEVEL_SETTINGS, LEVELS, severity } from '../../src/policy/index.js';

test('levels are ordered from normal to critical', () => {
  expect(LEVELS.map(severity)).toEqual([0, 1, 2, 3]);
});

test('each level is left below where it is entered, and no earlier than the one below it is entered for certain', () => {
  const { enter, exit } = LEVEL_SETTINGS;
  const ladder = [exit.elevated, enter.elevated, exit.high, enter.high, exit.critical, enter.critical];
  expect(ladder).toEqual([...ladder].sort());
  expect(new Set(ladder).size).toBe(ladder.length);
});
