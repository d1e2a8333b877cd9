/**
 * Places in the order of events, as text: which journal it is of, and how far. Another journal's, or one of the future,
 * is told apart from one whose time is over.
 */
import { describe } from '../protocol/describe.js';
import { HeliosError } from '../protocol/errors.js';

const CURSOR = /^([0-9a-z]{1,16})-(0|[1-9]\d{0,15})$/;

export interface Cursors {
  /** Behind the event with this sequence. */
  at(sequence: number): string;
  /**
   * The sequence that a cursor is behind. Both bounds are sequences, `first` of the oldest event that is kept.
   * @throws HeliosError `INVALID_REQUEST` · `STALE_REFERENCE`
   */
  read(cursor: string, first: number, last: number): number;
}

/** @param created when the journal's events began, in milliseconds since 1970: tells journals apart */
export function createCursors(created: number): Cursors {
  const mark = Math.floor(created).toString(36);
  return {
    at: (sequence) => `${mark}-${sequence}`,
    read(cursor, first, last) {
      const [, of, digits] = (typeof cursor === 'string' ? CURSOR.exec(cursor) : null) ?? [];
      const sequence = Number(digits);
      if (!Number.isSafeInteger(sequence)) throw notOne(cursor);
      if (of !== mark) throw stale(cursor, 'it is of another journal, or of one that is gone');
      if (sequence > last) throw stale(cursor, 'what is behind it was lost');
      if (sequence + 1 < first) throw stale(cursor, 'events that follow it are no longer kept');
      return sequence;
    },
  };
}

function notOne(cursor: unknown): HeliosError {
  const message = `A cursor is what came with an event; got ${describe(cursor)}. Leave 'after' out to read from now on.`;
  return new HeliosError('INVALID_REQUEST', message, { details: { cursor } });
}

export function stale(cursor: string, reason: string): HeliosError {
  const advice = `Read from now on (without 'after'), and look up the outcomes of requests that you wait for`;
  const message = `Events can't be read on from ${describe(cursor)}: ${reason}. ${advice}.`;
  return new HeliosError('STALE_REFERENCE', message, { details: { cursor } });
}
