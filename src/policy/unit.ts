/**
 * The unit interval, in which pressure, priority, urgency, weight and threshold live. Two ways in: `unit` for figures
 * that we measured ourselves and must survive, `requireUnit` for arguments that somebody passed and may have got wrong.
 */
import { HeliosError } from '../protocol/errors.js';

/** `value` brought into 0..1. What is no number counts as 0. */
export function unit(value: number): number {
  return value > 0 ? Math.min(1, value) : 0;
}

/**
 * `value` itself, when it is a number from 0 to 1.
 * @throws HeliosError `INVALID_REQUEST`, naming `name` and what came.
 */
export function requireUnit(name: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw outOfRange(name, 'a number from 0 to 1', value);
}

/**
 * `value` itself, when it is a finite number of bytes, 0 or more.
 * @throws HeliosError `INVALID_REQUEST`, naming `name` and what came.
 */
export function requireBytes(name: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) return value;
  throw outOfRange(name, 'a number of bytes, 0 or more', value);
}

function outOfRange(name: string, expected: string, value: unknown): HeliosError {
  const came = typeof value === 'number' ? String(value) : `a value of type ${value === null ? 'null' : typeof value}`;
  return new HeliosError('INVALID_REQUEST', `${name} must be ${expected}, but ${came} came. Pass one in that range.`, {
    details: { argument: name },
  });
}
