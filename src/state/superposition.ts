/**
 * Several branches of one object, kept side by side with how likely each is. A superposition is a value like any other,
 * a list of links in the order of their roots, and its id is that value's root: the same branches with the same weights
 * have the same id in every process. Immutable; nothing is decoded before a branch is.
 */
import { describe } from '../protocol/describe.js';
import { HeliosError } from '../protocol/errors.js';
import { type SaveOptions, StateReference } from './reference.js';
import type { Frozen, Version } from './value.js';

export interface Branch<S, L = Frozen<S>> {
  readonly ref: StateReference<S, L>;
  /** 0 to 1; those of all branches make 1. */
  readonly weight: number;
}

/** Makes the list of links that a superposition is. */
export type ListOfLinks = (links: readonly StateReference<unknown, unknown>[]) => StateReference<unknown, unknown>;

export class Superposition<S, L = Frozen<S>> {
  readonly #listOf: ListOfLinks;
  #list: StateReference<unknown, unknown> | null = null;
  /** In the order of their roots. Each reference has its share as its weight. */
  readonly branches: readonly Branch<S, L>[];

  /** @internal Superpositions are made by `superpose`. */
  constructor(branches: readonly Branch<S, L>[], listOf: ListOfLinks) {
    this.#listOf = listOf;
    this.branches = normalised(branches);
  }

  /** SuperpositionID: the root of the list of branches. */
  get id(): string {
    return this.#asList().root;
  }

  /**
   * One of the branches, each as often as its weight says.
   * @param random gives 0 up to but not including 1; Math.random when absent
   */
  observe(random: () => number = Math.random): StateReference<S, L> {
    if (typeof random !== 'function') {
      throw new HeliosError(
        'INVALID_REQUEST',
        `observe() takes a function that draws a number; got ${describe(random)}.`,
      );
    }
    let left = random();
    if (!(typeof left === 'number' && left >= 0 && left < 1)) {
      const text = `random gives a number from 0 up to but not 1, but gave ${describe(left)}.`;
      throw new HeliosError('INVALID_REQUEST', text);
    }
    for (const { ref, weight } of this.branches) {
      left -= weight;
      if (left < 0) return ref;
    }
    return this.#likeliest();
  }

  /** Keeps this branch alone, which is then certain. @throws HeliosError `INVALID_REQUEST` for one that is none of these */
  collapse(to: StateReference<S, L>): StateReference<S, L> {
    const found = to instanceof StateReference ? this.branches.find(({ ref }) => isSame(ref, to)) : undefined;
    if (found === undefined) {
      throw new HeliosError(
        'INVALID_REQUEST',
        'collapse() takes one of the branches: what observe gives, or one of branches.',
      );
    }
    return found.ref.branch({ weight: 1 });
  }

  /** Without the branches that are less likely than this; the likeliest stays in any case. */
  prune(floor: number): Superposition<S, L> {
    if (!(typeof floor === 'number' && floor >= 0 && floor <= 1)) {
      throw new HeliosError('INVALID_REQUEST', `prune() takes a weight from 0 to 1, but got ${describe(floor)}.`);
    }
    const likeliest = this.#likeliest();
    const kept = this.branches.filter(({ ref, weight }) => weight >= floor || ref === likeliest);
    return kept.length === this.branches.length ? this : new Superposition(kept, this.#listOf);
  }

  /** Saves it, with what its branches hold, as a list of links under a name. Throws as StateReference.save does. */
  async save(name: string, options?: SaveOptions): Promise<Version> {
    return this.#asList().save(name, options);
  }

  #asList(): StateReference<unknown, unknown> {
    this.#list ??= this.#listOf(this.branches.map(({ ref }) => ref));
    return this.#list;
  }

  #likeliest(): StateReference<S, L> {
    let best = this.branches[0];
    for (const branch of this.branches) if (best === undefined || branch.weight > best.weight) best = branch;
    if (best === undefined) throw noBranches();
    return best.ref;
  }
}

/** What weights are divided by whose sum is beyond all numbers. */
const LARGE = 2 ** 500;
/** By how much shares that were divided may miss 1 when they are added up. */
const ROUNDING = 1e-9;

/** Branches of one state are one, as likely as they are together. In the order of roots, so that sums come out alike. */
function normalised<S, L>(branches: readonly Branch<S, L>[]): readonly Branch<S, L>[] {
  for (const branch of branches) check(branch);
  const types = new Set(branches.map(({ ref }) => ref.type));
  if (types.size > 1) {
    const text = `A superposition is one of objects of one type, but got ${[...types].join(' and ')}.`;
    throw new HeliosError('INVALID_REQUEST', text);
  }
  const sorted = [...branches].sort((a, b) =>
    a.ref.root < b.ref.root ? -1 : a.ref.root > b.ref.root ? 1 : a.weight - b.weight,
  );
  const joined: { readonly ref: StateReference<S, L>; weight: number }[] = [];
  for (const { ref, weight } of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && isSame(last.ref, ref)) last.weight += weight;
    else joined.push({ ref, weight });
  }
  const all = joined.reduce((sum, { weight }) => sum + weight, 0);
  if (!(all > 0)) throw noBranches();
  if (all === Number.POSITIVE_INFINITY)
    return normalised(joined.map(({ ref, weight }) => ({ ref, weight: weight / LARGE })));
  // Shares that were rounded are not rounded again: else a superposition that is loaded had another id.
  const sum = Math.abs(all - 1) < ROUNDING ? 1 : all;
  return Object.freeze(
    joined.map(({ ref, weight }) => {
      const share = Math.min(1, weight / sum);
      return Object.freeze({ ref: ref.branch({ weight: share }), weight: share });
    }),
  );
}

function check(branch: unknown): void {
  const { ref, weight }: { ref?: unknown; weight?: unknown } = Object(branch);
  if (ref instanceof StateReference && typeof weight === 'number' && weight >= 0 && Number.isFinite(weight)) return;
  throw new HeliosError('INVALID_REQUEST', 'A branch is { ref, weight }: a reference, and a number of 0 or more.');
}

type Named = Pick<StateReference<unknown, unknown>, 'root' | 'type'>;

function isSame(a: Named, b: Named): boolean {
  return a.root === b.root && a.type === b.type;
}

function noBranches(): HeliosError {
  return new HeliosError(
    'INVALID_REQUEST',
    'A superposition has one branch at least that is possible: weight above 0.',
  );
}
