/**
 * The way in without a store: asks supervisors over NATS, and gets values. What it knows of types, it applies to what
 * comes back (`hydrate`); a link inside a value stays what it is on the wire, `{ root, type }`.
 */
import {
  type HeliosEvent,
  type MaterializeRequest,
  type RequestState,
  type Submission,
  systemClock,
} from './actors/index.js';
import type { Cluster } from './cluster.js';
import { drainMsOf, Front } from './front.js';
import { createInspectTap, type InspectTap } from './inspect/tap.js';
import {
  type ConnectOptions,
  checkConnectOptions,
  type DurableOptions,
  type EventOptions,
  type RequestOptions,
  type Target,
} from './options.js';
import { Phrasing } from './phrasing.js';
import { HeliosError, type LinkForm } from './protocol/index.js';
import { type AnyObjectType, type ObjectType, TypeRegistry } from './restore/index.js';
import { toLink } from './rooms.js';
import type { Path, Value } from './state/index.js';

/** What one can ask of others: with or without a store of one's own. */
export interface Client extends AsyncDisposable {
  /**
   * Asks for an object to be materialized. Returns at once, in `queued`, and never throws: whatever is wrong arrives by
   * `result`, which is made when it is first read.
   */
  request<S, L>(
    type: ObjectType<S, L>,
    target: Target<S, L>,
    options?: RequestOptions & { readonly paths?: undefined },
  ): MaterializeRequest<L>;
  request(
    target: Target<unknown, unknown>,
    options: RequestOptions & { readonly paths: readonly Path[] },
  ): MaterializeRequest<Readonly<Record<string, Value>>>;
  request(target: Target<unknown, unknown>, options?: RequestOptions): MaterializeRequest<Value>;
  /**
   * Asks for an object durably: resolves when the request is kept, from then on it has exactly one outcome, whoever
   * lives. Embedded it lives as long as the process.
   * @throws HeliosError `INVALID_REQUEST` · `OVERLOADED` when too many wait · `UNAVAILABLE` · `CANCELLED` by the signal ·
   *   `CLOSED`
   */
  submit(target: Target<unknown, unknown>, options?: DurableOptions): Promise<Submission>;
  /**
   * What becomes of durable requests, heard from the moment of the call; without end until the signal aborts, the loop
   * is left, or all is closed.
   * @throws HeliosError (while it is read) `INVALID_REQUEST` · `STALE_REFERENCE` when what follows `after` is gone ·
   *   `UNAVAILABLE` · `CLOSED`
   */
  events<St extends RequestState = RequestState>(
    options?: EventOptions<St>,
  ): AsyncIterable<Extract<HeliosEvent, { readonly state: St }>>;
  /** Lets open requests end (for `drainMs`, default 5,000), ends the rest with `CLOSED`. Idempotent. */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

/**
 * A client without a store.
 * @throws HeliosError `INVALID_REQUEST` for options that can't be; `UNAVAILABLE` when no NATS with JetStream answers
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  const { nats, prefix, types = [], logger, memoryBytes } = checkConnectOptions(options);
  const registry = new TypeRegistry(types);
  const { joinCluster } = await import('./cluster.js');
  const cluster = await joinCluster({
    ...{ nats, toLink, fromLink: (link: LinkForm) => Object.freeze(link) },
    ...(prefix === undefined ? {} : { prefix }),
    ...(logger === undefined ? {} : { logger }),
  });
  return new RemoteClient(cluster, registry, memoryBytes);
}

class RemoteClient implements Client {
  readonly #cluster: Cluster;
  readonly #front: Front;
  readonly #tap: InspectTap;
  #closing: Promise<void> | null = null;

  constructor(cluster: Cluster, types: TypeRegistry, memoryBytes: number | undefined) {
    this.#cluster = cluster;
    const { bus, journal, subjects, waits, nextId } = cluster;
    this.#tap = createInspectTap({
      ...{ bus, subjects, process: `client-${nextId()}` },
      ...{ clock: systemClock, wallClock: Date.now, random: Math.random },
    });
    const checkOpen = () => {
      if (this.#closing !== null) throw closed();
    };
    const phrasing = new Phrasing({
      ...{ types, checkOpen, know: (type: AnyObjectType) => types.register(type) },
      isStored: () => false,
    });
    this.#front = new Front({
      ...{ bus, journal, subjects, waits, nextId, phrasing, tap: this.#tap },
      ...{ clock: systemClock, random: Math.random },
      ...(memoryBytes === undefined ? {} : { knownBytes: memoryBytes }),
    });
  }

  request(...args: readonly unknown[]): MaterializeRequest<never> {
    // What comes back is of the type that was asked for: the overloads say which.
    return this.#front.request(args) as MaterializeRequest<never>;
  }

  submit(target: Target<unknown, unknown>, options?: DurableOptions): Promise<Submission> {
    return this.#front.submit(target, options);
  }

  events<St extends RequestState = RequestState>(options: EventOptions<St> = {}) {
    // The state that was asked for is the state that is read.
    return this.#front.events(options) as AsyncIterable<Extract<HeliosEvent, { readonly state: St }>>;
  }

  async close(options?: { readonly drainMs?: number }): Promise<void> {
    const drainMs = drainMsOf(options);
    this.#closing ??= this.#close(drainMs);
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(drainMs: number): Promise<void> {
    await this.#front.drained(drainMs);
    this.#front.close(closed());
    this.#tap.close();
    await this.#cluster.close();
  }
}

function closed(): HeliosError {
  return new HeliosError('CLOSED', 'This client was closed. Connect another one.');
}
