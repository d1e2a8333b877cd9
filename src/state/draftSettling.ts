/**
 * The end of an edit: every slot gives its plain value. It keeps the path for refusals, sees cycles, and settles what
 * stands in several places once. It goes into what changed and nowhere else.
 */
import { MAX_DEPTH } from '../protocol/limits.js';
import type { Edit } from './draftEdit.js';
import type { Draft } from './draftSlot.js';
import { isObject, isSlot } from './draftSlot.js';
import { Part } from './part.js';
import { refuseDepth, refuseValue } from './refusal.js';

/** Stands for the result of an object that is being settled: to meet it is to meet a cycle. */
const UNFINISHED = Symbol('unfinished');

export class Settling {
  readonly path: (string | number)[] = [];
  private readonly results = new Map<object, unknown>();

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
    if (!draft.isChanged) {
      const { origin } = draft;
      if (origin instanceof Part && this.path.length + origin.height > MAX_DEPTH) refuseDepth([...this.path]);
      return origin;
    }
    const known = this.known(draft);
    if (known !== undefined) return known;
    this.begin(draft);
    return this.end(draft, draft.finish(this));
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

  refuse(found: string): never {
    refuseValue([...this.path], found);
  }

  refuseAt(segment: string | number, found: string): never {
    refuseValue([...this.path, segment], found);
  }
}
