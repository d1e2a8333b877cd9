/**
 * The journal's streams and consumers: how they must be, made where they are absent (by several at once, if so), looked
 * at where they are there. What only bounds them is the operator's to change; what the promises rest on is not. Never
 * deletes or changes a stream that was there.
 */
import { HeliosError } from '../../../protocol/errors.js';
import { LANES, type Lane, type Subjects } from '../../../protocol/index.js';
import type { JournalBounds } from '../../journal.js';
import { type Api, failed, NANOS_PER_MILLI, REFUSED, type Refusal, type StreamConfig, type StreamInfo } from './api.js';

export interface StreamOptions {
  readonly subjects: Subjects;
  readonly bounds: JournalBounds;
  /** Copies that a cluster keeps of each stream. */
  readonly replicas: number;
}

/** Names of the streams. */
export interface StreamNames {
  readonly requests: string;
  readonly outcomes: string;
  readonly events: string;
  readonly dead: string;
  /** Of the KV buckets. */
  readonly lasting: string;
  readonly passing: string;
}

export interface OpenStreams {
  readonly names: StreamNames;
  /** When the queue, and the events, were made, as the server says. */
  readonly requestsCreated: string;
  readonly eventsCreated: string;
}

/** What a stream is known by, and what else it must be. */
interface Spec {
  readonly config: StreamConfig;
  /** Settings that the promises rest on. */
  readonly musts: readonly string[];
}

/** Streams are halved until they fit the server's disk, down to this size each. */
const STREAM_BYTES_MIN = 1_048_576;
/** Halvings that are tried, so that 4 GiB may become 1 MiB. */
const HALVINGS_MAX = 12;

function streamNames(subjects: Subjects): StreamNames {
  return {
    requests: subjects.storage('REQUESTS'),
    outcomes: subjects.storage('OUTCOMES'),
    events: subjects.storage('EVENTS'),
    dead: subjects.storage('DEAD'),
    lasting: `KV_${subjects.storage('POLICY')}`,
    passing: `KV_${subjects.storage('MARKS')}`,
  };
}

/** The subject of a record in a bucket. */
export function keySubject(stream: string, key: string): string {
  return `$KV.${stream.slice('KV_'.length)}.${key}`;
}

function specsOf({ subjects, bounds, replicas }: StreamOptions): readonly Spec[] {
  const names = streamNames(subjects);
  const keep = { max_age: bounds.keepMs * NANOS_PER_MILLI };
  // One after another they take up the disk: those that need least first.
  return [
    bucket(names.lasting, bounds.recordBytes, {}),
    bucket(names.passing, bounds.recordBytes, keep),
    spec(names.dead, subjects.deads, bounds.deadBytes, {
      ...{ discard: 'old', max_msgs_per_subject: 1, allow_direct: true },
      max_age: bounds.deadKeepMs * NANOS_PER_MILLI,
    }),
    spec(names.requests, subjects.requests(), bounds.requestBytes, {
      ...{ retention: 'workqueue', discard: 'new', max_msgs_per_subject: -1, ...keep },
    }),
    spec(names.events, subjects.events, bounds.eventBytes, {
      ...{ discard: 'old', max_msgs_per_subject: -1, ...keep },
    }),
    // One message a subject, and the second is refused, whoever sends it and however: the server keeps the promise.
    spec(names.outcomes, subjects.outcomes, bounds.outcomeBytes, {
      ...{ discard: 'new', discard_new_per_subject: true, max_msgs_per_subject: 1, allow_direct: true, ...keep },
    }),
  ];

  function spec(name: string, subject: string, bytes: number, settings: Readonly<Record<string, unknown>>): Spec {
    const musts = ['subjects', 'retention', 'storage', 'discard', 'max_msgs_per_subject'];
    for (const must of ['discard_new_per_subject', 'allow_direct']) if (must in settings) musts.push(must);
    const duplicates = { duplicate_window: Math.min(bounds.duplicateWindowMs, bounds.keepMs) * NANOS_PER_MILLI };
    const general = { name, subjects: [subject], retention: 'limits', storage: 'file', num_replicas: replicas };
    const limits = { max_msgs: -1, max_msg_size: -1, max_consumers: -1, max_bytes: bytes };
    return { config: { ...general, ...limits, ...duplicates, ...settings }, musts };
  }

  /** As clients of NATS make a KV bucket, so that they can read it. */
  function bucket(name: string, bytes: number, settings: Readonly<Record<string, unknown>>): Spec {
    return spec(name, keySubject(name, '>'), bytes, {
      ...{ discard: 'new', max_msgs_per_subject: 1, allow_direct: true, allow_rollup_hdrs: true, deny_delete: true },
      ...{ max_age: 0, ...settings },
    });
  }
}

/**
 * @throws HeliosError `INVALID_REQUEST` for a stream that is made otherwise, `STORE_FULL` without the disk for even the
 *   smallest ones, `UNAVAILABLE`
 */
export async function openStreams(api: Api, options: StreamOptions): Promise<OpenStreams> {
  const specs = specsOf(options);
  const names = streamNames(options.subjects);
  /** Made here just now, so that they may still be made smaller. */
  const own = new Set<string>();
  for (let halvings = 0; halvings <= HALVINGS_MAX; halvings++) {
    const found = await openAll(api, specs.map(shrink(halvings)), own);
    if (found === undefined) continue;
    const createdOf = (name: string) => found.get(name)?.created ?? '';
    return { names, requestsCreated: createdOf(names.requests), eventsCreated: createdOf(names.events) };
  }
  const message = `The NATS server has no disk for the journal's streams, not even ${STREAM_BYTES_MIN} bytes each. Give JetStream more (max_file_store), or free some.`;
  throw new HeliosError('STORE_FULL', message, { details: { bytesMin: STREAM_BYTES_MIN } });
}

function shrink(halvings: number): (spec: Spec) => Spec {
  return ({ config, musts }) => {
    const bytes = Math.max(Math.min(config.max_bytes, STREAM_BYTES_MIN), Math.floor(config.max_bytes / 2 ** halvings));
    return { config: { ...config, max_bytes: bytes }, musts };
  };
}

/** @returns undefined when there is not enough disk for all of them at this size */
async function openAll(
  api: Api,
  specs: readonly Spec[],
  own: Set<string>,
): Promise<ReadonlyMap<string, StreamInfo> | undefined> {
  const found = new Map<string, StreamInfo>();
  for (const spec of specs) {
    const { name } = spec.config;
    const made = own.has(name) ? await api.updateStream(spec.config) : await open(api, spec, own);
    if (!('refused' in made)) {
      checkMusts(spec, made);
      found.set(name, made);
    } else if (lacksRoom(made.refused)) return undefined;
    else throw await refusalOf(api, spec.config, made.refused);
  }
  return found;
}

async function open(api: Api, { config }: Spec, own: Set<string>): Promise<StreamInfo | { readonly refused: Refusal }> {
  const there = await api.streamInfo(config.name);
  if (!('refused' in there) || there.refused.err_code !== REFUSED.streamNotFound) return there;
  const made = await api.createStream(config);
  if (!('refused' in made)) own.add(config.name);
  if (!('refused' in made) || lacksRoom(made.refused)) return made;
  // Somebody may have been faster; the server has several words for that.
  const now = await api.streamInfo(config.name);
  return 'refused' in now ? made : now;
}

function lacksRoom({ err_code }: Refusal): boolean {
  return err_code === REFUSED.noStorage || err_code === REFUSED.noResources || err_code === REFUSED.accountLimits;
}

function checkMusts({ config, musts }: Spec, { config: found }: StreamInfo): void {
  for (const setting of musts) {
    // What is false may be left out.
    const [is, must] = [found[setting] ?? false, config[setting] ?? false];
    if (JSON.stringify(is) === JSON.stringify(must)) continue;
    const differs = `it has ${setting} ${JSON.stringify(is)}, and Helios needs ${JSON.stringify(must)}`;
    const advice = 'Delete it if nothing in it is needed, or use another prefix';
    throw new HeliosError('INVALID_REQUEST', `Stream ${config.name} is there, made otherwise: ${differs}. ${advice}.`, {
      details: { stream: config.name, setting, expected: must, found: is },
    });
  }
}

async function refusalOf(api: Api, config: StreamConfig, refused: Refusal): Promise<HeliosError> {
  if (refused.err_code !== REFUSED.subjectsOverlap) return failed(`Stream ${config.name} can't be made`, refused);
  const [subject = ''] = config.subjects;
  const others = await api.streamsOf(subject);
  const message = `Stream ${config.name} can't be made: its subjects (${subject}) belong to ${others.join(', ')} already. Change that stream's subjects, or use another prefix.`;
  return new HeliosError('INVALID_REQUEST', message, { details: { stream: config.name, subject, others } });
}

export interface ConsumerOptions {
  readonly ackWaitMs: number;
  readonly maxDeliver: number;
}

/** Deliveries of one lane that are not acknowledged, of all receivers together. */
const ACK_PENDING_MAX = 100_000;

/** Makes the lanes' consumers, or gives those that are there these settings. */
export async function openConsumers(
  api: Api,
  stream: string,
  subjects: Subjects,
  { ackWaitMs, maxDeliver }: ConsumerOptions,
): Promise<void> {
  await Promise.all(
    LANES.map((lane) =>
      api.createConsumer(stream, {
        ...{ durable_name: consumerOf(lane), ack_policy: 'explicit', deliver_policy: 'all', replay_policy: 'instant' },
        ...{ filter_subject: subjects.requests(lane), max_deliver: maxDeliver, max_ack_pending: ACK_PENDING_MAX },
        ack_wait: Math.round(ackWaitMs * NANOS_PER_MILLI),
      }),
    ),
  );
}

export function consumerOf(lane: Lane): string {
  return lane;
}
