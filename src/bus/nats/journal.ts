/**
 * The journal over NATS: JetStream's streams and buckets, made where they are absent. Asks the server as little as it can
 * on the way of a request (one publish and its receipt for each step), outlives lost connections, and belongs to whoever
 * opened the connection: closing the journal doesn't close that.
 */
import { randomBytes } from 'node:crypto';
import { HeliosError } from '../../protocol/errors.js';
import { describe, MAX_TIMEOUT_MS, type ReadOptions, type Subjects, type WriteOptions } from '../../protocol/index.js';
import type { Journal, JournalBounds } from '../journal.js';
import { checkJetStream, createApi } from './journal/api.js';
import { createChannel, type JournalLink } from './journal/channel.js';
import { createDeadLetters } from './journal/dead.js';
import { createEvents } from './journal/events.js';
import { createOutcomes } from './journal/outcomes.js';
import { put } from './journal/put.js';
import { createRecords } from './journal/records.js';
import { createRequests } from './journal/requests.js';
import { openServerClock } from './journal/serverClock.js';
import { keySubject, openConsumers, openStreams } from './journal/streams.js';

export interface NatsJournalOptions extends Pick<WriteOptions, 'toLink'>, Pick<ReadOptions, 'fromLink'> {
  readonly link: JournalLink;
  readonly subjects: Subjects;
  /** For which a delivery is its receiver's; 30,000 when absent. Consumers that are there take it on. */
  readonly ackWaitMs?: number;
  /** Times that a request is given out; 10,000 when absent. */
  readonly maxDeliver?: number;
  /** Of streams that are made here; those that are there keep theirs. */
  readonly bounds?: Partial<JournalBounds>;
  /** Copies that a cluster keeps of the streams that are made here; 1 when absent. */
  readonly replicas?: number;
  /** Within which the server must answer a question; 5,000 when absent. */
  readonly timeoutMs?: number;
  /** Between two looks at the server's clock; 60,000 when absent. */
  readonly clockEveryMs?: number;
  /** For which one question of a reader of events waits at the server; 30,000 when absent. */
  readonly readWaitMs?: number;
  /** Takes what goes wrong where nobody waits: somebody else's messages among ours, a look at the clock. Must not throw. */
  readonly onFault?: (error: HeliosError) => void;
}

const MS_PER_DAY = 86_400_000;
const MEBIBYTE = 1_048_576;

/** Outcomes are never dropped for room, so they have most. Less where the server's disk is smaller. */
export const NATS_BOUNDS: JournalBounds = {
  requestBytes: 1_024 * MEBIBYTE,
  outcomeBytes: 4_096 * MEBIBYTE,
  eventBytes: 1_024 * MEBIBYTE,
  recordBytes: 64 * MEBIBYTE,
  deadBytes: 256 * MEBIBYTE,
  keepMs: MS_PER_DAY,
  deadKeepMs: 7 * MS_PER_DAY,
  duplicateWindowMs: 120_000,
};
/** Milliseconds, when the options name none. */
const ACK_WAIT_MS = 30_000;
const ANSWER_TIMEOUT_MS = 5_000;
const CLOCK_EVERY_MS = 60_000;
/** Far more than fit into a day of waits: it only ends what goes round at once. */
const DELIVER_MAX = 10_000;
const CLOCK_KEY_BYTES = 9;

/**
 * @throws HeliosError `UNAVAILABLE` for a server without JetStream or without an answer, `INVALID_REQUEST` for streams
 *   that are made otherwise, `STORE_FULL` without disk for them
 */
export async function openNatsJournal(options: NatsJournalOptions): Promise<Journal> {
  const { link, subjects, onFault = () => {}, toLink, fromLink, replicas = 1 } = options;
  const { ackWaitMs = ACK_WAIT_MS, maxDeliver = DELIVER_MAX } = options;
  const { timeoutMs = ANSWER_TIMEOUT_MS, clockEveryMs = CLOCK_EVERY_MS } = options;
  for (const [name, ms] of Object.entries({ ackWaitMs, timeoutMs, clockEveryMs })) checkMs(name, ms);
  const bounds = { ...NATS_BOUNDS, ...options.bounds };
  const content = { ...(toLink === undefined ? {} : { toLink }), ...(fromLink === undefined ? {} : { fromLink }) };
  const channel = createChannel(link, timeoutMs);
  try {
    const api = createApi(channel);
    await checkJetStream(channel);
    const { names, requestsCreated, eventsCreated } = await openStreams(api, { subjects, bounds, replicas });
    const consumers = { ackWaitMs, maxDeliver };
    await openConsumers(api, names.requests, subjects, consumers);
    const shared = { channel, api, subjects, onFault, ...content };
    const clockSubject = keySubject(names.passing, `clock.${randomBytes(CLOCK_KEY_BYTES).toString('base64url')}`);
    const clock = await openServerClock({
      store: async () => {
        await put(channel, clockSubject, '', { headers: undefined, isRepeatable: true, what: 'records' });
      },
      readBack: async () => {
        const found = await api.find(names.passing, clockSubject);
        if (found === undefined) throw new HeliosError('UNAVAILABLE', 'NATS has lost what it stored just now.');
        return found.at;
      },
      steady: () => performance.now(),
      everyMs: clockEveryMs,
      onFault: (error) => {
        if (!channel.isClosed) onFault(error);
      },
    });
    return {
      kind: 'nats',
      requests: createRequests({ ...shared, ...consumers, stream: names.requests, created: requestsCreated }),
      outcomes: createOutcomes({ ...shared, stream: names.outcomes }),
      events: createEvents({
        ...{ ...shared, stream: names.events, created: eventsCreated },
        readWaitMs: options.readWaitMs,
      }),
      records: createRecords({ channel, api, names, onFault }),
      dead: createDeadLetters({ ...shared, stream: names.dead }),
      now: clock.now,
      close: async () => {
        clock.close();
        channel.close();
      },
    };
  } catch (error) {
    channel.close();
    throw error;
  }
}

function checkMs(name: string, ms: number): void {
  if (typeof ms === 'number' && ms > 0 && ms <= MAX_TIMEOUT_MS) return;
  const message = `${name} is milliseconds above 0 and at most ${MAX_TIMEOUT_MS} (a day); got ${describe(ms)}.`;
  throw new HeliosError('INVALID_REQUEST', message);
}
