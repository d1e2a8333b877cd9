/**
 * JetStream's own interface, as far as the journal needs it: streams and consumers are made, looked at and ended by JSON
 * over request and reply. Answers are checked; the server's refusals come back as its errors, with their numbers.
 */
import type { Msg } from 'nats';
import * as v from 'valibot';
import { describe } from '../../../protocol/describe.js';
import { HeliosError } from '../../../protocol/errors.js';
import type { Channel } from './channel.js';
import { isNobody } from './channel.js';

/** The server's numbers of what it refuses. */
export const REFUSED = {
  streamNotFound: 10_059,
  subjectsOverlap: 10_065,
  noStorage: 10_047,
  noResources: 10_023,
  notEnabled: 10_076,
  notEnabledForAccount: 10_039,
  wrongLastSequence: 10_071,
  storeFailed: 10_077,
  accountLimits: 10_002,
  messageTooLarge: 10_054,
} as const;

export const API = '$JS.API';
export const NANOS_PER_MILLI = 1_000_000;

const apiError = v.object({
  code: v.number(),
  err_code: v.optional(v.number(), 0),
  description: v.optional(v.string(), ''),
});
const refusal = v.object({ error: apiError });
export type Refusal = v.InferOutput<typeof apiError>;

const streamInfo = v.object({
  config: v.looseObject({ name: v.string(), max_bytes: v.number(), max_age: v.number() }),
  created: v.string(),
  state: v.object({ messages: v.number(), first_seq: v.number(), last_seq: v.number() }),
});
export type StreamInfo = v.InferOutput<typeof streamInfo>;
const consumerInfo = v.object({ name: v.string(), config: v.looseObject({}) });
const streamNames = v.object({ streams: v.optional(v.nullable(v.array(v.string()))) });

export interface Api {
  /** @returns what is there now, or the server's refusal */
  createStream(config: StreamConfig): Promise<StreamInfo | { readonly refused: Refusal }>;
  updateStream(config: StreamConfig): Promise<StreamInfo | { readonly refused: Refusal }>;
  streamInfo(name: string): Promise<StreamInfo | { readonly refused: Refusal }>;
  /** Names of streams that take this subject. */
  streamsOf(subject: string): Promise<readonly string[]>;
  /** Makes a consumer, or changes one of this name; without a name the server gives one. @returns its name */
  createConsumer(stream: string, config: ConsumerConfig): Promise<string>;
  /** Sent and forgotten. */
  dropConsumer(stream: string, name: string): void;
  deleteMessage(stream: string, sequence: number): Promise<boolean>;
  /**
   * The newest message of a subject, or with `from` the first one from there on whose subject matches.
   * @returns undefined when there is none
   */
  find(stream: string, subject: string, from?: number): Promise<StoredMessage | undefined>;
}

export type StreamConfig = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly max_bytes: number;
};
export type ConsumerConfig = Readonly<Record<string, unknown>> & { readonly durable_name?: string };

export interface StoredMessage {
  readonly subject: string;
  readonly sequence: number;
  /** By the server's clock, in milliseconds since 1970. */
  readonly at: number;
  readonly data: Uint8Array;
  /** Of a KV: what took the value away, `DEL` or `PURGE`. */
  readonly operation: string;
}

export function createApi(channel: Channel): Api {
  async function call(subject: string, body: unknown): Promise<unknown> {
    const payload = body === undefined ? '' : JSON.stringify(body);
    const { msg } = await channel.ask(`${API}.${subject}`, payload, { isRepeatable: true });
    return parse(msg);
  }

  async function stream(subject: string, body?: unknown): Promise<StreamInfo | { readonly refused: Refusal }> {
    const answer = await call(subject, body);
    const refused = refusalIn(answer);
    return refused === undefined ? read(streamInfo, answer) : { refused };
  }

  return {
    createStream: (config) => stream(`STREAM.CREATE.${config.name}`, config),
    updateStream: (config) => stream(`STREAM.UPDATE.${config.name}`, config),
    streamInfo: (name) => stream(`STREAM.INFO.${name}`),
    async streamsOf(subject) {
      return read(streamNames, await call('STREAM.NAMES', { subject })).streams ?? [];
    },
    async createConsumer(name, config) {
      const { durable_name: durable } = config;
      const path = durable === undefined ? `CREATE.${name}` : `DURABLE.CREATE.${name}.${durable}`;
      const answer = await call(`CONSUMER.${path}`, { stream_name: name, config });
      const refused = refusalIn(answer);
      if (refused !== undefined) throw failed(`A consumer of ${name} can't be made`, refused);
      return read(consumerInfo, answer).name;
    },
    dropConsumer: (name, consumer) => channel.send(`${API}.CONSUMER.DELETE.${name}.${consumer}`, ''),
    async deleteMessage(name, sequence) {
      return refusalIn(await call(`STREAM.MSG.DELETE.${name}`, { seq: sequence })) === undefined;
    },
    async find(name, subject, from) {
      // The subject in the question's own subject can be permitted or not; where it may have wildcards it can't.
      const path = `${API}.DIRECT.GET.${name}`;
      const question = from === undefined ? '' : JSON.stringify({ seq: from, next_by_subj: subject });
      const to = from === undefined ? `${path}.${subject}` : path;
      const { msg } = await channel.ask(to, question, { isRepeatable: true });
      return storedMessage(msg);
    },
  };
}

/**
 * Whether there is JetStream at all: asked first, so that its absence is told in words.
 * @throws HeliosError `UNAVAILABLE`
 */
export async function checkJetStream(channel: Channel): Promise<void> {
  const { msg } = await channel.ask(`${API}.INFO`, '', { isProbe: true, isRepeatable: true });
  const { url } = channel.link;
  if (isNobody(msg)) throw noJetStream(url, 'has no JetStream');
  const refused = refusalIn(parse(msg));
  if (refused === undefined) return;
  const isOff = refused.err_code === REFUSED.notEnabled || refused.err_code === REFUSED.notEnabledForAccount;
  throw isOff ? noJetStream(url, 'has no JetStream for this account') : failed("JetStream can't be used", refused);
}

function noJetStream(url: string, what: string): HeliosError {
  const advice = 'Start nats-server with -js (or `jetstream {}` in its configuration), and enable it for the account';
  const message = `NATS at ${url} ${what}, which durable requests, events and the policy need. ${advice}.`;
  return new HeliosError('UNAVAILABLE', message, { details: { url, reason: 'no-jetstream' } });
}

/** What the server said no to. */
export function failed(what: string, { code, err_code, description }: Refusal): HeliosError {
  const isPassing = code >= 500;
  return new HeliosError(isPassing ? 'UNAVAILABLE' : 'INVALID_REQUEST', `${what}: ${description} (NATS ${err_code}).`, {
    details: { code, errCode: err_code, description },
  });
}

export function refusalIn(answer: unknown): Refusal | undefined {
  // Nearly always there is none.
  if (typeof answer === 'object' && answer !== null && !('error' in answer)) return undefined;
  const result = v.safeParse(refusal, answer);
  return result.success ? result.output.error : undefined;
}

export function parse(msg: Msg): unknown {
  try {
    return JSON.parse(Buffer.from(msg.data).toString());
  } catch (error) {
    const message = `The answer on ${msg.subject} is none of JetStream's. Look who else answers there.`;
    throw new HeliosError('UNAVAILABLE', message, { cause: error });
  }
}

function read<Schema extends v.GenericSchema>(schema: Schema, answer: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, answer);
  if (result.success) return result.output;
  throw new HeliosError('UNAVAILABLE', `JetStream's answer is not understood: ${describe(answer)}.`);
}

const NOT_FOUND_CODE = 404;

function storedMessage({ headers, data }: Msg): StoredMessage | undefined {
  if (headers === undefined || headers.code === NOT_FOUND_CODE) return undefined;
  const sequence = Number(headers.get('Nats-Sequence'));
  const at = Date.parse(headers.get('Nats-Time-Stamp'));
  if (headers.code > 0 || !Number.isSafeInteger(sequence) || Number.isNaN(at)) {
    throw new HeliosError('UNAVAILABLE', `JetStream can't read what it stored: ${headers.status}. Try again.`);
  }
  const operation = headers.get('KV-Operation');
  return { subject: headers.get('Nats-Subject'), sequence, at, data, operation };
}
