/**
 * Outcomes in JetStream: the server takes the first one for an id and refuses all others. Whoever waits for one hears
 * each attempt at it as a plain message, which proves nothing, and then reads what the server keeps.
 */
import { HeliosError } from '../../../protocol/errors.js';
import type { OutcomeMessage, Subjects } from '../../../protocol/index.js';
import type { Outcomes } from '../../journal.js';
import { checkId } from '../../journalId.js';
import { type ContentOptions, encodedOnce } from '../content.js';
import type { Api } from './api.js';
import type { Channel } from './channel.js';
import { CONTENT_TYPE, JSON_TYPE, readOutcome, writeOutcome } from './content.js';
import { guard } from './pull.js';
import { put } from './put.js';

export interface OutcomesOptions extends ContentOptions {
  readonly channel: Channel;
  readonly api: Api;
  readonly subjects: Subjects;
  readonly stream: string;
  readonly onFault: (error: HeliosError) => void;
}

/** Milliseconds until an attempt at an outcome that was heard of is looked for again: first, then doubled up to the last. */
const LOOK_MS_MIN = 1;
/** Of looking without having heard anything: what a plain message tells may get lost. */
const LOOK_MS_MAX = 30_000;
const LOOK_UNHEARD_MS = 1_000;

export function createOutcomes(options: OutcomesOptions): Outcomes {
  const { channel, api, subjects, stream, onFault } = options;
  const hdrs = channel.link.newHeaders();
  hdrs.append(CONTENT_TYPE, JSON_TYPE);
  hdrs.append('Nats-Expected-Last-Subject-Sequence', '0');
  const headers = encodedOnce(hdrs);

  async function find(id: string): Promise<Uint8Array | undefined> {
    return (await api.find(stream, subjects.outcome(checkId(id))))?.data;
  }

  return {
    async create(outcome) {
      const subject = subjects.outcome(checkId(outcome.id));
      const payload = writeOutcome(outcome, options);
      const stored = await put(channel, subject, payload, { headers, isRepeatable: true, what: 'outcomes' });
      if (!('isTaken' in stored)) return true;
      // An answer that got lost may have been a yes.
      return stored.wasRepeated && Buffer.from((await find(outcome.id)) ?? []).toString() === payload;
    },
    async get(id) {
      const data = await find(id);
      return data === undefined ? undefined : readOutcome(data, subjects.outcome(id), options);
    },
    watch(id, onOutcome) {
      const subject = subjects.outcome(checkId(id));
      if (channel.isClosed) return { subject, unsubscribe: () => {} };
      return watchOutcome(channel, subject, {
        find: () => find(id),
        onFound: (data) => {
          let outcome: OutcomeMessage;
          try {
            outcome = readOutcome(data, subject, options);
          } catch (error) {
            return onFault(HeliosError.from(error));
          }
          guard(() => onOutcome(outcome));
        },
      });
    },
  };
}

interface Watch {
  readonly find: () => Promise<Uint8Array | undefined>;
  readonly onFound: (data: Uint8Array) => void;
}

function watchOutcome(channel: Channel, subject: string, { find, onFound }: Watch) {
  const { connection } = channel.link;
  let isEnded = false;
  let isLooking = false;
  /** Something was heard, or the connection came back, since the last look began. */
  let isNews = true;
  let waitMs = LOOK_UNHEARD_MS;
  let timer: NodeJS.Timeout | undefined;

  const subscription = connection.subscribe(subject, { callback: () => hear() });
  const endChange = channel.onChange((isUp) => {
    if (channel.isClosed) end();
    else if (isUp) hear();
  });

  function end(): void {
    if (isEnded) return;
    isEnded = true;
    clearTimeout(timer);
    endChange();
    if (!connection.isClosed()) subscription.unsubscribe();
  }

  /** The server may be storing it just now: soon again, then ever later. */
  function hear(): void {
    isNews = true;
    waitMs = LOOK_MS_MIN;
    void look();
  }

  async function look(): Promise<void> {
    if (isEnded || isLooking) return;
    isLooking = true;
    isNews = false;
    clearTimeout(timer);
    // Without an answer it is looked for again, as without an outcome.
    const data = await find().catch(() => undefined);
    isLooking = false;
    if (isEnded) return;
    if (data !== undefined) {
      end();
      onFound(data);
    } else if (isNews) void look();
    else {
      timer = setTimeout(() => void look(), waitMs).unref();
      waitMs = Math.min(waitMs * 2, LOOK_MS_MAX);
    }
  }

  void look();
  return { subject, unsubscribe: end };
}
