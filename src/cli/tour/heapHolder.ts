/**
 * The program of the process that fills its heap (squeezing.ts): `heapHolder <store> <share>`, run with a small heap and
 * with --expose-gc. Tells its parent of every move, and ends when the level has come back to normal.
 */
import { Helios } from '../../helios.js';
import { fillHeap, hold } from './heapHolding.js';

/** Milliseconds for the level to rise, and to fall: a few of its own dwell times, and a machine that is busy. */
const PATIENCE_MS = 20_000;

const [store = '', share = ''] = process.argv.slice(2);
const helios = await Helios.open({ store });
try {
  await hold(helios, {
    fill: () => fillHeap(Number(share), () => globalThis.gc?.()),
    tell: (move) => process.send?.(move),
    patienceMs: PATIENCE_MS,
  });
} finally {
  await helios.close();
  process.disconnect?.();
}
