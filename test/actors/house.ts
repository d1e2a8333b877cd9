/** A Helios over a store of the test's choice, with what a test may turn: clock, memory, cache. */
import { Helios } from '../../src/helios.js';
import type { AnyObjectType } from '../../src/restore/index.js';
import { Runtime, type RuntimeOptions } from '../../src/runtime.js';
import { createMemoryStore, type Store } from '../../src/store/index.js';

export interface House {
  readonly helios: Helios;
  readonly runtime: Runtime;
  /** What went wrong where nobody waits for it. */
  readonly errors: unknown[];
}

export function openHouse(
  options: {
    readonly store?: Store;
    readonly types?: readonly AnyObjectType[];
    readonly memoryBytes?: number;
    readonly clock?: NonNullable<RuntimeOptions['clock']>;
  } = {},
): House {
  const errors: unknown[] = [];
  const { store = createMemoryStore(), types = [], memoryBytes = 1e6, clock } = options;
  const runtime = new Runtime({
    ...{ store, types, onError: (error) => errors.push(error) },
    memory: { heapLimitBytes: 1e9, memoryBytes },
    ...(clock === undefined ? {} : { clock }),
  });
  return { helios: Helios.over(runtime), runtime, errors };
}
