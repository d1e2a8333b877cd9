/** Lets a simulation go on by itself beside a test that awaits real promises. */
import type { Simulation } from '../../../src/bus/simulated.js';

/**
 * Until the function that is returned is called, events happen one after another: as fast as they can, or at the pace of
 * real time, where a test looks at a real clock as well.
 */
export function pump(simulation: Simulation, { isPaced = false } = {}): () => void {
  const startedAt = performance.now();
  let isPumping = true;
  const next = async () => {
    if (!isPumping) return;
    if (isPaced) await simulation.runUntil(performance.now() - startedAt);
    else await simulation.time.step();
    setImmediate(() => void next());
  };
  void next();
  return () => {
    isPumping = false;
  };
}
