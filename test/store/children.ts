/** The programs in children/, started. */
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Child, startChild as startProgram } from '../children.js';

export type { Child } from '../children.js';

export function startChild(name: string, args: readonly string[], before: readonly string[] = []): Child {
  return startProgram(new URL(`./children/${name}.mjs`, import.meta.url), args, before);
}

/** A child that has taken LMDB's write lock of a directory and is stopped with it. */
export async function startStopped(directory: string): Promise<Child> {
  const stopper = startChild('stopper', [directory]);
  await stopper.next();
  const file = `/proc/${stopper.process.pid}/status`;
  while (!/^State:\s+T/m.test(readFileSync(file, 'latin1'))) await nextTurn();
  return stopper;
}
