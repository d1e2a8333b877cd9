/**
 * The inspector: asks all processes on a bus to show their actors, and shows them to whoever opens its page or its
 * stream, in the format of Stately's inspector. Asks for nothing while nobody looks on.
 */
import type { Clock, Timer } from '../actors/index.js';
import { received } from '../actors/received.js';
import type { Bus, BusMessage, Subscription } from '../bus/index.js';
import {
  HeliosError,
  type InspectControlMessage,
  type InspectFilter,
  inspectDataMessage,
  MAX_INSPECT_EVENTS_PER_SECOND,
  type Subjects,
} from '../protocol/index.js';
import { DEFAULT_EVENTS_PER_SECOND } from './budget.js';
import { filterFrom } from './choose.js';
import { Scene } from './scene.js';
import { DEFAULT_INSPECT_PORT, LOOPBACK, startInspectServer } from './server.js';
import { VIEWERS_MAX, Viewers } from './viewers.js';

/** Milliseconds between two renewals, and for which each holds: two may be lost. */
const RENEW_MS = 2_000;
const LEASE_MS = 6_500;

export interface InspectHubOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** From 0 up to but not 1. */
  readonly random: () => number;
  /** 8,080 when absent; 0 takes any free one. */
  readonly port?: number | undefined;
  /** The address to listen on; loopback when absent. */
  readonly host?: string | undefined;
  /** Which requests are shown: see `InspectFilter`. One in a hundred when nothing is said. */
  readonly type?: string | undefined;
  readonly id?: string | undefined;
  readonly failed?: boolean | undefined;
  readonly sample?: number | undefined;
  /** Events a second that each process may show; 1,000 when absent. */
  readonly budget?: number | undefined;
  /** Takes what goes wrong where nobody waits for it. */
  readonly onError?: ((error: HeliosError) => void) | undefined;
}

export interface InspectHub {
  /** Of its page. The stream is at the same place, with `ws:` in place of `http:`. */
  readonly url: string;
  readonly port: number;
  readonly figures: {
    readonly viewers: number;
    readonly droppedViewers: number;
    readonly processes: number;
    readonly actors: number;
  };
  close(): Promise<void>;
}

/**
 * Starts the inspector on a bus that stays the caller's.
 * @throws HeliosError `UNAVAILABLE` when its port is taken, `INVALID_REQUEST` for a share or a budget out of range
 */
export async function startInspectHub(options: InspectHubOptions): Promise<InspectHub> {
  const { bus, subjects, clock, wallClock, onError = () => {} } = options;
  const { port = DEFAULT_INSPECT_PORT, host = LOOPBACK } = options;
  const filter = filterFrom(options);
  const budget = options.budget ?? DEFAULT_EVENTS_PER_SECOND;
  check(filter, budget);
  const viewer = idOf(options.random);
  /** Runs of processes that must tell again; at the next renewal. */
  const missed = new Set<string>();
  const scene = new Scene({
    viewer,
    show: (event) => viewers.send(JSON.stringify(event)),
    askAgain: (run) => missed.add(run),
  });
  const viewers = new Viewers({
    onGone: () => {},
    onDropped: (reason) => onError(new HeliosError('OVERLOADED', `A viewer was dropped: ${reason}.`)),
  });
  let data: Subscription | null = null;
  let timer: Timer | null = null;
  let isClosed = false;

  const server = await startInspectServer({
    ...{ port, host },
    hasRoom: () => !isClosed && viewers.size < VIEWERS_MAX,
    onViewer: (socket) => {
      viewers.add(
        socket,
        scene.replay().map((event) => JSON.stringify(event)),
      );
      begin();
    },
  });

  function begin(): void {
    if (data !== null) return;
    data = bus.subscribe(subjects.inspectDatas, hear);
    renew();
  }

  /** Asks for some seconds more, as long as somebody looks on. */
  function renew(): void {
    if (isClosed) return;
    if (viewers.size === 0) return end();
    timer = clock.after(RENEW_MS, renew, false);
    scene.expire(wallClock());
    viewers.ping();
    say({ type: 'watch', viewer, leaseMs: LEASE_MS, filter, budget });
    for (const run of missed) say({ type: 'watch', viewer, leaseMs: LEASE_MS, filter, budget, replay: run });
    missed.clear();
  }

  function end(): void {
    timer?.cancel();
    timer = null;
    if (data === null) return;
    data.unsubscribe();
    data = null;
    scene.clear();
    missed.clear();
    say({ type: 'unwatch', viewer });
  }

  function say(message: InspectControlMessage): void {
    try {
      bus.publish(subjects.inspectControl, message);
    } catch (error) {
      onError(HeliosError.from(error));
    }
  }

  function hear(message: BusMessage): void {
    try {
      scene.hear(received(bus, inspectDataMessage, message), wallClock());
    } catch (error) {
      onError(HeliosError.from(error));
    }
  }

  return {
    url: server.url,
    port: server.port,
    get figures() {
      return { viewers: viewers.size, droppedViewers: viewers.dropped, ...scene.size };
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      end();
      await viewers.close();
      await server.close();
    },
  };
}

function check({ sample }: InspectFilter, budget: number): void {
  if (!(sample >= 0 && sample <= 1)) {
    throw new HeliosError('INVALID_REQUEST', `The share of requests to show is from 0 to 1, but got ${sample}.`);
  }
  if (!(budget >= 1 && budget <= MAX_INSPECT_EVENTS_PER_SECOND)) {
    const range = `from 1 to ${MAX_INSPECT_EVENTS_PER_SECOND} events a second`;
    throw new HeliosError('INVALID_REQUEST', `The budget of a process is ${range}, but got ${budget}.`);
  }
}

const ID_LETTERS = 12;

function idOf(random: () => number): string {
  return Array.from({ length: ID_LETTERS }, () => Math.floor(random() * 36).toString(36)).join('');
}
