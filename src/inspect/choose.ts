/**
 * Which requests a viewer sees: decided from what a request is when it is made, so that each is shown whole or not at
 * all, and all processes choose the same ones. Pure.
 */
import { ANY_TYPE, type InspectFilter } from '../protocol/index.js';

/** Now: from the start. Later: it depends on what becomes of it. */
export type Choice = 'now' | 'later' | 'never';

/** What is known of a request. */
export interface Candidate {
  readonly id: string;
  /** The name that was asked for, else type and root. */
  readonly object: string;
  /** `_` while it isn't known. */
  readonly type: string;
  /** How it ended, if it has. */
  readonly ended: 'well' | 'badly' | null;
}

/** The share that is shown when nobody says: all of what a filter names, else one in a hundred. */
export const DEFAULT_SAMPLE = 0.01;

/** What somebody asks to see, with what it comes to when it says no share. */
export function filterFrom(asked: {
  readonly type?: string | undefined;
  readonly id?: string | undefined;
  readonly failed?: boolean | undefined;
  readonly sample?: number | undefined;
}): InspectFilter {
  const { type, id, failed = false } = asked;
  const isNamed = type !== undefined || id !== undefined;
  const { sample = failed ? 0 : isNamed ? 1 : DEFAULT_SAMPLE } = asked;
  return { ...(type === undefined ? {} : { type }), ...(id === undefined ? {} : { id }), failed, sample };
}

export function choose(filter: InspectFilter, candidate: Candidate): Choice {
  const { id, object, type, ended } = candidate;
  if (filter.id !== undefined && filter.id !== id && filter.id !== object) return 'never';
  const isTypeOpen = filter.type !== undefined && type === ANY_TYPE && ended === null;
  if (filter.type !== undefined && filter.type !== type && !isTypeOpen) return 'never';
  const isWanted = isSampled(id, filter.sample);
  if (isWanted) return isTypeOpen ? 'later' : 'now';
  if (!filter.failed) return 'never';
  if (ended === null) return 'later';
  return ended === 'badly' ? 'now' : 'never';
}

/** Whether an id belongs to the share: the same answer in every process, every time. */
export function isSampled(id: string, share: number): boolean {
  return share >= 1 || (share > 0 && hashShare(id) < share);
}

/** FNV-1a with the finish of MurmurHash3, which ids that differ in one letter need. From 0 up to but not 1. */
function hashShare(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
