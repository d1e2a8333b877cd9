/**
 * What XState tells of its actors, and the same as @statelyai/inspect sends it. Snapshots and events are kept as they
 * are until somebody makes messages of them, since both never change: what nobody is shown is never written down.
 */
import type { ActorRefLike, AnyActorRef, InspectionEvent, Snapshot } from 'xstate';
import type { InspectEvent } from '../protocol/index.js';
import { outline } from './outline.js';

/** Of the format: what receivers of @statelyai/inspect go by. */
export const FORMAT_VERSION = '0.7.2';

/** One thing to tell. */
export interface Told {
  readonly type: InspectEvent['type'];
  readonly actor: ActorRefLike;
  readonly rootId: string;
  readonly event?: object;
  readonly snapshot?: Snapshot<unknown>;
  readonly sourceId?: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** An actor is there, in this state. */
export function toldOfActor(actor: ActorRefLike, rootId: string, at: number): Told {
  const snapshot: Snapshot<unknown> | undefined = actor.getSnapshot();
  return { type: '@xstate.actor', actor, rootId, at, ...(snapshot === undefined ? {} : { snapshot }) };
}

/** What is told of a step; undefined for what the format doesn't have. */
export function toldOf(inspected: InspectionEvent, at: number): Told | undefined {
  const { actorRef: actor, rootId } = inspected;
  switch (inspected.type) {
    case '@xstate.actor':
      return toldOfActor(actor, rootId, at);
    case '@xstate.event': {
      const { event, sourceRef } = inspected;
      const source = sourceRef === undefined ? {} : { sourceId: sourceRef.sessionId };
      return { type: '@xstate.event', actor, rootId, event, at, ...source };
    }
    case '@xstate.snapshot': {
      const { event, snapshot } = inspected;
      return { type: '@xstate.snapshot', actor, rootId, event, snapshot, at };
    }
    default:
      return undefined;
  }
}

export interface Writing {
  /** What stands before all ids of a process: they are equal in all processes. */
  readonly prefix: string;
  /** The id of this event. */
  readonly id: string;
  readonly process: string;
  /** The key of its machine's definition. */
  readonly definition: string;
}

export function write(told: Told, { prefix, process, id, definition }: Writing): InspectEvent {
  const idOf = (sessionId: string) => `${prefix}/${sessionId}`;
  const { type, actor, rootId, event, snapshot, sourceId, at } = told;
  const common = {
    ...{ type, sessionId: idOf(actor.sessionId), rootId: idOf(rootId) },
    ...{ createdAt: String(at), id, _version: FORMAT_VERSION },
  };
  if (type === '@xstate.event') {
    return { ...common, event: outline(event), ...(sourceId === undefined ? {} : { sourceId: idOf(sourceId) }) };
  }
  const state = drawSnapshot(snapshot);
  if (type === '@xstate.snapshot') return { ...common, event: outline(event), snapshot: state };
  const parentId = parentOf(actor)?.sessionId;
  return {
    ...{ ...common, name: nameOf(actor, process), definition, snapshot: state },
    ...(parentId === undefined ? {} : { parentId: idOf(parentId) }),
  };
}

/** What a machine's snapshot says in JSON, without the machine. */
function drawSnapshot(snapshot: Snapshot<unknown> | undefined): unknown {
  if (snapshot === undefined) return { status: 'active' };
  const parts: Record<string, unknown> = { status: snapshot.status };
  for (const key of ['value', 'context', 'output', 'error']) {
    const part: unknown = Reflect.get(snapshot, key);
    if (part !== undefined) parts[key] = part;
  }
  return outline(parts);
}

/** With the process, but for requests: those have ids of their own, and go from process to process. */
function nameOf(actor: ActorRefLike, process: string): string {
  const id = 'id' in actor ? String(actor.id) : actor.sessionId;
  return id.includes(process) || id.startsWith('request:') ? id : `${id} @ ${process}`;
}

function parentOf(actor: ActorRefLike): AnyActorRef | undefined {
  return '_parent' in actor ? (actor as AnyActorRef)._parent : undefined;
}
