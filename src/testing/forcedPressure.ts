/** Makes a Helios believe that its memory is as full as a test wants it to be. */
import { Helios } from '../helios.js';

/**
 * The heap seems filled to this share (0 to 1) from now on, until the release that is returned is called. Levels follow
 * as they would for a real heap, with their dwell times.
 */
export function forcePressure(helios: Helios, share: number): () => void {
  const { pressure } = Helios.runtime(helios);
  const heapLimitBytes = 1024 ** 3;
  pressure.force({ heapUsedBytes: share * heapLimitBytes, heapLimitBytes });
  return () => pressure.force(null);
}
