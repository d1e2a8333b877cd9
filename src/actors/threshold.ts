/**
 * The threshold actor: follows the pressure levels it hears of with a policy, commits each change under a new epoch, and
 * broadcasts it. In one process committing is counting; over NATS it is a compare-and-set.
 */
import { type ActorRefFrom, createActor } from 'xstate';
import type { Bus, BusMessage, Subscription } from '../bus/index.js';
import { thresholdMachine } from '../machines/index.js';
import { initialPolicy, type MemorySettings, type Policy } from '../policy/index.js';
import type { PressureMessage, Subjects } from '../protocol/index.js';
import type { Clock } from './clock.js';

export interface ThresholdActorOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  readonly memory: MemorySettings;
}

export class ThresholdActor {
  readonly actor: ActorRefFrom<typeof thresholdMachine>;
  private readonly subscription: Subscription;

  constructor(private readonly options: ThresholdActorOptions) {
    const { bus, subjects, memory } = options;
    this.actor = createActor(thresholdMachine, { input: { policy: initialPolicy(memory), memory }, id: 'threshold' });
    this.actor.start();
    this.subscription = bus.subscribe(subjects.pressures, (message) => this.hear(message));
  }

  get policy(): Policy {
    return this.actor.getSnapshot().context.policy;
  }

  stop(): void {
    this.subscription.unsubscribe();
    this.actor.send({ type: 'STOP' });
  }

  private hear(message: BusMessage): void {
    const { level, score, trend } = message.body as PressureMessage;
    this.actor.send({ type: 'PRESSURE', level, score, trend, at: this.options.clock.now() });
    while (this.actor.getSnapshot().value === 'adapting') {
      this.actor.send({ type: 'COMMITTED', epoch: this.policy.epoch + 1n });
      this.options.bus.publish(this.options.subjects.policy, this.policy);
    }
  }
}
