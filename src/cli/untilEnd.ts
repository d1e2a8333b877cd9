/** Waits until a process that goes on by itself shall end: because somebody says so, or because it can't go on. */
import type { Served } from '../serve.js';

/** Resolves at the signal. */
export function toldToEnd(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Resolves at the signal. @throws what made it impossible to go on */
export function untilEnd(signal: AbortSignal, served: Served): Promise<void> {
  return Promise.race([toldToEnd(signal), served.failed]);
}
