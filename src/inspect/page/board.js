/**
 * What the page shows, made of the stream's events alone: processes, their actors with states and short logs, requests,
 * and what happened last. Bounded, so that a page may stay open. Touches no document.
 */

/** Requests that stay on the page, at most; the oldest that have ended go first. */
export const REQUESTS_MAX = 300;
/** Steps that are remembered of each actor, and of all together. */
export const LOG_MAX = 40;
export const FEED_MAX = 120;

/**
 * @typedef {{ at: number, event: string, from: string, to: string }} Step
 * @typedef {{ step: Step, actor: Actor }} FeedItem
 * @typedef {{
 *   id: string, name: string, process: string, isRequest: boolean, definition: string, status: string, value: string,
 *   context: Readonly<Record<string, unknown>>, startedAt: number, changedAt: number, steps: number, log: Step[],
 *   came: Step | null,
 * }} Actor
 * @typedef {{ key: string, name: string, isGone: boolean, droppedEvents: number, droppedRequests: number, actors: Map<string, Actor> }} Process
 */

export function createBoard() {
  /** @type {Map<string, Process>} */
  const processes = new Map();
  /** @type {Map<string, Actor>} */
  const requests = new Map();
  /** @type {FeedItem[]} */
  const feed = [];
  /** @type {{ events: number, ended: Record<string, number> }} */
  const counts = { events: 0, ended: {} };

  /** @param {string} sessionId */
  function find(sessionId) {
    return requests.get(sessionId) ?? processes.get(processOf(sessionId))?.actors.get(sessionId);
  }

  /** @param {Readonly<Record<string, unknown>>} event */
  function take(event) {
    counts.events++;
    const sessionId = String(event.sessionId);
    if (!sessionId.includes('/')) return takeProcess(sessionId, event);
    if (event.type === '@xstate.actor') return register(sessionId, event);
    const actor = find(sessionId);
    if (actor === undefined || event.type !== '@xstate.snapshot') return;
    const before = actor.value;
    setSnapshot(actor, event.snapshot);
    const step = {
      at: Number(event.createdAt),
      event: String(recordOf(event.event).type ?? ''),
      from: before,
      to: actor.value,
    };
    actor.changedAt = step.at;
    actor.steps++;
    if (step.from !== step.to) actor.came = step;
    push(actor.log, step, LOG_MAX);
    push(feed, { step, actor }, FEED_MAX);
    if (actor.isRequest && actor.status !== 'active') {
      counts.ended[actor.value] = (counts.ended[actor.value] ?? 0) + 1;
    }
  }

  /** A process tells of itself as an actor without a slash in its id. */
  function takeProcess(/** @type {string} */ key, /** @type {Readonly<Record<string, unknown>>} */ event) {
    if (event.type === '@xstate.event') return;
    const process = processOfKey(key);
    const { value, context } = recordOf(event.snapshot);
    const { process: name, droppedEvents, droppedRequests } = recordOf(context);
    process.name = String(name ?? process.name);
    process.droppedEvents = Number(droppedEvents ?? 0);
    process.droppedRequests = Number(droppedRequests ?? 0);
    process.isGone = value === 'gone';
  }

  function processOfKey(/** @type {string} */ key) {
    const known = processes.get(key);
    if (known !== undefined) return known;
    /** @type {Process} */
    const process = { key, name: key, isGone: false, droppedEvents: 0, droppedRequests: 0, actors: new Map() };
    processes.set(key, process);
    return process;
  }

  function register(/** @type {string} */ sessionId, /** @type {Readonly<Record<string, unknown>>} */ event) {
    const definition = String(event.definition ?? '');
    const isRequest = idOf(definition) === 'request';
    const process = processOfKey(processOf(sessionId));
    const at = Number(event.createdAt);
    /** @type {Actor} */
    const actor = {
      ...{ id: sessionId, name: String(event.name ?? sessionId), process: process.name, isRequest, definition },
      ...{ status: 'active', value: '', context: {}, startedAt: at, changedAt: at, steps: 0, log: [], came: null },
    };
    setSnapshot(actor, event.snapshot);
    if (!isRequest) {
      process.actors.set(sessionId, actor);
      return;
    }
    requests.set(sessionId, actor);
    if (requests.size > REQUESTS_MAX) forgetOne();
  }

  function forgetOne() {
    const oldest = [...requests.values()].find(({ status }) => status !== 'active') ?? requests.values().next().value;
    if (oldest !== undefined) requests.delete(oldest.id);
  }

  return { processes, requests, feed, counts, find, take };
}

/** @typedef {ReturnType<typeof createBoard>} Board */

/** @returns {string} what all ids of a process begin with */
function processOf(/** @type {string} */ sessionId) {
  return sessionId.slice(0, sessionId.lastIndexOf('/'));
}

function setSnapshot(/** @type {Actor} */ actor, /** @type {unknown} */ snapshot) {
  const { status, value, context } = recordOf(snapshot);
  actor.status = String(status ?? 'active');
  actor.value = actor.status === 'stopped' ? 'stopped' : valueText(value);
  actor.context = recordOf(context);
}

/** The state that a person would name: the first one of nested ones. */
function valueText(/** @type {unknown} */ value) {
  return typeof value === 'string' ? value : (Object.keys(recordOf(value))[0] ?? '');
}

/** @returns {unknown} the id of a machine, whose config this is as JSON */
function idOf(/** @type {string} */ definition) {
  try {
    return recordOf(JSON.parse(definition)).id;
  } catch {
    return undefined;
  }
}

/** @returns {Readonly<Record<string, unknown>>} */
export function recordOf(/** @type {unknown} */ value) {
  return typeof value === 'object' && value !== null ? /** @type {Record<string, unknown>} */ (value) : {};
}

/**
 * @template T
 * @param {T[]} list
 * @param {T} item
 * @param {number} most
 */
function push(list, item, most) {
  list.push(item);
  if (list.length > most) list.shift();
}
