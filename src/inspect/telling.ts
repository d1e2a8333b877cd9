/**
 * The way out of a process: what its actors tell is gathered for some milliseconds, written down and published under a
 * budget. Knows no viewer and no filter; drops what doesn't fit, and counts it.
 */
import type { Clock } from '../actors/index.js';
import type { Bus } from '../bus/index.js';
import { HeliosError, type InspectDataMessage, type InspectEvent, type Subjects } from '../protocol/index.js';
import { Budget } from './budget.js';
import { Definitions } from './definition.js';
import { type Told, write } from './told.js';

/** Milliseconds for which events are gathered into one message. */
const BATCH_MS = 50;
/** Events of one message: whatever they hold, it stays below what NATS takes by default. */
export const EVENTS_A_MESSAGE_MAX = 64;

export interface TellingOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly process: string;
  readonly run: string;
  readonly clock: Clock;
  /** Called before a message is made, the last moment to add to it; says whether there is more for the next one. */
  readonly beforeMessage: () => boolean;
  readonly onError: (error: HeliosError) => void;
}

interface Pending {
  readonly told: Told;
  /** Whom it is for; null: everybody. */
  readonly to: readonly string[] | null;
}

export class Telling {
  readonly budget: Budget;
  readonly dropped = { events: 0, requests: 0 };
  readonly definitions = new Definitions();
  private pending: Pending[] = [];
  private batch = 0;
  private written = 0;
  private isArmed = false;
  private isOn = false;

  constructor(private readonly options: TellingOptions) {
    this.budget = new Budget(() => options.clock.now());
  }

  /** From now on so many events a second; 0 tells nothing more, and forgets what waits. */
  set(eventsPerSecond: number): void {
    this.budget.set(eventsPerSecond);
    this.isOn = eventsPerSecond > 0;
    if (!this.isOn) this.pending = [];
  }

  /** The caller has paid for it. */
  tell(told: Told, to: readonly string[] | null): void {
    this.pending.push({ told, to });
    this.arm();
  }

  /** A message goes out soon, also one without events: it says that the process is there. */
  arm(): void {
    if (this.isArmed || !this.isOn) return;
    this.isArmed = true;
    this.options.clock.after(BATCH_MS, () => this.flush(), false);
  }

  private flush(): void {
    const isMore = this.isOn && this.options.beforeMessage();
    this.isArmed = false;
    if (!this.isOn) return;
    const events = this.pending.map((pending) => this.writeDown(pending));
    this.pending = [];
    for (let at = 0; at === 0 || at < events.length; at += EVENTS_A_MESSAGE_MAX) {
      this.publish(events.slice(at, at + EVENTS_A_MESSAGE_MAX), at === 0 ? this.definitions.take() : undefined);
    }
    if (isMore) this.arm();
  }

  private writeDown({ told, to }: Pending): InspectEvent {
    const { process, run } = this.options;
    const prefix = `${process}.${run}`;
    const { key } = told.type === '@xstate.actor' ? this.definitions.of(told.actor) : { key: '' };
    const event = write(told, { prefix, process, id: `${prefix}-${this.written++}`, definition: key });
    return to === null ? event : { ...event, to };
  }

  /** In two halves, and so on, where it is too large for this server; one that still is too large is dropped. */
  private publish(events: readonly InspectEvent[], definitions: Readonly<Record<string, string>> | undefined): void {
    const { bus, subjects, process, run, onError } = this.options;
    const message: InspectDataMessage = {
      ...{ process, run, batch: this.batch, dropped: { ...this.dropped }, events },
      ...(definitions === undefined ? {} : { definitions }),
    };
    try {
      bus.publish(subjects.inspectData(process), message);
      this.batch++;
    } catch (error) {
      if (HeliosError.is(error, 'TOO_LARGE') && events.length > 1) {
        const half = Math.ceil(events.length / 2);
        this.publish(events.slice(0, half), definitions);
        this.publish(events.slice(half), undefined);
        return;
      }
      this.dropped.events += events.length;
      onError(HeliosError.from(error));
    }
  }
}
