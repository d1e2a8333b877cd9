/**
 * Looks whether a NATS server answers at an address, before the client of NATS is let loose on it: that one forgets
 * sockets to peers that stay silent (they would keep the process alive), and can't say what was wrong. Closes its own.
 */
import { connect } from 'node:net';
import type { NatsAddress } from './access.js';

export type Probe = { readonly isNats: true } | { readonly isNats: false; readonly reason: string };

/** Bytes of what a server says first that are read, at most. */
const GREETING = 'INFO ';
const SHOWN_LENGTH = 24;

/** Resolves within `timeoutMs`; never rejects. */
export function probe({ host, port }: NatsAddress, timeoutMs: number): Promise<Probe> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let said = '';
    const end = (result: Probe) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const fail = (reason: string) => end({ isNats: false, reason });
    const timer = setTimeout(() => {
      if (socket.connecting) fail(`did not take a connection within ${timeoutMs} ms`);
      else fail(`took a connection and said nothing within ${timeoutMs} ms, as a stopped or a foreign server does`);
    }, timeoutMs);
    // No error is lost: the first end counts, what comes later is about a socket that is gone.
    socket.on('error', (error: NodeJS.ErrnoException) => fail(`can't be reached (${error.code ?? error.message})`));
    socket.on('close', () => fail('closed the connection before it said anything'));
    socket.setEncoding('latin1').on('data', (text: string) => {
      said += text;
      if (said.startsWith(GREETING)) end({ isNats: true });
      else if (!GREETING.startsWith(said))
        fail(`is no NATS server: it says ${JSON.stringify(said.slice(0, SHOWN_LENGTH))}`);
    });
  });
}
