/**
 * The heartbeats of a worker, by which supervisors know that it is there, what it can take and what it knows. In one
 * process the main loop beats on the bus. A worker process beats from a thread of its own with its own connection, so
 * that a busy main loop isn't taken for a dead one, and the figures tell whether it is a stuck one.
 */
import { Worker } from 'node:worker_threads';
import type { Bus } from '../bus/index.js';
import { HeliosError } from '../protocol/errors.js';
import { fromErrorForm, type Subjects } from '../protocol/index.js';
import type { Clock, Timer } from './clock.js';
import type { FromHeart, HeartSettings, ToHeart } from './heartbeatThread.js';
import { Vitals, type WorkerIdentity } from './vitals.js';

/** Tells supervisors how a worker is, again and again. */
export interface Heart {
  /** Where the worker writes how it is. */
  readonly vitals: Vitals;
  /** Beats at once: something has changed that supervisors should hear of before the next beat. */
  beat(types: readonly string[]): void;
  /** Says that the worker has gone, and beats no more. Resolves when that is said, or can't be. */
  stop(): Promise<void>;
}

export interface HeartOptions extends WorkerIdentity {
  /** Milliseconds between two beats. */
  readonly beatMs: number;
  readonly clock: Clock;
  /** Hears of what goes wrong with beating. */
  readonly onError: (error: unknown) => void;
}

/** Beats on a bus, from the loop that does the work: from the first `beat` on. */
export function beatOnBus(options: HeartOptions & { readonly bus: Bus; readonly subjects: Subjects }): Heart {
  const { bus, clock, beatMs, worker, store } = options;
  const subject = options.subjects.heartbeat(worker);
  const vitals = new Vitals();
  let { types } = options;
  let timer: Timer | null = null;
  let isStopped = false;

  function publish(isGone: boolean): void {
    try {
      bus.publish(subject, vitals.heartbeat({ worker, store, types }, isGone));
    } catch (error) {
      options.onError(error);
    }
  }

  function arm(): void {
    timer = clock.after(
      beatMs,
      () => {
        vitals.progress();
        vitals.refresh();
        publish(false);
        arm();
      },
      false,
    );
  }

  return {
    vitals,
    beat(known) {
      if (isStopped) return;
      types = known;
      publish(false);
      if (timer === null) arm();
    },
    async stop() {
      if (isStopped) return;
      isStopped = true;
      timer?.cancel();
      publish(true);
    },
  };
}

export interface HeartThreadOptions extends HeartOptions {
  /** As Helios takes it: a URL, or an object with servers and credentials. */
  readonly nats: HeartSettings['nats'];
  readonly subjects: Subjects;
  /** @internal What the thread runs: its compiled file. */
  readonly program?: URL;
}

/** Part of a beat after which the main loop shows that it is getting on, with or without work. */
const PULSE_SHARE = 0.25;
/** Milliseconds that the thread has to say good-bye; then it is ended. */
const GOODBYE_MS = 1_000;
/** What the thread may take: it holds a connection and one small message. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 8, stackSizeMb: 2 };

/** Beats from a thread with a connection of its own. One that dies is told to `onError`, and started again. */
export function startHeartbeatThread(options: HeartThreadOptions): Heart {
  const { clock, beatMs, worker, store, nats, onError } = options;
  const program = options.program ?? new URL('./heartbeatThread.js', import.meta.url);
  const subject = options.subjects.heartbeat(worker);
  const vitals = new Vitals();
  let { types } = options;
  let thread: Worker | null = null;
  let stopping: Promise<void> | null = null;
  let pulse: Timer | null = null;

  function start(): void {
    const identity = { worker, store, types };
    const settings: HeartSettings = { nats, subject, identity, beatMs, shared: vitals.shared };
    // Flags of this process, such as loaders, are not the thread's.
    const started = new Worker(program, { workerData: settings, resourceLimits: RESOURCE_LIMITS, execArgv: [] });
    started.unref();
    started.on('message', ({ error }: FromHeart) => onError(fromErrorForm(error)));
    started.on('error', onError);
    started.once('exit', (code) => {
      thread = null;
      if (stopping !== null) return;
      onError(
        new HeliosError('INTERNAL', `The heartbeat thread of ${worker} ended with ${code}; it is started again.`),
      );
      // Not at once: what ended it may end it again.
      clock.after(beatMs, () => stopping === null && thread === null && start(), false);
    });
    thread = started;
  }

  function tell(message: ToHeart): void {
    thread?.postMessage(message);
  }

  function arm(): void {
    pulse = clock.after(
      beatMs * PULSE_SHARE,
      () => {
        vitals.progress();
        vitals.refresh();
        arm();
      },
      false,
    );
  }

  async function stop(): Promise<void> {
    pulse?.cancel();
    const ending = thread;
    if (ending === null) return;
    // Only while it says good-bye does it keep the process alive.
    ending.ref();
    const ended = new Promise<void>((resolve) => {
      ending.once('exit', () => resolve());
    });
    tell({ stop: true });
    const limit = clock.after(GOODBYE_MS, () => void ending.terminate(), true);
    await ended;
    limit.cancel();
  }

  start();
  arm();
  return {
    vitals,
    beat(known) {
      types = known;
      tell({ types });
    },
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}
