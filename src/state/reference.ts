/**
 * An immutable handle on a state: its root, the type it is of, how likely its branch is. Making, copying and branching
 * one costs nothing and does no I/O. An edited reference holds its changes as plain data and its new blocks until they
 * are hashed and saved; it holds no other reference, so that a long chain of edits frees what it leaves behind.
 */
import { inspect } from 'node:util';
import { describe } from '../protocol/describe.js';
import { HeliosError } from '../protocol/errors.js';
import type { DraftOf } from './draftText.js';
import { checkGiven } from './given.js';
import type { Part } from './part.js';
import { applyChanges, checked } from './patch.js';
import type { Change, Frozen, Path, Root, Value, Version } from './value.js';

export interface SaveOptions {
  /** What the name must point at now. Default: the version this reference came from, or nothing if it came from none. */
  readonly expect?: Version | Root | 'absent' | 'any';
  readonly message?: string;
  readonly signal?: AbortSignal;
}

export interface FetchOptions {
  /** Only the blocks on these paths and below their ends. */
  readonly paths?: readonly Path[];
  readonly signal?: AbortSignal;
}

/** What a reference says of itself beside its state. */
export interface Label {
  readonly type: string;
  readonly schemaVersion: number;
  /** 0 to 1: how likely this branch is. */
  readonly weight: number;
}

/** The state that one or several references hold: hashed (`part`), or edited and not hashed yet (`tree`). */
export interface HeldState {
  part: Part | null;
  tree: unknown;
  /** Bytes of its blocks that are in no store yet, for the house that counts them. */
  unsaved?: { bytes: number } | undefined;
}

/** What a reference asks of the house it lives in. */
export interface ReferenceHost {
  /** Encodes and hashes an edited state. */
  settle(held: HeldState): Part;
  /** The edited state, and the schema version it now is of. */
  edit(
    reference: StateReference<unknown, unknown>,
    recipe: (draft: never) => void,
  ): { readonly held: HeldState; readonly schemaVersion: number };
  /** The state that a value of the reference's type is. */
  replace(
    reference: StateReference<unknown, unknown>,
    value: unknown,
  ): { readonly held: HeldState; readonly schemaVersion: number };
  materialize(reference: StateReference<unknown, unknown>, options: { readonly shareBytes?: boolean }): unknown;
  view(reference: StateReference<unknown, unknown>): unknown;
  at(reference: StateReference<unknown, unknown>, path: Path): Value | undefined;
  totalBytes(part: Part): number;
  isLocal(part: Part, paths: readonly Path[] | undefined): boolean;
  fetch(part: Part, options: FetchOptions): Promise<void>;
  diff(before: HeldState, after: HeldState): Iterable<Change>;
  save(reference: StateReference<unknown, unknown>, name: string, options: SaveOptions): Promise<Version>;
}

const SAVE_OPTIONS = { message: 'a text', signal: 'an AbortSignal' } as const;
const FETCH_OPTIONS = { paths: 'an array of paths', signal: 'an AbortSignal' } as const;

export class StateReference<S, L = Frozen<S>> {
  declare private readonly _types?: [S, L];
  readonly type: string;
  /** 0 to 1: how likely this branch is. */
  readonly weight: number;
  readonly #host: ReferenceHost;
  readonly #held: HeldState;
  readonly #schemaVersion: number;
  #base: Version | null;

  /** @internal References are made by `create`, `load`, `edit` and `branch`. */
  constructor(host: ReferenceHost, held: HeldState, label: Label, base: Version | null) {
    this.type = label.type;
    this.weight = label.weight;
    this.#host = host;
    this.#held = held;
    this.#schemaVersion = label.schemaVersion;
    this.#base = base;
  }

  /** Hash of the state. The first reading after an edit encodes and hashes the blocks on the edited paths. */
  get root(): Root {
    return partOf(this.#host, this.#held).hash as Root;
  }

  /** Bytes of all blocks of the state, shared ones counted where they occur. */
  get bytes(): number {
    return this.#host.totalBytes(partOf(this.#host, this.#held));
  }

  /** The version it was loaded from or last saved as. */
  get base(): Version | null {
    return this.#base;
  }

  /**
   * The whole object, deep-frozen (or what the type's `hydrate` makes of it). Typed arrays in it are the caller's own
   * copies, unless `shareBytes` is set: then callers share them, and must not write to them.
   * @throws HeliosError `NOT_LOCAL` when a block is not on this machine (then `fetch` first), `CORRUPT_BLOCK`,
   *   `MISSING_BLOCK`, `UNKNOWN_TYPE`, `INVALID_VALUE` when an upgrade fails, `CLOSED`
   */
  materialize(options: { readonly shareBytes?: boolean } = {}): L {
    return this.#host.materialize(this, options ?? {}) as L;
  }

  /** The object as stored, deep-frozen, each block loaded when it is first touched. Throws as `materialize` does. */
  view(): Frozen<S> {
    return this.#host.view(this) as Frozen<S>;
  }

  /**
   * What is at a path, whole and deep-frozen; `undefined` where nothing is. Loads only the blocks on the way and below.
   * @throws HeliosError `INVALID_REQUEST` for a path with wildcards or bad syntax; else as `materialize` does
   */
  at(path: Path): Value | undefined {
    return this.#host.at(this, path);
  }

  /** Whether every block (on these paths and below their ends) is on this machine. Reads no value. */
  isLocal(paths?: readonly Path[]): boolean {
    checkGiven('isLocal', { paths }, FETCH_OPTIONS);
    return this.#host.isLocal(partOf(this.#host, this.#held), paths);
  }

  /** Brings the blocks (on these paths and below their ends) to this machine. */
  async fetch(options: FetchOptions = {}): Promise<this> {
    checkGiven('fetch', options, FETCH_OPTIONS);
    await this.#host.fetch(partOf(this.#host, this.#held), options);
    return this;
  }

  /**
   * A new reference on the state as the recipe changed it; this one stays as it is. The recipe changes a draft as if it
   * were plain data, synchronously; it loads only what it touches. Nothing is written before `save`. The draft of a text
   * is a `TextDraft`; the recipe of a text or of bytes may also return the new ones.
   * @throws HeliosError `UNSUPPORTED_VALUE`, `INVALID_VALUE` when the type's schema refuses the outcome,
   *   `INVALID_REQUEST` for an asynchronous recipe or a draft of another edit; else as `materialize` does
   */
  edit(recipe: (draft: DraftOf<S>) => void): StateReference<S, L> {
    if (typeof recipe !== 'function') {
      throw new HeliosError('INVALID_REQUEST', 'edit() takes a recipe: a function that changes the draft it is given.');
    }
    const { held, schemaVersion } = this.#host.edit(this, recipe as (draft: never) => void);
    const label = { type: this.type, schemaVersion, weight: this.weight };
    return new StateReference<S, L>(this.#host, held, label, this.#base);
  }

  /** The same state as a branch of its own. O(1): nothing is copied, read or hashed. */
  branch(options?: { readonly weight?: number }): StateReference<S, L> {
    const weight: unknown = options?.weight ?? this.weight;
    if (!(typeof weight === 'number' && weight >= 0 && weight <= 1)) {
      throw new HeliosError(
        'INVALID_REQUEST',
        `A branch's weight is a number from 0 to 1, but got ${describe(weight)}.`,
      );
    }
    return new StateReference<S, L>(
      this.#host,
      this.#held,
      { type: this.type, schemaVersion: this.#schemaVersion, weight },
      this.#base,
    );
  }

  /** What must change in this state to make it the other's. Compares hashes and descends only where they differ. */
  diff(other: StateReference<S, unknown>): Iterable<Change> {
    if (!(other instanceof StateReference)) {
      throw new HeliosError(
        'INVALID_REQUEST',
        'diff() takes another reference: what create, load, edit or branch give.',
      );
    }
    return this.#host.diff(this.#held, other.#held);
  }

  /**
   * This state with changes made to it, as `diff` tells them: `a.patch(a.diff(b))` has the root of `b`.
   * @throws HeliosError `INVALID_REQUEST` for a change that has no place here; else as `edit` does
   */
  patch(changes: Iterable<Change>): StateReference<S, L> {
    if (typeof Object(changes)[Symbol.iterator] !== 'function') {
      throw new HeliosError(
        'INVALID_REQUEST',
        `patch() takes changes, as diff() tells them; got ${describe(changes)}.`,
      );
    }
    const all = Array.from(changes, checked);
    const whole = all.find(({ path }) => path.length === 0);
    if (whole === undefined) return this.edit((draft) => applyChanges(draft, all));
    const { held, schemaVersion } = this.#host.replace(this, whole.after);
    const label = { type: this.type, schemaVersion, weight: this.weight };
    return new StateReference<S, L>(this.#host, held, label, this.#base);
  }

  /**
   * Writes what is new and moves a head, as one. The version made becomes this reference's `base`. Without a name it
   * saves to the base's name.
   * @throws HeliosError `CONFLICT` when the name does not point at what is expected, `INVALID_REQUEST` without a name
   *   and base, `CANCELLED`, `DEADLINE_EXCEEDED`, `MISSING_BLOCK`, `STORE_FULL`, `CLOSED`
   */
  async save(name?: string, options: SaveOptions = {}): Promise<Version> {
    checkGiven('save', options, SAVE_OPTIONS);
    const target = name ?? this.#base?.name;
    if (target === undefined) {
      throw new HeliosError('INVALID_REQUEST', 'This state was never saved or loaded: save it under a name.');
    }
    const version = await this.#host.save(this, target, options);
    this.#base = version;
    return version;
  }

  /** @internal It was saved as this version, with others. */
  static saved(reference: StateReference<unknown, unknown>, version: Version): void {
    reference.#base = version;
  }

  toJSON(): unknown {
    return { $ref: { root: this.root, type: this.type } };
  }

  [inspect.custom](): string {
    const { part } = this.#held;
    return `StateReference<${this.type}> ${part === null ? '(edited)' : part.hash.slice(0, 12)}`;
  }

  /** @internal */
  static held(reference: StateReference<unknown, unknown>): HeldState {
    return reference.#held;
  }

  /** @internal */
  static host(reference: StateReference<unknown, unknown>): ReferenceHost {
    return reference.#host;
  }

  /** @internal */
  static schemaVersion(reference: StateReference<unknown, unknown>): number {
    return reference.#schemaVersion;
  }
}

export function heldBy(reference: StateReference<unknown, unknown>): HeldState {
  return StateReference.held(reference);
}

export function hostOf(reference: StateReference<unknown, unknown>): ReferenceHost {
  return StateReference.host(reference);
}

export function schemaVersionOf(reference: StateReference<unknown, unknown>): number {
  return StateReference.schemaVersion(reference);
}

export function labelOf(reference: StateReference<unknown, unknown>): Label {
  return { type: reference.type, schemaVersion: schemaVersionOf(reference), weight: reference.weight };
}

/** The hashed state: encodes it if it was edited since. References that share the state share the work. */
export function partOf(host: ReferenceHost, held: HeldState): Part {
  if (held.part === null) {
    held.part = host.settle(held);
    held.tree = undefined;
  }
  return held.part;
}
