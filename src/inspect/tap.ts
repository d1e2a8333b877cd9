/**
 * What one process shows of its living actors, and only while somebody watches: a viewer says so for some seconds and
 * says so again, else it is over. Until then nothing is observed, built or sent. The actors know nothing of this, and
 * what is shown never holds them up: it is bounded by a budget of events a second, and what is over it is counted.
 */
import type { AnyActorRef } from 'xstate';
import type { Clock, Timer } from '../actors/index.js';
import { received } from '../actors/received.js';
import type { Bus, BusMessage } from '../bus/index.js';
import { HeliosError, type InspectFilter, inspectControlMessage, type Subjects } from '../protocol/index.js';
import { LastingActors } from './lasting.js';
import { WatchedRequests } from './requests.js';
import { Telling } from './telling.js';

/** Viewers of one process at a time, at most; further ones are not heard. */
export const TAP_VIEWERS_MAX = 16;

export interface InspectTapOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  /** The name that this process goes by, such as its worker's. */
  readonly process: string;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** From 0 up to but not 1: tells runs of processes of one name apart. */
  readonly random: () => number;
  /** Takes what is wrong with what viewers say, or with the way to them. */
  readonly onError?: (error: HeliosError) => void;
}

export interface InspectTap {
  /** Null while nobody watches; else to be called with each request's first state, and what gives its actor, not started. */
  readonly onRequest: ((snapshot: unknown, actor: () => AnyActorRef) => void) | null;
  /** Shows an actor for as long as it lives, whatever the filters. */
  watch(actor: AnyActorRef): void;
  close(): void;
}

interface Viewer {
  readonly filter: InspectFilter;
  readonly budget: number;
  /** Milliseconds of the clock. */
  readonly until: number;
}

export function createInspectTap(options: InspectTapOptions): InspectTap {
  const { bus, subjects, process, clock, wallClock, onError = () => {} } = options;
  const run = runOf(options.random);
  const viewers = new Map<string, Viewer>();
  const beforeMessage = () => lasting.catchUp();
  const telling = new Telling({ bus, subjects, process, run, clock, beforeMessage, onError });
  const lasting = new LastingActors(telling, wallClock);
  const requests = new WatchedRequests(telling, viewers, wallClock);
  const begin = (snapshot: unknown, actor: () => AnyActorRef) => requests.begin(snapshot, actor);
  let leases: Timer | null = null;

  const tap: { -readonly [Key in keyof InspectTap]: InspectTap[Key] } = {
    onRequest: null,
    watch: (actor) => lasting.add(actor),
    close: () => {
      subscription.unsubscribe();
      viewers.clear();
      settle();
    },
  };
  const subscription = bus.subscribe(subjects.inspectControl, (message) => {
    try {
      hear(message);
    } catch (error) {
      onError(HeliosError.from(error));
    }
  });
  return tap;

  function hear(message: BusMessage): void {
    const said = received(bus, inspectControlMessage, message);
    if (said.type === 'unwatch') {
      if (viewers.delete(said.viewer)) settle();
      return;
    }
    const { viewer, filter, budget, leaseMs, replay } = said;
    const isNew = !viewers.has(viewer);
    if (isNew && viewers.size >= TAP_VIEWERS_MAX) throw tooMany(process);
    viewers.set(viewer, { filter, budget, until: clock.now() + leaseMs });
    settle();
    if (isNew || replay === '*' || replay === run) {
      telling.definitions.tellAgain();
      lasting.retell([viewer]);
      requests.retell(viewer, filter);
    }
    telling.arm();
  }

  /** Brings everything into line with who watches now. */
  function settle(): void {
    const now = clock.now();
    for (const [viewer, { until }] of viewers) if (until <= now) viewers.delete(viewer);
    leases?.cancel();
    leases = null;
    telling.set(Math.max(0, ...[...viewers.values()].map(({ budget }) => budget)));
    if (viewers.size === 0) {
      tap.onRequest = null;
      lasting.stop();
      requests.stop();
      return;
    }
    tap.onRequest = begin;
    lasting.begin();
    const ends = Math.min(...[...viewers.values()].map(({ until }) => until));
    leases = clock.after(ends - now, settle, false);
  }
}

const RUN_LETTERS = 6;

function runOf(random: () => number): string {
  return Array.from({ length: RUN_LETTERS }, () => Math.floor(random() * 36).toString(36)).join('');
}

function tooMany(process: string): HeliosError {
  return new HeliosError('OVERLOADED', `${TAP_VIEWERS_MAX} viewers watch ${process} already, the most it takes.`);
}
