/** The inspector as a process of its own has it: with a connection to NATS that ends with it. */
import type { Logger } from 'pino';
import { systemClock } from '../actors/index.js';
import { connectNats, createNatsBus, type NatsAccess } from '../bus/index.js';
import { createSubjects } from '../protocol/index.js';
import { type InspectHub, type InspectHubOptions, startInspectHub } from './hub.js';

export interface StartInspectorOptions
  extends Omit<InspectHubOptions, 'bus' | 'subjects' | 'clock' | 'wallClock' | 'random' | 'onError'> {
  readonly nats: string | NatsAccess;
  readonly prefix?: string | undefined;
  readonly logger?: Logger | undefined;
}

/**
 * Shows the living actors of all processes under a prefix.
 * @throws HeliosError `UNAVAILABLE` for a port that is taken or a NATS that doesn't answer; `INVALID_REQUEST`
 */
export async function startInspector(options: StartInspectorOptions): Promise<InspectHub> {
  const { nats, prefix, logger, ...hubOptions } = options;
  const subjects = createSubjects(prefix);
  const link = await connectNats({
    ...{ servers: nats, name: 'helios inspect' },
    onStatus: (status) => logger?.[status.state === 'reconnected' ? 'info' : 'warn'](status, 'NATS'),
  });
  const onError = (error: unknown) => logger?.warn({ err: error }, 'inspector');
  const bus = createNatsBus({ link, onError });
  const close = async () => {
    await bus.close();
    await link.close();
  };
  try {
    const hub = await startInspectHub({
      ...{ ...hubOptions, bus, subjects, onError },
      ...{ clock: systemClock, wallClock: Date.now, random: Math.random },
    });
    return {
      url: hub.url,
      port: hub.port,
      get figures() {
        return hub.figures;
      },
      close: async () => {
        await hub.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
