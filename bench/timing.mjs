/** What is measured of one side alone: times of single operations, and bytes that something holds. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** Microseconds of `count` operations, after a quarter as many that are forgotten. */
export function distribution(count, run) {
  const warmUp = Math.ceil(count / 4);
  const samples = new Float64Array(count);
  for (let index = -warmUp; index < count; index++) {
    const startedAt = performance.now();
    run(index + warmUp);
    if (index >= 0) samples[index] = (performance.now() - startedAt) * 1_000;
  }
  samples.sort();
  const at = (share) => samples[Math.ceil(count * share) - 1];
  return { p50: at(0.5), p95: at(0.95), operations: count + warmUp };
}

/** Bytes of heap and Buffers that what `make` gives holds. */
export function heldBytes(make) {
  const before = liveBytes();
  const held = make();
  const bytes = liveBytes() - before;
  return held === undefined ? 0 : bytes;
}

export function liveBytes() {
  for (let round = 0; round < 3; round++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
