/** A cluster of real processes over a nats-server of its own, with an object in its store: `agents/7`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildOnce, type HeliosProcess, startUp } from '../cluster.js';
import { type NatsServer, type NatsServerOptions, startNatsServer } from '../natsServer.js';

export interface Served {
  readonly nats: NatsServer;
  readonly up: HeliosProcess;
  /** The directory of the store. */
  readonly store: string;
  stop(): Promise<void>;
}

export const AGENT = { hp: 10, memory: ['born'] };

/** @param args more of `helios up`'s */
export async function serve(args: readonly string[] = [], server: NatsServerOptions = {}): Promise<Served> {
  buildOnce();
  const folder = mkdtempSync(join(tmpdir(), 'helios-served-'));
  const store = join(folder, 'store');
  const file = join(folder, 'agent.json');
  writeFileSync(file, JSON.stringify(AGENT));
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
  execFileSync(process.execPath, [main, 'import', file, '--name', 'agents/7', '--store', store], { stdio: 'pipe' });
  const nats = await startNatsServer(server);
  const stopServer = async () => {
    await nats.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const up = await startUp(['--nats', nats.url, '--store', store, '--workers', '1', ...args]);
    return {
      ...{ nats, up, store },
      stop: async () => {
        await up.end('SIGTERM');
        await stopServer();
      },
    };
  } catch (error) {
    await stopServer();
    throw error;
  }
}
