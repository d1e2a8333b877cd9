/**
 * Claim: a 2 KB agent out of 100,000 in LMDB, in random order, takes about as long as with the same parts by hand, and
 * next to nothing once it is cached. Cold: no agent is asked for twice; the operating system has the pages. Both verify.
 */
import { Helios } from '../dist/index.js';
import { makePopulation, nameOf, peers } from './population.mjs';

export const name = 'materialize';
export const claim = 'a cold agent of 2 KB costs what it costs by hand, a cached one next to nothing';

/** Every operation of a cold contest meets an agent that it has not met: (2 warm-up + 14) blocks. */
const SIZE = { full: { agents: 100_000, operations: 3_000 }, quick: { agents: 10_000, operations: 500 } };
const CACHED = { full: 20_000, quick: 5_000 };
const CACHE_BYTES = 64 * 1024 * 1024;

export async function run(bench) {
  const { agents, operations } = bench.isQuick ? SIZE.quick : SIZE.full;
  const population = await makePopulation(bench.folder, agents);
  const { at, keys } = population;

  for (const kind of ['frozen', 'bare']) {
    const byHand = population.peers[kind];
    const helios = await Helios.open({ store: population.store, memoryBytes: CACHE_BYTES });
    const references = await loadAll(helios, agents);
    await bench.compare('cold', {
      subject: { name: 'ref.materialize()', run: (index) => references[at(index)].materialize() },
      peer: { name: peers[kind], run: (index) => byHand.restore(keys[at(index)]) },
      operations,
    });
    await helios.close();
  }

  const count = bench.isQuick ? CACHED.quick : CACHED.full;
  const helios = await Helios.open({ store: population.store });
  const references = await loadAll(helios, count);
  const hexes = references.map((_, number) => keys[number].toString('hex'));
  const byHand = population.peers.frozen;
  for (let number = 0; number < count; number++) {
    references[number].materialize();
    byHand.cached(hexes[number], keys[number]);
  }
  const cachedAt = (index) => at(index) % count;
  await bench.compare(`cached, at random out of ${count.toLocaleString('en-US')}`, {
    subject: { name: 'ref.materialize()', run: (index) => references[cachedAt(index)].materialize() },
    peer: { name: 'a Map without bound', run: (index) => byHand.cached(hexes[cachedAt(index)], keys[cachedAt(index)]) },
    operations: 100_000,
    sample: 'batch',
  });
  await helios.close();
  await population.close();
}

async function loadAll(helios, count) {
  const references = [];
  for (let number = 0; number < count; number++) references.push(await helios.load(nameOf(number)));
  return references;
}
