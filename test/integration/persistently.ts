import { HeliosError } from '../../src/index.js';

/** Tries again while the server is away: that is what an idempotency key is for. */
export async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!HeliosError.is(error, 'UNAVAILABLE')) throw error;
    }
  }
}
