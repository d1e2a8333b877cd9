/**
 * Keeps openings and commits of one directory apart, across processes. LMDB, as `lmdb` 3.5.6 ships it, notes the last
 * transaction anew whenever a process opens the environment, out of a page that it read a moment before: a commit that
 * falls between the two is forgotten, and the next one writes over it (ITS#9496; mdb.c, `mdb_env_open2`).
 *
 * So each writer marks its batch with a file, then looks for openers; each opener marks itself, then looks for writers
 * and other openers; whoever sees another steps back or waits, openers first (Dekker's algorithm: marks are made before
 * anybody looks). A mark names its process: one whose process is gone counts for nothing and is removed.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { HeliosError } from '../../protocol/errors.js';

const WRITING = 'writing-';
const OPENING = 'opening-';
const LOOK_MS = 1;

interface Mark {
  readonly name: string;
  readonly process: number;
}

/** The writer's side: `enter` before a transaction, `leave` when it has ended. */
export class Turnstile {
  private readonly mark: string;

  constructor(private readonly directory: string) {
    this.mark = newMark(WRITING);
  }

  /** Whether a transaction may run now; `false` while a process opens the store. Throws what the system does. */
  enter(): boolean {
    makeMark(this.directory, this.mark);
    let isFree = false;
    try {
      isFree = othersAt(this.directory, OPENING).length === 0;
    } finally {
      if (!isFree) this.leave();
    }
    return isFree;
  }

  leave(): void {
    removeMark(this.directory, this.mark);
  }
}

/**
 * Runs `open` while no other process writes or opens. Blocks the thread meanwhile: a commit takes about a millisecond.
 * @throws HeliosError `DEADLINE_EXCEEDED` (details: `process`) when another does not come to an end in `waitMs`
 */
export function whileNobodyWrites<T>(directory: string, waitMs: number, open: () => T): T {
  const until = performance.now() + waitMs;
  const mark = newMark(OPENING);
  makeMark(directory, mark);
  try {
    for (;;) {
      const openers = othersAt(directory, OPENING);
      const [other] = [...openers, ...othersAt(directory, WRITING)];
      if (other === undefined) return open();
      if (performance.now() >= until) throw tooLate(directory, waitMs, other);
      // Of two openers the one with the smaller mark stays, or both would wait for ever.
      const mustYield = openers.some(({ name }) => name < mark);
      if (mustYield) removeMark(directory, mark);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
      if (mustYield) makeMark(directory, mark);
    }
  } finally {
    removeMark(directory, mark);
  }
}

function newMark(kind: string): string {
  return `${kind}${process.pid}-${startOf(process.pid) ?? 0}-${randomBytes(6).toString('hex')}`;
}

function makeMark(directory: string, mark: string): void {
  closeSync(openSync(join(directory, mark), 'w', 0o600));
}

function removeMark(directory: string, mark: string): void {
  try {
    unlinkSync(join(directory, mark));
  } catch {
    // Gone already: somebody who took this process for dead, or a directory that was removed.
  }
}

/** Marks of other processes that live. This process shares one environment, and so needs no protection from itself. */
function othersAt(directory: string, kind: string): Mark[] {
  const marks: Mark[] = [];
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(kind)) continue;
    const [id = '', start = ''] = name.slice(kind.length).split('-');
    const owner = Number(id);
    if (owner === process.pid) continue;
    if (isAlive(owner, start)) marks.push({ name, process: owner });
    else removeMark(directory, name);
  }
  return marks;
}

export function isAlive(owner: number, start: string): boolean {
  const now = startOf(owner);
  if (now !== undefined) return now === start;
  if (startOf(process.pid) !== undefined) return false;
  try {
    // Not Linux: whether a process has this id is all that can be told.
    process.kill(owner, 0);
    return true;
  } catch {
    return false;
  }
}

/** What tells this process from all others of the machine, to be asked about by `isAlive`. */
export function ownProcess(): { readonly id: number; readonly start: string } {
  return { id: process.pid, start: startOf(process.pid) ?? '0' };
}

/** When a process was started, in ticks since the machine was: two of one id differ in it. `undefined` if it is gone. */
function startOf(id: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function tooLate(directory: string, waitMs: number, other: Mark): HeliosError {
  return new HeliosError(
    'DEADLINE_EXCEEDED',
    `Process ${other.process} has been writing to ${directory} for ${waitMs} ms without an end. If it is stopped, let it go on or end it, then try again.`,
    { details: { directory, process: other.process } },
  );
}
