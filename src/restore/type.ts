/**
 * Object factories as constants: what a type is called, which schema its values obey, how old values become new ones,
 * and what a program wants to hold in place of plain data. A definition is checked once, here; nothing is registered
 * by defining it, and nothing runs.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe } from '../protocol/describe.js';
import { HeliosError } from '../protocol/errors.js';
import { checkTypeName, nearest } from '../protocol/names.js';
import type { Frozen, Retention } from '../state/index.js';
import { RESERVED_TYPE_NAMES } from './builtIn.js';

/** One step from the shape of version `from` to that of the next. */
export interface Upgrade {
  readonly from: number;
  readonly step: (old: unknown) => unknown;
}

/** A type whatever it holds: what a registry keeps and a worker looks up. */
export interface AnyObjectType {
  readonly name: string;
  /** Version of the schema: 1 or more. Stored with each value. */
  readonly version: number;
  /** Refuses or transforms values; see validate.ts. */
  readonly schema: StandardSchemaV1;
  /** In ascending order of `from`; a version without a step changed nothing that a step must change. */
  readonly upgrades: readonly Upgrade[];
  /** How many versions of an object are kept; see `Retention`. */
  readonly retention?: Retention;
  /** Makes what a program holds of a restored value; without it, that is the value itself. */
  hydrate?(value: unknown): unknown;
  /** Makes the plain value again from what `hydrate` made. */
  dehydrate?(live: unknown): unknown;
}

/** A type of objects that are stored as `S` and held by programs as `L`. Made by `defineType`. */
export interface ObjectType<S, L = Frozen<S>> extends AnyObjectType {
  /** For the compiler alone, never there: the two together keep a type's values from passing for another's. */
  readonly _?: [S, L];
  readonly _takes?: (stored: S) => void;
}

export interface TypeDefinition<Schema extends StandardSchemaV1, L> {
  /** 1 to 64 of a-z, 0-9, `_` and `-`, beginning with a letter. */
  readonly name: string;
  /** A Standard Schema (zod, valibot, arktype and others) that answers synchronously. Its output is what is stored. */
  readonly schema: Schema;
  /** Default 1. Raise it when the stored shape changes. */
  readonly version?: number;
  /** By the version it starts from, each to the next one. What it is given is frozen. */
  readonly upgrade?: Readonly<Record<number, (old: unknown) => unknown>>;
  /** Runs where the object is asked for, on each `materialize`; its result is not cached. */
  readonly hydrate?: (value: Frozen<StandardSchemaV1.InferOutput<Schema>>) => L;
  readonly dehydrate?: (live: L) => StandardSchemaV1.InferOutput<Schema>;
  /**
   * How many versions of a name are kept: a number of them (32 by default), or `'all'`; with `days`, those alone that
   * are younger. The newest is always kept, and so are those with a label (`checkpoint`).
   */
  readonly retention?: { readonly versions?: number | 'all'; readonly days?: number };
}

const DEFINITION_KEYS = ['name', 'schema', 'version', 'upgrade', 'hydrate', 'dehydrate', 'retention'];

/**
 * Defines a type, as a frozen constant to be handed to `Helios.open` and to every call that speaks of its objects.
 * @throws HeliosError `INVALID_REQUEST` (details: `type`) for a name, version, schema or step that can't be
 */
export function defineType<Schema extends StandardSchemaV1, L = Frozen<StandardSchemaV1.InferOutput<Schema>>>(
  definition: TypeDefinition<Schema, L>,
): ObjectType<StandardSchemaV1.InferOutput<Schema>, L> {
  if (typeof definition !== 'object' || definition === null) {
    throw new HeliosError('INVALID_REQUEST', 'defineType takes an object with at least a name and a schema.');
  }
  const name = checkTypeName(definition.name);
  if (RESERVED_TYPE_NAMES.has(name)) {
    throw badDefinition(name, 'has the name of a built-in type. Choose another name');
  }
  checkKeys(name, Object.keys(definition));
  const { version = 1, schema, hydrate, dehydrate } = definition;
  if (!Number.isSafeInteger(version) || version < 1) {
    throw badDefinition(name, `has a whole number from 1 as its version, but got ${describe(version)}`);
  }
  if (!isStandardSchema(schema)) {
    throw badDefinition(name, 'needs a Standard Schema as its schema, such as one of zod, valibot or arktype');
  }
  checkFunction(name, 'hydrate', hydrate);
  checkFunction(name, 'dehydrate', dehydrate);
  if (dehydrate !== undefined && hydrate === undefined) {
    throw badDefinition(name, 'has dehydrate without hydrate, so that nothing makes what it takes. Add hydrate');
  }
  return Object.freeze({
    name,
    version,
    schema,
    upgrades: upgradesOf(name, version, definition.upgrade),
    ...(definition.retention !== undefined && { retention: retentionOf(name, definition.retention) }),
    ...(hydrate && { hydrate }),
    ...(dehydrate && { dehydrate }),
  });
}

/** Whether something was made by `defineType`, of this copy of the package or another. */
export function isObjectType(value: unknown): value is AnyObjectType {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'version' in value &&
    typeof value.version === 'number' &&
    'schema' in value &&
    isStandardSchema(value.schema) &&
    'upgrades' in value &&
    Array.isArray(value.upgrades)
  );
}

function isStandardSchema(schema: unknown): boolean {
  // Some schemas are functions (arktype).
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) return false;
  const standard: unknown = Reflect.get(schema, '~standard');
  return typeof standard === 'object' && standard !== null && 'validate' in standard
    ? typeof standard.validate === 'function'
    : false;
}

/** Refuses what is spelled almost like something it knows; other keys are none of its business. */
function checkKeys(name: string, keys: readonly string[]): void {
  for (const key of keys) {
    if (DEFINITION_KEYS.includes(key)) continue;
    const meant = nearest(key, DEFINITION_KEYS);
    if (meant !== undefined) throw badDefinition(name, `has "${key}". Did you mean "${meant}"?`);
  }
}

function checkFunction(name: string, key: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') {
    throw badDefinition(name, `needs a function as ${key}, but got ${typeof value}`);
  }
}

function retentionOf(name: string, retention: unknown): Retention {
  const { versions, days }: { versions?: unknown; days?: unknown } = Object(retention);
  if (typeof retention !== 'object' || (versions === undefined && days === undefined)) {
    throw badDefinition(name, "needs retention as { versions?: a number or 'all', days?: a number }");
  }
  if (versions !== undefined && versions !== 'all' && !(Number.isSafeInteger(versions) && Number(versions) >= 1)) {
    throw badDefinition(name, `keeps a whole number of versions from 1, or 'all', but got ${describe(versions)}`);
  }
  if (days !== undefined && !(typeof days === 'number' && days > 0)) {
    throw badDefinition(name, `keeps versions for a number of days above 0, but got ${describe(days)}`);
  }
  // Days alone say that the number doesn't matter.
  const kept = versions === undefined || versions === 'all' ? 'all' : Number(versions);
  return Object.freeze(typeof days === 'number' ? { versions: kept, days } : { versions: kept });
}

function upgradesOf(name: string, version: number, steps: unknown): readonly Upgrade[] {
  if (steps === undefined) return Object.freeze([]);
  if (typeof steps !== 'object' || steps === null) {
    throw badDefinition(name, 'needs an object of steps by version as upgrade, such as { 1: (old) => … }');
  }
  const upgrades = Object.entries(steps).map(([key, step]: [string, unknown]) => {
    const from = Number(key);
    if (!Number.isSafeInteger(from) || from < 1 || from >= version) {
      throw badDefinition(
        name,
        `has an upgrade from version ${key}, but its version is ${version}: a step starts from 1 or more, below the version`,
      );
    }
    if (!isStep(step)) throw badDefinition(name, `needs a function as the upgrade from version ${key}`);
    return Object.freeze({ from, step });
  });
  return Object.freeze(upgrades.sort((one, other) => one.from - other.from));
}

function isStep(step: unknown): step is Upgrade['step'] {
  return typeof step === 'function';
}

function badDefinition(name: string, what: string): HeliosError {
  const end = what.endsWith('?') ? '' : '.';
  return new HeliosError('INVALID_REQUEST', `Type "${name}" ${what}${end}`, { details: { type: name } });
}
