/**
 * Puts what callers say, an object and options for it, into messages: for requests, which never throw, and for durable
 * ones. Runs the caller's side of a type (`hydrate`) on what comes back. Sends nothing.
 */
import type { Ask } from './actors/index.js';
import { otherType } from './lookup.js';
import { type DurableOptions, isSignal, type RequestOptions, type Target } from './options.js';
import { checkHeadName, checkMessage, HeliosError, requestMessage } from './protocol/index.js';
import { type AnyObjectType, isObjectType, live, type TypeRegistry } from './restore/index.js';
import { heldBy, hostOf, labelOf, type Part, partOf, StateReference } from './state/index.js';

export interface PhrasingOptions {
  readonly types: TypeRegistry;
  /** Makes a type known that a caller names. @throws HeliosError `INVALID_REQUEST` for another of its name */
  readonly know: (type: AnyObjectType) => void;
  /** @throws HeliosError `CLOSED` */
  readonly checkOpen: () => void;
  /** Whether those who serve can read a state that its reference says is not saved. */
  readonly isStored: (root: string) => boolean;
  /** Makes an unsaved state known to those who serve, until what it gives back is called; absent where nothing could. */
  readonly lend?: (part: Part) => () => void;
}

export class Phrasing {
  constructor(private readonly options: PhrasingOptions) {}

  /** @param args `type?, target, options?`, as `request` takes them; what is wrong with them becomes the request's error */
  ask(id: string, args: readonly unknown[]): Ask {
    try {
      this.options.checkOpen();
      const isTyped = isObjectType(args[0]);
      const type = isTyped ? this.known(args[0] as AnyObjectType) : undefined;
      const target = args[isTyped ? 1 : 0] as Target<unknown, unknown>;
      const options = (args[isTyped ? 2 : 1] ?? {}) as RequestOptions;
      const { signal, paths, priority, urgency, timeoutMs } = options;
      if (!isSignal(signal)) throw noSignal();
      const asked = Object.assign(this.named(target, type), { id, paths, priority, urgency, timeoutMs });
      const message = checkMessage(requestMessage, asked);
      const release = target instanceof StateReference ? this.lend(target) : null;
      return { message, error: null, signal, live: paths === undefined ? this.hydrate : asItIs, release };
    } catch (error) {
      return { message: null, error: HeliosError.from(error), signal: undefined, live: asItIs, release: null };
    }
  }

  /**
   * A durable request, not yet held against its schema.
   * @throws HeliosError `INVALID_REQUEST` for what no durable request can be about, such as an unsaved state; `CLOSED`
   */
  durable(target: Target<unknown, unknown>, options: DurableOptions): object {
    this.options.checkOpen();
    const { signal, paths, priority, urgency, timeoutMs, idempotencyKey, ttlMs, includeValue } = options;
    if (!isSignal(signal)) throw noSignal();
    const named = this.named(target, undefined);
    if (target instanceof StateReference) this.checkSaved(target);
    return Object.assign(named, { paths, priority, urgency, timeoutMs, idempotencyKey, ttlMs, includeValue });
  }

  private known(type: AnyObjectType): AnyObjectType {
    this.options.know(type);
    return type;
  }

  private named(target: Target<unknown, unknown>, type: AnyObjectType | undefined): object {
    if (typeof target === 'string') return { object: checkHeadName(target), type: type?.name };
    if (target instanceof StateReference) {
      const { type: name, schemaVersion, weight } = labelOf(target);
      if (type !== undefined && type.name !== name) throw otherType('The reference', name, type.name);
      return { root: target.root, type: name, schemaVersion, weight };
    }
    if (type !== undefined && target?.type !== undefined && target.type !== type.name) {
      throw otherType(String(target.root), target.type, type.name);
    }
    return { root: target?.root, type: target?.type ?? type?.name };
  }

  private lend(reference: StateReference<unknown, unknown>): (() => void) | null {
    const { lend } = this.options;
    const part = partOf(hostOf(reference), heldBy(reference));
    if (part.fresh === null) return null;
    if (lend !== undefined) return lend(part);
    this.checkSaved(reference);
    return null;
  }

  private checkSaved(reference: StateReference<unknown, unknown>): void {
    const part = partOf(hostOf(reference), heldBy(reference));
    if (part.fresh === null || this.options.isStored(part.hash)) return;
    const text =
      'This state is held here alone: nobody else could read it. Save it first, and then ask for its name or reference.';
    throw new HeliosError('INVALID_REQUEST', text, { details: { root: part.hash } });
  }

  /** What a type that is known here makes of a value; whoever restored it may know more types. */
  private readonly hydrate = (value: unknown, name: string): unknown => {
    const type = this.options.types.get(name);
    return type === undefined ? value : live(type, value);
  };
}

function asItIs(value: unknown): unknown {
  return value;
}

function noSignal(): HeliosError {
  return new HeliosError('INVALID_REQUEST', 'signal is an AbortSignal, such as that of an AbortController.');
}
