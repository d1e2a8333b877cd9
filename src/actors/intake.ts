/**
 * Takes durable requests out of the journal's four lanes, as many as there are workers for: urgent ones 8 times as often
 * as those in the background, high 4 and normal 2 times, as long as there are any. What it has asked for counts as taken,
 * but for the one that it asks of a lane where nothing came last. Half of each lane's share is kept free for it; the other
 * half is anybody's. Reads no request and ends none.
 */
import type { Delivery, Pull, RequestQueue } from '../bus/index.js';
import { HeliosError } from '../protocol/errors.js';
import { LANES, type Lane } from '../protocol/index.js';
import type { Clock, Timer } from './clock.js';
import { backoffMs } from './insist.js';
import { Planned } from './planned.js';
import type { Waits } from './waits.js';

/** Milliseconds that one question to a lane waits for requests. */
const PULL_MS = 2_000;
/** Requests that one question asks for, at most. */
const PULL_MAX = 500;
/** How often each lane's turn is. */
export const LANE_WEIGHTS: Readonly<Record<Lane, number>> = { urgent: 8, high: 4, normal: 2, background: 1 };
const WEIGHTS = 15;
/** It is asked again when this part of what may be held is free. */
const REFILL_PARTS = 8;

export interface IntakeOptions {
  readonly requests: RequestQueue;
  readonly clock: Clock;
  readonly waits: Waits;
  readonly random: () => number;
  /** How many requests may be held now, all in all. */
  readonly capacity: () => number;
  /** How many of a lane are held. */
  readonly held: (lane: Lane) => number;
  readonly onDelivery: (lane: Lane, delivery: Delivery) => void;
  readonly onWarning: (warning: HeliosError) => void;
}

interface LaneState {
  readonly lane: Lane;
  readonly weight: number;
  readonly pulls: Set<Pull>;
  /** Requests came when it was asked last: it is worth asking for many. An idle one is asked for one. */
  isBusy: boolean;
  /** Whose turn is next: smooth weighted round robin. */
  turn: number;
}

export class Intake {
  private readonly lanes: readonly LaneState[] = LANES.map((lane) => ({
    ...{ lane, weight: LANE_WEIGHTS[lane], pulls: new Set<Pull>(), isBusy: false, turn: 0 },
  }));
  private readonly filling = new Planned(() => this.fillNow());
  private isShort = true;
  private failures = 0;
  private pause: Timer | null = null;
  private isStopped = false;

  constructor(private readonly options: IntakeOptions) {}

  /** Requests that were asked for and may still come. */
  get outstanding(): number {
    return this.lanes.reduce((sum, lane) => sum + outstandingOf(lane), 0);
  }

  /** Asks for more, soon, where there is room: to be called whenever there may be. */
  fill(): void {
    if (!this.isStopped && this.pause === null) this.filling.plan(this.options.clock.later);
  }

  /** The same, when with more room it would have asked for more. */
  fillIfShort(): void {
    if (this.isShort) this.fill();
  }

  /** Asks for nothing more; what comes nevertheless is given back. */
  stop(): void {
    this.isStopped = true;
    this.pause?.cancel();
    for (const { pulls } of this.lanes) for (const pull of pulls) pull.stop();
  }

  private fillNow(): void {
    if (this.isStopped || this.pause !== null) return;
    const capacity = Math.floor(this.options.capacity());
    this.isShort = true;
    if (capacity <= 0) return;
    for (const lane of this.lanes) if (!lane.isBusy && outstandingOf(lane) === 0) this.pull(lane, 1);
    this.fillBusy(capacity);
  }

  /** What idle lanes were asked for doesn't count: that is one of each, and would be much where there is room for few. */
  private fillBusy(capacity: number): void {
    const taken = this.lanes.map((lane) => this.options.held(lane.lane) + (lane.isBusy ? outstandingOf(lane) : 0));
    const kept = this.lanes.map(({ weight }) => Math.floor((capacity * weight) / WEIGHTS / 2));
    const countOf = (index: number) => taken[index] ?? 0;
    const isWithin = (index: number) => countOf(index) < (kept[index] ?? 0);
    // What is kept for a lane is nobody else's, also while it asks for nothing: else it would wait for their questions.
    let room = capacity - kept.reduce((sum, half, index) => sum + Math.max(half, countOf(index)), 0);
    const isStarved = this.lanes.some((lane, index) => lane.isBusy && isWithin(index) && outstandingOf(lane) === 0);
    // Many at once, so that one that ends isn't one that is asked for.
    if (room < Math.max(1, Math.floor(capacity / REFILL_PARTS)) && !isStarved) return;
    const before = [...taken];
    const wants = this.lanes.map((lane, index) => this.wanted(lane, room, (kept[index] ?? 0) - countOf(index)));
    for (;;) {
      const index = this.nextTurn(wants);
      if (index === undefined) break;
      if (!isWithin(index) && room-- <= 0) {
        wants[index] = 0;
        continue;
      }
      wants[index] = (wants[index] ?? 0) - 1;
      taken[index] = countOf(index) + 1;
    }
    this.isShort = this.lanes.some(({ isBusy }) => isBusy);
    for (const [index, lane] of this.lanes.entries()) this.pull(lane, countOf(index) - (before[index] ?? 0));
  }

  /** How many more a busy lane could do with; it is asked again when half of what was asked for has come. */
  private wanted(lane: LaneState, room: number, keptLeft: number): number {
    if (!lane.isBusy) return 0;
    const want = Math.min(Math.max(0, room) + Math.max(0, keptLeft), PULL_MAX);
    return want >= outstandingOf(lane) ? want : 0;
  }

  private nextTurn(wants: readonly number[]): number | undefined {
    let next: number | undefined;
    let sum = 0;
    for (const [index, lane] of this.lanes.entries()) {
      if ((wants[index] ?? 0) <= 0) continue;
      sum += lane.weight;
      lane.turn += lane.weight;
      if (next === undefined || lane.turn > (this.lanes[next]?.turn ?? 0)) next = index;
    }
    const chosen = next === undefined ? undefined : this.lanes[next];
    if (chosen !== undefined) chosen.turn -= sum;
    return next;
  }

  private pull(lane: LaneState, count: number): void {
    if (count <= 0) return;
    const { requests, clock, onDelivery } = this.options;
    const askedAt = clock.now();
    let came = 0;
    let pull: Pull;
    try {
      pull = requests.pull(lane.lane, count, PULL_MS, (delivery) => {
        came++;
        lane.isBusy = true;
        this.failures = 0;
        if (this.isStopped) delivery.nak(0);
        else onDelivery(lane.lane, delivery);
        this.fill();
      });
    } catch (error) {
      return this.wait(HeliosError.from(error));
    }
    lane.pulls.add(pull);
    const ended = () => {
      if (came === 0) lane.isBusy = false;
      // One that ends before its time, with less than was asked for, found the journal out of reach.
      if (came < count && clock.now() - askedAt < PULL_MS / 2) this.wait(undefined);
      else this.fill();
    };
    void pull.ended.then(() => {
      lane.pulls.delete(pull);
      // The last of it may be on its way to `onDelivery`.
      clock.later(ended);
    });
  }

  /** Asks again after a while, longer each time. */
  private wait(error: HeliosError | undefined): void {
    if (error !== undefined && error.code !== 'CLOSED') this.options.onWarning(error);
    if (this.isStopped || this.pause !== null || error?.code === 'CLOSED') return;
    const { clock } = this.options;
    this.failures++;
    const pauseMs = backoffMs(this.failures, this.options);
    this.pause = clock.after(
      pauseMs,
      () => {
        this.pause = null;
        this.fill();
      },
      false,
    );
  }
}

function outstandingOf({ pulls }: LaneState): number {
  let sum = 0;
  for (const pull of pulls) sum += pull.outstanding;
  return sum;
}
