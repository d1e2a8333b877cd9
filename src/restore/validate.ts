/**
 * Asks a type's schema for what to store in place of a value. Schemas are other people's code: whatever they do, a
 * caller gets their output or `INVALID_VALUE`, at once.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { HeliosError } from '../protocol/errors.js';
import { formatPath } from '../protocol/paths.js';
import type { AnyObjectType } from './type.js';

/** Whose value it is, for the message. */
export type Operation = 'create' | 'edit' | 'upgrade';

export interface ValidationIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const SUBJECTS: Readonly<Record<Operation, string>> = {
  create: 'the value to create',
  edit: 'the edited value',
  upgrade: 'the upgraded value',
};

/** Issues in `details.issues`; `details.count` tells how many there were. */
const ISSUES_MAX = 20;

/**
 * The schema's output for the value.
 * @throws HeliosError `INVALID_VALUE` (details: `type`, `operation`, and of a refusal `path` of the first issue,
 *   `issues`, `count`) when the schema refuses, throws (then with `cause`), or answers a promise
 */
export function validate(type: AnyObjectType, value: unknown, operation: Operation): unknown {
  const result = answer(type, value, operation);
  if (isThenable(result)) {
    // Nobody waits for it, and its failure is no news.
    result.then(undefined, () => {});
    throw invalid(type, operation, 'answers with a promise. Schemas must answer synchronously: leave out async checks');
  }
  const issues: unknown = result?.issues;
  if (typeof result !== 'object' || result === null || (issues && !isListOfIssues(issues))) {
    throw invalid(type, operation, 'answers with neither a value nor issues, as a Standard Schema must');
  }
  if (result.issues) throw refused(type, operation, result.issues);
  return result.value;
}

function isListOfIssues(issues: unknown): boolean {
  return Array.isArray(issues) && issues.every((issue) => typeof issue === 'object' && issue !== null);
}

function answer(type: AnyObjectType, value: unknown, operation: Operation) {
  try {
    return type.schema['~standard'].validate(value);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw invalid(type, operation, `throws on ${SUBJECTS[operation]}: ${message}`, { cause });
  }
}

/** The error of a value that a schema has found issues with; one at least. */
export function refused(
  type: AnyObjectType,
  operation: Operation,
  found: ReadonlyArray<StandardSchemaV1.Issue>,
): HeliosError {
  const issues = found.slice(0, ISSUES_MAX).map(readIssue);
  const { path, message } = issues[0] ?? { path: [], message: 'it does not say why' };
  const place = path.length === 0 ? '' : `, at ${formatPath(path.map((key) => ({ kind: 'key', key })))}`;
  const more = found.length > 1 ? ` (and ${found.length - 1} more, see details.issues)` : '';
  return invalid(type, operation, `refuses ${SUBJECTS[operation]}${place}: ${message}${more}`, {
    details: { path, issues, count: found.length },
  });
}

function readIssue(issue: StandardSchemaV1.Issue): ValidationIssue {
  return { path: (issue.path ?? []).map(readSegment), message: issue.message };
}

/** Keys of a Map may be anything; in a path they are texts then. */
function readSegment(segment: PropertyKey | StandardSchemaV1.PathSegment): string | number {
  const key: unknown = typeof segment === 'object' ? segment.key : segment;
  return typeof key === 'string' || typeof key === 'number' ? key : String(key);
}

function invalid(
  type: AnyObjectType,
  operation: Operation,
  what: string,
  { cause, details }: { readonly cause?: unknown; readonly details?: Readonly<Record<string, unknown>> } = {},
): HeliosError {
  return new HeliosError('INVALID_VALUE', `The schema of "${type.name}" ${what}.`, {
    details: { type: type.name, operation, ...details },
    cause,
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
