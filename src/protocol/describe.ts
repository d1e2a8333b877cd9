/**
 * A short text for a value that came instead of the expected one: for error messages, never for machines. Bounded
 * whatever comes, calls nothing of the value's own except reading its size.
 */

/** Characters of a text that are shown. */
const SHOWN_LENGTH = 60;

/** For example `the text "a"`, `-0`, `an array of 3`, `a Map of 2`, `a Foo`, `undefined`. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `the text ${quote(value)}`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${cut(value.toString())}n`;
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    case 'object':
      return value === null ? 'null' : describeObject(value);
    default:
      return String(value);
  }
}

/** A text in double quotes, with escapes, cut where it is long. */
export function quote(text: string): string {
  return JSON.stringify(cut(text));
}

function cut(text: string): string {
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH)}…`;
}

function describeObject(value: object): string {
  try {
    return objectText(value);
  } catch {
    // A proxy that was revoked, or has traps that throw.
    return 'a proxy';
  }
}

function objectText(value: object): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Map) return `a Map of ${value.size}`;
  if (value instanceof Set) return `a Set of ${value.size}`;
  if (value instanceof Date)
    return Number.isNaN(value.getTime()) ? 'an invalid Date' : `the Date ${value.toISOString()}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return 'a record';
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return typeof made === 'function' && made.name !== '' ? `a ${made.name}` : 'an object of a class';
}
