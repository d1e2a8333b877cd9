/**
 * The statechart of one request: taken from state to state by the compiled machine alone, and given its XState actor
 * when somebody first wants that. The actor would be most of what a request costs its caller (a dozen closures, which
 * few ever look at); it goes on from where the chart is, and from then on the chart is what the actor says.
 */
import { type Actor, type AnyActorScope, createActor, type SnapshotFrom } from 'xstate';
import { compileMachine, type RequestEvent, type RequestInput, requestMachine } from '../machines/index.js';

export type RequestActor = Actor<typeof requestMachine>;

/** There is one for every request: see `compileMachine` for what that would cost uncompiled. */
const compiled = compileMachine(requestMachine);

/** Stands for the actor that a chart doesn't have: the machine's steps hand it on, and nothing in them looks at it. */
const nobody = createActor(compiled, { input: { id: '', object: '', type: '_', priority: 0, urgency: 0 } });
const nothing = () => {};
const scope: AnyActorScope = {
  self: nobody,
  id: nobody.id,
  sessionId: nobody.sessionId,
  system: nobody.system,
  logger: nothing,
  defer: nothing,
  emit: nothing,
  stopChild: nothing,
  actionExecutor: nothing,
};

export class RequestChart {
  private living: RequestActor | null = null;
  private current: SnapshotFrom<typeof requestMachine>;

  constructor(private readonly input: RequestInput) {
    this.current = compiled.getInitialSnapshot(scope, input);
  }

  get snapshot(): SnapshotFrom<typeof requestMachine> {
    return this.living === null ? this.current : this.living.getSnapshot();
  }

  get isOver(): boolean {
    return this.snapshot.status !== 'active';
  }

  /** The actor, an ordinary living one of XState's. */
  get actor(): RequestActor {
    return this.living ?? this.make().start();
  }

  /** Shows where it is to somebody, who may want its actor, and gets it before it starts. */
  showTo(look: (snapshot: SnapshotFrom<typeof requestMachine>, actor: () => RequestActor) => void): void {
    look(this.snapshot, () => this.living ?? this.make());
    this.living?.start();
  }

  private make(): RequestActor {
    const { input, current } = this;
    const actor = createActor(compiled, { id: `request:${input.id}`, input, snapshot: current });
    this.living = actor;
    return actor;
  }

  /** Nobody will send it anything any more. */
  stop(): void {
    this.living?.stop();
  }

  /** Does nothing when it is over. */
  send(event: RequestEvent): void {
    if (this.isOver) return;
    if (this.living !== null) this.living.send(event);
    else this.current = compiled.transition(this.current, event, scope);
  }
}
