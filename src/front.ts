/**
 * Where a process asks: requests, durable requests and events over one bus and one journal, whether those who serve are
 * in this process or elsewhere. What the two ways in, `Helios` and the client without a store, have in common.
 */
import {
  type Clock,
  Events,
  type HeliosEvent,
  type Known,
  type MaterializeRequest,
  Requests,
  type RequestTap,
  type Submission,
  Submissions,
  type Waits,
} from './actors/index.js';
import type { Bus, Journal } from './bus/index.js';
import { ByteCache } from './cache/index.js';
import type { DurableOptions, EventOptions, Target } from './options.js';
import type { Phrasing } from './phrasing.js';
import { HeliosError, MAX_TIMEOUT_MS, type Subjects } from './protocol/index.js';
import { hashOf } from './store/index.js';

/** Bytes of values that came over NATS and are kept, at most, unless a caller says otherwise. */
const KNOWN_BYTES_MAX = 33_554_432;

export interface FrontOptions {
  readonly bus: Bus;
  readonly journal: Journal;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly waits: Waits;
  readonly nextId: () => string;
  /** 0 up to but not including 1. */
  readonly random: () => number;
  readonly phrasing: Phrasing;
  /** Who looks on at requests. */
  readonly tap?: RequestTap;
  /** Bytes of values that are kept so that they need not be sent again; `KNOWN_BYTES_MAX` when absent. */
  readonly knownBytes?: number;
}

export class Front {
  readonly requests: Requests;
  private readonly submissions: Submissions;
  private readonly readings: Events;

  constructor(private readonly options: FrontOptions) {
    const { bus, journal, subjects, clock, waits, nextId, random } = options;
    this.requests = new Requests({
      ...{ bus, subjects, clock, nextId, random },
      ...(options.tap === undefined ? {} : { tap: options.tap }),
      ...(bus.kind === 'nats'
        ? { known: new ByteCache<Known>({ budgetBytes: options.knownBytes ?? KNOWN_BYTES_MAX }) }
        : {}),
    });
    this.submissions = new Submissions({ bus, journal, subjects, clock, nextId, waits, hash: hashOf });
    this.readings = new Events({ bus, subjects, events: journal.events });
  }

  request(args: readonly unknown[]): MaterializeRequest<unknown> {
    const { nextId, phrasing } = this.options;
    const id = nextId();
    return this.requests.ask(id, phrasing.ask(id, args));
  }

  async submit(target: Target<unknown, unknown>, options: DurableOptions | undefined): Promise<Submission> {
    const asked = this.options.phrasing.durable(target, options ?? {});
    return this.submissions.submit(asked, options?.signal);
  }

  events(options: EventOptions): AsyncIterableIterator<HeliosEvent> {
    return this.readings.read(options);
  }

  /** Resolves when no request is open any more, or the time is up. */
  async drained(limitMs: number): Promise<void> {
    if (this.requests.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.options.clock.after(limitMs, resolve, true);
      this.requests.whenIdle(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Ends what is open with this error, and readings of events without one. */
  close(error: HeliosError): void {
    this.requests.close(error);
    this.submissions.close(error);
    this.readings.close(error);
  }
}

/** Milliseconds of `close`, checked. @throws HeliosError `INVALID_REQUEST` */
export function drainMsOf(options: { readonly drainMs?: number } | undefined): number {
  const drainMs: unknown = options?.drainMs ?? DRAIN_MS;
  if (typeof drainMs === 'number' && drainMs >= 0 && drainMs <= MAX_TIMEOUT_MS) return drainMs;
  throw new HeliosError(
    'INVALID_REQUEST',
    `drainMs is a number of milliseconds, 0 to ${MAX_TIMEOUT_MS}, but got ${drainMs}.`,
  );
}

/** Milliseconds for which `close` lets open requests end, when nobody says. */
const DRAIN_MS = 5_000;
