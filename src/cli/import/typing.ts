/** Which type an imported value gets: the one that was asked for, else what stands at its top says. */

import { describe } from '../../protocol/describe.js';
import { HeliosError } from '../../protocol/errors.js';
import type { AnyObjectType } from '../../restore/index.js';

/** @throws HeliosError `INVALID_VALUE` for a value that is no object of its own */
export type Typing = (value: unknown) => AnyObjectType;

/**
 * @param own the types of the config
 * @throws HeliosError `UNKNOWN_TYPE` (details: `type`, `known`) when nobody defines the type asked for
 */
export async function typingFor(asked: string | undefined, own: readonly AnyObjectType[]): Promise<Typing> {
  const { TypeRegistry } = await import('../../restore/index.js');
  const types = new TypeRegistry(own);
  if (asked !== undefined) {
    const type = types.require(asked);
    return () => type;
  }
  const list = types.require('list');
  const record = types.require('record');
  return (value) => {
    if (Array.isArray(value)) return list;
    if (typeof value === 'object' && value !== null) return record;
    throw new HeliosError(
      'INVALID_VALUE',
      `an object is a JSON object or array, but this is ${describe(value)}. Wrap it, or give it a type with --type.`,
    );
  };
}
