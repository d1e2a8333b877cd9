/**
 * Brings a stored value from the schema version it was written under to the one its type has now, step by step, and
 * asks the schema for its word. A version without a step changed nothing that a step must change. Nothing is written:
 * the new shape is stored with the next save.
 */
import { HeliosError } from '../protocol/errors.js';
import type { AnyObjectType, Upgrade } from './type.js';
import { validate } from './validate.js';

/**
 * The value as the type has it now, not frozen yet.
 * @param value as stored: frozen
 * @throws HeliosError `INVALID_VALUE` (details: `type`, `stored`, `version`, of a failing step `step`) when it was
 *   stored by a newer type, a step throws or answers nothing usable, or the schema refuses the outcome
 */
export function upgrade(type: AnyObjectType, storedVersion: number, value: unknown): unknown {
  if (storedVersion === type.version) return value;
  if (storedVersion > type.version) {
    throw new HeliosError(
      'INVALID_VALUE',
      `This value was stored by version ${storedVersion} of type "${type.name}", but only version ${type.version} is known here. Open Helios with the newer definition of the type.`,
      { details: { type: type.name, stored: storedVersion, version: type.version } },
    );
  }
  let current = value;
  for (const one of type.upgrades) {
    if (one.from >= storedVersion) current = take(one, current, type, storedVersion);
  }
  return validate(type, current, 'upgrade');
}

function take({ from, step }: Upgrade, old: unknown, type: AnyObjectType, stored: number): unknown {
  const failed = (what: string, cause?: unknown) =>
    new HeliosError('INVALID_VALUE', `The upgrade of type "${type.name}" from version ${from} ${what}`, {
      details: { type: type.name, stored, version: type.version, step: from },
      cause,
    });
  let answer: unknown;
  try {
    answer = step(old);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw failed(`threw: ${message} (What it is given is frozen: it must answer a new value.)`, cause);
  }
  if (answer === undefined) throw failed('answered nothing: it must return the new value.');
  if (answer instanceof Promise) {
    // Nobody waits for it, and its failure is no news.
    answer.catch(() => {});
    throw failed('answered a promise: it must answer synchronously.');
  }
  return answer;
}
