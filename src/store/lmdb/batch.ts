/**
 * One write transaction for several changes, made of LMDB's conditional writes alone: the writing thread runs it from
 * begin to commit without waiting for JavaScript, so that a process that is busy, or stopped, never holds the lock.
 *
 * How a change becomes all or nothing without code in the transaction: each of its conditions, where it does not hold,
 * leaves an objection in the `gate` table; the writes are queued to be done only if there is none; then it is cleared.
 *
 * A batch that waits for the lock can be called off: its first write copies a number out of memory of ours when it is
 * at last carried out, and every change objects to one particular number.
 */
import { IF_EXISTS } from 'lmdb';
import type { Change } from '../change.js';
import type { Hash, Move } from '../store.js';
import { encodeHead } from './headRecord.js';
import { droppedKey, type Tables, tipKey, versionKey } from './tables.js';
import type { Tally } from './tally.js';

export type Verdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'calledOff' }
  /** A block that was there when the change was queued is gone: it has to be queued anew. */
  | { readonly kind: 'again' }
  | { readonly kind: 'conflict'; readonly move: Move }
  | { readonly kind: 'missing'; readonly hashes: readonly Hash[] };

/** A move whose expectation is a commit or nothing, with the versions that go with it. */
export interface SettledMove {
  readonly move: Move;
  readonly expect: Hash | null;
  readonly drop: readonly { readonly version: number; readonly commit: Hash }[];
}

/** A change whose moves are settled, ready to be queued. */
export interface SettledChange extends Pick<Change, 'blocks' | 'borrowed'> {
  readonly moves: readonly SettledMove[];
}

const GO = Buffer.from('go');
const OBJECTION = Buffer.from('objection');
const NOTHING = new Uint8Array(0);
const GOING = 1;
const CALLED_OFF = 2;

/** What was queued for a change, and what will tell how it went. */
interface Queued {
  readonly change: SettledChange;
  readonly isDone: Promise<boolean>;
  readonly isCalledOff: Promise<boolean>;
  readonly isConflict: readonly Promise<boolean>[];
  readonly isMissing: readonly Promise<boolean>[];
  /** For blocks of the change that were there: whether they are gone. */
  readonly isGone: readonly Promise<boolean>[];
  /** For blocks of the change that were not there: whether somebody else has added them meanwhile. */
  readonly isKnown: readonly Promise<boolean>[];
  readonly added: readonly Uint8Array[];
  /** What the change writes into the tally's slot, if it does. */
  readonly tallied: number | undefined;
}

export class Batch {
  private readonly go = new Float64Array([GOING]);

  constructor(
    private readonly tables: Tables,
    private readonly tally: Tally,
    /** Whether a collection is under way, which must know what is written. */
    private readonly isCollecting: boolean,
    /** Milliseconds since 1970. */
    private readonly now: () => number,
  ) {}

  /** From now on nothing of this batch is carried out, unless it is being carried out already. */
  callOff(): void {
    this.go[0] = CALLED_OFF;
  }

  /**
   * Queues the changes, runs them, and says how each went, in their order. Rejects when all failed together. `isLast`
   * tells other openings that this one adds no more.
   */
  async run(changes: readonly SettledChange[], isLast = false): Promise<Verdict[]> {
    const { environment, gate } = this.tables;
    const queued: Queued[] = [];
    const committed = environment.batch(() => {
      void gate.put(GO, new Uint8Array(this.go.buffer));
      let added = this.tally.known;
      if (this.tally.isOff) this.tally.queue(added);
      const isQueued = new Set<Hash>();
      for (const change of changes) {
        const one = this.queue(change, isQueued, added);
        added = one.tallied ?? added;
        queued.push(one);
      }
      if (isLast) this.tally.queueEnd();
    });
    const tallied = this.tally.isOff ? this.tally.known : undefined;
    // Every promise is waited for, or a failed transaction would leave rejections that nobody handles.
    await Promise.all([committed, ...queued.flatMap(promisesOf)]);
    return this.judge(queued, tallied);
  }

  private queue(change: SettledChange, isQueued: Set<Hash>, before: number): Queued {
    const { blocks, heads, tips, gate } = this.tables;
    const object = () => void gate.put(OBJECTION, NOTHING);
    const isAbsent = (hash: Hash) => blocks.ifNoExists(hash, object);
    const isCalledOff = gate.ifVersion(GO, CALLED_OFF, object);
    const isConflict = change.moves.map(({ move, expect }) =>
      expect === null
        ? heads.ifVersion(move.name, IF_EXISTS, object)
        : tips.ifNoExists(tipKey(move.name, expect), object),
    );
    const isMissing = borrowedFromOthers(change).map(isAbsent);
    const fresh = [...change.blocks].filter(([hash]) => isQueued.has(hash) || !this.has(hash));
    const isFresh = new Set(fresh.map(([hash]) => hash));
    const isGone = [...change.blocks.keys()].filter((hash) => !isFresh.has(hash)).map(isAbsent);
    const isKnown = fresh.map(([hash]) => blocks.ifVersion(hash, IF_EXISTS, () => {}));
    let total = before;
    for (const [hash, block] of fresh) if (!isQueued.has(hash)) total += block.length;
    // Within a condition `lmdb` heeds it only for plain writes: a `noOverwrite` would be done regardless.
    const isDone = gate.ifNoExists(OBJECTION, () => {
      for (const [hash, block] of fresh) void blocks.put(hash, block);
      for (const move of change.moves) this.queueMove(move);
      if (total !== before) this.tally.queue(total);
      if (this.isCollecting) this.note(change);
    });
    void gate.remove(OBJECTION);
    for (const hash of isFresh) isQueued.add(hash);
    const added = fresh.map(([, block]) => block);
    const tallied = total === before ? undefined : total;
    return { change, isDone, isCalledOff, isConflict, isMissing, isGone, isKnown, added, tallied };
  }

  /** Whether a block was there a moment ago: what is decided on that is checked again within the transaction. */
  private has(hash: Hash): boolean {
    return this.tables.blocks.getBinaryFast(hash) !== undefined;
  }

  private note({ blocks, borrowed, moves }: SettledChange): void {
    const { written } = this.tables;
    for (const hash of blocks.keys()) void written.put(hash, NOTHING);
    for (const hash of borrowed) void written.put(hash, NOTHING);
    // It may be there already, and in neither list.
    for (const { move } of moves) if (move.to !== null) void written.put(move.to.commit, NOTHING);
  }

  private queueMove({ move, expect, drop }: SettledMove): void {
    const { heads, versions: table, tips, dropped, labels } = this.tables;
    const { name, to } = move;
    for (const { version, commit } of drop) {
      void table.remove(versionKey(name, version));
      if (move.isPurge !== true) void dropped.put(droppedKey(this.now(), commit), NOTHING);
    }
    if (expect !== null) void tips.remove(tipKey(name, expect));
    if (to !== null) {
      const record = encodeHead(to);
      void heads.put(name, record);
      void table.put(versionKey(name, to.version), record);
      void tips.put(tipKey(name, to.commit), NOTHING);
    } else if (expect !== null) {
      void heads.remove(name);
      void labels.remove(name);
    }
  }

  private async judge(queued: readonly Queued[], talliedBefore: number | undefined): Promise<Verdict[]> {
    let written = talliedBefore;
    let addedBytes = 0;
    const verdicts: Verdict[] = [];
    for (const one of queued) {
      const isDone = await one.isDone;
      if (isDone) {
        written = one.tallied ?? written;
        const isKnown = await Promise.all(one.isKnown);
        for (const [at, block] of one.added.entries()) if (isKnown[at] === false) addedBytes += block.length;
      }
      verdicts.push(isDone ? { kind: 'done' } : await objectionTo(one));
    }
    this.tally.settle(addedBytes, written);
    return verdicts;
  }
}

async function objectionTo(one: Queued): Promise<Verdict> {
  if (await one.isCalledOff) return { kind: 'calledOff' };
  const isConflict = await Promise.all(one.isConflict);
  const move = one.change.moves[isConflict.indexOf(true)]?.move;
  if (move !== undefined) return { kind: 'conflict', move };
  const isMissing = await Promise.all(one.isMissing);
  const hashes = borrowedFromOthers(one.change).filter((_, at) => isMissing[at] === true);
  return hashes.length > 0 ? { kind: 'missing', hashes } : { kind: 'again' };
}

/** Borrowed blocks that the change does not bring along itself. */
function borrowedFromOthers({ borrowed, blocks }: SettledChange): readonly Hash[] {
  return blocks.size === 0 ? borrowed : borrowed.filter((hash) => !blocks.has(hash));
}

function promisesOf(one: Queued): Promise<boolean>[] {
  return [one.isDone, one.isCalledOff, ...one.isConflict, ...one.isMissing, ...one.isGone, ...one.isKnown];
}
