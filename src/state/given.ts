/**
 * Options that a program hands to public methods, checked before anything is done with them: what is of another kind is
 * refused with its name, and not found out halfway by the engine. Values have their own checks, where they are encoded.
 */
import { describe } from '../protocol/describe.js';
import { HeliosError } from '../protocol/errors.js';

const KINDS = {
  'a text': (given: unknown) => typeof given === 'string',
  'a number of 0 or more': (given: unknown) => typeof given === 'number' && given >= 0,
  'a whole number from 1': (given: unknown) => Number.isSafeInteger(given) && Number(given) >= 1,
  'true or false': (given: unknown) => typeof given === 'boolean',
  'a function': (given: unknown) => typeof given === 'function',
  'an AbortSignal': (given: unknown) => given instanceof AbortSignal,
  'a version': (given: unknown) => typeof given === 'object' && given !== null,
  'an array of paths': (given: unknown) => Array.isArray(given),
} as const;

export type GivenKind = keyof typeof KINDS;

/**
 * Checks options field by field; those that are absent or undefined are always right.
 * @throws HeliosError `INVALID_REQUEST`
 */
export function checkGiven(method: string, options: unknown, fields: Readonly<Record<string, GivenKind>>): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null) {
    const text = `The options of ${method}() are an object with ${Object.keys(fields).join(', ')}; got ${describe(options)}.`;
    throw new HeliosError('INVALID_REQUEST', text);
  }
  for (const name in fields) {
    const kind = fields[name] as GivenKind;
    const given: unknown = Reflect.get(options, name);
    if (given === undefined || KINDS[kind](given)) continue;
    throw new HeliosError('INVALID_REQUEST', `${name} of ${method}() is ${kind}; got ${describe(given)}.`);
  }
}
