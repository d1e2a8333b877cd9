/** Tells a worker's statechart what has become of work, once for all that happens in a while. */
import type { ActorRefFrom } from 'xstate';
import type { workerMachine } from '../machines/index.js';
import type { Clock } from './clock.js';
import { Planned, together } from './planned.js';

export class Tally {
  private taken = 0;
  private done = { finished: 0, failed: 0 };
  private readonly when: Clock['later'];
  private readonly telling = new Planned(() => this.tellNow());

  constructor(
    clock: Clock,
    private readonly actor: ActorRefFrom<typeof workerMachine>,
    togetherMs: number,
  ) {
    this.when = together(clock, togetherMs);
  }

  take(): void {
    this.taken++;
    this.telling.plan(this.when);
  }

  end(ok: boolean): void {
    if (ok) this.done.finished++;
    else this.done.failed++;
    this.telling.plan(this.when);
  }

  /** What has not been told yet. */
  tellNow(): void {
    const { taken: count, done } = this;
    this.taken = 0;
    this.done = { finished: 0, failed: 0 };
    if (count > 0) this.actor.send({ type: 'ACCEPT', count });
    if (done.finished + done.failed > 0) this.actor.send({ type: 'FINISH', ...done });
  }
}
