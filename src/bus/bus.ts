/**
 * Message passing between actors, as NATS has it: subjects of dot-separated tokens, wildcards `*` (one token) and `>`
 * (the rest), queue groups (one member gets each message), replies to an inbox. Bodies on the embedded bus are handed
 * over as they are, by reference; adapters that cross a wire encode them, and whoever receives checks them. Delivery order from one publisher to one
 * subscriber is kept. Handlers must not throw; what they throw goes to the bus's `onError` and harms nobody else.
 */

import type { HeliosError } from '../protocol/errors.js';

export interface BusMessage {
  readonly subject: string;
  readonly body: unknown;
  /** Why a message that came over a wire could not be decoded; its `body` is then undefined. */
  readonly fault?: HeliosError;
  /** Whoever waits at `reply` takes answers in batches: they may be published with `coalesce`. */
  readonly takesBatches?: true;
  /** Where an answer is awaited, if one is. */
  readonly reply?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PublishOptions {
  readonly reply?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * May travel in one message with others that this turn of the event loop publishes to the same place: same subject
   * and same reply but for its last token, or, without a reply, same subject but for its last token. The body has an
   * `id`, and it is that last token. Only towards receivers that take batches: Helios's own, and those who say so.
   */
  readonly coalesce?: boolean;
  /** Nobody waits for it: may leave with, and behind, whatever else this turn of the event loop publishes. */
  readonly trails?: boolean;
}

export interface Subscription {
  readonly subject: string;
  unsubscribe(): void;
}

export interface Bus {
  /** Bodies of the embedded and the simulated one come from this very process, and are not checked again. */
  readonly kind: 'embedded' | 'nats' | 'simulated';
  /**
   * Hands a message to every plain subscriber and to one member of each queue group whose subject matches. With `reply`
   * and nobody to receive it, the reply subject at once gets a message with the header `Status: 503` (no responders).
   * @throws HeliosError `INVALID_REQUEST` for a subject with wildcards or empty tokens, `CLOSED` after `close`.
   */
  publish(subject: string, body: unknown, options?: PublishOptions): void;
  subscribe(
    subject: string,
    handler: (message: BusMessage) => void,
    options?: { readonly queue?: string },
  ): Subscription;
  /**
   * Publishes with a fresh inbox and resolves with the first answer.
   * @throws HeliosError `UNAVAILABLE` at once when nobody listens, `DEADLINE_EXCEEDED`, `CANCELLED`.
   */
  request(
    subject: string,
    body: unknown,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<BusMessage>;
  /** A subject nobody else uses, under `_INBOX.`. */
  inbox(): string;
  /** Resolves when everything published before has been handed over. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
