/**
 * What is to be seen now, of all processes together: each actor's registration and its latest state, so that whoever
 * comes late sees the same as the others. Hands on what it hears, and says which processes it must ask again. Bounded:
 * of requests that have ended, the latest stay. Has no clock and sends nothing itself.
 */
import type { InspectDataMessage, InspectEvent } from '../protocol/index.js';
import { isOver, type StatelyActorEvent, type StatelyEvent, type StatelySnapshotEvent, toStately } from './stately.js';
import { FORMAT_VERSION } from './told.js';

/** Processes at a time, at most. */
export const PROCESSES_MAX = 256;
/** Actors at a time, at most, of all processes together. */
export const ACTORS_MAX = 4_096;
/** Actors that have ended and can still be looked at, at most. */
export const ENDED_ACTORS_MAX = 200;
/** Milliseconds of silence after which a process counts as gone. While it is watched it says something more often. */
export const SILENCE_MS = 7_000;
/** Milliseconds between two tellings of what a process has dropped. */
const FIGURES_MS = 1_000;

export interface SceneOptions {
  /** The viewer as which processes know whoever asks. */
  readonly viewer: string;
  /** Takes what is to be shown, in order. */
  readonly show: (event: StatelyEvent) => void;
  /** A run of a process must tell again of all its actors: something was missed. */
  readonly askAgain: (run: string) => void;
}

interface Actor {
  readonly registration: StatelyActorEvent;
  /** Its latest state, if it has changed since. */
  last: StatelySnapshotEvent | null;
}

interface Process {
  /** What all ids of its actors begin with. */
  readonly key: string;
  readonly name: string;
  nextBatch: number;
  heardAt: number;
  toldAt: number;
  dropped: InspectDataMessage['dropped'];
  readonly definitions: Map<string, string>;
  readonly actors: Map<string, Actor>;
}

export class Scene {
  private readonly processes = new Map<string, Process>();
  /** Actors that have ended, oldest first. */
  private readonly ended = new Map<string, Process>();
  private actors = 0;

  constructor(private readonly options: SceneOptions) {}

  get size(): { readonly processes: number; readonly actors: number } {
    return { processes: this.processes.size, actors: this.actors };
  }

  /** @param at milliseconds since 1970 */
  hear(message: InspectDataMessage, at: number): void {
    const process = this.processOf(message, at);
    if (process === undefined) return;
    process.heardAt = at;
    for (const [key, text] of Object.entries(message.definitions ?? {})) process.definitions.set(key, text);
    if (message.batch !== process.nextBatch) this.options.askAgain(message.run);
    process.nextBatch = message.batch + 1;
    for (const event of message.events) {
      const isOurs = event.to === undefined || event.to.includes(this.options.viewer);
      if (isOurs && event.sessionId.startsWith(`${process.key}/`)) this.take(process, message.run, event);
    }
    this.tellFigures(process, message.dropped, at);
  }

  /** Ends what has been silent for too long. */
  expire(at: number): void {
    for (const process of this.processes.values()) if (process.heardAt + SILENCE_MS <= at) this.lose(process, at);
  }

  /** All that there is, as it is told to whoever comes now. */
  replay(): StatelyEvent[] {
    const events: StatelyEvent[] = [];
    for (const process of this.processes.values()) {
      events.push(registrationOf(process, process.heardAt));
      for (const { registration, last } of process.actors.values()) {
        events.push(last === null ? registration : { ...registration, snapshot: last.snapshot });
        if (last !== null) events.push(last);
      }
    }
    return events;
  }

  clear(): void {
    this.processes.clear();
    this.ended.clear();
    this.actors = 0;
  }

  private processOf({ process: name, run, batch }: InspectDataMessage, at: number): Process | undefined {
    const key = `${name}.${run}`;
    const known = this.processes.get(key);
    if (known !== undefined) return known;
    if (this.processes.size >= PROCESSES_MAX) return undefined;
    const process: Process = {
      ...{ key, name, nextBatch: batch, heardAt: at, toldAt: at, dropped: { events: 0, requests: 0 } },
      ...{ definitions: new Map(), actors: new Map() },
    };
    this.processes.set(key, process);
    this.options.show(registrationOf(process, at));
    return process;
  }

  private take(process: Process, run: string, event: InspectEvent): void {
    const { sessionId } = event;
    const known = process.actors.get(sessionId);
    if (event.type === '@xstate.actor') {
      const definition = process.definitions.get(String(event.definition));
      if (definition === undefined) this.options.askAgain(run);
      const told = toStately(event, definition);
      if (told.type !== '@xstate.actor') return;
      if (known === undefined) this.register(process, told);
      else this.correct(process, known, told);
      return;
    }
    if (known === undefined) return this.options.askAgain(run);
    const told = toStately(event, undefined);
    this.options.show(told);
    if (told.type === '@xstate.snapshot') this.keep(process, known, told);
  }

  private register(process: Process, registration: StatelyActorEvent): void {
    if (this.actors >= ACTORS_MAX && !this.forgetOldest()) return;
    process.actors.set(registration.sessionId, { registration, last: null });
    this.actors++;
    this.options.show(registration);
    if (isOver(registration.snapshot)) this.end(process, registration.sessionId);
  }

  /** It was told of again: what has changed meanwhile is news, and nothing else. */
  private correct(process: Process, actor: Actor, { snapshot, ...told }: StatelyActorEvent): void {
    const before = actor.last?.snapshot ?? actor.registration.snapshot;
    if (JSON.stringify(before) === JSON.stringify(snapshot)) return;
    const { sessionId, rootId, createdAt, id, _version } = told;
    const event = { type: 'helios.missed' };
    const change: StatelySnapshotEvent = {
      ...{ type: '@xstate.snapshot', sessionId, rootId, createdAt, id, _version, event, snapshot },
    };
    this.options.show(change);
    this.keep(process, actor, change);
  }

  private keep(process: Process, actor: Actor, told: StatelySnapshotEvent): void {
    actor.last = told;
    if (isOver(told.snapshot)) this.end(process, told.sessionId);
  }

  private end(process: Process, sessionId: string): void {
    this.ended.set(sessionId, process);
    if (this.ended.size > ENDED_ACTORS_MAX) this.forgetOldest();
  }

  private forgetOldest(): boolean {
    for (const [sessionId, process] of this.ended) {
      this.ended.delete(sessionId);
      if (process.actors.delete(sessionId)) {
        this.actors--;
        return true;
      }
    }
    return false;
  }

  private tellFigures(process: Process, dropped: InspectDataMessage['dropped'], at: number): void {
    const isNews = dropped.events !== process.dropped.events || dropped.requests !== process.dropped.requests;
    if (!isNews || at - process.toldAt < FIGURES_MS) return;
    process.dropped = dropped;
    process.toldAt = at;
    this.options.show(stateOf(process, at, 'helios.dropped', 'active'));
  }

  private lose(process: Process, at: number): void {
    for (const { registration, last } of process.actors.values()) {
      const snapshot = last?.snapshot ?? registration.snapshot;
      if (isOver(snapshot)) continue;
      const { sessionId, rootId, _version } = registration;
      const stopped = { ...Object(snapshot), status: 'stopped' };
      const event = { type: 'helios.gone' };
      const told = { sessionId, rootId, createdAt: String(at), id: `${sessionId}-gone`, _version };
      this.options.show({ type: '@xstate.snapshot', ...told, event, snapshot: stopped });
    }
    this.options.show(stateOf(process, at, 'helios.gone', 'done'));
    this.processes.delete(process.key);
    this.actors -= process.actors.size;
    for (const sessionId of process.actors.keys()) this.ended.delete(sessionId);
  }
}

/** A process is shown as an actor too: it has the counts of what was dropped, and an end. */
function registrationOf(process: Process, at: number): StatelyActorEvent {
  const { key, name } = process;
  const states = { alive: { on: { 'helios.gone': 'gone' } }, gone: { type: 'final' } };
  const definition = JSON.stringify({ id: 'process', initial: 'alive', states });
  const base = { sessionId: key, rootId: key, createdAt: String(at), id: `${key}-process`, _version: FORMAT_VERSION };
  return {
    type: '@xstate.actor',
    ...base,
    name: `process ${name}`,
    definition,
    snapshot: snapshotOf(process, 'active'),
  };
}

function stateOf(process: Process, at: number, type: string, status: 'active' | 'done'): StatelySnapshotEvent {
  const { key } = process;
  const base = { sessionId: key, rootId: key, createdAt: String(at), id: `${key}-${at}`, _version: FORMAT_VERSION };
  return { type: '@xstate.snapshot', ...base, event: { type }, snapshot: snapshotOf(process, status) };
}

function snapshotOf({ name, dropped }: Process, status: 'active' | 'done'): object {
  const context = { process: name, droppedEvents: dropped.events, droppedRequests: dropped.requests };
  return { status, value: status === 'active' ? 'alive' : 'gone', context };
}
