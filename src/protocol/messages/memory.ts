/** What is said about memory: how short of it a process is, and what all follow from now on. */
import * as v from 'valibot';
import { field, message, record } from './field.js';
import { finite, level, share, worker } from './fields.js';

/** By name, what the score is made of. */
const parts = field<Readonly<Record<string, number>>>(isRecordOfNumbers, 'a record of numbers', {
  ...{ type: 'object', additionalProperties: { type: 'number' } },
});

/** How short of memory a process is. */
export const pressureMessage = message(
  record({
    worker,
    level,
    score: share,
    /** Change of the score a second. */
    trend: finite,
    parts,
  }),
);
export type PressureMessage = v.InferOutput<typeof pressureMessage>;

const epoch = field<bigint>((value) => typeof value === 'bigint' && value >= 0n, 'a bigint, 0 or more', {
  ...{ type: 'object', properties: { $bigint: { type: 'string', pattern: '^[0-9]+$' } } },
  ...{ required: ['$bigint'], additionalProperties: false },
});

/** What all actors follow from now on. Other settings travel along as they are. */
export const policyMessage = message(v.looseObject({ epoch, level, threshold: share }, 'a record'));
export type PolicyMessage = v.InferOutput<typeof policyMessage>;

/** The cluster's policy as its record has it. The epoch is the record's revision; budgets are each process's own. */
export const policyRecord = message(record({ level, threshold: share }));

function isRecordOfNumbers(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((part) => Number.isFinite(part));
}
