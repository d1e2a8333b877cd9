/**
 * Where NATS is and how to get in, as people write it: one URL, several, or an object with credentials. Checks it before
 * anything connects, and says it without its secrets. (nats.js takes no credentials out of a URL; here they count.)
 */
import { describe, HeliosError } from '../../protocol/index.js';

/** What `nats` in the options of Helios may be, besides a URL. */
export interface NatsAccess {
  /** `nats://host:4222`, `tls://host`, `host:port`; several in a list or with commas between them. */
  readonly servers: string | readonly string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  /** A credentials file (JWT and key): its path, or its text. */
  readonly creds?: string;
  /** An empty record asks for TLS with the authorities that Node knows. */
  readonly tls?: NatsTls;
}

export interface NatsTls {
  readonly handshakeFirst?: boolean;
  readonly certFile?: string;
  readonly cert?: string;
  readonly caFile?: string;
  readonly ca?: string;
  readonly keyFile?: string;
  readonly key?: string;
}

/** Access in one form. */
export interface ParsedAccess {
  readonly servers: readonly NatsAddress[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  readonly creds?: string;
  readonly tls?: NatsTls;
  /** The servers, to be shown: without passwords and tokens. */
  readonly shown: string;
}

export interface NatsAddress {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORT = 4222;
const KEYS = ['servers', 'user', 'pass', 'token', 'creds', 'tls'];

/** @throws HeliosError `INVALID_REQUEST` for what names no server */
export function parseAccess(nats: string | readonly string[] | NatsAccess): ParsedAccess {
  const access: NatsAccess = typeof nats === 'string' || isList(nats) ? { servers: nats } : nats;
  if (typeof access !== 'object' || access === null) throw wrong('a URL or an object with servers', access);
  const unknown = Object.keys(access).find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw wrong(`an object with ${KEYS.join(', ')}`, unknown);
  for (const key of ['user', 'pass', 'token', 'creds'] as const) {
    if (access[key] !== undefined && typeof access[key] !== 'string') throw wrong(`${key} as a text`, access[key]);
  }
  const urls = readUrls(access.servers);
  const { servers: _, ...given } = access;
  const inUrl = urls.find(({ username }) => username !== '');
  const isSecure = urls.some(({ protocol }) => protocol === 'tls:');
  return {
    ...(inUrl === undefined ? {} : credentialsIn(inUrl)),
    ...(isSecure ? { tls: {} } : {}),
    ...given,
    servers: urls.map(addressOf),
    shown: urls.map((url) => `${url.protocol}//${url.hostname}:${url.port || DEFAULT_PORT}`).join(','),
  };
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

function readUrls(servers: unknown): URL[] {
  const texts = typeof servers === 'string' ? servers.split(',') : servers;
  if (!Array.isArray(texts) || texts.length === 0) throw wrong('a URL such as nats://127.0.0.1:4222', servers);
  return texts.map((text: unknown) => {
    const url = typeof text === 'string' ? readUrl(text.trim()) : undefined;
    if (url === undefined) throw wrong('a URL such as nats://127.0.0.1:4222', withoutSecrets(text));
    return url;
  });
}

function readUrl(text: string): URL | undefined {
  try {
    const url = new URL(text.includes('://') ? text : `nats://${text}`);
    const isNats = url.protocol === 'nats:' || url.protocol === 'tls:';
    const isBare = (url.pathname === '' || url.pathname === '/') && url.search === '' && url.hash === '';
    // Hosts of these schemes are taken as they come: what no resolver knows is refused here.
    return isNats && isBare && /^[\w.-]+$|^\[[\da-f:.]+\]$/i.test(url.hostname) ? url : undefined;
  } catch {
    return undefined;
  }
}

function addressOf({ hostname, port }: URL): NatsAddress {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? DEFAULT_PORT : Number(port) };
}

/** A user alone is a token, as other clients of NATS have it. */
function credentialsIn({ username, password }: URL): { user: string; pass: string } | { token: string } {
  const user = decodeURIComponent(username);
  return password === '' ? { token: user } : { user, pass: decodeURIComponent(password) };
}

function withoutSecrets(text: unknown): unknown {
  return typeof text === 'string' ? text.replace(/\/\/[^@/]*@/, '//…@') : text;
}

function wrong(expected: string, found: unknown): HeliosError {
  return new HeliosError('INVALID_REQUEST', `nats is ${expected}; got ${describe(found)}.`);
}
