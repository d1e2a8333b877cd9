/**
 * What a recipe has done to the places of a Map or Set: drafted, set or deleted those of the base, and added new ones
 * behind them, in the order in which a Map or Set would have them. It opens nothing and knows nothing of keys: a place
 * is whatever an entry or member is found by.
 */
import { ABSENT } from './tree/edit.js';

/** What there was before: plain, or split, and then read entry by entry. */
export interface PlacesBase {
  readonly size: number;
  has(place: unknown): boolean;
}

export class Places {
  /** Of places of the base: what was drafted or set there, or ABSENT. */
  readonly changes = new Map<unknown, unknown>();
  /** Places that are new, or were deleted and set again. */
  readonly added = new Map<unknown, unknown>();
  /** Whether all of the base was deleted. */
  isCleared = false;
  /** Of `changes`, those that are ABSENT. */
  private deleted = 0;

  constructor(private readonly base: PlacesBase) {}

  get size(): number {
    return (this.isCleared ? 0 : this.base.size - this.deleted) + this.added.size;
  }

  has(place: unknown): boolean {
    if (this.added.has(place)) return true;
    return !this.isCleared && this.changes.get(place) !== ABSENT && this.base.has(place);
  }

  /** Puts something at a place that is there. */
  put(place: unknown, held: unknown): void {
    (this.added.has(place) ? this.added : this.changes).set(place, held);
  }

  /** Takes away a place that is there. */
  delete(place: unknown): void {
    if (this.added.delete(place)) return;
    this.changes.set(place, ABSENT);
    this.deleted++;
  }

  clear(): void {
    this.changes.clear();
    this.added.clear();
    this.deleted = 0;
    this.isCleared = true;
  }

  /** Places and what stands there: those of the base that are left, then the new ones. Live: what changes counts. */
  *standing(base: Iterable<readonly [unknown, unknown]>): Generator<readonly [unknown, unknown], undefined> {
    if (!this.isCleared) {
      for (const [place, stored] of base) {
        if (this.isCleared) break;
        const held = this.changes.get(place);
        if (held === ABSENT) continue;
        yield [place, held === undefined && !this.changes.has(place) ? stored : held];
      }
    }
    yield* this.added;
  }
}
