/** What callers may say beside what they ask for: the options of the public surface, and whether they can be. */
import type { Logger } from 'pino';
import { HeliosError } from './protocol/index.js';
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
  /** Where warnings go. Default: nowhere. */
  readonly logger?: Logger;
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
  const { memoryBytes, durability } = options;
  if (memoryBytes !== undefined && !(typeof memoryBytes === 'number' && memoryBytes >= 0)) {
    throw new HeliosError('INVALID_REQUEST', `memoryBytes is a number of bytes, 0 or more, but got ${memoryBytes}.`);
  }
  if (durability !== undefined && durability !== 'process' && durability !== 'power') {
    throw new HeliosError('INVALID_REQUEST', `durability is 'process' or 'power', but got ${String(durability)}.`);
  }
  if (options.types !== undefined && !Array.isArray(options.types)) {
    throw new HeliosError('INVALID_REQUEST', 'types is an array of what defineType makes.');
  }
  return options;
}

export function isSignal(signal: unknown): signal is AbortSignal | undefined {
  return signal === undefined || signal instanceof AbortSignal;
}
