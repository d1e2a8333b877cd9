/**
 * Calls at a supervisor: read from messages, answered where no worker does. A call whose worker is lost is given out
 * once more, with the same inbox; whoever asked ignores a second answer. Nothing of a call outlives its supervisor, but
 * one that stops in good order passes on what waits.
 */
import type { Bus, BusMessage } from '../bus/index.js';
import { HeliosError } from '../protocol/errors.js';
import { ANY_TYPE, type RequestMessage, requestMessage, type Subjects } from '../protocol/index.js';
import { answerFailure, askerOf, JSON_HEADERS } from './answering.js';
import type { Clock } from './clock.js';
import { type Asker, type Item, itemOf, type Told } from './item.js';
import { received } from './received.js';
import { typed } from './typed.js';

/** Workers that a call is given to, at most, when they are lost with it. */
const CALL_GIVEN_MAX = 2;
/**
 * Milliseconds after its time is up that a supervisor lets go of a call: askers keep their own time, so that only those
 * who don't are told by it.
 */
export const CALL_GRACE_MS = 100;

export interface CallsOptions {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly clock: Clock;
  /** Gives it out once more. */
  readonly again: (item: Item) => void;
  readonly end: (item: Item) => void;
  readonly onWarning: (warning: HeliosError) => void;
}

export class Calls implements Asker {
  /** Answered by a failure of the supervisor's, not of a worker's. */
  refused = 0;
  /** By the asker's id, which is not unique. */
  private readonly byId = new Map<string, Item | Set<Item>>();

  constructor(private readonly options: CallsOptions) {}

  /**
   * The call that a message is; `undefined` when it was answered, or is dropped, because it is none.
   * @param refusal says why no call can be taken now
   */
  read(message: BusMessage, refusal: HeliosError | undefined): Item | undefined {
    const { bus, clock } = this.options;
    const { reply } = message;
    if (reply === undefined) return undefined;
    if (bus.kind === 'nats' && !reply.startsWith('_INBOX.')) return this.drop(reply);
    const told = toldOf(message, reply);
    let request: RequestMessage;
    try {
      request = received(bus, requestMessage, message);
      if (bus.kind !== 'embedded') request = typed(request, message.subject);
    } catch (error) {
      return this.answer(idIn(message.body), told, HeliosError.from(error));
    }
    if (refusal !== undefined) return this.answer(request.id, told, refusal);
    const { id = lastToken(reply), timeoutMs } = request;
    const since = clock.now();
    const deadlineAt = since + timeoutMs + CALL_GRACE_MS;
    const item = itemOf({ id, request, told, asker: this, since, deadlineAt, graceMs: CALL_GRACE_MS });
    this.remember(item);
    return item;
  }

  /** The calls that an asker means by an id; with the inbox that it named, its own alone. */
  called(id: string, answerTo: string | undefined): readonly Item[] {
    const found = this.byId.get(id);
    if (found === undefined) return [];
    const all = found instanceof Set ? [...found] : [found];
    return answerTo === undefined ? all : all.filter(({ told }) => told.answerTo === answerTo);
  }

  given(): void {}

  returned(): void {}

  done(item: Item): void {
    this.forget(item);
  }

  /** Its worker answers the asker itself. */
  failed(item: Item): void {
    this.forget(item);
  }

  lost(item: Item, worker: string): void {
    if (item.losses < CALL_GIVEN_MAX) return this.options.again(item);
    const text = `The worker ${worker} went away with the request, as one had before. Ask again.`;
    const error = new HeliosError('UNAVAILABLE', text, { details: { worker } });
    this.forget(item);
    this.fail(item, error, { worker, attempt: item.attempt });
  }

  refuse(item: Item, error: HeliosError): void {
    this.forget(item);
    this.fail(item, error);
  }

  expire(item: Item): void {
    const { timeoutMs } = item.request;
    const where =
      item.place === 'worker' ? `was still at the worker ${item.worker?.name}` : 'still waited for a worker';
    const text = `The request had ${timeoutMs} ms and ${where}. Give it more time, or a higher priority.`;
    this.refuse(item, new HeliosError('DEADLINE_EXCEEDED', text));
  }

  /** Nobody waits for its answer any more. */
  cancel(item: Item): void {
    // What is at a worker ends there: workers hear of it themselves.
    if (item.place !== 'worker') this.forget(item);
  }

  /** To the other supervisors; when there are none, the bus tells whoever asked. This one takes no calls any more. */
  passOn(item: Item): void {
    const { bus, subjects, clock } = this.options;
    const { answerTo, isJson, takesBatches } = item.told;
    const timeoutMs = Math.max(1, item.deadlineAt - item.graceMs - clock.now());
    this.forget(item);
    bus.publish(
      subjects.call(item.request.type ?? ANY_TYPE),
      { ...item.request, id: item.id, timeoutMs },
      {
        reply: answerTo,
        ...(isJson === true ? { headers: JSON_HEADERS } : {}),
        ...(takesBatches === true ? { coalesce: true } : {}),
      },
    );
  }

  /** A reply that anybody may name must not lead where others listen: an event could be forged by it. */
  private drop(reply: string): undefined {
    this.refused++;
    const text = `A call wanted its answer at "${reply.slice(0, 100)}", which is no inbox: it was dropped. Replies begin with _INBOX.`;
    this.options.onWarning(new HeliosError('INVALID_REQUEST', text, { details: { reply } }));
    return undefined;
  }

  private answer(id: string | undefined, told: Told, error: HeliosError): undefined {
    this.tell(id, told, error);
    return undefined;
  }

  private fail(item: Item, error: HeliosError, by?: { readonly worker: string; readonly attempt: number }): void {
    this.tell(item.id, item.told, error, by);
  }

  private tell(
    id: string | undefined,
    told: Told,
    error: HeliosError,
    by?: { readonly worker: string; readonly attempt: number },
  ): void {
    const { bus, onWarning } = this.options;
    this.refused++;
    try {
      answerFailure(bus, askerOf(bus, { ...told, request: { id } }), error, by);
    } catch (failure) {
      onWarning(HeliosError.from(failure));
    }
  }

  private remember(item: Item): void {
    const known = this.byId.get(item.id);
    if (known === undefined) this.byId.set(item.id, item);
    else if (known instanceof Set) known.add(item);
    else this.byId.set(item.id, new Set([known, item]));
  }

  private forget(item: Item): void {
    const known = this.byId.get(item.id);
    if (known === item) this.byId.delete(item.id);
    else if (known instanceof Set) {
      known.delete(item);
      if (known.size === 0) this.byId.delete(item.id);
    }
    this.options.end(item);
  }
}

function toldOf({ takesBatches, headers }: BusMessage, answerTo: string): Told {
  const isJson = headers?.['Content-Type'] === JSON_HEADERS['Content-Type'];
  if (takesBatches === undefined && !isJson) return { answerTo };
  return { answerTo, ...(takesBatches === true ? { takesBatches } : {}), ...(isJson ? { isJson } : {}) };
}

/** The id that a message which breaks its schema may have all the same. */
function idIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('id' in body)) return undefined;
  return typeof body.id === 'string' && body.id.length <= ID_SHOWN_MAX ? body.id : undefined;
}

/** Characters of an id that comes back with the refusal of a message that broke its schema. */
const ID_SHOWN_MAX = 64;

function lastToken(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}
