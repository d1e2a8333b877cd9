/**
 * Claim: asking for an object by name, through request actor, supervisor and worker, in one process, takes well under
 * 50 µs. The peer looks the name up, reads, verifies, decodes and freezes, in an async function: it has no actors, no
 * queue, no priorities, no deadlines, no cancelling and no single flight.
 */
import { Helios } from '../dist/index.js';
import { makePopulation, nameOf, peers } from './population.mjs';

export const name = 'request';
export const claim = 'an object by name, through the actors, well under 50 µs';

const SIZE = { full: { agents: 50_000, operations: 1_000 }, quick: { agents: 10_000, operations: 300 } };
const CACHED = { full: 20_000, quick: 5_000 };
const CACHE_BYTES = 64 * 1024 * 1024;

export async function run(bench) {
  const { agents, operations } = bench.isQuick ? SIZE.quick : SIZE.full;
  const population = await makePopulation(bench.folder, agents);
  const { at } = population;
  const byHand = population.peers.frozen;

  await withHelios({ store: population.store, memoryBytes: CACHE_BYTES }, async (helios) => {
    const cold = {
      subject: { name: 'helios.request', run: (index) => helios.request(nameOf(at(index))).result },
      peer: { name: peers.frozen, run: (index) => byHand.request(nameOf(at(index))) },
      operations,
      isAsync: true,
    };
    await bench.compare('cold, one at a time', cold);
  });
  await withHelios({ store: population.store, memoryBytes: CACHE_BYTES }, async (helios) => {
    await bench.compare('cold, 64 in flight', {
      subject: { name: 'helios.request', run: (index) => helios.request(nameOf(at(index))).result },
      peer: { name: peers.frozen, run: (index) => byHand.request(nameOf(at(index))) },
      operations: Math.floor(agents / 20),
      sample: 'flight',
    });
  });
  await withHelios({ store: population.store }, async (helios) => {
    const count = bench.isQuick ? CACHED.quick : CACHED.full;
    for (let number = 0; number < count; number++) {
      await helios.request(nameOf(number)).result;
      await byHand.requestCached(nameOf(number));
    }
    const cachedAt = (index) => at(index) % count;
    const subject = { name: 'helios.request', run: (index) => helios.request(nameOf(cachedAt(index))).result };
    const peer = { name: 'lmdb head, Map of values', run: (index) => byHand.requestCached(nameOf(cachedAt(index))) };
    await bench.compare('cached, one at a time', { subject, peer, operations: operations * 4, isAsync: true });
    await bench.compare('cached, 64 in flight', { subject, peer, operations: operations * 8, sample: 'flight' });
  });
  await population.close();
}

async function withHelios(options, work) {
  const helios = await Helios.open(options);
  await work(helios);
  await helios.close();
}
