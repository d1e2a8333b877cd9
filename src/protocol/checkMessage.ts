/** Checks what came in against the schema of a message, and says in one sentence what is wrong with it. */
import * as v from 'valibot';
import { type Accept, REFUSED } from './compileCheck.js';
import { describe } from './describe.js';
import { HeliosError } from './errors.js';

/** The schema of a message, with its compiled check where it has one (`message` in messages/field.ts). */
export type MessageSchema = v.GenericSchema & { readonly accept?: Accept };

/**
 * The message, with defaults filled in and unknown fields left out: a new record, what came is not changed.
 * @throws HeliosError `INVALID_REQUEST` (details: `field`, `expected`)
 */
export function checkMessage<Schema extends MessageSchema>(schema: Schema, input: unknown): v.InferOutput<Schema> {
  const taken = schema.accept?.(input) ?? REFUSED;
  if (taken !== REFUSED) return taken;
  // What valibot makes of it decides, and it tells what is wrong.
  const result = v.safeParse(schema, input, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = v.getDotPath(issue) ?? '';
  // A missing field is an issue of the record around it.
  const isMissing = issue.path?.at(-1)?.origin === 'key';
  const wrong = field === '' ? 'The message' : `Field '${field}' of the message`;
  const expected = isMissing ? 'a value' : issue.message;
  const message = isMissing
    ? `${wrong} is missing.`
    : `${wrong} is wrong: expected ${expected}, got ${describe(issue.input)}.`;
  throw new HeliosError('INVALID_REQUEST', message, { details: { field, expected } });
}
