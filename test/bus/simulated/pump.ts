/** Lets a simulation go on by itself beside a test that awaits real promises. */
import type { Simulation } from '../../../src/bus/simulated.js';

/** Until the function that is returned is called, events happen, one after another. */
export function pump(simulation: Simulation): () => void {
  let isPumping = true;
  const next = async () => {
    if (!isPumping) return;
    await simulation.time.step();
    setImmediate(() => void next());
  };
  void next();
  return () => {
    isPumping = false;
  };
}
