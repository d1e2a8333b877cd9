/**
 * What the heartbeat thread of a worker process runs: it beats on a connection of its own, with the figures that the
 * main loop leaves in shared memory. It waits for nothing of the main loop, keeps no beat for later while the connection
 * is down, and dies with the process. Started by heartbeat.ts.
 */
import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { connectNats, type LinkStatus, type NatsAccess, type NatsLink } from '../bus/index.js';
import { type ErrorForm, encodeMessage, HeliosError, toErrorForm } from '../protocol/index.js';
import { Vitals, type WorkerIdentity } from './vitals.js';

export interface HeartSettings {
  readonly nats: string | readonly string[] | NatsAccess;
  readonly subject: string;
  readonly identity: WorkerIdentity;
  readonly beatMs: number;
  readonly shared: SharedArrayBuffer;
}

/** What the main loop tells the thread: other types, or that it is time to go. */
export type ToHeart = { readonly types: readonly string[] } | { readonly stop: true };
/** What the thread tells the main loop: something went wrong, and it goes on. */
export interface FromHeart {
  readonly error: ErrorForm;
}

/** Milliseconds that the last beat has to reach the server. */
const LAST_BEAT_MS = 500;

/** Beats until it is told to stop; resolves then. */
export async function keepBeating(port: MessagePort, settings: HeartSettings): Promise<void> {
  const { nats, subject, beatMs } = settings;
  const vitals = new Vitals(settings.shared);
  let { identity } = settings;
  let link: NatsLink | null = null;
  let isStopped = false;
  let wake = () => {};

  function beat(isGone: boolean): void {
    // What is not sent now would be old news later.
    if (link?.isUp === true) {
      link.connection.publish(subject, encodeMessage(vitals.heartbeat(identity, isGone)));
    }
  }

  /** Waits until the next beat is due, or something has come up. */
  async function pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, beatMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function tell(error: unknown): void {
    port.postMessage({ error: toErrorForm(HeliosError.from(error)) } satisfies FromHeart);
  }

  function see(status: LinkStatus): void {
    if (status.state === 'refused') tell(status.error);
    else if (status.state !== 'disconnected') wake();
  }

  port.on('message', (message: ToHeart) => {
    if ('stop' in message) isStopped = true;
    else identity = { ...identity, types: message.types };
    wake();
  });
  while (!isStopped) {
    try {
      if (link === null || link.isClosed) {
        link = await connectNats({ servers: nats, name: `${identity.worker} heartbeat`, onStatus: see });
      }
      if (!isStopped) beat(false);
    } catch (error) {
      tell(error);
    }
    if (!isStopped) await pause();
  }
  if (link !== null) {
    // In good order: first that it takes nothing more, then that it has gone.
    beat(false);
    beat(true);
    await link.flush(LAST_BEAT_MS).catch(() => {}); // Nobody can be told any more.
    await link.close();
  }
  port.close();
}

if (!isMainThread && parentPort !== null && isHeartSettings(workerData)) await keepBeating(parentPort, workerData);

/** Other threads may load this file too. */
function isHeartSettings(data: unknown): data is HeartSettings {
  return typeof data === 'object' && data !== null && 'shared' in data && 'subject' in data && 'beatMs' in data;
}
