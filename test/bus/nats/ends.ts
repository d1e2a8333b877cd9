/** Buses and bare connections on a nats-server of a test's own, ended with it. */
import { connect, type NatsConnection } from 'nats';
import { afterEach } from 'vitest';
import {
  type BusMessage,
  connectNats,
  createNatsBus,
  type LinkStatus,
  type NatsBusOptions,
} from '../../../src/bus/index.js';
import { type NatsServer, type NatsServerOptions, startNatsServer } from '../../natsServer.js';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

export function atEnd(cleanUp: () => Promise<unknown>): void {
  cleanUps.push(cleanUp);
}

export async function serve(options: NatsServerOptions = {}): Promise<NatsServer> {
  const server = await startNatsServer({ jetStream: false, ...options });
  atEnd(() => server.stop());
  return server;
}

/** A bus on a connection of its own that reconnects soon. */
export async function openBus(servers: string, options: Partial<NatsBusOptions> = {}) {
  const errors: { error: unknown; message: BusMessage }[] = [];
  const states = list<LinkStatus['state']>();
  const link = await connectNats({
    servers,
    reconnectMs: 20,
    reconnectJitterMs: 10,
    onStatus: ({ state }) => states.add(state),
  });
  const bus = createNatsBus({ link, onError: (error, message) => errors.push({ error, message }), ...options });
  atEnd(async () => {
    await bus.close();
    await link.close();
  });
  return { bus, link, errors, states };
}

/** A client that knows nothing of Helios. */
export async function openForeign(servers: string): Promise<NatsConnection> {
  const connection = await connect({ servers });
  atEnd(() => connection.close());
  return connection;
}

/** Things that come, and a way to wait for one of them. */
export function list<Item>() {
  const items: Item[] = [];
  let check = () => {};
  return {
    items,
    add: (item: Item) => {
      items.push(item);
      check();
    },
    /** Resolves when so many have come, or the first that is meant. */
    until: (isEnough: number | Item | ((item: Item) => boolean)) =>
      new Promise<void>((resolve) => {
        check = () => {
          if (typeof isEnough === 'number') {
            if (items.length >= isEnough) resolve();
          } else if (isEnough instanceof Function ? items.some(isEnough) : items.includes(isEnough)) resolve();
        };
        check();
      }),
  };
}
