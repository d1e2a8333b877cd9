/** A nats-server of its own for each test, and the processes that a test starts over it: they end with the test. */
import { afterEach, beforeAll, beforeEach } from 'vitest';
import { buildOnce, type HeliosProcess } from '../cluster.js';
import { type NatsServer, startNatsServer } from '../natsServer.js';

export interface EachServed {
  readonly server: NatsServer;
  /** Whatever is put here is killed when the test has ended. */
  readonly processes: HeliosProcess[];
}

/** To be called where a test file begins; what it gives is another one for each test. */
export function eachServed(): EachServed {
  let server: NatsServer;
  let processes: HeliosProcess[] = [];
  beforeAll(buildOnce);
  beforeEach(async () => {
    server = await startNatsServer();
    processes = [];
  });
  afterEach(async () => {
    for (const one of processes) await one.end('SIGKILL');
    await server.stop();
  });
  return {
    get server() {
      return server;
    },
    get processes() {
      return processes;
    },
  };
}
