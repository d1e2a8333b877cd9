/** A nats-server of a test's own: on loopback, on a free port, with JetStream in a folder that goes with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  /** Kills it with SIGKILL, as a crash would; what it has stored stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port and the same folder. */
  restart(): Promise<void>;
  /** Stops it from doing anything, and lets it go on. */
  freeze(): void;
  thaw(): void;
  /** Ends it and takes its folder away. */
  stop(): Promise<void>;
}

export interface NatsServerOptions {
  readonly jetStream?: boolean;
  /** A free one when absent. */
  readonly port?: number;
  /** More lines of its configuration file, such as `max_payload: 65536`. */
  readonly config?: string;
}

export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const { jetStream = true, config = '' } = options;
  const folder = mkdtempSync(join(tmpdir(), 'helios-nats-'));
  const port = options.port ?? (await freePort());
  const file = join(folder, 'nats.conf');
  const store = jetStream ? `jetstream { store_dir: ${JSON.stringify(folder)} }` : '';
  writeFileSync(file, `listen: 127.0.0.1:${port}\n${store}\n${config}\n`);
  let child = await startServer(file);
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    kill,
    restart: async () => {
      await kill();
      child = await startServer(file);
    },
    freeze: () => {
      child.kill('SIGSTOP');
      // The signal is on its way: until it is there the server may answer once more.
      while (!/^State:\s+T/m.test(readFileSync(`/proc/${child.pid}/status`, 'latin1')));
    },
    thaw: () => void child.kill('SIGCONT'),
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when it takes connections. */
export async function startServer(file: string): Promise<ChildProcess> {
  const child = spawn('nats-server', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.once('error', (error) =>
      reject(new Error('nats-server does not start. Is it on the PATH?', { cause: error })),
    );
    child.once('exit', (code) => reject(new Error(`nats-server ended with ${code}: ${log}`)));
    child.stderr.on('data', (chunk: Buffer) => {
      if (log.length < 65_536) log += String(chunk);
      if (log.includes('Server is ready')) resolve();
    });
  });
  child.removeAllListeners('exit');
  return child;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
