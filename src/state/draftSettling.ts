/**
 * The end of an edit: every slot gives its plain value. It keeps the path for refusals, sees cycles, and settles what
 * stands in several places once. It goes into what changed and nowhere else.
 */
import { MAX_DEPTH } from '../protocol/limits.js';
import type { Edit } from './draftEdit.js';
import type { Draft } from './draftSlot.js';
import { isObject, isSlot } from './draftSlot.js';
import { FieldsEdit } from './fieldsEdit.js';
import { kindOf } from './kind.js';
import { Part } from './part.js';
import { refuseDepth, refuseValue } from './refusal.js';
import { ABSENT, TreeEdit } from './tree/edit.js';
import { TreeNode } from './tree/node.js';

/** Stands for the result of an object that is being settled: to meet it is to meet a cycle. */
const UNFINISHED = Symbol('unfinished');

export class Settling {
  readonly path: (string | number)[] = [];
  private readonly results = new Map<object, unknown>();
  private isInSunken = false;

  constructor(readonly edit: Edit) {}

  /** The plain value of what a working copy holds at `segment`. */
  at(segment: string | number, held: unknown): unknown {
    if (!isObject(held)) return held;
    if (!isSlot(held)) return held;
    this.path.push(segment);
    const value = held.settle(this);
    this.path.pop();
    return value;
  }

  draft(draft: Draft): unknown {
    // What moved deeper down may reach below the limit with parts that nobody looked at. Within it, once is enough.
    const hasSunk = !this.isInSunken && this.path.length > draft.depth;
    if (hasSunk) this.isInSunken = true;
    const result = draft.isChanged ? this.changed(draft) : draft.origin;
    if (hasSunk) {
      this.isInSunken = false;
      if (!this.fits(result, this.path.length)) refuseDepth([...this.path]);
    }
    return result;
  }

  /** The result of an object that was settled before, in another place. */
  known(object: object): unknown {
    const result = this.results.get(object);
    if (result === UNFINISHED) this.refuse('a cycle (a value that holds itself)');
    return result;
  }

  begin(object: object): void {
    if (this.path.length >= MAX_DEPTH) refuseDepth([...this.path]);
    this.results.set(object, UNFINISHED);
  }

  end(object: object, result: unknown): unknown {
    this.results.set(object, result);
    return result;
  }

  /** A part or tree of another state, which stands here from now on. */
  borrowed(origin: unknown): unknown {
    if (!this.fits(origin, this.path.length)) refuseDepth([...this.path]);
    return origin;
  }

  refuse(found: string): never {
    refuseValue([...this.path], found);
  }

  refuseAt(segment: string | number, found: string): never {
    refuseValue([...this.path, segment], found);
  }

  private changed(draft: Draft): unknown {
    const known = this.known(draft);
    if (known !== undefined) return known;
    this.begin(draft);
    return this.end(draft, draft.finish(this));
  }

  /** Whether a settled value at this depth stays above the limit, parts included. */
  private fits(value: unknown, depth: number): boolean {
    if (!isObject(value)) return true;
    if (value instanceof Part) return depth + value.height <= MAX_DEPTH;
    if (value instanceof TreeNode) return depth + value.height <= MAX_DEPTH;
    if (value instanceof FieldsEdit) {
      return (
        depth + value.part.height <= MAX_DEPTH &&
        [...value.changes.values()].every((item) => this.fits(item, depth + 1))
      );
    }
    if (value instanceof TreeEdit) {
      const isItem = (item: unknown) => item === ABSENT || this.fits(item, depth + 1);
      const items = value.pieces?.flatMap((piece) => ('items' in piece ? piece.items : [])) ?? value.changes?.values();
      return depth + value.base.height <= MAX_DEPTH && [...(items ?? [])].every(isItem);
    }
    const isWithin = (item: unknown) => this.fits(item, depth + 1);
    switch (this.edit.isLink(value) ? 'other' : kindOf(value)) {
      case 'array':
        return depth < MAX_DEPTH && (value as readonly unknown[]).every(isWithin);
      case 'record':
        return depth < MAX_DEPTH && Object.values(value).every(isWithin);
      case 'map':
        return depth < MAX_DEPTH && [...(value as ReadonlyMap<unknown, unknown>)].flat().every(isWithin);
      case 'set':
        return depth < MAX_DEPTH && [...(value as ReadonlySet<unknown>)].every(isWithin);
      default:
        return true;
    }
  }
}
