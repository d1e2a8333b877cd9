/**
 * Ids of calls: ULIDs, 26 characters that sort by time of making. Ids of one maker always grow, also within a
 * millisecond and when the clock goes back. Takes clock and random; reads neither by itself.
 *
 * The random part is counted up here rather than by the package's factory, which edits text and takes 0.5 µs.
 */
import { encodeTime } from 'ulid';

const ULID_PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The 80 random bits are held as four numbers of 20 bits, most significant first: 4 characters each. */
const PART_SIZE = 2 ** 20;

export interface IdOptions {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** 0 up to but not including 1. */
  readonly random: () => number;
}

/** A maker of ULIDs. */
export function createIds({ clock, random }: IdOptions): () => string {
  const pairs = Array.from({ length: 1_024 }, (_, value) => `${DIGITS[value >> 5]}${DIGITS[value & 31]}`);
  const part = (value: number) => `${pairs[value >> 10]}${pairs[value & 1_023]}`;
  const draw = () => Math.floor(random() * PART_SIZE) % PART_SIZE;
  let lastMs = -1;
  let parts: [number, number, number, number] = [0, 0, 0, 0];
  /** The first 22 characters, which change with the millisecond or after a million ids in one. */
  let front = '';

  function begin(ms: number): void {
    lastMs = ms;
    parts = [draw(), draw(), draw(), draw()];
    front = encodeTime(ms) + part(parts[0]) + part(parts[1]) + part(parts[2]);
  }

  /** One more than the last; past the last of a millisecond comes the next millisecond. */
  function countUp(): void {
    let at = 3;
    while (at >= 0 && parts[at] === PART_SIZE - 1) parts[at--] = 0;
    if (at < 0) return begin(lastMs + 1);
    parts[at] = (parts[at] ?? 0) + 1;
    if (at < 3) front = encodeTime(lastMs) + part(parts[0]) + part(parts[1]) + part(parts[2]);
  }

  return () => {
    const nowMs = Math.floor(clock());
    if (nowMs > lastMs) begin(nowMs);
    else countUp();
    return front + part(parts[3]);
  };
}

/** Whether a text is a ULID as this file writes them: upper case, time below the year 10889. */
export function isUlid(text: unknown): text is string {
  return typeof text === 'string' && ULID_PATTERN.test(text);
}
