/**
 * Makes the name under which a value is imported. A template says how: `agents/{key}`, `{path}`, `{path}/{line}`. A
 * template without placeholders gives all values one name: they become its versions, in order.
 */
import { HeliosError } from '../../protocol/errors.js';
import { parsePath, type Segment } from '../../protocol/paths.js';

export interface NamingOptions {
  /** A name or a template of one. */
  readonly name?: string;
  /** Put before every name. */
  readonly prefix?: string;
  /** Path of the field that names a value. */
  readonly key?: string;
}

/** What a name may be made of. */
export interface NamedFrom {
  /** Path of the file below the folder given, without extension; empty for stdin. */
  readonly path: string;
  /** Line of an NDJSON stream; undefined for a whole file. */
  readonly line?: number;
  readonly value: unknown;
}

/**
 * The name of a value.
 * @throws HeliosError `INVALID_REQUEST` when the field that names it is missing or is no text or number
 */
export type Naming = (from: NamedFrom) => string;

const PLACEHOLDERS = ['path', 'file', 'line', 'key'] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];

/** @throws HeliosError `INVALID_REQUEST` for a template or key that can't be used */
export function namingFor(options: NamingOptions): Naming {
  const { prefix = '', name: template } = options;
  const key = options.key === undefined ? undefined : { text: options.key, segments: keySegments(options.key) };
  if (template !== undefined) checkTemplate(template, key !== undefined);
  return (from) => {
    const parts: Record<Placeholder, () => string> = {
      path: () => from.path,
      file: () => from.path.slice(from.path.lastIndexOf('/') + 1),
      line: () => String(from.line ?? 1),
      key: () => (key === undefined ? '' : keyOf(from.value, key)),
    };
    const named = template ?? defaultTemplate(from, key !== undefined);
    return (
      prefix + named.replace(/\{(\w+)\}/g, (whole, placeholder: string) => parts[asPlaceholder(placeholder, whole)]())
    );
  };
}

function defaultTemplate(from: NamedFrom, hasKey: boolean): string {
  if (hasKey) return '{key}';
  if (from.line === undefined) return '{path}';
  return from.path === '' ? '{line}' : '{path}/{line}';
}

function checkTemplate(template: string, hasKey: boolean): void {
  if (template === '') throw badNaming('--name is empty; leave it out, or give a name or a template like {path}.');
  for (const [whole, name = ''] of template.matchAll(/\{(\w*)\}/g)) {
    if (asPlaceholder(name, whole) === 'key' && !hasKey) {
      throw badNaming('--name uses {key}, so say with --key FIELD which field that is.');
    }
  }
}

function asPlaceholder(name: string, whole: string): Placeholder {
  const found = PLACEHOLDERS.find((one) => one === name);
  if (found !== undefined) return found;
  const known = PLACEHOLDERS.map((one) => `{${one}}`).join(', ');
  throw badNaming(`--name has ${whole}, but knows only ${known}.`);
}

function keySegments(key: string): readonly string[] {
  return parsePath(key).map((segment: Segment) => {
    if (segment.kind === 'key') return String(segment.key);
    throw badNaming(`--key names one field, like id or user.login; ${key} names many.`);
  });
}

function keyOf(value: unknown, key: { readonly text: string; readonly segments: readonly string[] }): string {
  let found: unknown = value;
  for (const segment of key.segments) {
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, segment)
        ? Reflect.get(found, segment)
        : undefined;
  }
  if ((typeof found === 'string' && found !== '') || typeof found === 'number') return String(found);
  const what = found === undefined ? 'no field' : 'no text or number in';
  throw badNaming(`there is ${what} ${key.text}, which --key takes as the name.`);
}

function badNaming(message: string): HeliosError {
  return new HeliosError('INVALID_REQUEST', message);
}
