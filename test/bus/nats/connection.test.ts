import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from 'nats';
import { afterEach, describe, expect, it } from 'vitest';
import { connectNats, type LinkStatus, type NatsLink, type NatsLinkOptions } from '../../../src/bus/index.js';
import { type NatsServer, type NatsServerOptions, startNatsServer } from '../../natsServer.js';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function serve(options: NatsServerOptions = {}): Promise<NatsServer> {
  const server = await startNatsServer({ jetStream: false, ...options });
  cleanUps.push(() => server.stop());
  return server;
}

/** A link that tries again soon, with a way to wait for what it tells. */
async function open(options: NatsLinkOptions) {
  const seen: LinkStatus[] = [];
  let check = () => {};
  const onStatus = (status: LinkStatus) => {
    seen.push(status);
    check();
  };
  const link = await connectNats({ reconnectMs: 20, reconnectJitterMs: 10, onStatus, ...options });
  cleanUps.push(() => link.close());
  const until = (state: LinkStatus['state']) =>
    new Promise<LinkStatus>((resolve) => {
      check = () => {
        const found = seen.find((status) => status.state === state);
        if (found !== undefined) resolve(found);
      };
      check();
    });
  return { link, seen, until };
}

/** A server of TCP that isn't one of NATS. */
async function foreignServer(greet: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    greet(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, url: `nats://127.0.0.1:${address.port}`, sockets };
}

function credsText(jwt: string, seed: string): string {
  const block = (name: string, text: string) => `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n`;
  return `${block('NATS USER JWT', jwt)}\n${block('USER NKEY SEED', seed)}`;
}

function refusalOf(options: NatsLinkOptions): Promise<unknown> {
  return connectNats(options).then(
    (link: NatsLink) => link.close().then(() => 'connected'),
    (error: unknown) => error,
  );
}

describe('a connection to NATS', () => {
  it('is made by URL, by host and port, and by an object with servers', async () => {
    const { url, port } = await serve();
    for (const servers of [url, `127.0.0.1:${port}`, `localhost:${port}`, [url], { servers: url }, `${url}/`]) {
      const { link } = await open({ servers, name: 'a test' });
      expect(link.isUp).toBe(true);
      expect(link.payloadBytesMax).toBe(1_048_576);
      expect(link.url).toContain(String(port));
    }
  });

  it('goes to the server that answers when others do not', async () => {
    const { url } = await serve();
    const silent = await foreignServer(() => {});
    const { link } = await open({ servers: `nats://127.0.0.1:1,${silent.url}, ${url}`, connectTimeoutMs: 200 });
    await link.flush(5_000);
    expect(link.connection.getServer()).toBe(url.replace('nats://', ''));
  });

  describe('is refused with UNAVAILABLE', () => {
    it('where nobody listens, without the password and with advice', async () => {
      const error = await refusalOf({ servers: 'nats://me:secret@127.0.0.1:1' });
      expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true, details: { url: 'nats://127.0.0.1:1' } });
      expect(String(error)).toContain('ECONNREFUSED');
      expect(String(error)).toContain('Start nats-server');
      expect(String(error)).not.toContain('secret');
    });

    it('by a server that says nothing, in time, and leaves it no open socket', async () => {
      const { url, sockets } = await foreignServer(() => {});
      const error = await refusalOf({ servers: url, connectTimeoutMs: 100 });
      expect(error).toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('said nothing within 100 ms'),
      });
      while (sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
    });

    it('by a server that speaks another language', async () => {
      const { url } = await foreignServer((socket) => socket.write('220 mail.example.com ESMTP\r\n'));
      const error = await refusalOf({ servers: url });
      expect(error).toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('is no NATS server: it says "220 mail'),
      });
    });

    it('by one that closes at once, or greets and then closes', async () => {
      const closing = await foreignServer((socket) => socket.end());
      expect(await refusalOf({ servers: closing.url })).toMatchObject({ code: 'UNAVAILABLE' });
      const info = JSON.stringify({ server_id: 'x', version: '2.9.10', max_payload: 1_024, proto: 1 });
      const greeting = await foreignServer((socket) => socket.end(`INFO ${info}\r\n`));
      expect(await refusalOf({ servers: greeting.url, connectTimeoutMs: 100 })).toMatchObject({ code: 'UNAVAILABLE' });
    });

    it('where the name of the host is unknown', async () => {
      expect(await refusalOf({ servers: 'nats://nobody.invalid' })).toMatchObject({ code: 'UNAVAILABLE' });
    });

    it('when TLS is asked of a server that has none', async () => {
      const { port } = await serve();
      const error = await refusalOf({ servers: `tls://127.0.0.1:${port}` });
      expect(error).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('TLS') });
      const first = { servers: `127.0.0.1:${port}`, tls: { handshakeFirst: true } };
      expect(await refusalOf({ servers: first, connectTimeoutMs: 300 })).toMatchObject({ code: 'UNAVAILABLE' });
    });
  });

  describe('is refused with INVALID_REQUEST', () => {
    it.each([
      '',
      'http://127.0.0.1:4222',
      'nats://',
      'nats://a b',
      'nats://127.0.0.1:99999',
      'nats://127.0.0.1:4222/path',
      'nats://me:secret@ho st',
      'nats://ho*st',
      'nats://a,,nats://b',
    ])('for %j, which is no URL of a NATS server', async (servers) => {
      const error = await refusalOf({ servers });
      expect(error).toMatchObject({
        code: 'INVALID_REQUEST',
        message: expect.stringContaining('nats://127.0.0.1:4222'),
      });
      expect(String(error)).not.toContain('secret');
    });

    it('for an object without servers, with a wrong key or a wrong value', async () => {
      const wrong: unknown[] = [
        [],
        {},
        null,
        7,
        { servers: [] },
        { servers: [7] },
        { servers: 'a', usr: 'x' },
        { servers: 'a', user: 7 },
      ];
      for (const servers of wrong) {
        // @ts-expect-error -- what callers without types may give
        expect(await refusalOf({ servers })).toMatchObject({ code: 'INVALID_REQUEST' });
      }
    });

    it('for a credentials file that is none', async () => {
      const { url } = await serve();
      const error = await refusalOf({ servers: { servers: url, creds: '/nowhere/at/all.creds' } });
      expect(error).toMatchObject({
        code: 'INVALID_REQUEST',
        message: expect.stringContaining('/nowhere/at/all.creds'),
      });
      for (const creds of [credsText('a.jwt', 'SUABC'), '-----BEGIN NATS USER JWT-----\nnone\n']) {
        const refusal = await refusalOf({ servers: { servers: url, creds } });
        expect(refusal).toMatchObject({
          code: 'INVALID_REQUEST',
          message: expect.stringContaining('credentials file'),
        });
        expect(String(refusal)).not.toContain('SUABC');
      }
    });

    it('by a server that wants other credentials, in its own words', async () => {
      const { port } = await serve({ config: 'authorization { user: me, password: "s:cret" }' });
      for (const servers of [
        `127.0.0.1:${port}`,
        `nats://me:wrong@127.0.0.1:${port}`,
        `nats://token@127.0.0.1:${port}`,
      ]) {
        const error = await refusalOf({ servers });
        expect(error).toMatchObject({
          code: 'INVALID_REQUEST',
          message: expect.stringMatching(/refuses the credentials/),
        });
        expect(String(error)).not.toContain('wrong');
      }
    });
  });

  it('takes user and password, or a token, from the URL or beside it', async () => {
    const byUser = await serve({ config: 'authorization { user: me, password: "s:cret" }' });
    for (const servers of [
      `nats://me:s%3Acret@127.0.0.1:${byUser.port}`,
      { servers: byUser.url, user: 'me', pass: 's:cret' },
    ]) {
      expect((await open({ servers })).link.isUp).toBe(true);
    }
    const byToken = await serve({ config: 'authorization { token: "tok" }' });
    for (const servers of [`nats://tok@127.0.0.1:${byToken.port}`, { servers: byToken.url, token: 'tok' }]) {
      const { link } = await open({ servers });
      expect(link.isUp).toBe(true);
      expect(link.url).not.toContain('tok');
    }
  });

  it('takes a credentials file by its path or its text, and one that was replaced while it ran', async () => {
    const server = await serve();
    const seed = Buffer.from(nkeys.createUser().getSeed()).toString();
    const folder = mkdtempSync(join(tmpdir(), 'helios-creds-'));
    cleanUps.push(async () => rmSync(folder, { recursive: true }));
    const path = join(folder, 'a.creds');
    writeFileSync(path, credsText('a.jwt', seed));
    // This server asks for none and takes any: that they could be signed is what is seen.
    expect((await open({ servers: { servers: server.url, creds: credsText('a.jwt', seed) } })).link.isUp).toBe(true);
    const { until, seen } = await open({ servers: { servers: server.url, creds: path } });
    for (const text of ['half a fi', credsText('b.jwt', seed)]) {
      writeFileSync(path, text);
      seen.length = 0;
      await server.restart();
      await until('reconnected');
    }
  });

  it('comes back whenever the server does, and says so', async () => {
    const server = await serve();
    const { link, seen, until } = await open({ servers: server.url });
    for (let round = 0; round < 2; round++) {
      seen.length = 0;
      await server.kill();
      await until('disconnected');
      expect(link.isUp).toBe(false);
      await server.restart();
      await until('reconnected');
      expect(link.isUp).toBe(true);
      await link.flush(5_000);
    }
  });

  it('waits for the return of the server with a flush, and fails it when it does not return in time', async () => {
    const server = await serve();
    const { link, until } = await open({ servers: server.url });
    await server.kill();
    await until('disconnected');
    await expect(link.flush(50)).rejects.toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
    const flushed = link.flush(10_000);
    await server.restart();
    await flushed;
  });

  it('notices a server that stands still', async () => {
    const server = await serve();
    const { until } = await open({ servers: server.url, pingMs: 50, connectTimeoutMs: 200 });
    server.freeze();
    await until('disconnected');
    server.thaw();
    await until('reconnected');
  });

  it('fails a flush that a server which stands still does not confirm', async () => {
    const server = await serve();
    const { link, until } = await open({ servers: server.url });
    server.freeze();
    await expect(link.flush(50)).rejects.toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
    const flushed = link.flush(10_000).catch((error: unknown) => error);
    await server.kill();
    await until('disconnected');
    expect(await flushed).toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('ends at once when it is closed while its server is gone for good', async () => {
    const server = await serve();
    const { link, seen, until } = await open({ servers: server.url });
    await server.kill();
    await until('disconnected');
    const waiting = link.flush(60_000).catch((error: unknown) => error);
    await link.close();
    await until('closed');
    expect(seen.at(-1)).toEqual({ state: 'closed' });
    expect(link.isClosed).toBe(true);
    expect(await waiting).toMatchObject({ code: 'UNAVAILABLE' });
    await expect(link.flush(1_000)).rejects.toThrow(expect.objectContaining({ code: 'CLOSED' }));
    await link.close();
  });

  it('sends what is on its way when it is closed', async () => {
    const { url } = await serve();
    const { link: from } = await open({ servers: url });
    const { link: to } = await open({ servers: url });
    const heard = new Promise((resolve) =>
      to.connection.subscribe('a', { callback: (_, msg) => resolve(msg.string()) }),
    );
    await to.flush(5_000);
    from.connection.publish('a', 'last words');
    await from.close();
    expect(await heard).toBe('last words');
  });

  it('says what the server does not permit, and lives', async () => {
    const { port } = await serve({
      config: 'authorization { users: [{ user: me, password: x, permissions: { publish: "a", subscribe: "a" } }] }',
    });
    const { link, until } = await open({ servers: `nats://me:x@127.0.0.1:${port}` });
    link.connection.publish('forbidden', 'x');
    expect(await until('refused')).toMatchObject({
      error: { code: 'INVALID_REQUEST', details: { operation: 'publish', subject: 'forbidden' } },
    });
    await link.flush(5_000);
  });

  it('tells those who watch, until they end it', async () => {
    const server = await serve();
    const { link, until } = await open({ servers: server.url });
    const [stayed, left]: [string[], string[]] = [[], []];
    link.watch(({ state }) => stayed.push(state));
    link.watch(({ state }) => left.push(state))();
    await server.kill();
    await until('disconnected');
    expect([stayed, left]).toEqual([['disconnected'], []]);
  });

  it('knows when somebody else has closed it', async () => {
    const { url } = await serve();
    const { link, until } = await open({ servers: url });
    await link.connection.close();
    expect(await until('closed')).toEqual({ state: 'closed' });
    await expect(link.flush(1_000)).rejects.toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });
});
