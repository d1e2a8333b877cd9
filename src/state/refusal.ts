/** The refusal of what is no value: one wording for encoder and draft, always with the path. */
import { HeliosError } from '../protocol/errors.js';
import { MAX_DEPTH } from '../protocol/limits.js';
import { formatPath } from '../protocol/paths.js';

export type PlacePath = readonly (string | number)[];

/** @throws HeliosError `UNSUPPORTED_VALUE` (details: `path`, `found`) */
export function refuseValue(path: PlacePath, found: string): never {
  throw new HeliosError(
    'UNSUPPORTED_VALUE',
    `Values hold plain data only, but ${placeOf(path)} is ${found}. Leave it out, or turn it into plain data first.`,
    { details: { path, found } },
  );
}

/** @throws HeliosError `UNSUPPORTED_VALUE` (details: `path`, `found`, `limit`) */
export function refuseDepth(path: PlacePath): never {
  throw new HeliosError(
    'UNSUPPORTED_VALUE',
    `The value is nested deeper than ${MAX_DEPTH} levels (below ${placeOf(path.slice(0, 8))}). Flatten it, or link to parts of it.`,
    { details: { path, found: 'depth', limit: MAX_DEPTH } },
  );
}

function placeOf(path: PlacePath): string {
  return path.length === 0 ? 'the value itself' : `what is at ${formatPath(path.map((key) => ({ kind: 'key', key })))}`;
}
