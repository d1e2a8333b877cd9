/**
 * The queue of durable requests in JetStream: put in by plain publishes, which anybody may do, and pulled lane by lane.
 * Keeps nothing here: what was not acknowledged comes again, to whoever asks.
 */

import { describe } from '../../../protocol/describe.js';
import { HeliosError } from '../../../protocol/errors.js';
import { LANES, type Lane, type Subjects } from '../../../protocol/index.js';
import type { RequestQueue } from '../../journal.js';
import { checkSubject } from '../../subject.js';
import { type ContentOptions, encodeBody } from '../content.js';
import { type Api, failed } from './api.js';
import type { Channel } from './channel.js';
import { readDelivery } from './delivery.js';
import { KEY_HEADER, toKeyHeader } from './key.js';
import { openPull, type PullEnd } from './pull.js';
import { put } from './put.js';
import { type ConsumerOptions, consumerOf, openConsumers } from './streams.js';

export interface RequestsOptions extends ConsumerOptions, ContentOptions {
  readonly channel: Channel;
  readonly api: Api;
  readonly subjects: Subjects;
  readonly stream: string;
  readonly created: string;
  /** Takes what can't be told to whoever asked. */
  readonly onFault: (error: HeliosError) => void;
}

/** Milliseconds that a pull takes to end when the consumer is gone, so that who asks again at once doesn't run hot. */
const GONE_PAUSE_MS = 250;

export function createRequests(options: RequestsOptions): RequestQueue {
  const { channel, api, subjects, stream, created, ackWaitMs, onFault } = options;
  let making: Promise<void> | undefined;

  /** Somebody has deleted the consumer, or the server lost it: it is made again, once for all pulls. */
  async function afterGone(): Promise<void> {
    making ??= openConsumers(api, stream, subjects, options)
      .catch((error: unknown) => {
        if (!channel.isClosed) onFault(HeliosError.from(error));
      })
      .finally(() => {
        making = undefined;
      });
    await Promise.all([making, pause(GONE_PAUSE_MS)]);
  }

  return {
    created,
    ackWaitMs,
    async submit(lane, type, request, { key, isJson = false, traceparent } = {}) {
      checkLane(lane);
      const subject = checkSubject(subjects.request(lane, type));
      const payload = encodeBody(request, isJson, options);
      const headers = channel.link.newHeaders();
      const keyHeader = key === undefined ? undefined : toKeyHeader(key);
      if (keyHeader !== undefined) headers.append(KEY_HEADER, keyHeader);
      if (isJson) headers.append('Content-Type', 'application/json');
      if (traceparent !== undefined) headers.append('traceparent', traceparent);
      const stored = await put(channel, subject, payload, {
        headers: keyHeader === undefined && !isJson && traceparent === undefined ? undefined : headers,
        keyBytes: keyHeader?.length ?? 0,
        // Without a key it would be a second request.
        isRepeatable: keyHeader !== undefined,
        what: 'requests',
      });
      if ('isTaken' in stored) throw new HeliosError('INTERNAL', `Stream ${stream} takes one request a subject.`);
      return stored;
    },
    pull(lane, count, waitMs, onDelivery) {
      const consumer = consumerOf(checkLane(lane));
      const pull = openPull(channel, {
        ...{ stream, consumer, count, waitMs },
        onMessage: (msg) => onDelivery(readDelivery(channel, msg, options)),
      });
      const ended = pull.reason.then((why: PullEnd) => (why === 'gone' ? afterGone() : undefined));
      return {
        get outstanding() {
          return pull.outstanding;
        },
        ended,
        stop: pull.stop,
      };
    },
    async size() {
      const info = await api.streamInfo(stream);
      if ('refused' in info) throw failed(`Stream ${stream} can't be looked at`, info.refused);
      return info.state.messages;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

function checkLane(lane: Lane): Lane {
  if (LANES.includes(lane)) return lane;
  throw new HeliosError('INVALID_REQUEST', `A lane is one of ${LANES.join(', ')}; got ${describe(lane)}.`);
}
