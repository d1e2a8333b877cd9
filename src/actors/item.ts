/**
 * One request as its supervisor keeps it, from when it comes to its end: what is asked for, what it needs, where it is.
 * A plain record, since there may be a hundred thousand; whoever asked for it decides what is done at each turn.
 */
import { placementHash } from '../policy/index.js';
import type { HeliosError } from '../protocol/errors.js';
import type { RequestMessage, WorkMessage } from '../protocol/index.js';
import type { Timer } from './clock.js';
import type { Waiting } from './queue.js';
import type { Loss, Need } from './roster.js';
import type { InHand, WorkerSeen } from './workerSeen.js';

/**
 * In the `queue`, at a `worker`, `aside` while whoever asked sees to something first (counts a kill, waits for a retry,
 * commits the end), or `over`.
 */
export type Place = 'queue' | 'worker' | 'aside' | 'over';

/** What workers are told, besides the request itself. */
export type Told = Pick<WorkMessage, 'answerTo' | 'takesBatches' | 'isJson' | 'durable'>;

export interface Item extends Waiting, InHand {
  /** What the asker calls it. Not unique: askers choose. */
  readonly id: string;
  readonly request: RequestMessage;
  readonly told: Told;
  readonly asker: Asker;
  /** `placementHash` of the object's identity; worked out when it is first needed. */
  placement: number | undefined;
  need: Need;
  /** Milliseconds of the clock at which its supervisor lets go of it, and by how much earlier the asker does. */
  readonly deadlineAt: number;
  readonly graceMs: number;
  /** Bytes that it is reckoned to take while it waits. */
  readonly bytes: number;
  place: Place;
  /** Times that a worker was given it, and the last one that was. */
  attempt: number;
  worker: WorkerSeen<Item> | null;
  /** What it and its worker call the attempt that is under way: no two attempts share one. */
  attemptId: string;
  isMarked: boolean;
  givenAt: number;
  sentAt: number;
  /** Workers that it was lost with, and attempts that failed. */
  losses: number;
  failures: number;
  /** Brings it back into the queue after a while. */
  retry: Timer | null;
}

/** Whoever waits for the end of work, and decides at each turn how it goes on. */
export interface Asker {
  /** It is given to a worker, for the first time or again. */
  given(item: Item): void;
  /** It came back from a worker that could not take it, and waits again. */
  returned(item: Item, error: HeliosError): void;
  /** The worker says that it is done with it. */
  done(item: Item): void;
  /** The worker says that it failed. The work is aside. */
  failed(item: Item, error: HeliosError): void;
  /** The worker is lost. The work is aside. */
  lost(item: Item, worker: string, loss: Loss): void;
  /** Nobody will ever serve it. The work may be anywhere but at a worker. */
  refuse(item: Item, error: HeliosError): void;
  /** Its time is up. */
  expire(item: Item): void;
}

export interface ItemOptions {
  readonly id: string;
  readonly request: RequestMessage;
  readonly told: Told;
  readonly asker: Asker;
  readonly since: number;
  readonly deadlineAt: number;
  readonly graceMs: number;
}

/** Bytes of a request without paths, as they are in memory. */
const REQUEST_BYTES = 512;
/** Bytes of a path besides its characters. */
const PATH_BYTES = 64;

/** Each field by itself: a spread before others would take V8 fifty times as long, for each request. */
export function itemOf({ id, request, told, asker, since, deadlineAt, graceMs }: ItemOptions): Item {
  const { priority, urgency, weight, paths } = request;
  return {
    id,
    request,
    told,
    asker,
    priority,
    urgency,
    weight,
    since,
    deadlineAt,
    graceMs,
    placement: undefined,
    need: needOf(request.type, schemaVersionOf(request), false, NOBODY),
    bytes: paths === undefined ? REQUEST_BYTES : bytesOf(paths),
    place: 'queue',
    attempt: 0,
    worker: null,
    attemptId: '',
    isMarked: false,
    givenAt: 0,
    sentAt: 0,
    losses: 0,
    failures: 0,
    retry: null,
  };
}

const NOBODY: readonly string[] = [];
const ANYTHING: Need = { key: '', type: undefined, schemaVersion: undefined, isMarked: false, refusedBy: NOBODY };

function schemaVersionOf(request: RequestMessage): number | undefined {
  return 'schemaVersion' in request ? request.schemaVersion : undefined;
}

function needOf(
  type: string | undefined,
  schemaVersion: number | undefined,
  isMarked: boolean,
  refusedBy: readonly string[],
): Need {
  if (type === undefined && !isMarked && refusedBy.length === 0) return ANYTHING;
  let key = type ?? '';
  if (schemaVersion !== undefined) key += `@${schemaVersion}`;
  if (isMarked) key += '!';
  if (refusedBy.length > 0) key += JSON.stringify(refusedBy);
  return { key, type, schemaVersion, isMarked, refusedBy };
}

/** From now on no two of this kind may be at one worker. Not while it is in the queue or at a worker. */
export function mark(item: Item): void {
  const { type, schemaVersion, refusedBy } = item.need;
  item.isMarked = true;
  item.need = needOf(type, schemaVersion, true, refusedBy);
}

/** It turned out to be of this type, and this worker doesn't know it. Not while it is in the queue or at a worker. */
export function learn(item: Item, type: string, worker: string): void {
  const { schemaVersion, isMarked, refusedBy } = item.need;
  const all = refusedBy.includes(worker) ? refusedBy : [...refusedBy, worker].sort();
  item.need = needOf(type, schemaVersion, isMarked, all);
}

/** What events call the object, and what it is placed by: the name that was asked for, else the root. */
export function objectOf({ object, root }: RequestMessage): string {
  return object ?? root ?? '';
}

export function placementOf(item: Item): number {
  item.placement ??= placementHash(objectOf(item.request));
  return item.placement;
}

function bytesOf(paths: NonNullable<RequestMessage['paths']>): number {
  let bytes = REQUEST_BYTES;
  for (const path of paths) bytes += PATH_BYTES + (typeof path === 'string' ? path.length : lengthOf(path));
  return bytes;
}

function lengthOf(path: readonly (string | number)[]): number {
  let length = 0;
  for (const segment of path) length += typeof segment === 'string' ? segment.length : 8;
  return length;
}
