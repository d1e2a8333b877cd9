/**
 * The events that receivers of @statelyai/inspect 0.7.2 take, as JSON: what Stately's inspector draws actors, states and
 * messages between actors from.
 */
import type { InspectEvent } from '../protocol/index.js';

interface StatelyEventBase {
  /** Of the actor that it is about: begins with its process. */
  readonly sessionId: string;
  /** Of the actor that has no parent. */
  readonly rootId: string;
  /** Milliseconds since 1970, as text. */
  readonly createdAt: string;
  readonly id: string;
  readonly _version: string;
}

export interface StatelyActorEvent extends StatelyEventBase {
  readonly type: '@xstate.actor';
  readonly name: string;
  /** The machine's config as JSON text. */
  readonly definition: string;
  readonly snapshot: unknown;
  readonly parentId?: string;
}

export interface StatelyEventEvent extends StatelyEventBase {
  readonly type: '@xstate.event';
  readonly event: { readonly type: string };
  readonly sourceId?: string;
}

export interface StatelySnapshotEvent extends StatelyEventBase {
  readonly type: '@xstate.snapshot';
  /** What brought it about. */
  readonly event: { readonly type: string };
  readonly snapshot: unknown;
}

export type StatelyEvent = StatelyActorEvent | StatelyEventEvent | StatelySnapshotEvent;

/** An event of a process as receivers take it. What a process leaves out or says wrongly gets a plain stand-in. */
export function toStately(event: InspectEvent, definition: string | undefined): StatelyEvent {
  const { type, sessionId } = event;
  const base: StatelyEventBase = {
    sessionId,
    rootId: textOr(event.rootId, sessionId),
    createdAt: textOr(event.createdAt, '0'),
    id: textOr(event.id, ''),
    _version: textOr(event._version, ''),
  };
  if (type === '@xstate.event') {
    const source = typeof event.sourceId === 'string' ? { sourceId: event.sourceId } : {};
    return { type, ...base, event: eventOf(event.event), ...source };
  }
  const { snapshot = { status: 'active' } } = event;
  if (type === '@xstate.snapshot') return { type, ...base, event: eventOf(event.event), snapshot };
  const name = textOr(event.name, sessionId);
  const parent = typeof event.parentId === 'string' ? { parentId: event.parentId } : {};
  return { type, ...base, name, definition: definition ?? JSON.stringify({ id: name }), snapshot, ...parent };
}

/** Whether a snapshot is one that nothing follows. */
export function isOver(snapshot: unknown): boolean {
  return (Reflect.get(Object(snapshot), 'status') ?? 'active') !== 'active';
}

function eventOf(event: unknown): { readonly type: string } {
  const { type }: { type?: unknown } = Object(event);
  return typeof type === 'string' ? { ...Object(event), type } : { type: '' };
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
