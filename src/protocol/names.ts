/**
 * Names of heads, types and workers: what they may be, and which existing name somebody probably meant. Never looks
 * anything up: candidates come in.
 */
import { describe, quote } from './describe.js';
import { HeliosError } from './errors.js';
import {
  MAX_COMPARED_LENGTH,
  MAX_HEAD_NAME_BYTES,
  MAX_NAMES_COMPARED,
  MAX_WORKER_NAME_LENGTH,
  TYPE_NAME_PATTERN,
} from './limits.js';
import { hasLoneSurrogate } from './text.js';

const CONTROL = /\p{Cc}/u;

/**
 * Returns the name if a head may have it: 1 to 512 bytes of UTF-8, no control characters, no half characters.
 * @throws HeliosError `INVALID_REQUEST` (details: `name`)
 */
export function checkHeadName(name: unknown): string {
  if (typeof name !== 'string') throw badName('A name', 'is a text', name);
  if (name === '') throw badName('A name', 'has at least one character', name);
  // A character takes one byte or more, so that counting bytes is needed only for short texts.
  const bytes = name.length > MAX_HEAD_NAME_BYTES ? name.length : Buffer.byteLength(name);
  if (bytes > MAX_HEAD_NAME_BYTES) {
    throw badName('A name', `has at most ${MAX_HEAD_NAME_BYTES} bytes of UTF-8 (this one has ${bytes} or more)`, name);
  }
  if (hasLoneSurrogate(name)) throw badName('A name', 'is valid Unicode (this one has half of a surrogate pair)', name);
  if (CONTROL.test(name)) throw badName('A name', 'has no control characters', name);
  return name;
}

/**
 * Returns the name if a type may have it.
 * @throws HeliosError `INVALID_REQUEST` (details: `name`)
 */
export function checkTypeName(name: unknown): string {
  if (typeof name === 'string' && TYPE_NAME_PATTERN.test(name)) return name;
  throw badName('A type name', 'is 1 to 64 of a-z, 0-9, _ and -, and begins with a letter', name);
}

/**
 * Returns the name if a worker may have it: what a head may be called, but shorter.
 * @throws HeliosError `INVALID_REQUEST` (details: `name`)
 */
export function checkWorkerName(name: unknown): string {
  const checked = checkHeadName(name);
  if (checked.length <= MAX_WORKER_NAME_LENGTH) return checked;
  throw badName("A worker's name", `has at most ${MAX_WORKER_NAME_LENGTH} characters`, name);
}

/**
 * The candidate most like `name`, if one is like it at all (about one edit in three characters). Looks at the first
 * 1,000 candidates and the first 128 characters of each.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.slice(0, MAX_COMPARED_LENGTH);
  let best: string | undefined;
  let bestDistance = (wanted.length <= 3 ? 1 : Math.max(2, Math.floor(wanted.length / 3))) + 1;
  let compared = 0;
  for (const candidate of candidates) {
    if (compared++ === MAX_NAMES_COMPARED) break;
    const distance = editDistance(wanted, candidate.slice(0, MAX_COMPARED_LENGTH), bestDistance);
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** ` Did you mean "agents/7"?`, or nothing: to be appended to a message that ends with a full stop. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const found = nearest(name, candidates);
  return found === undefined ? '' : ` Did you mean ${quote(found)}?`;
}

/** Levenshtein's distance, or `atMost` as soon as it can't be less. */
function editDistance(from: string, to: string, atMost: number): number {
  if (Math.abs(from.length - to.length) >= atMost) return atMost;
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    let left = row;
    let least = row;
    for (let column = 1; column <= to.length; column++) {
      const diagonal = above[column - 1] ?? 0;
      const same = from.charCodeAt(row - 1) === to.charCodeAt(column - 1);
      left = same ? diagonal : 1 + Math.min(diagonal, left, above[column] ?? 0);
      current.push(left);
      if (left < least) least = left;
    }
    if (least >= atMost) return atMost;
    above = current;
  }
  return above[to.length] ?? atMost;
}

function badName(what: string, rule: string, name: unknown): HeliosError {
  return new HeliosError('INVALID_REQUEST', `${what} ${rule}; got ${describe(name)}.`, { details: { name } });
}
