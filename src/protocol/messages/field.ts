/**
 * What messages are made of: fields and records as valibot's schemas, each of which also says its JSON Schema, so that
 * the documents for other languages are made of the very same constants. Knows no single message.
 *
 * The text beside a check is what was expected; `checkMessage` makes a sentence of it.
 */
import * as v from 'valibot';
import { type Alternatives, compileCheck } from '../compileCheck.js';

/** JSON Schema (draft 7) of what a field is in JSON, without its description: that is the text beside the check. */
export type JsonForm = Readonly<Record<string, unknown>>;

/** One field: what it takes, the same in words, and as JSON Schema. */
export function field<Type>(isRight: (value: unknown) => boolean, expected: string, json: JsonForm) {
  return Object.assign(v.custom<Type>(isRight, expected), { json });
}

/** A text that a pattern describes. The pattern has no flags: it is the JSON Schema's too. */
export function matching(pattern: RegExp, expected: string) {
  const isRight = (value: unknown) => typeof value === 'string' && pattern.test(value);
  return field<string>(isRight, expected, { type: 'string', pattern: pattern.source });
}

export function textUpTo(length: number, what: string) {
  const isRight = (value: unknown) => typeof value === 'string' && value !== '' && value.length <= length;
  const expected = `${what}, 1 to ${length} characters`;
  return field<string>(isRight, expected, { type: 'string', minLength: 1, maxLength: length });
}

/** What isn't a record at all is refused as not being one. */
export function record<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.object(entries, 'a record');
}

/** Two forms of one message. Whatever `isFirst` says yes to is held against the first alone, so that errors fit. */
export function either<First extends v.GenericSchema, Second extends v.GenericSchema>(
  isFirst: (input: unknown) => boolean,
  first: First,
  second: Second,
) {
  const alternatives: Alternatives = { isFirst, first, second };
  return Object.assign(
    v.lazy((input) => (isFirst(input) ? first : second)),
    alternatives,
  );
}

/** A schema that messages are checked against: with a check of its own for what is right, which is nearly all. */
export function message<Schema extends v.GenericSchema>(schema: Schema) {
  return Object.assign(schema, { accept: compileCheck(schema) });
}

/** Whether a record has this key with something in it. */
export function has(input: unknown, key: string): boolean {
  return typeof input === 'object' && input !== null && Reflect.get(input, key) !== undefined;
}

/** Whether a record says so. */
export function says(input: unknown, key: string, word: string): boolean {
  return typeof input === 'object' && input !== null && Reflect.get(input, key) === word;
}
