/**
 * Claim: one field of an object of 1 MB is changed, and the new state named, many times faster than by what programs use
 * for states that share what they have in common. Each contestant has a process of its own, one after another, so that
 * none meets what another did to the heap.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const name = 'contestants';
export const claim = 'an edit of 1 MB costs a path, and names the new state';

const CHILD = fileURLToPath(new URL('children/contestant.mjs', import.meta.url));
/** Edits, fewer where one takes milliseconds. */
const PEERS = [
  { name: 'mutative', rounds: 2_000, toReach: 'at most 1/20 of it' },
  { name: 'immer', rounds: 2_000, toReach: 'at most 1/20 of it' },
  { name: 'structuredClone', rounds: 200, toReach: 'at most 1/200 of it' },
  { name: 'JSON and BLAKE3', rounds: 200 },
  { name: 'automerge', rounds: 2_000 },
  { name: 'yjs', rounds: 20_000 },
];
const ROUNDS = 20_000;

export async function run(bench) {
  for (const shape of ['nested', 'flat']) for (const peer of PEERS) contest(bench, shape, peer);
}

function contest(bench, shape, { name: peer, rounds, toReach }) {
  const few = bench.isQuick ? 10 : 1;
  const ours = timed('helios', shape, ROUNDS / few);
  const theirs = timed(peer, shape, rounds / few);
  bench.report(`edit of 1 MB, ${shape}, p50 (p95 ${ours.p95.toFixed(0)}, peer ${theirs.p95.toFixed(0)})`, {
    ...{ value: ours.p50, unit: 'µs', peer: { name: peer, value: theirs.p50 } },
    ...(toReach === undefined ? {} : { toReach }),
  });
}

function timed(contestant, shape, rounds) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHILD, contestant, shape, String(rounds)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${contestant} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}
