/** The fields that several messages have. */
import * as v from 'valibot';
import { type ErrorForm, isErrorForm } from '../errorForm.js';
import { ERROR_CODES } from '../errors.js';
import {
  ID_PATTERN,
  MAX_HEAD_NAME_BYTES,
  MAX_PATHS,
  MAX_REASON_LENGTH,
  MAX_SUBJECT_LENGTH,
  MAX_TIMEOUT_MS,
  MAX_WORKER_NAME_LENGTH,
  TYPE_NAME_PATTERN,
} from '../limits.js';
import { checkHeadName } from '../names.js';
import type { Path } from '../paths.js';
import { field, matching, record, textUpTo } from './field.js';

export const share = field<number>((value) => isBetween(value, 0, 1), 'a number from 0 to 1', {
  ...{ type: 'number', minimum: 0, maximum: 1 },
});

export const count = wholeFrom(0);
export const ordinal = wholeFrom(1);

export const durationUs = field<number>((value) => isBetween(value, 0), 'microseconds, 0 or more', {
  ...{ type: 'number', minimum: 0 },
});

export const timeoutMs = field<number>(
  (value) => value !== 0 && isBetween(value, 0, MAX_TIMEOUT_MS),
  `milliseconds above 0 and up to ${MAX_TIMEOUT_MS} (a day)`,
  { type: 'number', exclusiveMinimum: 0, maximum: MAX_TIMEOUT_MS },
);

export const finite = field<number>((value) => Number.isFinite(value), 'a finite number', { type: 'number' });

/** What an asker may choose: also a token of subjects. Helios's own are ULIDs. */
export const chosenId = matching(ID_PATTERN, 'an id of 1 to 64 letters, digits, _ and -, such as a ULID');
export const id = textUpTo(MAX_SUBJECT_LENGTH, 'an id');
export const root = matching(/^[0-9a-f]{64}$/, 'a root: 64 hex digits in lower case');
export const type = matching(TYPE_NAME_PATTERN, 'the name of a type: a-z, 0-9, _ and -');
export const worker = textUpTo(MAX_WORKER_NAME_LENGTH, 'the name of a worker');

/** Bytes can't be said in JSON Schema: a name of other letters than ASCII may pass there and be refused here. */
export const name = field<string>(isHeadName, `the name of an object, 1 to ${MAX_HEAD_NAME_BYTES} bytes of UTF-8`, {
  ...{ type: 'string', minLength: 1, maxLength: MAX_HEAD_NAME_BYTES },
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]+$',
});

export const traceparent = matching(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/, 'a W3C traceparent');

export const text = field<string>(
  (value) => typeof value === 'string' && value.length <= MAX_REASON_LENGTH,
  `a text of at most ${MAX_REASON_LENGTH} characters`,
  { type: 'string', maxLength: MAX_REASON_LENGTH },
);

export const paths = field<readonly Path[]>(
  (value) => Array.isArray(value) && value.length <= MAX_PATHS && value.every(isPath),
  `a list of at most ${MAX_PATHS} paths, each a text or a list of texts and numbers`,
  {
    ...{ type: 'array', maxItems: MAX_PATHS },
    items: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: ['string', 'number'] } }] },
  },
);

/** A moment of a value or a version; events and outcomes have `at` as plain text. */
export const instant = field<Date>((value) => value instanceof Date && !Number.isNaN(value.getTime()), 'a Date', {
  ...{ type: 'object', properties: { $date: { type: 'string', format: 'date-time' } } },
  ...{ required: ['$date'], additionalProperties: false },
});

export const level = v.picklist(
  ['normal', 'elevated', 'high', 'critical'],
  '"normal", "elevated", "high" or "critical"',
);
export const isAsked = v.boolean('true or false');

/** An error as it travels. A HeliosError is one, and stays itself where nothing is encoded. */
export const error = field<ErrorForm>(isErrorForm, 'an error of Helios: code, message and retryable', {
  type: 'object',
  properties: {
    code: { type: 'string', enum: ERROR_CODES, description: 'stable, for programs' },
    message: { type: 'string', description: 'what was expected, what came and what to do, for people' },
    retryable: { type: 'boolean', description: 'whether the same thing may succeed when it is tried again' },
    retryAfterMs: { type: 'number', description: 'milliseconds after which a retry makes sense' },
    details: { type: 'object', description: 'plain data that a program may read: paths, hashes, names' },
  },
  required: ['code', 'message', 'retryable'],
});

/** What a worker can still take. */
export const credits = record({ count, bytes: count });

/** As whoever answers has measured them: no clocks are compared. */
export const timings = record({ queueUs: durationUs, restoreUs: durationUs, totalUs: durationUs });

function wholeFrom(least: number) {
  return field<number>(
    (value) => Number.isSafeInteger(value) && isBetween(value, least),
    `a whole number, ${least} or more`,
    { type: 'integer', minimum: least, maximum: Number.MAX_SAFE_INTEGER },
  );
}

function isBetween(value: unknown, least: number, most = Number.MAX_VALUE): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

function isHeadName(value: unknown): boolean {
  try {
    return checkHeadName(value) === value;
  } catch {
    return false;
  }
}

function isPath(value: unknown): boolean {
  if (typeof value === 'string') return true;
  return Array.isArray(value) && value.every((key) => typeof key === 'string' || typeof key === 'number');
}
