/**
 * What has happened in a simulation, as somebody would know it who sees everything: what was asked for and accepted,
 * saved, decided, said. Written while it happens; checker.ts judges it afterwards. Milliseconds are of the simulation.
 */
import type { OutcomeMessage } from '../../src/protocol/index.js';

/** What an object was at some moment. */
export interface Saved {
  readonly at: number;
  readonly root: string;
  /** Its value as JSON text with sorted keys. */
  readonly value: string;
}

/** A durable request, from when somebody began to submit it. */
export interface Durable {
  readonly id: string;
  /** What is asked for: a name, or a root. */
  readonly object: string;
  readonly askedAt: number;
  /** When it was submitted last: with a key that may be more than once. */
  askedLastAt: number;
  readonly ttlMs: number;
  readonly includesValue: boolean;
  /** It can only fail. */
  readonly isBad: boolean;
  /** When the submitter was told that it is accepted; `undefined` when it never was. */
  acceptedAt?: number;
  cancelledAt?: number;
  /** What the submitter was told of its outcome. */
  readonly told: { readonly at: number; readonly state: string }[];
}

/** One creation of an outcome that the journal answered with yes. */
export interface Decided {
  readonly at: number;
  readonly by: string;
  readonly outcome: OutcomeMessage;
}

export interface Call {
  readonly id: string;
  readonly client: string;
  readonly object: string;
  readonly askedAt: number;
  readonly timeoutMs: number;
  /** Ends of it, as its client saw them: there must be one. */
  readonly ends: {
    readonly at: number;
    readonly state: string;
    readonly root?: string;
    readonly value?: string;
    readonly code?: string;
  }[];
  /** When its client died, and nobody waited any more. */
  orphanedAt?: number;
}

/** What a process followed from then on. */
export interface Followed {
  readonly at: number;
  readonly process: string;
  readonly epoch: bigint;
  readonly level: string;
}

export interface History {
  /** By name, oldest first. */
  readonly saves: Map<string, Saved[]>;
  /** Values by root, whoever saved them. */
  readonly values: Map<string, string>;
  /** Names and roots of what only some workers know the type of. */
  readonly rare: Set<string>;
  readonly durables: Map<string, Durable>;
  /** Ids of all that came into the queue, whether whoever put it in knows it or not. */
  readonly queued: Set<string>;
  readonly decided: Decided[];
  readonly events: { readonly at: number; readonly by: string; readonly event: OutcomeMessage }[];
  /** Requests taken out of the queue. */
  readonly acks: { readonly at: number; readonly by: string; readonly sequence: number; readonly id: string }[];
  readonly calls: Call[];
  readonly followed: Followed[];
  /** When something was done that may harm anybody. */
  readonly troubles: number[];
  /** Terminal events as whoever reads them all hears them, in order. */
  readonly heard: { readonly at: number; readonly id: string; readonly state: string }[];
  /** Ids of the dead letters that are kept at the end. */
  readonly letters: Set<string>;
  /** When a process stood still. */
  readonly pauses: { readonly process: string; readonly from: number; readonly to: number }[];
  readonly crashes: { readonly at: number; readonly process: string }[];
  /** What handlers and timers threw. */
  readonly thrown: { readonly at: number; readonly process: string; readonly error: unknown }[];
  /** What is left in processes at the end that should be at rest, one line each. */
  readonly leaks: string[];
  /** When the last fault ended, and how long everything may take from there. */
  healedAt: number;
  graceMs: number;
  endedAt: number;
}

export function createHistory(): History {
  return {
    saves: new Map(),
    values: new Map(),
    rare: new Set(),
    durables: new Map(),
    queued: new Set(),
    decided: [],
    events: [],
    acks: [],
    calls: [],
    followed: [],
    troubles: [],
    heard: [],
    letters: new Set(),
    pauses: [],
    crashes: [],
    thrown: [],
    leaks: [],
    healedAt: 0,
    graceMs: 0,
    endedAt: 0,
  };
}

/** A value as text that is the same for equal values. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
