/**
 * The pressure actor: looks at memory a few times a second, runs the pressure machine on it, and tells everybody on the
 * bus, unless it is no worker's. It decides nothing: what follows from a level is the threshold actor's.
 */
import { type ActorRefFrom, createActor } from 'xstate';
import type { Bus } from '../bus/index.js';
import { pressureMachine } from '../machines/index.js';
import { type Level, type MemoryReading, type Pressure, pressureScore, trend } from '../policy/index.js';
import type { PressureMessage, Subjects } from '../protocol/index.js';
import type { Clock, Timer } from './clock.js';

/** Milliseconds between two looks. */
export const SAMPLE_MS = 250;

export interface PressureActorOptions {
  readonly worker: string;
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly read: () => MemoryReading;
  /**
   * Whether the cluster's policy shall follow it, true when absent: false for a process that restores nothing (a
   * supervisor alone, a client), which still follows its own pressure.
   */
  readonly isPublished?: boolean;
}

export class PressureActor {
  readonly actor: ActorRefFrom<typeof pressureMachine> = createActor(pressureMachine, { input: {}, id: 'pressure' });
  private last: Pressure & { readonly at: number };
  private reading: MemoryReading;
  private forced: MemoryReading | null = null;
  private timer: Timer | null = null;

  constructor(private readonly options: PressureActorOptions) {
    this.actor.start();
    this.reading = options.read();
    this.last = { ...pressureScore(this.reading), trend: 0, at: options.clock.now() };
    this.arm();
  }

  get pressure(): Pressure {
    const { score, trend: slope, parts } = this.last;
    return { score, trend: slope, parts };
  }

  get level(): Level {
    const { value } = this.actor.getSnapshot();
    return value === 'stopped' ? 'normal' : value;
  }

  /** Bytes that the heap has left, by the last look; `undefined` where its limit can't be told. */
  get freeBytes(): number | undefined {
    const { heapLimitBytes, heapUsedBytes } = this.reading;
    return heapLimitBytes > 0 ? Math.max(0, heapLimitBytes - heapUsedBytes) : undefined;
  }

  /** Takes this reading instead of looking, now and from now on; `null` looks again. */
  force(reading: MemoryReading | null): void {
    this.forced = reading;
    this.sample();
  }

  /** Looks at memory now, and tells what it found. */
  sample(): void {
    if (this.actor.getSnapshot().status !== 'active') return;
    const { bus, subjects, worker, clock } = this.options;
    const reading = this.forced ?? this.options.read();
    const at = clock.now();
    const scored = pressureScore(reading);
    const slope = trend(this.last, { score: scored.score, at });
    this.reading = reading;
    this.last = { ...scored, trend: slope, at };
    this.actor.send({ type: 'SAMPLE', score: scored.score, trend: slope, at });
    if (this.options.isPublished === false) return;
    const message: PressureMessage = { worker, level: this.level, ...this.pressure, parts: { ...scored.parts } };
    bus.publish(subjects.pressure(worker), message);
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
    this.actor.send({ type: 'STOP' });
  }

  private arm(): void {
    this.timer = this.options.clock.after(
      SAMPLE_MS,
      () => {
        this.sample();
        if (this.timer !== null) this.arm();
      },
      false,
    );
  }
}
