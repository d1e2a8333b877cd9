/**
 * What a client of NATS shows to get in, from what people gave. Sees at once whether a credentials file is one, and reads
 * it anew at each attempt to connect. Keeps no secret but in what it returns, and puts none into a message.
 */
import { readFileSync } from 'node:fs';
import type { Authenticator, ConnectionOptions } from 'nats';
import { describe, HeliosError } from '../../protocol/index.js';
import type { ParsedAccess } from './access.js';

/** What a server would have signed, to see whether credentials can sign at all. */
const TRIAL_NONCE = 'trial';

/** @throws HeliosError `INVALID_REQUEST` for a credentials file that is none */
export async function credentials(access: ParsedAccess): Promise<ConnectionOptions> {
  const { user, pass, token, creds, tls } = access;
  return {
    ...(user === undefined ? {} : { user }),
    ...(pass === undefined ? {} : { pass }),
    ...(token === undefined ? {} : { token }),
    ...(tls === undefined ? {} : { tls: { ...tls } }),
    ...(creds === undefined ? {} : { authenticator: await authenticator(creds) }),
  };
}

/** Reads the file at each attempt to connect, because such files are replaced while processes run. */
async function authenticator(creds: string): Promise<Authenticator> {
  const { credsAuthenticator } = await import('nats');
  const isText = creds.includes('BEGIN NATS USER JWT');
  try {
    const answer = credsAuthenticator(isText ? Buffer.from(creds) : readFileSync(creds));
    answer(TRIAL_NONCE);
    let last = answer;
    return (nonce) => {
      if (isText) return answer(nonce);
      try {
        const fresh = credsAuthenticator(readFileSync(creds));
        const auth = fresh(nonce);
        last = fresh;
        return auth;
      } catch {
        // Half written perhaps; to throw here would end the connection for good. The server judges the old ones.
        return last(nonce);
      }
    };
  } catch (error) {
    const shown = isText ? 'a text that has the first line of one' : describe(creds);
    const found = error instanceof Error ? error.message : String(error);
    const message = `creds of nats is the path or the text of a credentials file; got ${shown} (${found}).`;
    throw new HeliosError('INVALID_REQUEST', message, { cause: error });
  }
}
