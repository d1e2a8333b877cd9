/**
 * Objects out of states: what a program's types make of the values that the restorer gives. A state of an older schema
 * version is upgraded and checked before anybody sees it; `hydrate` runs at the caller, each time, and its outcome is
 * never kept. This is also the house that references live in (ReferenceHost).
 */
import { isDeepStrictEqual } from 'node:util';
import { HeliosError } from '../protocol/errors.js';
import { formatPath, parsePath } from '../protocol/paths.js';
import {
  type Change,
  diffTrees,
  type Encoder,
  editTree,
  type FetchOptions,
  FieldsEdit,
  firstNotKept,
  type HeldState,
  heldBy,
  isRecord,
  kindOf,
  type ListTree,
  labelOf,
  type Part,
  type Path,
  partOf,
  type ReferenceHost,
  type SaveOptions,
  StateReference,
  schemaVersionOf,
  TreeEdit,
  type Value,
  type Version,
  type Versions,
  versionOf,
} from '../state/index.js';
import type { Hash } from '../store/index.js';
import type { Assembled, Step } from './assemble.js';
import type { Level } from './blocks.js';
import { type BuiltInType, editIssue, isBuiltIn } from './builtIn.js';
import { live, plain } from './live.js';
import { mapLeaves } from './mapLeaves.js';
import { appendedBy } from './mergeLogs.js';
import type { TypeMetrics } from './metrics.js';
import type { Restorer } from './restorer.js';
import { find, type ParsedPath, select } from './select.js';
import type { AnyObjectType } from './type.js';
import type { TypeRegistry } from './typeRegistry.js';
import type { UnsavedBytes } from './unsaved.js';
import { upgrade } from './upgrade.js';
import { refused, validate } from './validate.js';

type AnyReference = StateReference<unknown, unknown>;

/** Changes of a split value that wait to be encoded: with more of them, the next edit encodes them first. */
const CHANGES_MAX = 256;

/** A reference with the name that it shall be saved under. */
export interface NamedReference extends Pick<SaveOptions, 'expect' | 'message'> {
  readonly name: string;
  readonly ref: StateReference<unknown, unknown>;
}

/** What is to be restored. */
export interface RestoreTarget {
  readonly part: Part;
  readonly type: string;
  readonly schemaVersion: number;
  readonly paths: readonly ParsedPath[] | undefined;
}

/** A restored value, as stored: before `hydrate`. */
export interface Restored {
  readonly value: unknown;
  readonly level: Level;
  readonly bytes: number;
  readonly hasBytes: boolean;
}

export interface ObjectsOptions {
  readonly types: TypeRegistry;
  readonly restorer: Restorer;
  readonly encoder: Encoder;
  readonly versions: Versions;
  readonly metrics: TypeMetrics;
  readonly unsaved: UnsavedBytes;
  /** Milliseconds of a steady clock, with fractions. */
  readonly now: () => number;
  /** Throws `CLOSED` after the house was closed. */
  readonly checkOpen: () => void;
}

export class Objects implements ReferenceHost {
  /** Unsaved states that requests ask for, by root: they are in no store yet. */
  private readonly lent = new Map<Hash, { readonly part: Part; borrowers: number }>();

  constructor(private readonly options: ObjectsOptions) {}

  // ── Making objects ──────────────────────────────────────────────────────────────────────────────────────────────

  /** A reference on a new state, encoded and hashed at once. Nothing is written. */
  create(type: AnyObjectType, value: unknown): AnyReference {
    this.options.checkOpen();
    const stored = kindOf(value) === 'other' ? plain(type, value) : value;
    return new StateReference(this, this.encoded(validate(type, stored, 'create')), newLabel(type), null);
  }

  edit(reference: AnyReference, recipe: (draft: never) => void): { held: HeldState; schemaVersion: number } {
    this.options.checkOpen();
    const type = this.options.types.require(reference.type);
    const { restorer } = this.options;
    const isOld = this.isOld(type, schemaVersionOf(reference));
    const held = heldBy(reference);
    // Else a long row of edits would cost more with each of them.
    if (held.part === null && isHeavy(held.tree)) partOf(this, held);
    const part = isOld || held.part === null ? undefined : held.part;
    const before = isOld ? this.current(type, reference) : (held.tree ?? restorer.blocks.shallow(partOf(this, held)));
    const { originOf } = restorer.blocks;
    const options = part === undefined ? { isLink, originOf } : { isLink, originOf, part };
    const tree = placed(reference, undefined, () => editTree(before, restorer.blocks.shallow, recipe, options));
    if (tree === before && !isOld) return { held, schemaVersion: type.version };
    if (isBuiltIn(type)) {
      this.checkEdited(type, before, tree);
      return { held: { part: null, tree }, schemaVersion: type.version };
    }
    if (holdsEdit(tree)) return this.checked(type, { part: null, tree });
    const whole = restorer.wholeTree(tree);
    const output = validate(type, whole, 'edit');
    // What the schema leaves as it is keeps the blocks that the edit did not touch.
    if (isDeepStrictEqual(output, whole)) return { held: { part: null, tree }, schemaVersion: type.version };
    return { held: this.encoded(output), schemaVersion: type.version };
  }

  /** A state with split values that were edited: whole only as blocks. */
  private checked(type: AnyObjectType, held: HeldState): { held: HeldState; schemaVersion: number } {
    const whole = this.options.restorer.whole(partOf(this, held), false).value;
    const output = validate(type, whole, 'edit');
    const isKept = isDeepStrictEqual(output, whole);
    return { held: isKept ? held : this.encoded(output), schemaVersion: type.version };
  }

  /** @throws HeliosError `INVALID_VALUE` when an edit has made something else of a value of a built-in type */
  private checkEdited(type: AnyObjectType & { readonly name: BuiltInType }, before: unknown, after: unknown): void {
    const issue = editIssue(type.name, before, after, this.options.restorer.blocks.shallow, this.isSame);
    if (issue !== undefined) throw refused(type, 'edit', [issue]);
  }

  replace(reference: AnyReference, value: unknown): { held: HeldState; schemaVersion: number } {
    this.options.checkOpen();
    const type = this.options.types.require(reference.type);
    const output = validate(type, value, 'edit');
    if (isBuiltIn(type) && type.name === 'log') {
      this.checkEdited(type, this.options.restorer.blocks.shallow(partOf(this, heldBy(reference))), output);
    }
    return { held: this.encoded(output), schemaVersion: type.version };
  }

  settle(held: HeldState): Part {
    const { encoder, unsaved } = this.options;
    const part = encoder.settled(held.tree);
    unsaved.add(held, encoder.newBytes);
    return part;
  }

  /** A state of a value that is new: encoded and hashed, its blocks counted until they are saved. */
  private encoded(value: unknown): HeldState {
    const { encoder, unsaved } = this.options;
    const held: HeldState = { part: encoder.value(value), tree: undefined };
    unsaved.add(held, encoder.newBytes);
    return held;
  }

  async save(reference: AnyReference, name: string, options: SaveOptions): Promise<Version> {
    this.options.checkOpen();
    const held = heldBy(reference);
    const part = partOf(this, held);
    const head = await this.options.versions.save(part, labelOf(reference), reference.base, name, options);
    this.options.unsaved.release(held);
    return versionOf(head);
  }

  /** Saves several as one: all of them or none. */
  async saveAll(items: readonly NamedReference[]): Promise<Version[]> {
    this.options.checkOpen();
    const savings = items.map(({ name, ref, ...options }) => {
      return { part: partOf(this, heldBy(ref)), label: labelOf(ref), base: ref.base, name, options };
    });
    const heads = await this.options.versions.saveAll(savings);
    return heads.map((head, index) => {
      const version = versionOf(head);
      const ref = items[index]?.ref;
      if (ref !== undefined) {
        this.options.unsaved.release(heldBy(ref));
        StateReference.saved(ref, version);
      }
      return version;
    });
  }

  // ── Reading them, on this machine ───────────────────────────────────────────────────────────────────────────────

  materialize(reference: AnyReference, options: { readonly shareBytes?: boolean }): unknown {
    this.options.checkOpen();
    const type = this.options.types.require(reference.type);
    const cell = this.options.metrics.cell(type.name);
    const part = partOf(this, heldBy(reference));
    const isOld = this.isOld(type, schemaVersionOf(reference));
    const shareBytes = options.shareBytes === true;
    const kept = this.options.restorer.blocks.cell(part.hash);
    if (kept?.whole !== undefined && (shareBytes || !kept.hasBytes) && !isOld) {
      cell.cached++;
      kept.isObject = true;
      return live(type, kept.whole);
    }
    const startedAt = this.options.now();
    try {
      const restored = this.options.restorer.whole(part, shareBytes);
      const value = isOld ? this.upgraded(type, schemaVersionOf(reference), restored.value).value : restored.value;
      this.options.metrics.recordRestored(cell, (this.options.now() - startedAt) * 1e6, restored.bytes);
      return live(type, value);
    } catch (error) {
      cell.failed++;
      throw error;
    }
  }

  view(reference: AnyReference): unknown {
    this.options.checkOpen();
    const type = this.options.types.get(reference.type);
    if (type !== undefined && this.isOld(type, schemaVersionOf(reference))) return this.current(type, reference);
    return placed(reference, undefined, () => this.options.restorer.view(partOf(this, heldBy(reference))));
  }

  at(reference: AnyReference, path: Path): Value | undefined {
    this.options.checkOpen();
    const type = this.options.types.get(reference.type);
    if (type !== undefined && this.isOld(type, schemaVersionOf(reference))) {
      const found = find(this.current(type, reference), parsePath(path), this.options.restorer.blocks.shallow);
      return found as Value | undefined;
    }
    return placed(reference, path, () => this.options.restorer.at(partOf(this, heldBy(reference)), path));
  }

  diff(before: HeldState, after: HeldState): Iterable<Change> {
    this.options.checkOpen();
    const { restorer, encoder } = this.options;
    return diffTrees(partOf(this, before), partOf(this, after), {
      load: restorer.blocks.shallow,
      whole: (tree) => restorer.wholeTree(tree),
      standalone: (value) => encoder.value(value).hash,
    }) as Iterable<Change>;
  }

  /** What makes of a log of ours both sides' together; `undefined` where they are no continuations of `base`. */
  logChanges(base: AnyReference, ours: AnyReference, theirs: AnyReference): readonly Change[] | undefined {
    const { shallow } = this.options.restorer.blocks;
    const [before, ...sides] = [base, ours, theirs].map((reference) => shallow(partOf(this, heldBy(reference))));
    for (const side of sides) {
      if (firstNotKept(before as ListTree, side as ListTree, shallow, this.isSame) >= 0) return undefined;
    }
    const [from, left, right] = [base, ours, theirs].map((reference) => this.view(reference) as readonly unknown[]);
    return appendedBy(from?.length ?? 0, left ?? [], right ?? [], (value) => this.identity(value));
  }

  /** The same for values that are the same, for no others: the hash that a value has as a state of its own. */
  identity(value: unknown): string {
    return this.options.encoder.value(value).hash;
  }

  totalBytes(part: Part): number {
    this.options.checkOpen();
    return this.options.restorer.totalBytes(part);
  }

  isLocal(part: Part, paths: readonly Path[] | undefined): boolean {
    this.options.checkOpen();
    return this.options.restorer.isLocal(part, paths);
  }

  async fetch(part: Part, options: FetchOptions): Promise<void> {
    this.options.checkOpen();
    await this.options.restorer.fetch(part, options);
  }

  // ── For workers ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Restores in steps (see assemble.ts): upgraded and checked, before `hydrate`. Throws what `materialize` throws. */
  *restoration(target: RestoreTarget): Generator<Step, Restored> {
    const type = this.options.types.require(target.type);
    const { restorer } = this.options;
    if (!this.isOld(type, target.schemaVersion)) return yield* restorer.restoration(target.part, target.paths);
    const whole = yield* restorer.restoration(target.part, undefined);
    const { value, hasBytes } = this.upgraded(type, target.schemaVersion, whole.value);
    if (target.paths === undefined) return { ...whole, value, hasBytes };
    const places = target.paths.flatMap((path) => select(value, path, restorer.blocks.shallow));
    return {
      ...whole,
      hasBytes,
      value: Object.freeze(Object.fromEntries(places.map(({ name, tree }) => [name, tree]))),
    };
  }

  private readonly isSame = (one: unknown, other: unknown): boolean => this.identity(one) === this.identity(other);

  /** Makes an unsaved state known to the workers of this process, until it is given back. */
  lend(part: Part): void {
    if (part.fresh === null) return;
    const lent = this.lent.get(part.hash);
    if (lent === undefined) this.lent.set(part.hash, { part, borrowers: 1 });
    else lent.borrowers++;
  }

  giveBack(part: Part): void {
    const lent = this.lent.get(part.hash);
    if (lent !== undefined && --lent.borrowers === 0) this.lent.delete(part.hash);
  }

  lentPart(root: Hash): Part | undefined {
    return this.lent.get(root)?.part;
  }

  private isOld(type: AnyObjectType, schemaVersion: number): boolean {
    return schemaVersion !== type.version;
  }

  /** The value of a reference of another schema version, as the type has it now. */
  private current(type: AnyObjectType, reference: AnyReference): unknown {
    const whole = this.options.restorer.whole(partOf(this, heldBy(reference)), false);
    return this.upgraded(type, schemaVersionOf(reference), whole.value).value;
  }

  private upgraded(type: AnyObjectType, schemaVersion: number, value: unknown): Assembled {
    // Through blocks and back: what comes out is checked, frozen and in canonical order, as if it had been stored.
    const part = this.options.encoder.value(upgrade(type, schemaVersion, value));
    return this.options.restorer.whole(part, false);
  }
}

function newLabel(type: AnyObjectType): { type: string; schemaVersion: number; weight: number } {
  return { type: type.name, schemaVersion: type.version, weight: 1 };
}

/** Runs a read of a reference; blocks that are elsewhere are then told with the root and path that want them. */
function placed<T>(reference: AnyReference, path: Path | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!HeliosError.is(error, 'NOT_LOCAL') || error.details.root !== undefined) throw error;
    const where = path === undefined ? {} : { path: typeof path === 'string' ? path : formatPath(parsePath(path)) };
    const { root } = reference;
    throw new HeliosError('NOT_LOCAL', error.message, { details: { ...error.details, root, ...where }, cause: error });
  }
}

/** Whether a split value that was edited, and isn't encoded yet, stands in a tree. Looks at no block. */
function holdsEdit(tree: unknown): boolean {
  let isHeld = false;
  mapLeaves(tree, (leaf) => {
    if (leaf instanceof TreeEdit || leaf instanceof FieldsEdit) isHeld = true;
    return leaf;
  });
  return isHeld;
}

/** Whether much in a state waits to be encoded: in the state itself, or right below it. */
function isHeavy(tree: unknown): boolean {
  if (tree instanceof TreeEdit) return tree.weight > CHANGES_MAX;
  const fields = tree instanceof FieldsEdit ? tree.changes.values() : isRecord(tree) ? Object.values(tree) : [];
  for (const field of fields) if (field instanceof TreeEdit && field.weight > CHANGES_MAX) return true;
  return false;
}

function isLink(value: object): boolean {
  return value instanceof StateReference;
}
