/**
 * Paths into values: what callers write and the segments it means. Parses and formats; never walks a value.
 *
 * How a segment addresses, which whoever walks must keep to:
 * - in a list a number, or a text that is a number as JavaScript prints it (`a[10]`, `a.10` and `/a/10` are the same);
 * - in a record a text, or a number as its text;
 * - in a Map exactly the segment: the text "10" and the number 10 are two keys.
 */
import { describe } from './describe.js';
import { HeliosError } from './errors.js';
import { MAX_PATH_LENGTH, MAX_PATH_SEGMENTS } from './limits.js';
import { parseDotted, parsePointer } from './pathText.js';

/**
 * `a.b[3].c`, `releases["1.0"]`, `a.*`, `a[*]`, `a[2:5]`, a JSON Pointer (`/a/b/3`), or segments, which are taken as
 * they are (a text `*` is a key). An empty text or list is the whole value.
 */
export type Path = string | readonly (string | number)[];

export type Segment =
  | { readonly kind: 'key'; readonly key: string | number }
  | { readonly kind: 'any' }
  /** Half open; `to` is Infinity where the path leaves it out. */
  | { readonly kind: 'range'; readonly from: number; readonly to: number };

/** @throws HeliosError `INVALID_REQUEST` (details: `path`, and `position` in a text) */
export function parsePath(path: Path): readonly Segment[] {
  const segments = typeof path === 'string' ? parseText(path) : parseSegments(path);
  if (segments.length > MAX_PATH_SEGMENTS) {
    const message = `A path has at most ${MAX_PATH_SEGMENTS} segments; this one has ${segments.length}.`;
    throw new HeliosError('INVALID_REQUEST', message, { details: { segments: segments.length } });
  }
  return segments;
}

/** Whether the path means one place, not many. */
export function isConcrete(segments: readonly Segment[]): boolean {
  return segments.every((segment) => segment.kind === 'key');
}

const BARE_KEY = /^[\p{L}\p{N}_$@-]+$/u;

/** The canonical text of a path: equal for equal segments, and `parsePath` gives the same segments back. */
export function formatPath(segments: readonly Segment[]): string {
  let text = '';
  for (const segment of segments) {
    if (segment.kind === 'any') text += '[*]';
    else if (segment.kind === 'range') text += `[${segment.from}:${segment.to === Infinity ? '' : segment.to}]`;
    else if (typeof segment.key === 'number') text += `[${segment.key}]`;
    else if (!BARE_KEY.test(segment.key)) text += `[${JSON.stringify(segment.key)}]`;
    else text += text === '' ? segment.key : `.${segment.key}`;
  }
  return text;
}

function parseText(path: string): Segment[] {
  if (path.length > MAX_PATH_LENGTH) {
    const message = `A path has at most ${MAX_PATH_LENGTH} characters; this one has ${path.length}.`;
    throw new HeliosError('INVALID_REQUEST', message, { details: { length: path.length } });
  }
  return path.startsWith('/') ? parsePointer(path) : parseDotted(path);
}

function parseSegments(path: readonly unknown[]): Segment[] {
  if (!Array.isArray(path)) {
    const message = `A path is a text or an array of texts and numbers; got ${describe(path)}.`;
    throw new HeliosError('INVALID_REQUEST', message, { details: { path } });
  }
  return path.map((key: unknown, position): Segment => {
    // Adding zero makes 0 of -0: a Map's keys do the same.
    if (typeof key === 'number' && Number.isFinite(key)) return { kind: 'key', key: key + 0 };
    if (typeof key === 'string') return { kind: 'key', key };
    const message = `A segment of a path is a text or a finite number; got ${describe(key)} at position ${position}.`;
    throw new HeliosError('INVALID_REQUEST', message, { details: { path, position } });
  });
}
