/**
 * Where messages go: the subjects that a request in one process walks through, under one prefix. Builds names and
 * never sends anything. Names that don't fit a token of a NATS subject travel as `=` and base64url.
 */
import { describe, quote } from './describe.js';
import { HeliosError } from './errors.js';

export const DEFAULT_PREFIX = 'helios.v1';

/** The token of a type that the caller doesn't know. */
export const ANY_TYPE = '_';

/** What NATS takes in subjects and in keys of its KV alike, without a dot, and not our own mark in front. */
const PLAIN_TOKEN = /^[A-Za-z0-9_/-][A-Za-z0-9_/=-]*$/;
const PREFIX_PATTERN = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
const MAX_PREFIX_LENGTH = 128;

export interface Subjects {
  readonly prefix: string;
  /** Materialize an object, interactive; `_` where the caller doesn't know the type. Answered by supervisors. */
  call(type?: string): string;
  readonly calls: string;
  /** From supervisor to one worker; the reply says busy or done. */
  work(worker: string): string;
  /** Stop working for a request. */
  cancel(id: string): string;
  readonly cancels: string;
  heartbeat(worker: string): string;
  readonly heartbeats: string;
  pressure(worker: string): string;
  readonly pressures: string;
  /** Progress of one request, for those who watch. */
  live(state: string, type: string, id: string): string;
  readonly lives: string;
  /** Within a process: there is a new policy to follow. */
  readonly policy: string;
  /** Materialize an object, durable: `_` where the asker doesn't know the type. */
  request(lane: Lane, type?: string): string;
  /** All requests of a lane, or of all lanes. */
  requests(lane?: Lane): string;
  /** The one terminal record of a durable request. */
  outcome(id: string): string;
  readonly outcomes: string;
  /** What became of a durable request. */
  event(state: string, type: string, id: string): string;
  readonly events: string;
  /** A durable request that was given up, with its reason. */
  dead(id: string): string;
  readonly deads: string;
  /** What whoever looks on asks of all processes, and what each of them shows. */
  readonly inspectControl: string;
  inspectData(process: string): string;
  readonly inspectDatas: string;
  /** A JetStream stream or a KV bucket: the word, such as REQUESTS, in a name of this prefix alone. */
  storage(word: string): string;
}

/** How urgent a durable request is: each lane is a queue of its own. */
export const LANES = ['urgent', 'high', 'normal', 'background'] as const;
export type Lane = (typeof LANES)[number];

/** The lane of a priority (0 to 1): 0.9 and above is urgent, 0.6 high, 0.3 normal. */
export function laneOf(priority: number): Lane {
  if (priority >= 0.9) return 'urgent';
  if (priority >= 0.6) return 'high';
  return priority >= 0.3 ? 'normal' : 'background';
}

/** @throws HeliosError `INVALID_REQUEST` for a prefix that isn't dot-separated words of letters, digits, `_` and `-`. */
export function createSubjects(prefix: string = DEFAULT_PREFIX): Subjects {
  if (typeof prefix !== 'string' || !PREFIX_PATTERN.test(prefix) || prefix.length > MAX_PREFIX_LENGTH) {
    const rule = `dot-separated words of letters, digits, _ and -, at most ${MAX_PREFIX_LENGTH} characters`;
    throw new HeliosError(
      'INVALID_REQUEST',
      `A prefix is ${rule}, such as ${DEFAULT_PREFIX}; got ${describe(prefix)}.`,
    );
  }
  return {
    prefix,
    call: (type = ANY_TYPE) => `${prefix}.call.${type}`,
    calls: `${prefix}.call.*`,
    work: (worker) => `${prefix}.work.${toToken(worker)}`,
    cancel: (id) => `${prefix}.cancel.${id}`,
    cancels: `${prefix}.cancel.*`,
    heartbeat: (worker) => `${prefix}.worker.${toToken(worker)}.heartbeat`,
    heartbeats: `${prefix}.worker.*.heartbeat`,
    pressure: (worker) => `${prefix}.worker.${toToken(worker)}.pressure`,
    pressures: `${prefix}.worker.*.pressure`,
    live: (state, type, id) => `${prefix}.live.${state}.${type}.${id}`,
    lives: `${prefix}.live.>`,
    policy: `${prefix}.policy`,
    request: (lane, type = ANY_TYPE) => `${prefix}.request.${lane}.${type}`,
    requests: (lane) => `${prefix}.request.${lane ?? '*'}.*`,
    outcome: (id) => `${prefix}.outcome.${id}`,
    outcomes: `${prefix}.outcome.*`,
    event: (state, type, id) => `${prefix}.event.${state}.${type}.${id}`,
    events: `${prefix}.event.*.*.*`,
    dead: (id) => `${prefix}.dead.${id}`,
    deads: `${prefix}.dead.*`,
    inspectControl: `${prefix}.inspect.control`,
    inspectData: (process) => `${prefix}.inspect.data.${toToken(process)}`,
    inspectDatas: `${prefix}.inspect.data.*`,
    storage: (word) => `${storagePrefix(prefix)}_${word}`,
  };
}

/** The default prefix in names of streams and buckets. */
const DEFAULT_STORAGE = 'HELIOS';

/** Names of streams have no dots: other prefixes than the default write them, and dashes, as two characters. */
function storagePrefix(prefix: string): string {
  if (prefix === DEFAULT_PREFIX) return DEFAULT_STORAGE;
  return prefix === DEFAULT_STORAGE ? `-${prefix}` : prefix.replaceAll('-', '-m').replaceAll('.', '-p');
}

/** A name as one token of a subject; different names give different tokens. */
export function toToken(name: string): string {
  return PLAIN_TOKEN.test(name) ? name : `=${Buffer.from(name).toString('base64url')}`;
}

/** @throws HeliosError `INVALID_REQUEST` for a token that `toToken` doesn't make. */
export function fromToken(token: string): string {
  const name = token.startsWith('=') ? Buffer.from(token.slice(1), 'base64url').toString() : token;
  if (toToken(name) === token) return name;
  throw new HeliosError(
    'INVALID_REQUEST',
    `${quote(token)} is no name in a subject: expected plain text or = and base64url.`,
  );
}
