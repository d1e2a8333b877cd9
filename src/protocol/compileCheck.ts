/**
 * Turns the schema of a message into one function that takes what is right and refuses the rest, several times faster
 * than valibot walks the schema: some thousands of messages a second are checked at each hop. It says nothing of what
 * is wrong: whoever is refused is held against the schema itself, which decides (`checkMessage`).
 *
 * The function's text is made of the schema's own constants, quoted, and of nothing that comes from outside. Where a
 * process may not make functions of text, everything is refused here, and so left to the schema.
 */
import type * as v from 'valibot';

/** What a compiled check gives back for what it doesn't take. */
export const REFUSED: unique symbol = Symbol('refused');

/** The message with defaults filled in and unknown fields left out, or `REFUSED`. Never changes what came. */
export type Accept = (input: unknown) => unknown;

/** Two forms of one message: whatever `isFirst` says yes to is held against the first alone. */
export interface Alternatives {
  readonly isFirst: (input: unknown) => boolean;
  readonly first: v.GenericSchema;
  readonly second: v.GenericSchema;
}

/** The check is made when it is first needed: most processes need few. */
export function compileCheck(schema: v.GenericSchema): Accept {
  let accept: Accept = (input) => {
    accept = generate(schema);
    return accept(input);
  };
  return (input) => accept(input);
}

type Text = v.ErrorMessage<v.BaseIssue<unknown>> | undefined;
/** The kinds of schemas that are written out. All others are asked as they are. */
type Known =
  | v.BooleanSchema<Text>
  | v.StringSchema<Text>
  | v.UndefinedSchema<Text>
  | v.UnknownSchema
  | v.LiteralSchema<v.Literal, Text>
  | v.PicklistSchema<v.PicklistOptions, Text>
  | v.CustomSchema<unknown, Text>
  | v.OptionalSchema<v.GenericSchema, unknown>
  | v.ObjectSchema<v.ObjectEntries, Text>;

const KNOWN: readonly string[] = [
  'boolean',
  'string',
  'undefined',
  'unknown',
  'literal',
  'picklist',
  'custom',
  'optional',
  'object',
] satisfies Known['type'][];

interface Writing {
  /** What the text refers to as `given[0]`, `given[1]` … */
  readonly given: unknown[];
  /** Variables named so far. */
  names: number;
}

function generate(schema: v.GenericSchema): Accept {
  const writing: Writing = { given: [], names: 0 };
  const text = `return (input) => { let taken; ${write(writing, schema, 'input', 'taken')} return taken; }`;
  try {
    return new Function('given', 'REFUSED', text)(writing.given, REFUSED);
  } catch (error) {
    if (error instanceof EvalError) return () => REFUSED;
    throw error;
  }
}

/** Statements that put what is in the variable `from`, checked, to `to`, or return. */
function write(writing: Writing, schema: v.GenericSchema, from: string, to: string): string {
  if (isAlternatives(schema)) return writeAlternatives(writing, schema, from, to);
  if (!isKnown(schema)) return writeForeign(writing, schema, from, to);
  switch (schema.type) {
    case 'unknown':
      return `${to} = ${from};`;
    case 'boolean':
    case 'string':
    case 'undefined':
      return takeIf(`typeof ${from} === '${schema.type}'`, from, to);
    case 'literal':
      return takeIf(`${from} === ${constant(writing, schema.literal)}`, from, to);
    case 'picklist':
      return takeIf(schema.options.map((option) => `${from} === ${constant(writing, option)}`).join(' || '), from, to);
    case 'custom':
      return takeIf(`${give(writing, schema.check)}(${from})`, from, to);
    case 'optional':
      return writeOptional(writing, schema, from, to);
    case 'object':
      return writeRecord(writing, schema, from, to);
  }
}

function takeIf(condition: string, from: string, to: string): string {
  return `if (!(${condition})) return REFUSED; ${to} = ${from};`;
}

function writeOptional(
  writing: Writing,
  { wrapped, default: initial }: v.OptionalSchema<v.GenericSchema, unknown>,
  from: string,
  to: string,
): string {
  const otherwise = initial === undefined ? '' : `else ${to} = ${constant(writing, initial)};`;
  return `if (${from} !== undefined) { ${write(writing, wrapped, from, to)} } ${otherwise}`;
}

/** A field that is `undefined` is left out, and a field that must be there has to be, whatever it holds. */
function writeRecord(
  writing: Writing,
  { entries }: v.ObjectSchema<v.ObjectEntries, Text>,
  from: string,
  to: string,
): string {
  const made = variable(writing);
  const fields = Object.entries(entries).map(([key, entry]) => {
    const [value, name] = [variable(writing), JSON.stringify(key)];
    const isThere =
      entry.type === 'optional' ? '' : `if (${value} === undefined && !(${name} in ${from})) return REFUSED;`;
    return `const ${value} = ${from}[${name}]; ${isThere} ${write(writing, entry, value, `${made}[${name}]`)}`;
  });
  return `if (typeof ${from} !== 'object' || ${from} === null) return REFUSED; const ${made} = {}; ${fields.join(' ')} ${to} = ${made};`;
}

function writeAlternatives(
  writing: Writing,
  { isFirst, first, second }: Alternatives,
  from: string,
  to: string,
): string {
  const [yes, no] = [write(writing, first, from, to), write(writing, second, from, to)];
  return `if (${give(writing, isFirst)}(${from})) { ${yes} } else { ${no} }`;
}

function writeForeign(writing: Writing, schema: v.GenericSchema, from: string, to: string): string {
  const accept: Accept = (value) => {
    const { issues, value: taken } = schema['~run']({ value }, { abortEarly: true });
    return issues === undefined ? taken : REFUSED;
  };
  const result = variable(writing);
  return `const ${result} = ${give(writing, accept)}(${from}); ${takeIf(`${result} !== REFUSED`, result, to)}`;
}

function isKnown(schema: v.GenericSchema): schema is Known & v.GenericSchema {
  return KNOWN.includes(schema.type) && !('pipe' in schema);
}

function isAlternatives(schema: v.GenericSchema): schema is Alternatives & v.GenericSchema {
  return 'isFirst' in schema;
}

function constant(writing: Writing, value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : give(writing, value);
}

function give(writing: Writing, value: unknown): string {
  return `given[${writing.given.push(value) - 1}]`;
}

function variable(writing: Writing): string {
  return `v${writing.names++}`;
}
