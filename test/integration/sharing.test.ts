import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Helios } from '../../src/index.js';
import { folderWith } from '../cli/terminal.js';
import { startUp, startWorker } from '../cluster.js';
import { eachServed } from './eachServed.js';

const served = eachServed();

const OBJECTS = 3_000;
const AT_ONCE = 64;
/** Fewer than one worker takes at a time: what it has no room for is let spread. */
const AT_ONCE_HOT = 200;
/** The last: nobody has asked for it when the workers are awaited. */
const HOT = `agents/${OBJECTS - 1}`;

async function threeWorkers() {
  const store = join(folderWith(), 'store');
  const helios = await Helios.open({ store });
  const saves = Array.from({ length: OBJECTS }, (_, number) =>
    helios.create('record', { number }).save(`agents/${number}`),
  );
  await Promise.all(saves);
  await helios.close();
  const args = ['--nats', served.server.url, '--store', store];
  served.processes.push(await startUp([...args, '--workers', '0']));
  for (const name of ['a', 'b', 'c']) served.processes.push(await startWorker([...args, '--name', name]));
  const client = await Helios.connect({ nats: served.server.url });
  // A worker that is ready has said so; until the supervisor has heard it, the others have more.
  const heard = new Set<string>();
  for (let number = 0; heard.size < 3; number++) heard.add((await client.request(`agents/${number}`).result).worker);
  return client;
}

/** How many times each worker is among these. */
function countOf(workers: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const worker of workers) counts.set(worker, (counts.get(worker) ?? 0) + 1);
  return counts;
}

describe('three workers', () => {
  it('each do at least a fifth of 3,000 calls for different objects', async () => {
    const client = await threeWorkers();
    const workers: string[] = [];
    let next = 0;
    const ask = async () => {
      while (next < OBJECTS) {
        const number = next++;
        const { worker, value } = await client.request(`agents/${number}`).result;
        expect(value).toEqual({ number });
        workers.push(worker);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, ask));
    await client.close();
    const counts = countOf(workers);
    expect([...counts.keys()].sort()).toEqual(['a', 'b', 'c']);
    for (const count of counts.values()) expect(count).toBeGreaterThanOrEqual(OBJECTS / 5);
  });

  it('each do at least a fifth of 300 durable requests for different objects', async () => {
    const client = await threeWorkers();
    const count = 300;
    const submissions = await Promise.all(
      Array.from({ length: count }, (_, number) => client.submit(`agents/${number}`)),
    );
    const outcomes = await Promise.all(submissions.map((submission) => submission.outcome()));
    await client.close();
    const counts = countOf(outcomes.map((outcome) => ('worker' in outcome ? (outcome.worker ?? '') : '')));
    expect([...counts.keys()].sort()).toEqual(['a', 'b', 'c']);
    for (const share of counts.values()) expect(share).toBeGreaterThanOrEqual(count / 5);
  });

  it('restore one hot object once, however many ask for it at the same time', async () => {
    const client = await threeWorkers();
    const forgetful = await Helios.connect({ nats: served.server.url, memoryBytes: 0 });
    const answers = await Promise.all(
      Array.from({ length: AT_ONCE_HOT }, (_, index) => (index % 2 === 0 ? client : forgetful).request(HOT).result),
    );
    await client.close();
    await forgetful.close();
    // From the disk once; whoever joins that restoration is told the same, all others come from the decoded object.
    const restored = new Set(answers.filter(({ source }) => source !== 'object').map(({ worker }) => worker));
    expect(restored.size).toBe(1);
    expect(countOf(answers.map(({ worker }) => worker)).size).toBe(1);
    const { worker } = answers[0] ?? {};
    const again = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const later = await Helios.connect({ nats: served.server.url });
        const { source, worker } = await later.request(HOT).result;
        await later.close();
        return { source, worker };
      }),
    );
    expect(again).toEqual(Array.from({ length: 50 }, () => ({ source: 'object', worker })));
  });
});
