/**
 * One connection to NATS, which bus and journal of a process share: made within a time or refused in words, then kept
 * for ever (it reconnects with short, jittered waits until it is closed), and those who ask are told when it goes and
 * comes. Sends nothing by itself. The client of NATS is loaded here, when first needed.
 */
import type { ConnectionOptions, MsgHdrs, NatsConnection, Status } from 'nats';
import { describe, HeliosError } from '../../protocol/index.js';
import { type NatsAccess, type ParsedAccess, parseAccess } from './access.js';
import { credentials } from './credentials.js';
import { probe } from './probe.js';

type Nats = typeof import('nats');

export interface NatsLinkOptions {
  readonly servers: string | readonly string[] | NatsAccess;
  /** What the server's monitoring calls this connection. */
  readonly name?: string;
  /** Milliseconds until somebody must have answered; 5,000 when absent. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds between two attempts to reconnect, and those that chance adds at most; 250 and 250 when absent. */
  readonly reconnectMs?: number;
  readonly reconnectJitterMs?: number;
  /** Milliseconds between two pings; a server that leaves two unanswered counts as gone. 10,000 when absent. */
  readonly pingMs?: number;
  /** Must not throw. */
  readonly onStatus?: (status: LinkStatus) => void;
}

export type LinkStatus =
  | { readonly state: 'disconnected' | 'reconnected'; readonly server: string }
  /** For good: nothing comes after it. With the error unless somebody called `close`. */
  | { readonly state: 'closed'; readonly error?: HeliosError }
  /** The server refused something, such as a subject that this user may not use; the connection lives. */
  | { readonly state: 'refused'; readonly error: HeliosError };

export interface NatsLink {
  readonly connection: NatsConnection;
  /** Where it goes, without passwords. */
  readonly url: string;
  /** What is sent now goes out now. */
  readonly isUp: boolean;
  readonly isClosed: boolean;
  /** The most bytes of headers and payload together that the server takes in one message. */
  readonly payloadBytesMax: number;
  /** Empty headers of a message. */
  newHeaders(): MsgHdrs;
  /** @returns a function that ends it */
  watch(onStatus: (status: LinkStatus) => void): () => void;
  /**
   * Resolves when the server has had everything that was sent before.
   * @throws HeliosError `UNAVAILABLE` when that can't be known within `timeoutMs`, `CLOSED`
   */
  flush(timeoutMs: number): Promise<void>;
  /** Sends what is on its way, for `DRAIN_MS` at most, and ends the connection. */
  close(): Promise<void>;
}

/** Milliseconds, when the options name none. */
const CONNECT_TIMEOUT_MS = 5_000;
const RECONNECT_MS = 250;
const RECONNECT_JITTER_MS = 250;
const PING_MS = 10_000;
const PINGS_UNANSWERED_MAX = 2;
/** Milliseconds that `close` waits for the server to take what was sent before. */
const DRAIN_MS = 2_000;

/**
 * @throws HeliosError `INVALID_REQUEST` for a URL that is none and for credentials that the server refuses;
 *   `UNAVAILABLE` when no NATS server answers there in time
 */
export async function connectNats(options: NatsLinkOptions): Promise<NatsLink> {
  const access = parseAccess(options.servers);
  const timeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  const [nats, settings, servers] = await Promise.all([
    import('nats'),
    credentials(access),
    findServers(access, timeoutMs),
  ]);
  const connection = await connect(nats, access, {
    ...settings,
    servers,
    // In the order of `servers`: those that answer come first.
    noRandomize: true,
    ...(options.name === undefined ? {} : { name: options.name }),
    timeout: timeoutMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: options.reconnectMs ?? RECONNECT_MS,
    reconnectJitter: options.reconnectJitterMs ?? RECONNECT_JITTER_MS,
    reconnectJitterTLS: options.reconnectJitterMs ?? RECONNECT_JITTER_MS,
    pingInterval: options.pingMs ?? PING_MS,
    maxPingOut: PINGS_UNANSWERED_MAX,
    // For ever means also while credentials are being replaced.
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
  });
  return createLink(nats, connection, access, options.onStatus);
}

/** The addresses, those where a NATS server answers first. */
async function findServers({ servers, tls, shown }: ParsedAccess, timeoutMs: number): Promise<string[]> {
  const texts = servers.map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`));
  // Such a server waits for the client to speak first.
  if (tls?.handshakeFirst === true) return texts;
  const probes = await Promise.all(servers.map((server) => probe(server, timeoutMs)));
  if (probes.some(({ isNats }) => isNats)) {
    return texts.toSorted((a, b) => Number(isGood(b)) - Number(isGood(a)));
  }
  const reasons = probes.map((result, index) => (result.isNats ? '' : `${texts[index]} ${result.reason}`));
  throw new HeliosError(
    'UNAVAILABLE',
    `No NATS at ${shown}: ${reasons.join('; ')}. Start nats-server there, or correct the URL.`,
    { details: { url: shown } },
  );

  function isGood(text: string): boolean {
    return probes[texts.indexOf(text)]?.isNats === true;
  }
}

async function connect(nats: Nats, access: ParsedAccess, options: ConnectionOptions): Promise<NatsConnection> {
  try {
    return await nats.connect(options);
  } catch (error) {
    throw refusal(nats, error, access.shown);
  }
}

/** Why there is no connection. */
function refusal(nats: Nats, error: unknown, url: string): HeliosError {
  const details = { url };
  const found = error instanceof Error ? error.message : String(error);
  if (error instanceof nats.NatsError && (error.isAuthError() || error.isAuthTimeout())) {
    const message = `NATS at ${url} refuses the credentials (${found}). Give user and pass, token or creds that it knows.`;
    return new HeliosError('INVALID_REQUEST', message, { details, cause: error });
  }
  const advice = 'Look at its log, and at TLS and its certificates where they are in use';
  return new HeliosError('UNAVAILABLE', `No connection to NATS at ${url}: ${found || 'it closed it'}. ${advice}.`, {
    details,
    cause: error,
  });
}

function createLink(
  nats: Nats,
  connection: NatsConnection,
  access: ParsedAccess,
  onStatus: NatsLinkOptions['onStatus'],
): NatsLink {
  const url = access.shown;
  const listeners = new Set<(status: LinkStatus) => void>(onStatus === undefined ? [] : [onStatus]);
  let isUp = true;
  /** What all wait for who wait for the connection's return. */
  let upAgain: Promise<void> | undefined;
  let isClosed = false;
  let payloadBytesMax = connection.info?.max_payload ?? 0;

  function tell(status: LinkStatus): void {
    for (const listener of listeners) listener(status);
  }

  function see(status: Status): void {
    switch (status.type) {
      case nats.Events.Disconnect:
        isUp = false;
        return tell({ state: 'disconnected', server: String(status.data) });
      case nats.Events.Reconnect:
        isUp = true;
        payloadBytesMax = connection.info?.max_payload ?? payloadBytesMax;
        return tell({ state: 'reconnected', server: String(status.data) });
      case nats.Events.Error:
        return tell({ state: 'refused', error: refused(status, url) });
    }
  }

  /** Resolves when what is sent goes out; also when it never will again, as the next step then says. */
  function whenUp(): Promise<void> {
    if (isUp || isClosed) return Promise.resolve();
    upAgain ??= new Promise((resolve) => {
      const listener = ({ state }: LinkStatus) => {
        if (state !== 'reconnected' && state !== 'closed') return;
        listeners.delete(listener);
        upAgain = undefined;
        resolve();
      };
      listeners.add(listener);
    });
    return upAgain;
  }

  async function follow(): Promise<void> {
    for await (const status of connection.status()) see(status);
  }

  void follow();
  void connection.closed().then((error) => {
    isUp = false;
    const wasClosed = isClosed;
    isClosed = true;
    tell(
      wasClosed || !(error instanceof Error)
        ? { state: 'closed' }
        : { state: 'closed', error: refusal(nats, error, url) },
    );
  });

  return {
    connection,
    url,
    // Without info the client is dialling, whatever has been told so far.
    get isUp() {
      return isUp && connection.info !== undefined;
    },
    get isClosed() {
      return isClosed || connection.isClosed();
    },
    get payloadBytesMax() {
      return payloadBytesMax;
    },
    newHeaders: () => nats.headers(),
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async flush(timeoutMs) {
      if (isClosed) throw linkClosed(url);
      const flushed = whenUp().then(() => flushOnce(connection, url));
      await within(timeoutMs, flushed, () => notFlushed(url, `within ${timeoutMs} ms`));
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      // What the server doesn't take in time is lost with the connection, as on any other loss of it.
      if (isUp) await within(DRAIN_MS, connection.flush(), () => undefined).catch(() => undefined);
      await connection.close();
    },
  };
}

async function flushOnce(connection: NatsConnection, url: string): Promise<void> {
  try {
    await connection.flush();
  } catch (error) {
    throw notFlushed(url, 'before the connection broke', error);
  }
}

/** Rejects with what `late` makes when the time is up, or resolves if that is nothing. */
async function within(timeoutMs: number, work: Promise<void>, late: () => HeliosError | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve, reject) => {
    timer = setTimeout(() => {
      const error = late();
      if (error === undefined) resolve();
      else reject(error);
    }, timeoutMs);
  });
  try {
    await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Also of a bus that outlives its link. */
export function linkClosed(url: string): HeliosError {
  return new HeliosError('CLOSED', `The connection to NATS at ${url} is closed.`);
}

function notFlushed(url: string, when: string, cause?: unknown): HeliosError {
  const message = `NATS at ${url} did not confirm what was sent ${when}: it may have arrived or not.`;
  return new HeliosError('UNAVAILABLE', message, { details: { url }, ...(cause === undefined ? {} : { cause }) });
}

function refused({ data, permissionContext }: Status, url: string): HeliosError {
  if (permissionContext === undefined) {
    return new HeliosError('UNAVAILABLE', `NATS at ${url} reports: ${describe(data)}.`, { details: { url } });
  }
  const { operation, subject } = permissionContext;
  const message = `NATS at ${url} permits this user no ${operation} on ${subject}. Give it that permission, or use another user.`;
  return new HeliosError('INVALID_REQUEST', message, { details: { url, operation, subject } });
}
