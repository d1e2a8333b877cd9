/**
 * The types that are always there. A built-in type says only what stands at the top of a value, and checks no more than
 * that; the value model itself is checked by the encoder, for every type.
 */
import { type Kind, kindOf, type Value } from '../state/index.js';
import type { AnyObjectType, ObjectType } from './type.js';

export type BuiltInType = 'record' | 'map' | 'list' | 'set';

/** Names that no program may give to a type of its own: the built-in types, and those that are still to come. */
export const RESERVED_TYPE_NAMES: ReadonlySet<string> = new Set([
  ...['record', 'map', 'list', 'set'],
  ...['text', 'blob', 'tensor', 'log'],
]);

const CALLED: Readonly<Record<Kind, string>> = {
  null: 'null',
  boolean: 'a boolean',
  number: 'a number',
  bigint: 'a bigint',
  string: 'a string',
  date: 'a Date',
  bytes: 'bytes',
  array: 'an array',
  record: 'a record',
  map: 'a Map',
  set: 'a Set',
  undefined: 'undefined',
  other: 'something that is no plain data',
};

export const recordType: ObjectType<Record<string, Value>, Readonly<Record<string, Value>>> = holding(
  'record',
  'record',
);
export const mapType: ObjectType<Map<Value, Value>, ReadonlyMap<Value, Value>> = holding('map', 'map');
export const listType: ObjectType<Value[], readonly Value[]> = holding('list', 'array');
export const setType: ObjectType<Set<Value>, ReadonlySet<Value>> = holding('set', 'set');

export const BUILT_IN_TYPES: readonly AnyObjectType[] = Object.freeze([recordType, mapType, listType, setType]);

function holding(name: BuiltInType, kind: Kind): AnyObjectType {
  const validate = (value: unknown) => {
    const found = kindOf(value);
    return found === kind
      ? { value }
      : { issues: [{ message: `a ${name} holds ${CALLED[kind]}, but got ${CALLED[found]}` }] };
  };
  const schema: AnyObjectType['schema'] = { '~standard': { version: 1, vendor: 'helios-materializer', validate } };
  return Object.freeze({ name, version: 1, schema, upgrades: Object.freeze([]) });
}
