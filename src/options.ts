/** What callers may say beside what they ask for: the options of the public surface, and whether they can be. */
import type { Logger } from 'pino';
import type { RequestState } from './actors/index.js';
import type { NatsAccess } from './bus/index.js';
import { createSubjects, describe, HeliosError } from './protocol/index.js';
import type { AnyObjectType } from './restore/index.js';
import type { Path, Root, StateReference } from './state/index.js';

export interface OpenOptions {
  /** A directory, made if it isn't there (LMDB), or `'memory'`. */
  readonly store: string;
  /** Types of the objects that will be asked for, beside the built-in ones. */
  readonly types?: readonly AnyObjectType[];
  /** Bytes that decoded objects may take in memory. Default: a quarter of the heap's limit. */
  readonly memoryBytes?: number;
  /** What a resolved save survives: the process's end (default), or the machine's too, which waits for the disk. */
  readonly durability?: 'process' | 'power';
  /**
   * Milliseconds for which what was let go of (a deleted name, an old version) is safe from `collect`. Default: 15
   * minutes. Who needs it for longer holds it by a name.
   */
  readonly graceMs?: number;
  /** Where warnings go. Default: nowhere. */
  readonly logger?: Logger;
  /**
   * Where NATS is: a URL, or an object with servers and credentials. Requests are then served by the supervisors and
   * workers there, and the store here is for references. Default: everything in this process.
   */
  readonly nats?: string | NatsAccess;
  /** What subjects begin with: one for each tenant of a NATS account. Default `helios.v1`. */
  readonly prefix?: string;
}

export interface ConnectOptions extends Pick<OpenOptions, 'prefix' | 'logger'> {
  readonly nats: string | NatsAccess;
  /** Types whose `hydrate` shall run on values that come back, beside those that requests name. */
  readonly types?: readonly AnyObjectType[];
  /**
   * Bytes of values that may be kept here, so that workers need not send again what has not changed; 0 keeps none.
   * Default: 32 MiB.
   */
  readonly memoryBytes?: number;
}

/** A name, a reference, or a root with its type. */
export type Target<S, L> = string | StateReference<S, L> | { readonly root: Root; readonly type: string };

export interface RequestOptions {
  /** Only these places: the value is then an object of what is there, by concrete path. */
  readonly paths?: readonly Path[];
  /** 0 to 1, default 0.5. */
  readonly priority?: number;
  /** 0 to 1, default 0.5. */
  readonly urgency?: number;
  /** Milliseconds after which the request expires, default 30,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface DurableOptions extends RequestOptions {
  /** Requests with the same key are one request with one outcome, whoever sends them. */
  readonly idempotencyKey?: string;
  /** Milliseconds after the server stored the request; then it expires. Default and most: a day. */
  readonly ttlMs?: number;
  /** Whether outcome and event shall carry the value, up to 256 KiB of JSON. Default: they carry its root. */
  readonly includeValue?: boolean;
}

/** Which events; all when nothing is named. */
export interface EventOptions<St extends RequestState = RequestState> {
  readonly state?: St;
  readonly type?: string;
  /** Of one request. */
  readonly id?: string;
  /** The cursor of an event: what followed it, and then what comes. Default: what comes from now on. */
  readonly after?: string;
  /** Ends the reading, without an error. */
  readonly signal?: AbortSignal;
}

export interface ListOptions {
  readonly prefix?: string;
  readonly type?: string;
  /** Names after this one. */
  readonly after?: string;
  readonly limit?: number;
}

export interface UpdateOptions {
  /** How often to try again when somebody else saves meanwhile, default 100. */
  readonly retries?: number;
}

export interface LoadOptions {
  /** A version's number; the newest one when absent. */
  readonly version?: number;
}

/** @throws HeliosError `INVALID_REQUEST` */
export function checkOptions(options: OpenOptions): OpenOptions {
  const store: unknown = options?.store;
  if (typeof store !== 'string' || store === '') {
    throw new HeliosError('INVALID_REQUEST', "Helios.open needs { store }: a directory, or 'memory'.");
  }
  if (store === 'nats' || store.includes('\0')) {
    const text = `The store is a directory or 'memory', but got ${JSON.stringify(store)}. (A directory of that name: './nats'.)`;
    throw new HeliosError('INVALID_REQUEST', text);
  }
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(store)) {
    const text = `The store is the path of a directory or 'memory', but got the URL ${JSON.stringify(store)}.`;
    throw new HeliosError('INVALID_REQUEST', text);
  }
  const { durability } = options;
  checkMemoryBytes(options.memoryBytes);
  if (durability !== undefined && durability !== 'process' && durability !== 'power') {
    throw new HeliosError('INVALID_REQUEST', `durability is 'process' or 'power', but got ${describe(durability)}.`);
  }
  checkGrace(options.graceMs);
  checkTypes(options.types);
  if (options.nats !== undefined) checkReach(options.nats);
  if (options.prefix !== undefined) createSubjects(options.prefix);
  return options;
}

/** @throws HeliosError `INVALID_REQUEST` */
export function checkConnectOptions(options: ConnectOptions): ConnectOptions {
  if (options?.nats === undefined) {
    throw new HeliosError('INVALID_REQUEST', "Helios.connect needs { nats }, such as 'nats://127.0.0.1:4222'.");
  }
  checkMemoryBytes(options.memoryBytes);
  checkTypes(options.types);
  checkReach(options.nats);
  if (options.prefix !== undefined) createSubjects(options.prefix);
  return options;
}

function checkMemoryBytes(memoryBytes: unknown): void {
  if (memoryBytes === undefined || (typeof memoryBytes === 'number' && memoryBytes >= 0)) return;
  throw new HeliosError(
    'INVALID_REQUEST',
    `memoryBytes is a number of bytes, 0 or more, but got ${describe(memoryBytes)}.`,
  );
}

function checkGrace(graceMs: unknown): void {
  if (graceMs === undefined || (typeof graceMs === 'number' && graceMs >= 0)) return;
  throw new HeliosError(
    'INVALID_REQUEST',
    `graceMs is a number of milliseconds, 0 or more, but got ${describe(graceMs)}.`,
  );
}

function checkTypes(types: unknown): void {
  if (types === undefined || Array.isArray(types)) return;
  throw new HeliosError('INVALID_REQUEST', 'types is an array of what defineType makes.');
}

/** What the object holds is checked where it is used to connect. */
function checkReach(nats: unknown): void {
  if (typeof nats === 'string' ? nats !== '' : typeof nats === 'object' && nats !== null) return;
  const text = `nats is a URL such as nats://127.0.0.1:4222, or an object with servers; got ${describe(nats)}.`;
  throw new HeliosError('INVALID_REQUEST', text);
}

export function isSignal(signal: unknown): signal is AbortSignal | undefined {
  return signal === undefined || signal instanceof AbortSignal;
}
