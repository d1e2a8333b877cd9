/**
 * The requests of a process that somebody sees. Each is a root actor of its own and there are very many, so each is
 * shown whole or not at all, as viewers' filters say. Of those whose fate decides (`failed`), a short history is kept
 * until they end; nothing is kept of the others.
 */
import type { AnyActorRef, InspectionEvent, Snapshot, Subscription } from 'xstate';
import type { InspectFilter } from '../protocol/index.js';
import { type Candidate, choose } from './choose.js';
import type { Telling } from './telling.js';
import { type Told, toldOf, toldOfActor } from './told.js';

/** Requests that are observed at a time, at most, also those whose fate decides whether they are shown. */
export const REQUESTS_MAX = 10_000;
/** Events that are remembered of a request whose fate decides: how it began, and the latest. */
export const HISTORY_MAX = 24;

/** Who watches, and what each of them wants to see. */
export type Viewers = ReadonlyMap<string, { readonly filter: InspectFilter }>;

interface Watched {
  readonly actor: AnyActorRef;
  observed: Subscription | null;
  /** Who sees it, and who may come to. */
  now: readonly string[];
  later: readonly string[];
  readonly history: Told[];
}

const NOBODY: readonly string[] = [];

export class WatchedRequests {
  private readonly all = new Map<AnyActorRef, Watched>();

  /** @param wallClock milliseconds since 1970 */
  constructor(
    private readonly telling: Telling,
    private readonly viewers: Viewers,
    private readonly wallClock: () => number,
  ) {}

  /** Requests that are observed now. */
  get size(): number {
    return this.all.size;
  }

  /** A request is there. Its actor, which has not started, is made only where somebody sees it. */
  begin(snapshot: unknown, enliven: () => AnyActorRef): void {
    const { budget, dropped } = this.telling;
    const candidate = candidateOf(snapshot);
    let now = NOBODY;
    let later = NOBODY;
    for (const [viewer, { filter }] of this.viewers) {
      const choice = choose(filter, candidate);
      if (choice === 'now') now = [...now, viewer];
      else if (choice === 'later') later = [...later, viewer];
    }
    if (now.length === 0 && later.length === 0) return;
    if (this.all.size >= REQUESTS_MAX || (now.length > 0 && !budget.mayBegin())) {
      dropped.requests++;
      if (later.length === 0 || this.all.size >= REQUESTS_MAX) return;
      now = NOBODY;
    }
    const actor = enliven();
    const one: Watched = { actor, observed: null, now, later, history: [] };
    this.all.set(actor, one);
    this.hear(one, toldOfActor(actor, actor.sessionId, this.wallClock()));
    one.observed = actor.system.inspect((inspected: InspectionEvent) => {
      const told = toldOf(inspected, this.wallClock());
      if (told !== undefined) this.hear(one, told);
    });
  }

  /** Tells a viewer of all that it sees, or would see had it been there in time. */
  retell(viewer: string, filter: InspectFilter): void {
    for (const one of this.all.values()) {
      if (!one.now.includes(viewer)) {
        if (choose(filter, candidateOf(one.actor.getSnapshot())) !== 'now') continue;
        one.now = [...one.now, viewer];
      }
      if (!this.telling.budget.take(1)) this.telling.dropped.events++;
      else this.telling.tell(toldOfActor(one.actor, one.actor.sessionId, this.wallClock()), [viewer]);
    }
  }

  stop(): void {
    for (const one of this.all.values()) one.observed?.unsubscribe();
    this.all.clear();
  }

  private hear(one: Watched, told: Told): void {
    const { budget, dropped } = this.telling;
    if (one.now.length > 0) {
      if (budget.take(1)) this.telling.tell(told, one.now.length === this.viewers.size ? null : one.now);
      else dropped.events++;
    }
    if (one.later.length > 0) {
      if (one.history.length >= HISTORY_MAX) one.history.splice(1, 1);
      one.history.push(told);
    }
    if (told.type === '@xstate.snapshot') this.decide(one, told.snapshot);
  }

  /** What has become of a request may be what viewers wait for. */
  private decide(one: Watched, snapshot: Snapshot<unknown> | undefined): void {
    const candidate = candidateOf(snapshot);
    if (candidate.ended === null) return;
    this.all.delete(one.actor);
    one.observed?.unsubscribe();
    const shown = one.later.filter((viewer) => {
      const filter = one.now.includes(viewer) ? undefined : this.viewers.get(viewer)?.filter;
      return filter !== undefined && choose(filter, candidate) === 'now';
    });
    if (shown.length === 0) return;
    const { budget, dropped } = this.telling;
    if (budget.take(one.history.length)) for (const told of one.history) this.telling.tell(told, shown);
    else dropped.requests++;
  }
}

/** What a request's snapshot says of it. Other machines than the request's have none of this. */
function candidateOf(snapshot: unknown): Candidate {
  const { status, value, context }: Record<string, unknown> = Object(snapshot);
  const { id, object, type, result }: Record<string, unknown> = Object(context);
  const stored: unknown = Reflect.get(Object(Reflect.get(Object(result), 'version')), 'type');
  const isBad = value === 'failed' || value === 'expired' || status === 'error';
  return {
    id: String(id),
    object: String(object),
    type: typeof stored === 'string' ? stored : String(type),
    ended: status === 'active' ? null : isBad ? 'badly' : 'well',
  };
}
