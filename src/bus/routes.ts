/**
 * Who receives what: finds the receivers of a subject among many subscriptions. Exact subjects are found by name,
 * patterns in a tree of tokens, and both are remembered for a bounded number of subjects. Delivers nothing.
 *
 * Remembered routes come in two generations: a full young one becomes the old one, and what is used again is taken over
 * into the young one. So a stream of subjects that are used once (inboxes, ids) never drives out those in use.
 */
import type { BusMessage } from './bus.js';
import { checkPattern, checkSubject } from './subject.js';

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
  remove(receiver: Receiver): void;
  /** @throws HeliosError `INVALID_REQUEST` for what is no subject */
  find(subject: string): Route;
  clear(): void;
}

interface Node {
  readonly children: Map<string, Node>;
  readonly receivers: Set<Receiver>;
}

export interface RoutesOptions {
  /** 0 up to but not including 1: who of a group begins, which matters for subjects that are used once. */
  readonly random: () => number;
  /** Subjects remembered in a generation. */
  readonly cacheSize: number;
}

export function createRoutes({ random, cacheSize }: RoutesOptions): Routes {
  const exact = new Map<string, Set<Receiver>>();
  let patterns = newNode();
  let young = new Map<string, Route>();
  let old = new Map<string, Route>();

  function remember(subject: string, route: Route): Route {
    if (young.size >= cacheSize) {
      old = young;
      young = new Map();
    }
    young.set(subject, route);
    return route;
  }

  function forget(pattern: string, hasWildcards: boolean): void {
    young.delete(pattern);
    old.delete(pattern);
    if (!hasWildcards) return;
    young.clear();
    old.clear();
  }

  function build(subject: string): Route {
    const found: Receiver[] = [...(exact.get(subject) ?? [])];
    if (patterns.children.size > 0) collect(patterns, subject, 0, found);
    if (found.length === 0) return NOBODY;
    found.sort((a, b) => a.order - b.order);
    const groups = new Map<string, Receiver[]>();
    for (const receiver of found) {
      if (receiver.queue === undefined) continue;
      const members = groups.get(receiver.queue);
      if (members === undefined) groups.set(receiver.queue, [receiver]);
      else members.push(receiver);
    }
    return {
      plain: found.filter((receiver) => receiver.queue === undefined),
      groups: [...groups.values()].map((members) => ({ members, turn: Math.floor(random() * members.length) })),
    };
  }

  return {
    add(receiver) {
      const hasWildcards = checkPattern(receiver.pattern);
      if (hasWildcards) nodeOf(patterns, receiver.pattern).receivers.add(receiver);
      else {
        const receivers = exact.get(receiver.pattern);
        if (receivers === undefined) exact.set(receiver.pattern, new Set([receiver]));
        else receivers.add(receiver);
      }
      forget(receiver.pattern, hasWildcards);
    },
    remove(receiver) {
      receiver.isActive = false;
      const receivers = exact.get(receiver.pattern);
      const isExact = receivers?.delete(receiver) === true;
      if (receivers?.size === 0) exact.delete(receiver.pattern);
      if (!isExact) prune(patterns, receiver.pattern.split('.'), 0, receiver);
      forget(receiver.pattern, !isExact);
    },
    find(subject) {
      const known = young.get(subject);
      if (known !== undefined) return known;
      const older = old.get(subject);
      if (older !== undefined) return remember(subject, older);
      return remember(subject, build(checkSubject(subject)));
    },
    clear() {
      for (const receivers of exact.values()) for (const receiver of receivers) receiver.isActive = false;
      deactivate(patterns);
      exact.clear();
      patterns = newNode();
      young.clear();
      old.clear();
    },
  };
}

const NOBODY: Route = { plain: [], groups: [] };

function newNode(): Node {
  return { children: new Map(), receivers: new Set() };
}

function nodeOf(root: Node, pattern: string): Node {
  let node = root;
  for (const token of pattern.split('.')) {
    let child = node.children.get(token);
    if (child === undefined) {
      child = newNode();
      node.children.set(token, child);
    }
    node = child;
  }
  return node;
}

/** Adds to `found` everybody whose pattern means the subject from `start` on. Depth is bounded by a subject's length. */
function collect(node: Node, subject: string, start: number, found: Receiver[]): void {
  const rest = node.children.get('>');
  if (rest !== undefined) found.push(...rest.receivers);
  const dot = subject.indexOf('.', start);
  const token = dot === -1 ? subject.slice(start) : subject.slice(start, dot);
  for (const name of [token, '*']) {
    const child = node.children.get(name);
    if (child === undefined) continue;
    if (dot === -1) found.push(...child.receivers);
    else collect(child, subject, dot + 1, found);
  }
}

/** Takes a receiver out, and the nodes that nobody needs any more. */
function prune(node: Node, tokens: readonly string[], depth: number, receiver: Receiver): void {
  const token = tokens[depth];
  if (token === undefined) {
    node.receivers.delete(receiver);
    return;
  }
  const child = node.children.get(token);
  if (child === undefined) return;
  prune(child, tokens, depth + 1, receiver);
  if (child.receivers.size === 0 && child.children.size === 0) node.children.delete(token);
}

function deactivate(node: Node): void {
  for (const receiver of node.receivers) receiver.isActive = false;
  for (const child of node.children.values()) deactivate(child);
}
