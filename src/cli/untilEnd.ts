/** Waits until a serving process shall end: because somebody says so, or because it can't go on. */
import type { Served } from '../serve.js';

/** Resolves at the signal. @throws what made it impossible to go on */
export async function untilEnd(signal: AbortSignal, served: Served): Promise<void> {
  if (signal.aborted) return;
  let listener = () => {};
  const told = new Promise<void>((resolve) => {
    listener = resolve;
    signal.addEventListener('abort', listener, { once: true });
  });
  try {
    await Promise.race([told, served.failed]);
  } finally {
    signal.removeEventListener('abort', listener);
  }
}
