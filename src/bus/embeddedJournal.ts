/**
 * A journal in this process's memory: what embedded durable requests live in, and the simulation's. Bounded in bytes and
 * in time, under whatever clock it is given; ends with its process. Reads no clock and draws no chance of its own.
 */
import { createSubjects, type Subjects } from '../protocol/index.js';
import type { JournalClock } from './embeddedJournal/clock.js';
import { createEvents } from './embeddedJournal/events.js';
import { createOutcomes } from './embeddedJournal/outcomes.js';
import { createDeadLetters, createRecords } from './embeddedJournal/records.js';
import { createRequests } from './embeddedJournal/requests.js';
import type { Journal, JournalBounds } from './journal.js';

export interface EmbeddedJournalOptions {
  /** Everything that waits waits on it. */
  readonly clock: JournalClock;
  /** Milliseconds since 1970, read once: from there on `clock` counts. */
  readonly wallClock: () => number;
  /** Of what deliveries name; the default prefix's when absent. */
  readonly subjects?: Subjects;
  /** 30,000 when absent. */
  readonly ackWaitMs?: number;
  /** 10,000 when absent. */
  readonly maxDeliver?: number;
  readonly bounds?: Partial<JournalBounds>;
}

const MS_PER_DAY = 86_400_000;
const MEBIBYTE = 1_048_576;

/** In memory, so small. Old outcomes and events make room for new ones; a full queue refuses. */
const EMBEDDED_BOUNDS: JournalBounds = {
  requestBytes: 64 * MEBIBYTE,
  outcomeBytes: 64 * MEBIBYTE,
  eventBytes: 64 * MEBIBYTE,
  recordBytes: 16 * MEBIBYTE,
  deadBytes: 16 * MEBIBYTE,
  keepMs: MS_PER_DAY,
  deadKeepMs: 7 * MS_PER_DAY,
  duplicateWindowMs: 120_000,
};
/** Milliseconds. */
const DEFAULT_ACK_WAIT_MS = 30_000;
/** Times that a request is given out: far more than fit into a day of waits, so it only ends what goes round at once. */
const DEFAULT_MAX_DELIVER = 10_000;

export function createEmbeddedJournal(options: EmbeddedJournalOptions): Journal {
  const { clock, wallClock, subjects = createSubjects() } = options;
  const { ackWaitMs = DEFAULT_ACK_WAIT_MS, maxDeliver = DEFAULT_MAX_DELIVER } = options;
  const bounds = { ...EMBEDDED_BOUNDS, ...options.bounds };
  const createdMs = wallClock();
  const startedAt = clock.now();
  const now = () => createdMs + (clock.now() - startedAt);
  const created = new Date(createdMs).toISOString();
  const requests = createRequests({ clock, now, subjects, bounds, ackWaitMs, maxDeliver, created });
  const outcomes = createOutcomes(clock, now, bounds);
  const events = createEvents(now, bounds, createdMs);
  const records = createRecords(clock, now, bounds);
  const dead = createDeadLetters(now, bounds);
  return {
    ...{ kind: 'embedded', requests, outcomes, events, records, dead, now },
    async close() {
      for (const part of [requests, outcomes, events, records, dead]) part.close();
    },
  };
}
