/**
 * What must hold of every history, whatever went wrong on the way. Says what doesn't, in words: an empty list is a good
 * history. Knows nothing of the programs that made it.
 */
import type { ErrorForm, OutcomeMessage } from '../../src/protocol/index.js';
import { type Call, type Decided, type Durable, type History, textOf } from './history.js';

/** Milliseconds by which a deadline may be met late: a tick of the deadlines' timer, and what else goes on meanwhile. */
const LATE_MS = 60;

/** What a call may end with, beside what it was asked for: all that tells its caller honestly that it was not served. */
const CALL_CODES = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED', 'OVERLOADED'];

export function check(history: History): string[] {
  return [
    ...checkOutcomes(history),
    ...checkEvents(history),
    ...checkLetters(history),
    ...checkReading(history),
    ...checkAcks(history),
    ...checkCalls(history),
    ...checkPolicies(history),
    ...history.leaks.map((leak) => `leak: ${leak}`),
    ...history.thrown.map(({ at, process, error }) => `thrown: ${process} at ${ms(at)}: ${String(error)}`),
  ];
}

/** Exactly one outcome for each accepted request, in time, of what was saved, and as its submitter was told. */
function* checkOutcomes(history: History): Iterable<string> {
  const byId = new Map<string, Decided[]>();
  for (const decided of history.decided) {
    const { id } = decided.outcome;
    byId.set(id, [...(byId.get(id) ?? []), decided]);
  }
  for (const [id, decided] of byId) {
    if (decided.length > 1)
      yield `two outcomes: ${id} became ${decided.map(({ outcome, by, at }) => `${outcome.state} by ${by} at ${ms(at)}`).join(', then ')}`;
    const durable = history.durables.get(id);
    const [first] = decided;
    if (durable === undefined && !history.queued.has(id)) yield `unasked: ${id} has an outcome and nobody asked for it`;
    else if (durable !== undefined && first !== undefined)
      yield* checkOutcome(history, durable, first.outcome, first.at);
  }
  for (const durable of history.durables.values()) {
    const { id, acceptedAt } = durable;
    const [first] = byId.get(id) ?? [];
    if (first === undefined) {
      if (acceptedAt !== undefined)
        yield `lost: ${id} (${durable.object}) was accepted at ${ms(acceptedAt)} and has no outcome at ${ms(history.endedAt)}`;
      continue;
    }
    if (acceptedAt !== undefined && first.at > Math.max(history.healedAt, acceptedAt) + history.graceMs) {
      yield `late: ${id} has its outcome at ${ms(first.at)}, all was well from ${ms(history.healedAt)}`;
    }
    for (const { state, at } of durable.told) {
      if (state !== first.outcome.state)
        yield `told wrong: ${id} is ${first.outcome.state}, its submitter heard ${state} at ${ms(at)}`;
      if (at < first.at) yield `told early: ${id} heard ${state} at ${ms(at)}, decided at ${ms(first.at)}`;
    }
  }
}

function* checkOutcome(history: History, durable: Durable, outcome: OutcomeMessage, at: number): Iterable<string> {
  const { id, object, askedAt, askedLastAt, cancelledAt, ttlMs } = durable;
  if (outcome.state === 'materialized') {
    if (durable.isBad) yield `impossible: ${id} (${object}) can't be materialized`;
    const value = 'value' in outcome ? textOf(outcome.value) : undefined;
    yield* checkRead(history, `outcome ${id}`, { object, from: askedAt, to: at, root: outcome.root, value });
    if (durable.includesValue && value === undefined) yield `no value: ${id} was asked for with its value`;
    // A restoration that has begun in time may end later; long after, it should not have begun.
    if (at > askedLastAt + ttlMs + history.graceMs)
      yield `overdue: ${id} was served at ${ms(at)}, its time was up at ${ms(askedLastAt + ttlMs)}`;
    return;
  }
  if (outcome.state === 'cancelled' && cancelledAt === undefined) yield `cancelled: ${id}, and nobody asked for that`;
  if (outcome.state === 'expired' && at < askedAt + ttlMs - LATE_MS)
    yield `expired early: ${id} at ${ms(at)}, asked at ${ms(askedAt)} with ${ttlMs} ms`;
  if (outcome.state === 'failed' && !mayFail(history, durable, outcome.error, at)) {
    yield `failed: ${id} (${object}) with ${outcome.error.code}: ${outcome.error.message}`;
  }
}

/** What was given up because workers died of it is kept for whoever looks into it, and nothing else is. */
function* checkLetters({ decided, letters }: History): Iterable<string> {
  const given = new Set<string>();
  for (const { outcome } of decided) {
    if (outcome.state !== 'failed' || outcome.error.details?.reason !== 'poison') continue;
    given.add(outcome.id);
    if (!letters.has(outcome.id)) yield `no letter: ${outcome.id} was given up, and there is no dead letter of it`;
  }
  for (const id of letters) if (!given.has(id)) yield `letter: there is a dead letter of ${id}, which was not given up`;
}

/** Whether a durable request may fail so: for what it is, or because workers died of it. */
function mayFail(
  history: History,
  { object, askedAt, isBad }: Durable,
  { code, details }: ErrorForm,
  at: number,
): boolean {
  const reason = details?.reason;
  if (isBad) return true;
  if (code === 'UNKNOWN_OBJECT') return !wasThere(history, object, askedAt);
  // Tried a few times in bad times, or given up after three workers that went, or seemed to, with it in hand.
  const isRare = code === 'UNKNOWN_TYPE' && history.rare.has(object);
  const isHonest = isRare || code === 'UNAVAILABLE' || (code === 'INTERNAL' && reason === 'poison');
  return (
    isHonest && (history.troubles.some((trouble) => trouble <= at) || history.crashes.some((crash) => crash.at <= at))
  );
}

/** Events: at least one of each outcome, none that says otherwise, none before. */
function* checkEvents(history: History): Iterable<string> {
  const outcomes = new Map(history.decided.map((decided) => [decided.outcome.id, decided]));
  const seen = new Set<string>();
  for (const { event, at, by } of history.events) {
    const { id, state } = event;
    const decided = outcomes.get(id);
    seen.add(id);
    if (decided === undefined) yield `event without outcome: ${id} ${state} by ${by} at ${ms(at)}`;
    else if (decided.outcome.state !== state)
      yield `contradiction: ${id} is ${decided.outcome.state}, an event of ${by} says ${state}`;
    else if (at < decided.at) yield `event before outcome: ${id} ${state} at ${ms(at)}, decided at ${ms(decided.at)}`;
  }
  for (const id of outcomes.keys())
    if (!seen.has(id)) yield `no event: of ${id}, which is ${outcomes.get(id)?.outcome.state}`;
}

/** Whoever reads all events, and goes on where it was after a crash, misses none. */
function* checkReading({ decided, heard }: History): Iterable<string> {
  const states = new Map(heard.map(({ id, state }) => [id, state]));
  for (const { outcome } of decided) {
    const said = states.get(outcome.id);
    if (said !== outcome.state)
      yield `unheard: ${outcome.id} is ${outcome.state}, and who reads all events heard ${said ?? 'nothing'}`;
  }
}

/** Nothing is taken out of the queue before its outcome is there. */
function* checkAcks(history: History): Iterable<string> {
  const decidedAt = new Map(history.decided.map(({ outcome, at }) => [outcome.id, at]));
  for (const { id, at, by } of history.acks) {
    const there = decidedAt.get(id);
    if (there === undefined || there > at)
      yield `acknowledged early: ${id} by ${by} at ${ms(at)}, ${there === undefined ? 'without any outcome' : `decided at ${ms(there)}`}`;
  }
}

/** Every call ends once, by its deadline, with what was there or an honest error. */
function* checkCalls(history: History): Iterable<string> {
  for (const call of history.calls) {
    const { id, object, askedAt, timeoutMs, ends, orphanedAt = Number.POSITIVE_INFINITY } = call;
    const dueAt = latestEnd(history, call.client, askedAt + timeoutMs);
    if (ends.length > 1) yield `two ends: call ${id} ended ${ends.map(({ state }) => state).join(', then ')}`;
    const [end] = ends;
    if (end === undefined) {
      if (Math.min(history.endedAt, orphanedAt) > dueAt) yield `no end: call ${id} of ${object}, due at ${ms(dueAt)}`;
      continue;
    }
    if (end.at > dueAt) yield `late end: call ${id} at ${ms(end.at)}, due at ${ms(dueAt)}`;
    if (end.state === 'materialized') {
      yield* checkRead(history, `call ${id}`, {
        object,
        from: askedAt,
        to: end.at,
        root: end.root ?? '',
        value: end.value,
      });
    } else yield* checkCallError(history, call, end.code ?? '');
  }
}

/** When a client must know at the latest that its time is up: later where it stands still just then. */
function latestEnd({ pauses }: History, client: string, deadlineAt: number): number {
  let latest = deadlineAt + LATE_MS;
  for (const { process, from, to } of pauses)
    if (process === client && from <= latest) latest = Math.max(latest, to + LATE_MS);
  return latest;
}

function* checkCallError(history: History, { id, object, askedAt }: Call, code: string): Iterable<string> {
  if (CALL_CODES.includes(code)) return;
  if (code === 'UNKNOWN_OBJECT' && !wasThere(history, object, askedAt)) return;
  if (['MISSING_BLOCK', 'UNKNOWN_TYPE'].includes(code) && isHopeless(object)) return;
  if (code === 'UNKNOWN_TYPE' && history.rare.has(object)) return;
  yield `failed: call ${id} of ${object} with ${code}`;
}

/** Objects that the script has made unreadable. */
function isHopeless(object: string): boolean {
  return object.startsWith('hopeless/');
}

interface Read {
  readonly object: string;
  readonly from: number;
  readonly to: number;
  readonly root: string;
  readonly value: string | undefined;
}

/** What was read was there at some moment between asking and answering, and is what it was saved as. */
function* checkRead(history: History, what: string, { object, from, to, root, value }: Read): Iterable<string> {
  const saves = history.saves.get(object);
  if (saves === undefined) {
    if (object !== root) yield `wrong root: ${what} of ${object} has ${root.slice(0, 8)}`;
  } else {
    const was = saves.some(
      (saved, index) => saved.root === root && saved.at <= to && (saves[index + 1]?.at ?? to) >= from,
    );
    if (!was)
      yield `wrong root: ${what} has ${root.slice(0, 8)}, which "${object}" was at no time from ${ms(from)} to ${ms(to)}`;
  }
  const expected = history.values.get(root);
  if (value !== undefined && value !== expected)
    yield `wrong value: ${what} of ${object}: ${value.slice(0, 60)} in place of ${expected?.slice(0, 60)}`;
}

/** Whether a name was there already when it was asked for; roots always are. */
function wasThere(history: History, object: string, askedAt: number): boolean {
  const saves = history.saves.get(object);
  return saves === undefined ? history.values.has(object) : (saves[0]?.at ?? Number.POSITIVE_INFINITY) <= askedAt;
}

/** Epochs never go back at any process, and one epoch is one policy everywhere. */
function* checkPolicies(history: History): Iterable<string> {
  const last = new Map<string, bigint>();
  const levels = new Map<bigint, string>();
  for (const { process, epoch, level, at } of history.followed) {
    const before = last.get(process);
    if (before !== undefined && epoch < before) yield `epoch back: ${process} from ${before} to ${epoch} at ${ms(at)}`;
    last.set(process, epoch);
    const known = levels.get(epoch);
    if (known !== undefined && known !== level)
      yield `two policies: epoch ${epoch} is ${known}, and ${level} at ${process} at ${ms(at)}`;
    levels.set(epoch, level);
  }
}

function ms(at: number): string {
  return `${at.toFixed(1)} ms`;
}
