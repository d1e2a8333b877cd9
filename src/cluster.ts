/**
 * A process's place in a cluster: its connection to NATS with bus and journal over it, under one prefix. Brings no actor
 * to life; whoever serves or asks does so through what this gives.
 */
import type { Logger } from 'pino';
import { DEFAULT_WAITS, type Waits } from './actors/index.js';
import {
  connectNats,
  createNatsBus,
  type Journal,
  type LinkStatus,
  type NatsAccess,
  type NatsBus,
  openNatsJournal,
} from './bus/index.js';
import { createIds, createSubjects, type LinkForm, type Subjects } from './protocol/index.js';

export interface JoinOptions {
  readonly nats: string | NatsAccess;
  readonly prefix?: string;
  /** What the server's monitoring calls this process. */
  readonly name?: string;
  readonly waits?: Partial<Waits>;
  readonly logger?: Logger;
  /** How links in values travel. */
  readonly toLink?: (value: object) => LinkForm | undefined;
  readonly fromLink?: (link: LinkForm) => unknown;
}

export interface Cluster {
  readonly nats: string | NatsAccess;
  readonly bus: NatsBus;
  readonly journal: Journal;
  readonly subjects: Subjects;
  readonly waits: Waits;
  readonly nextId: () => string;
  /** Rejects when the connection is lost for good, which nobody asked for. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

/** @throws HeliosError `INVALID_REQUEST`, `UNAVAILABLE` where there is no NATS, or one without JetStream */
export async function joinCluster(options: JoinOptions): Promise<Cluster> {
  const { nats, logger, toLink, fromLink } = options;
  const subjects = createSubjects(options.prefix);
  const waits = { ...DEFAULT_WAITS, ...options.waits };
  let fail = (_error: unknown) => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {}); // whoever waits for it hears of it
  const onStatus = (status: LinkStatus) => {
    logger?.[status.state === 'reconnected' ? 'info' : 'warn'](status, 'NATS');
    if (status.state === 'closed' && status.error !== undefined) fail(status.error);
  };
  const link = await connectNats({
    ...{ servers: nats, onStatus },
    ...(options.name === undefined ? {} : { name: options.name }),
  });
  try {
    const bus = createNatsBus({
      link,
      onError: (error, { subject }) => logger?.warn({ err: error, subject }, 'a message was refused'),
      ...(toLink === undefined ? {} : { toLink }),
      ...(fromLink === undefined ? {} : { fromLink }),
    });
    const journal = await openNatsJournal({
      ...{ link, subjects, ackWaitMs: waits.ackWaitMs },
      ...(toLink === undefined ? {} : { toLink }),
      ...(fromLink === undefined ? {} : { fromLink }),
    });
    const nextId = createIds({ clock: Date.now, random: Math.random });
    const close = async () => {
      await journal.close();
      await bus.close();
      await link.close();
    };
    return { nats, bus, journal, subjects, waits, nextId, failed, close };
  } catch (error) {
    await link.close();
    throw error;
  }
}
