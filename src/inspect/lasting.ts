/**
 * The actors of a process that are shown always, with their children: supervisor, worker, pressure, threshold. Under
 * load they step far more often than anybody can see, so each has a few steps a batch, and then only its latest state.
 */
import type { ActorRefLike, AnyActorRef, InspectionEvent, Subscription } from 'xstate';
import type { Telling } from './telling.js';
import { type Told, toldOf, toldOfActor } from './told.js';

/** Steps (an event and the state after it) of one actor and its children in one batch, at most. */
export const STEPS_A_BATCH_MAX = 4;

interface Lasting {
  readonly actor: AnyActorRef;
  observed: Subscription | null;
  steps: number;
  isStepShown: boolean;
  /** The latest states that were not shown, by actor. */
  readonly behind: Map<string, Told>;
  isOver: boolean;
}

export class LastingActors {
  private readonly all = new Map<AnyActorRef, Lasting>();
  private isWatched = false;

  /** @param wallClock milliseconds since 1970 */
  constructor(
    private readonly telling: Telling,
    private readonly wallClock: () => number,
  ) {}

  /** Shows this one too, until it ends. */
  add(actor: AnyActorRef): void {
    if (this.all.has(actor) || actor.getSnapshot().status !== 'active') return;
    const one: Lasting = { actor, observed: null, steps: 0, isStepShown: false, behind: new Map(), isOver: false };
    this.all.set(actor, one);
    actor.subscribe({ complete: () => this.end(one), error: () => this.end(one) });
    if (!this.isWatched) return;
    this.observe(one);
    this.tellFamily(actor, actor.sessionId, null);
  }

  /** Observes them from now on. Tells nothing of what they are already: see `retell`. */
  begin(): void {
    if (this.isWatched) return;
    this.isWatched = true;
    for (const one of this.all.values()) this.observe(one);
  }

  stop(): void {
    this.isWatched = false;
    for (const one of this.all.values()) {
      one.observed?.unsubscribe();
      one.observed = null;
      one.behind.clear();
      if (one.isOver) this.all.delete(one.actor);
    }
  }

  /** Tells of all there are, whatever the budget: there are few, and nothing can be made of their events without. */
  retell(to: readonly string[]): void {
    for (const { actor } of this.all.values()) this.tellFamily(actor, actor.sessionId, to);
  }

  /** Before a batch: shows the latest states of those that were too fast; says whether some stay behind. */
  catchUp(): boolean {
    let areBehind = false;
    for (const one of this.all.values()) {
      one.steps = 0;
      for (const [sessionId, told] of one.behind) {
        if (!this.telling.budget.take(1)) break;
        one.behind.delete(sessionId);
        this.telling.tell(told, null);
      }
      if (one.behind.size > 0) areBehind = true;
      else if (one.isOver) {
        one.observed?.unsubscribe();
        this.all.delete(one.actor);
      }
    }
    return areBehind;
  }

  private observe(one: Lasting): void {
    one.observed = one.actor.system.inspect((inspected: InspectionEvent) => this.hear(one, inspected));
  }

  /** Its last state comes after this. */
  private end(one: Lasting): void {
    one.isOver = true;
    if (this.isWatched) this.telling.arm();
    else this.all.delete(one.actor);
  }

  private hear(one: Lasting, inspected: InspectionEvent): void {
    const told = toldOf(inspected, this.wallClock());
    if (told === undefined) return;
    const { budget, dropped } = this.telling;
    if (told.type === '@xstate.event') one.isStepShown = ++one.steps <= STEPS_A_BATCH_MAX && budget.take(2);
    const isShown = told.type === '@xstate.actor' ? budget.take(1) : one.isStepShown;
    const { sessionId } = told.actor;
    if (isShown) {
      if (told.type === '@xstate.snapshot') one.behind.delete(sessionId);
      return this.telling.tell(told, null);
    }
    if (told.type !== '@xstate.snapshot' || one.behind.has(sessionId)) dropped.events++;
    if (told.type === '@xstate.snapshot') one.behind.set(sessionId, told);
    this.telling.arm();
  }

  private tellFamily(actor: ActorRefLike, rootId: string, to: readonly string[] | null): void {
    this.telling.tell(toldOfActor(actor, rootId, this.wallClock()), to);
    const snapshot: unknown = actor.getSnapshot();
    const children: unknown = Reflect.get(Object(snapshot), 'children');
    for (const child of Object.values(Object(children))) if (isActor(child)) this.tellFamily(child, rootId, to);
  }
}

function isActor(value: unknown): value is ActorRefLike {
  return typeof value === 'object' && value !== null && 'sessionId' in value && 'getSnapshot' in value;
}
