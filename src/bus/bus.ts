/**
 * Message passing between actors, as NATS has it: subjects of dot-separated tokens, wildcards `*` (one token) and `>`
 * (the rest), queue groups (one member gets each message), replies to an inbox. Bodies on the embedded bus are handed
 * over as they are, by reference; adapters that cross a wire encode them. Delivery order from one publisher to one
 * subscriber is kept. Handlers must not throw; what they throw goes to the bus's `onError` and harms nobody else.
 */

export interface BusMessage {
  readonly subject: string;
  readonly body: unknown;
  /** Where an answer is awaited, if one is. */
  readonly reply?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PublishOptions {
  readonly reply?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Subscription {
  readonly subject: string;
  unsubscribe(): void;
}

export interface Bus {
  readonly kind: 'embedded';
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
