/**
 * Who receives what: finds the receivers of a subject among many subscriptions. Delivers nothing.
 *
 * Three kinds of subscription, because most subjects are used once (inboxes, ids) and must cost little and leave nothing
 * behind: an exact subject has its route; all subjects under `prefix.*` share one; other patterns lie in a tree. Only
 * subjects that are used again are remembered beside these, in a bounded number.
 */
import type { BusMessage } from './bus.js';
import { createPatterns } from './patterns.js';
import { checkPattern, checkSubject, checkToken } from './subject.js';

export interface Receiver {
  readonly pattern: string;
  readonly queue: string | undefined;
  readonly handler: (message: BusMessage) => void;
  /** Place in the order of subscribing. */
  readonly order: number;
  /** False once unsubscribed: a route that was found before may still name it. */
  isActive: boolean;
}

/** Members of a queue group that match a subject; one of them gets each message. */
export interface Group {
  readonly members: readonly Receiver[];
  /** Whose turn it is: an index of `members`. */
  turn: number;
}

/** The receivers of one subject. Never changes but for the turns of its groups. */
export interface Route {
  readonly plain: readonly Receiver[];
  readonly groups: readonly Group[];
}

export interface Routes {
  /** @throws HeliosError `INVALID_REQUEST` for what is no pattern */
  add(receiver: Receiver): void;
  /** The receiver gets nothing any more, also of what was routed before. */
  remove(receiver: Receiver): void;
  /** @throws HeliosError `INVALID_REQUEST` for what is no subject */
  find(subject: string): Route;
  /** Removes everybody. */
  clear(): void;
}

export interface RoutesOptions {
  /** 0 up to but not including 1: who of a group begins. */
  readonly random: () => number;
  /** Subjects remembered. */
  readonly cacheSize: number;
}

/** Subscribers to one subject, or to one `prefix.*`. */
interface Entry {
  readonly receivers: Set<Receiver>;
  /** Undefined when the subscriptions that it was made of have changed. */
  route: Route | undefined;
}

export function createRoutes({ random, cacheSize }: RoutesOptions): Routes {
  const all = new Set<Receiver>();
  const exact = new Map<string, Entry>();
  /** By prefix, without the `.*`. */
  const stars = new Map<string, Entry>();
  const others = createPatterns<Receiver>();
  const cache = new Map<string, Route>();
  /** The last subject of each slot: one that comes again is worth remembering. */
  const lastSeen = new Array<string>(SLOTS).fill('');

  function forgetRoutes(): void {
    cache.clear();
    for (const entry of exact.values()) entry.route = undefined;
    for (const entry of stars.values()) entry.route = undefined;
  }

  function remember(subject: string, route: Route): Route {
    const slot = slotOf(subject);
    if (lastSeen[slot] !== subject) {
      lastSeen[slot] = subject;
      return route;
    }
    if (cache.size >= cacheSize) cache.clear();
    cache.set(subject, route);
    return route;
  }

  function routeOf(receivers: readonly Receiver[]): Route {
    if (receivers.length === 0) return NOBODY;
    const inOrder = receivers.toSorted((a, b) => a.order - b.order);
    const groups = new Map<string, Receiver[]>();
    for (const receiver of inOrder) {
      if (receiver.queue === undefined) continue;
      const members = groups.get(receiver.queue);
      if (members === undefined) groups.set(receiver.queue, [receiver]);
      else members.push(receiver);
    }
    return {
      plain: inOrder.filter((receiver) => receiver.queue === undefined),
      groups: [...groups.values()].map((members) => ({ members, turn: Math.floor(random() * members.length) })),
    };
  }

  /** The route of a subject that nobody subscribes to exactly. */
  function findByPattern(subject: string): Route {
    if (typeof subject !== 'string') checkSubject(subject);
    const dot = subject.lastIndexOf('.');
    const star = dot === -1 || stars.size === 0 ? undefined : stars.get(subject.slice(0, dot));
    // What stands before a star was checked with its pattern.
    if (star === undefined) checkSubject(subject);
    else checkToken(subject, dot + 1);
    const found: Receiver[] = [];
    if (others.size > 0) others.collect(subject, found);
    if (found.length > 0) return routeOf(star === undefined ? found : [...found, ...star.receivers]);
    if (star === undefined) return NOBODY;
    star.route ??= routeOf([...star.receivers]);
    return star.route;
  }

  /** The route of a subject that somebody subscribes to exactly. */
  function findExact(subject: string, entry: Entry): Route {
    const found = [...entry.receivers];
    const star = stars.get(subject.slice(0, Math.max(0, subject.lastIndexOf('.'))));
    if (star !== undefined) found.push(...star.receivers);
    others.collect(subject, found);
    entry.route = routeOf(found);
    return entry.route;
  }

  return {
    add(receiver) {
      const { pattern } = receiver;
      const kind = kindOf(pattern, checkPattern(pattern));
      all.add(receiver);
      if (kind === 'exact') join(exact, pattern, receiver);
      else if (kind === 'star') join(stars, pattern.slice(0, -2), receiver);
      else others.add(pattern, receiver);
      if (kind === 'exact') cache.delete(pattern);
      else forgetRoutes();
    },
    remove(receiver) {
      const { pattern } = receiver;
      receiver.isActive = false;
      all.delete(receiver);
      const wasExact = leave(exact, pattern, receiver);
      if (wasExact || leave(stars, pattern.slice(0, -2), receiver)) {
        if (!wasExact) forgetRoutes();
        return;
      }
      others.remove(pattern, receiver);
      forgetRoutes();
    },
    find(subject) {
      const entry = exact.get(subject);
      if (entry !== undefined) return entry.route ?? findExact(subject, entry);
      return cache.get(subject) ?? remember(subject, findByPattern(subject));
    },
    clear() {
      for (const receiver of [...all]) this.remove(receiver);
    },
  };
}

const NOBODY: Route = { plain: [], groups: [] };

/** A power of two. */
const SLOTS = 1_024;

/** Subjects differ most at their ends. Equal subjects have the same slot; different ones mostly not. */
function slotOf(subject: string): number {
  const { length } = subject;
  const end =
    subject.charCodeAt(length - 1) + subject.charCodeAt(length - 2) * 31 + subject.charCodeAt(length - 3) * 961;
  return (end + length * 7) & (SLOTS - 1);
}

function kindOf(pattern: string, hasWildcards: boolean): 'exact' | 'star' | 'other' {
  if (!hasWildcards) return 'exact';
  return /^[^*>]+\.\*$/.test(pattern) ? 'star' : 'other';
}

function join(entries: Map<string, Entry>, key: string, receiver: Receiver): void {
  const entry = entries.get(key);
  if (entry === undefined) entries.set(key, { receivers: new Set([receiver]), route: undefined });
  else {
    entry.receivers.add(receiver);
    entry.route = undefined;
  }
}

/** Returns whether the receiver was there. */
function leave(entries: Map<string, Entry>, key: string, receiver: Receiver): boolean {
  const entry = entries.get(key);
  if (entry?.receivers.delete(receiver) !== true) return false;
  entry.route = undefined;
  if (entry.receivers.size === 0) entries.delete(key);
  return true;
}
