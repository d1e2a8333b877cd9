/**
 * The one place where a store's changes become transactions, one after another: what comes while one runs joins the
 * next. A change that cannot get the write lock in time fails with nothing written. Never asks for the lock while a
 * stopped process holds it, and never holds it while JavaScript runs; see writeLock.ts and batch.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeliosError } from '../../protocol/errors.js';
import { type Change, closed, conflict, missing, sweptMeanwhile } from '../change.js';
import type { Move } from '../store.js';
import { Batch, type SettledChange, type SettledMove, type Verdict } from './batch.js';
import type { Collections } from './collection.js';
import { reasonOf, storeFault } from './faults.js';
import type { Heads } from './heads.js';
import { bytesIn, MAX_BATCH_BLOCKS, MAX_BATCH_BYTES, splitBlocks } from './split.js';
import type { Tables } from './tables.js';
import type { Tally } from './tally.js';
import { type Turnstile, whileNobodyWrites } from './turnstile.js';
import type { WriteLock } from './writeLock.js';

export interface WriterOptions {
  readonly directory: string;
  readonly tables: Tables;
  readonly heads: Heads;
  readonly tally: Tally;
  readonly lock: WriteLock;
  /** Keeps transactions out while a process opens the store. */
  readonly turnstile: Turnstile;
  /** Milliseconds that a change waits for the lock while nothing of this process is written, at most. */
  readonly lockWaitMs: number;
  /** Waits until what is committed survives a power cut; not called when that is not asked for. */
  readonly flush: (() => Promise<void>) | undefined;
  readonly collections: Collections;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Changes that one transaction takes. */
const MAX_BATCH_CHANGES = 1_024;
/** How often to look whether a stopped process goes on. */
const LOOK_MS = 20;
/** How long to block this thread, at a time, until other processes have ended what they write. */
const ALONE_WAIT_MS = 10;
/** How often to look whether a process has opened the store. */
const OPENING_LOOK_MS = 1;
/** How long a batch that was called off has to say that it was being carried out already. */
const GRACE_MS = 250;

const NO_CHANGE: Change = { blocks: new Map(), borrowed: [], moves: [] };
const NO_DROPS: readonly number[] = [];
const NO_COMMITS: SettledMove['drop'] = [];

interface Job {
  readonly change: Change;
  /** Instead of a change: something to be done while nobody writes, whichever process. */
  readonly alone?: () => void;
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (error: HeliosError) => void;
}

export class Writer {
  /** Changes that no transaction has taken yet, oldest first. */
  private readonly waiting = new Set<Job>();
  private running: Promise<void> | undefined;
  private isClosed = false;
  /** When a transaction last ended, by the process's own clock. */
  private movedAt = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: WriterOptions) {}

  /** Makes one change, its blocks ahead of it if they are many. Resolves when committed. */
  async write(change: Change): Promise<void> {
    const { ahead, rest } = splitBlocks(change.blocks);
    for (const blocks of ahead) await this.enqueue({ blocks, borrowed: [], moves: [] });
    await this.enqueue({ ...change, blocks: rest });
  }

  /**
   * Ends the writing: what was asked for so far is written or refused within its deadline, what comes is refused.
   * @throws HeliosError `DEADLINE_EXCEEDED` when a transaction still waits for the lock: the files must stay open then
   */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.inTime(this.running);
    const { tally, lock, tables } = this.options;
    if (!tally.hasSlot || lock.holder()?.isStopped === true) return;
    if (!this.mayWrite()) return; // the slot then stays for good
    try {
      await this.inTime(new Batch(tables, tally, false, this.options.now).run([], true).catch(() => undefined));
    } finally {
      this.options.turnstile.leave();
    }
  }

  /**
   * Runs `work`, which must not wait, while nobody writes to the store, in this process or another.
   * @throws HeliosError `DEADLINE_EXCEEDED` when somebody's writing comes to no end; what `work` throws
   */
  async alone<T>(work: () => T): Promise<T> {
    if (this.isClosed) throw closed();
    let done: { readonly result: T } | undefined;
    await new Promise<void>((resolve, reject) => {
      const alone = () => {
        done = { result: work() };
      };
      this.add({ change: NO_CHANGE, alone, resolve, reject, since: performance.now() });
    });
    if (done === undefined) throw closed();
    return done.result;
  }

  private enqueue(change: Change): Promise<void> {
    if (this.isClosed) return Promise.reject(closed());
    return new Promise((resolve, reject) => this.add({ change, resolve, reject, since: performance.now() }));
  }

  private add(job: Job): void {
    this.waiting.add(job);
    this.timer ??= setTimeout(this.refuseLate, this.options.lockWaitMs);
    this.running ??= this.run();
  }

  private async run(): Promise<void> {
    await null; // what else this turn asks for joins the same transaction
    this.movedAt = performance.now();
    for (;;) {
      const isStopped = this.options.lock.holder()?.isStopped === true;
      if (this.waiting.size === 0 && (isStopped || !this.options.tally.isOff)) break;
      if (isStopped) await sleep(LOOK_MS);
      else if (this.isAloneNext) await this.runAlone();
      else if (this.mayWrite()) {
        try {
          if (!(await this.runBatch(this.take())) && this.waiting.size === 0) break;
        } finally {
          this.options.turnstile.leave();
        }
      } else if (this.waiting.size === 0) break;
      else await sleep(OPENING_LOOK_MS);
    }
    clearTimeout(this.timer);
    this.timer = undefined;
    this.running = undefined;
  }

  /**
   * Whether a transaction may run now. Where the mark that says so can't be made (a full disk, a directory that is gone),
   * all that waits is refused.
   */
  private mayWrite(): boolean {
    try {
      return this.options.turnstile.enter();
    } catch (error) {
      const fault = storeFault(error);
      for (const job of this.waiting) job.reject(fault);
      this.waiting.clear();
      return false;
    }
  }

  /** Refuses the changes that have waited too long while no transaction ended. */
  private readonly refuseLate = (): void => {
    const now = performance.now();
    const { lockWaitMs } = this.options;
    let next = lockWaitMs;
    for (const job of this.waiting) {
      const left = Math.max(job.since, this.movedAt) + lockWaitMs - now;
      if (left > 0) {
        next = left;
        break;
      }
      this.waiting.delete(job);
      job.reject(this.tooLate());
    }
    this.timer = setTimeout(this.refuseLate, Math.ceil(next));
  };

  private get isAloneNext(): boolean {
    const [job] = this.waiting;
    return job?.alone !== undefined;
  }

  /** Does the next job, which is to be done alone; later, if others don't come to an end just now. */
  private async runAlone(): Promise<void> {
    const [job] = this.waiting;
    if (job === undefined) return;
    const { directory, lockWaitMs, tables } = this.options;
    this.waiting.delete(job);
    try {
      whileNobodyWrites(directory, ALONE_WAIT_MS, () => {
        tables.environment.resetReadTxn();
        job.alone?.();
      });
      job.resolve();
      this.movedAt = performance.now();
    } catch (error) {
      const isLate = performance.now() >= job.since + lockWaitMs;
      // Behind the changes that wait: they are no reason why others can't come to an end.
      if (HeliosError.is(error, 'DEADLINE_EXCEEDED') && !isLate) {
        this.waiting.add(job);
        // This thread was held up while it looked: everything else has its turn first.
        await sleep(LOOK_MS);
      } else job.reject(storeFault(error));
    }
  }

  /** The next changes that fit into one transaction. */
  private take(): Job[] {
    const taken: Job[] = [];
    let blocks = 0;
    let bytes = 0;
    for (const job of this.waiting) {
      blocks += job.change.blocks.size;
      bytes += bytesIn(job.change.blocks);
      const isFull = taken.length >= MAX_BATCH_CHANGES || blocks > MAX_BATCH_BLOCKS || bytes > MAX_BATCH_BYTES;
      // What must look before it moves would not see the changes that are queued before it.
      if (taken.length > 0 && (isFull || job.alone !== undefined || job.change.moves.some(mustLook))) break;
      taken.push(job);
      this.waiting.delete(job);
    }
    return taken;
  }

  /** Runs one transaction and answers its changes. Returns whether it was committed. */
  private async runBatch(taken: readonly Job[]): Promise<boolean> {
    const { tables, tally, flush, collections, now } = this.options;
    // By now nobody can begin a collection, or free anything, before this batch has ended.
    this.options.heads.renew();
    const { isUnderWay, swept } = collections.look();
    const ready: { readonly job: Job; readonly change: SettledChange }[] = [];
    for (const job of taken) {
      try {
        if (job.change.swept !== undefined && job.change.swept !== swept.count) throw sweptMeanwhile();
        const change = this.settle(job);
        if (change !== undefined) ready.push({ job, change });
      } catch (error) {
        job.reject(storeFault(error));
      }
    }
    if (ready.length === 0 && !tally.isOff) return true;
    const batch = new Batch(tables, tally, isUnderWay, now);
    const release = this.watch(batch, taken);
    try {
      const verdicts = await batch.run(ready.map(({ change }) => change));
      if (flush !== undefined) await flush();
      for (const [at, { job }] of ready.entries()) this.answer(job, verdicts[at]);
      return true;
    } catch (error) {
      const fault = storeFault(await reasonOf(error));
      for (const { job } of ready) job.reject(fault);
      return false;
    } finally {
      release();
      this.movedAt = performance.now();
    }
  }

  /**
   * Calls a batch off when it has waited for the lock too long: its holder was stopped just after we looked, or cannot
   * be seen. A batch that has the lock is waited for.
   */
  private watch(batch: Batch, taken: readonly Job[]): () => void {
    let graceMs = GRACE_MS;
    const look = () => {
      if (this.options.lock.holder()?.process !== process.pid) graceMs -= LOOK_MS;
      if (graceMs > 0) timer = setTimeout(look, LOOK_MS);
      else for (const job of taken) job.reject(this.tooLate());
    };
    let timer = setTimeout(() => {
      batch.callOff();
      look();
    }, this.options.lockWaitMs);
    return () => clearTimeout(timer);
  }

  /** Looks up what a change's moves need to know; refuses the change when they cannot be made. */
  private settle(job: Job): SettledChange | undefined {
    const { blocks, borrowed, moves } = job.change;
    const settled: SettledMove[] = [];
    for (const move of moves) {
      if (mustLook(move)) {
        const found = this.look(move);
        if (found === undefined) {
          job.reject(this.conflictOf(move));
          return undefined;
        }
        settled.push(found);
      } else settled.push({ move, expect: move.expect === 'any' ? null : move.expect, drop: this.dropsOf(move) });
    }
    return { blocks, borrowed, moves: settled };
  }

  private look(move: Move): SettledMove | undefined {
    const { heads } = this.options;
    const head = heads.get(move.name);
    const found = head?.commit ?? null;
    if (move.expect !== 'any' && move.expect !== found) return undefined;
    // A number that is taken already: whoever made this head read an older version than is there now.
    if (move.to !== null && head !== undefined && move.to.version <= head.version) return undefined;
    if (move.to !== null) return { move, expect: found, drop: this.dropsOf(move) };
    return {
      move,
      expect: found,
      drop: Array.from(heads.history(move.name), ({ version, commit }) => ({ version, commit })),
    };
  }

  /** Versions that go with a move: there, without a label, and not the one that it moves to. */
  private dropsOf({ name, drop = NO_DROPS, to }: Move): SettledMove['drop'] {
    if (drop.length === 0) return NO_COMMITS;
    const { heads } = this.options;
    const labelled = new Set(heads.labels(name).values());
    return drop.flatMap((version) => {
      const commit =
        labelled.has(version) || version === to?.version ? undefined : heads.version(name, version)?.commit;
      return commit === undefined ? [] : [{ version, commit }];
    });
  }

  private answer(job: Job, verdict: Verdict | undefined): void {
    switch (verdict?.kind) {
      case 'done':
        return job.resolve();
      case 'again':
        this.options.heads.renew();
        return this.add(job);
      case 'missing':
        return job.reject(missing(verdict.hashes));
      case 'conflict':
        return this.answerConflict(job, verdict.move);
      default:
        return job.reject(this.tooLate());
    }
  }

  private answerConflict(job: Job, move: Move): void {
    const isLate = performance.now() > job.since + this.options.lockWaitMs;
    if (mustLook(move) && !isLate)
      this.add(job); // somebody came between looking and moving: look again
    else {
      this.options.heads.renew();
      job.reject(this.conflictOf(move));
    }
  }

  private conflictOf(move: Move): HeliosError {
    return conflict(move.name, move.expect, this.options.heads.get(move.name)?.commit ?? null);
  }

  private async inTime(work: Promise<unknown> | undefined): Promise<void> {
    const { lockWaitMs } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((_, reject) => {
      timer = setTimeout(() => reject(this.tooLate()), lockWaitMs + 2 * GRACE_MS);
    });
    try {
      await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private tooLate(): HeliosError {
    const { directory, lockWaitMs, lock } = this.options;
    const holder = lock.holder();
    const details = { directory, lockWaitMs, ...(holder === undefined ? {} : { holder: holder.process }) };
    const isOurs = holder?.process === process.pid;
    const who = holder === undefined ? 'another process' : isOurs ? 'this process' : `process ${holder.process}`;
    const hint = holder?.isStopped ? ` It is stopped: let it go on (kill -CONT ${holder.process}) or end it.` : '';
    return new HeliosError(
      'DEADLINE_EXCEEDED',
      `Nothing was written: for ${lockWaitMs} ms ${who} has held the write lock of ${directory}.${hint}`,
      { details },
    );
  }
}

/** Whether a move can only be queued after looking what is there: it overwrites anything, or deletes versions. */
function mustLook(move: Move): boolean {
  return move.expect === 'any' || move.to === null;
}
