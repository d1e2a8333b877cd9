/**
 * Two logs that were appended to from one state on: both sides' entries are kept, ours first. What both begin with alike
 * is one and the same. Reads the ends of the lists and no more.
 */
import type { Change, Value } from '../state/index.js';

/** A log as it is read. */
type Log = readonly unknown[];

/**
 * What is to be appended to ours.
 * @param base the length of the log that both came of
 * @param identity the same for values that are the same, for no others
 */
export function appendedBy(
  base: number,
  ours: Log,
  theirs: Log,
  identity: (value: unknown) => string,
): readonly Change[] {
  let from = base;
  while (from < ours.length && from < theirs.length && identity(ours[from]) === identity(theirs[from])) from++;
  const changes: Change[] = [];
  for (let index = from; index < theirs.length; index++) {
    changes.push({ kind: 'add', path: [ours.length + index - from], after: theirs[index] as Value });
  }
  return changes;
}
