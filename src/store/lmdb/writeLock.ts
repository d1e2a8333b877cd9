/**
 * Looks at LMDB's write lock without taking it. A process that is stopped (SIGSTOP, a debugger, Ctrl-Z) while it holds
 * the lock would block every thread that asks for it, beyond any deadline and beyond the end of the process; so nobody
 * asks while the holder is stopped. Where the lock cannot be seen (not Linux, another C library), nobody is ever found.
 *
 * The lock is a robust mutex of glibc in the lock file, whose first word holds the id of the thread that has it. The
 * file's format number tells where it lies. A descriptor of that file must not be closed while LMDB has it open in this
 * process (the system then drops all of LMDB's file locks), so that reading goes through LMDB's own descriptor.
 */
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface WriteLock {
  /** Who holds the lock now; `undefined` when nobody does, or when it can't be seen. */
  holder(): Holder | undefined;
}

export interface Holder {
  /** Its process id. */
  readonly process: number;
  readonly isStopped: boolean;
}

const LOCK_FILE = 'lock.mdb';

const MAGIC = 0xbeef_c0de;
/** Format number of the lock file → where the writers' mutex lies: 64-bit x86, 64-bit ARM. */
const MUTEX_AT: ReadonlyMap<number, number> = new Map([
  [0x2c2f_6002, 64],
  [0x2cd8_2002, 128],
]);
/** The kind of a robust mutex between processes, as glibc notes it in the mutex's fifth word. */
const KIND_AT = 16;
const ROBUST_SHARED = 0x90;
const OWNER_MASK = 0x3fff_ffff;
const HEADER_BYTES = 128 + 64;

const UNSEEN: WriteLock = { holder: () => undefined };

/** The lock of an environment that is open in this process. */
export function watchWriteLock(directory: string): WriteLock {
  const descriptor = openDescriptor(join(directory, LOCK_FILE));
  return descriptor === undefined ? UNSEEN : lockThrough(descriptor);
}

/** Looks with a lock for as long as `look` takes, also before this process has the environment open. */
export function withWriteLock<T>(directory: string, look: (lock: WriteLock) => T): T {
  const file = join(directory, LOCK_FILE);
  const already = openDescriptor(file);
  if (already !== undefined) return look(lockThrough(already));
  let own: number;
  try {
    own = openSync(file, 'r');
  } catch {
    return look(UNSEEN);
  }
  try {
    return look(lockThrough(own));
  } finally {
    closeSync(own);
  }
}

function lockThrough(descriptor: number): WriteLock {
  const header = Buffer.alloc(HEADER_BYTES);
  if (readSync(descriptor, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return UNSEEN;
  const mutexAt = MUTEX_AT.get(header.readUInt32LE(4));
  if (header.readUInt32LE(0) !== MAGIC || mutexAt === undefined) return UNSEEN;
  if (header.readUInt32LE(mutexAt + KIND_AT) !== ROBUST_SHARED) return UNSEEN;
  const word = Buffer.alloc(4);
  return {
    holder() {
      readSync(descriptor, word, 0, 4, mutexAt);
      const thread = word.readUInt32LE(0) & OWNER_MASK;
      return thread === 0 ? undefined : holderOf(thread);
    },
  };
}

/** The process of a thread; none for a thread that is gone (LMDB then takes the lock over) or of another namespace. */
function holderOf(thread: number): Holder | undefined {
  try {
    const status = readFileSync(`/proc/${thread}/status`, 'latin1');
    const process = /^Tgid:\s+(\d+)/m.exec(status)?.[1];
    return process === undefined ? undefined : { process: Number(process), isStopped: /^State:\s+[Tt]/m.test(status) };
  } catch {
    return undefined;
  }
}

/** This process's descriptor of a file, if it has one. */
function openDescriptor(file: string): number | undefined {
  try {
    const wanted = statSync(file, { bigint: true });
    for (const name of readdirSync('/proc/self/fd')) {
      const found = statOf(Number(name));
      if (found?.ino === wanted.ino && found.dev === wanted.dev) return Number(name);
    }
  } catch {
    // No /proc here, or no such file: nothing to look at.
  }
  return undefined;
}

function statOf(descriptor: number) {
  try {
    return fstatSync(descriptor, { bigint: true });
  } catch {
    return undefined; // the descriptor that listed the folder, closed by now
  }
}
