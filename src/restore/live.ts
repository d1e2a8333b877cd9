/**
 * Between plain values and what a program holds: calls a type's `hydrate` and `dehydrate`. Both are other people's code
 * and run where the object is asked for; what they make is never kept.
 */
import { HeliosError } from '../protocol/errors.js';
import type { AnyObjectType, ObjectType } from './type.js';

/**
 * What the type's `hydrate` makes of a restored value, or the value itself where there is none.
 * @param value deep-frozen, of the type's version
 * @throws HeliosError `INVALID_VALUE` (details: `type`, `stage: 'hydrate'`; with `cause`) when `hydrate` throws
 */
export function live<S, L>(type: ObjectType<S, L>, value: unknown): L {
  // The type's definition promised it: without `hydrate`, L is the frozen value.
  return (type.hydrate === undefined ? value : called(type, 'hydrate', type.hydrate, value)) as L;
}

/**
 * The plain value that the type's `dehydrate` makes again of what a program holds; without one, that is it already.
 * @throws HeliosError `INVALID_VALUE` (details: `type`, `stage: 'dehydrate'`; with `cause`) when `dehydrate` throws
 */
export function plain(type: AnyObjectType, held: unknown): unknown {
  return type.dehydrate === undefined ? held : called(type, 'dehydrate', type.dehydrate, held);
}

function called(type: AnyObjectType, stage: string, convert: (value: unknown) => unknown, value: unknown): unknown {
  try {
    return convert(value);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new HeliosError('INVALID_VALUE', `The ${stage} of type "${type.name}" threw: ${message}`, {
      details: { type: type.name, stage },
      cause,
    });
  }
}
