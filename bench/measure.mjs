/**
 * Measures two ways of doing the same, side by side. Both run in turns, in blocks, in changing order (ABAB, BABA), so
 * that what the machine does meanwhile meets both; garbage is collected before each block, so that neither pays for the
 * other's. Percentiles come from raw samples of all rounds. Each round gives one ratio; their spread says how far to
 * trust it.
 *
 * A side is { name, run }: run(index) does one operation, and index counts that side's operations from 0 on, the
 * warm-up included, so that both sides meet the same items in the same order. `before`, where a side has one, is awaited
 * before each of its blocks, and not timed.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

const ROUNDS = { full: 7, quick: 3 };
const BLOCKS_A_ROUND = 4;
/** A block of slow operations ends after so many milliseconds, with one operation at least. */
const BLOCK_MS = 300;
const BLOCK_OPERATIONS_MIN = 1;

/**
 * @typedef {{ name: string, run: (index: number) => unknown, before?: () => unknown }} Side
 * @typedef {object} Contest
 * @property {Side} subject
 * @property {Side} peer
 * @property {number} operations in a block, at most
 * @property {'each' | 'batch' | 'flight'} [sample] `each` operation is timed (default); a `batch` of 1,000 is timed and
 *   shared out, for what takes nanoseconds; `flight`: operations a second, 64 at a time
 * @property {number} [rounds] for what takes so little that many short rounds tell more than a few long ones
 * @property {boolean} [isAsync] whether `run` gives promises
 */

/**
 * @param {Contest} contest
 * @param {boolean} isQuick
 */
export async function compare(contest, isQuick) {
  const { subject, peer, sample = 'each', rounds = ROUNDS.full } = contest;
  const sides = [subject, peer].map((side) => ({ side, next: 0, samples: [] }));
  const [first, second] = sides;
  for (const state of [first, second, first, second]) await runBlock(contest, state); // compilers at work; forgotten
  const ratios = [];
  for (const state of sides) state.samples = [];
  for (let round = 0; round < (isQuick ? ROUNDS.quick : rounds); round++) {
    const taken = new Map([first, second].map((state) => [state, []]));
    for (let block = 0; block < BLOCKS_A_ROUND; block++) {
      const state = (block + round) % 2 === 0 ? first : second;
      taken.get(state).push(...(await runBlock(contest, state)));
    }
    for (const [state, samples] of taken) for (const one of samples) state.samples.push(one);
    const [a, b] = [first, second].map((state) => percentile(taken.get(state), 0.5));
    ratios.push(sample === 'flight' ? b / a : a / b);
  }
  ratios.sort((a, b) => a - b);
  return {
    unit: sample === 'flight' ? 'operations a second' : 'microseconds',
    subject: figures(first),
    peer: { name: peer.name, ...figures(second) },
    /** Time of the subject by time of the peer: below 1 the subject is quicker. */
    ratio: { min: ratios[0], median: percentile(ratios, 0.5), max: ratios.at(-1), rounds: ratios },
  };
}

async function runBlock(contest, state) {
  await state.side.before?.();
  collect();
  switch (contest.sample ?? 'each') {
    case 'batch':
      return runBatches(contest, state);
    case 'flight':
      return runFlight(contest, state);
    default:
      return contest.isAsync === true ? runEachAsync(contest, state) : runEach(contest, state);
  }
}

function runEach({ operations }, state) {
  const { run } = state.side;
  const samples = [];
  const endAt = performance.now() + BLOCK_MS;
  for (let count = 0; count < operations; count++) {
    const startedAt = performance.now();
    run(state.next++);
    const endedAt = performance.now();
    samples.push((endedAt - startedAt) * 1_000);
    if (endedAt > endAt && count + 1 >= BLOCK_OPERATIONS_MIN) break;
  }
  return samples;
}

async function runEachAsync({ operations }, state) {
  const { run } = state.side;
  const samples = [];
  const endAt = performance.now() + BLOCK_MS;
  for (let count = 0; count < operations; count++) {
    const startedAt = performance.now();
    await run(state.next++);
    const endedAt = performance.now();
    samples.push((endedAt - startedAt) * 1_000);
    if (endedAt > endAt && count + 1 >= BLOCK_OPERATIONS_MIN) break;
  }
  return samples;
}

const BATCH = 1_000;

function runBatches({ operations }, state) {
  const { run } = state.side;
  const samples = [];
  for (let count = 0; count < operations; count += BATCH) {
    const startedAt = performance.now();
    for (let one = 0; one < BATCH; one++) run(state.next++);
    samples.push(((performance.now() - startedAt) * 1_000) / BATCH);
  }
  return samples;
}

const IN_FLIGHT = 64;

async function runFlight({ operations }, state) {
  const { run } = state.side;
  const last = state.next + operations;
  const startedAt = performance.now();
  const lane = async () => {
    while (state.next < last) await run(state.next++);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return [(operations * 1_000) / (performance.now() - startedAt)];
}

function figures({ samples }) {
  return {
    samples: samples.length,
    p50: percentile(samples, 0.5),
    p95: percentile(samples, 0.95),
    p99: percentile(samples, 0.99),
  };
}

/** Nearest rank. */
function percentile(samples, share) {
  const sorted = Float64Array.from(samples).sort();
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}
