import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'nats';
import { describe, expect, it } from 'vitest';
import { Helios, type HeliosEvent } from '../../src/index.js';
import { decodeMessage, type HeartbeatMessage, heartbeatMessage } from '../../src/protocol/index.js';
import { folderWith, helios } from '../cli/terminal.js';
import { type HeliosProcess, startUp, startWorker } from '../cluster.js';
import { eachServed } from './eachServed.js';
import { expectNothingLost, runKillRounds } from './killRounds.js';
import { saveOld, WAITING_CONFIG } from './objects.js';

const served = eachServed();

const SHORT_WAITS = ['--wait', 'beatMs=100'];

async function cluster(store: string, workers: readonly string[]) {
  const args = ['--nats', served.server.url, '--store', store, '--config', WAITING_CONFIG, ...SHORT_WAITS];
  served.processes.push(await startUp([...args, '--workers', '0']));
  const byName = new Map<string, HeliosProcess>();
  for (const name of workers) {
    const worker = await startWorker([...args, '--name', name]);
    served.processes.push(worker);
    byName.set(name, worker);
  }
  const client = await Helios.connect({ nats: served.server.url });
  return { args, byName, client };
}

describe('a worker that is killed', () => {
  it('loses nothing: another one does what it was at, as attempt 2', async () => {
    const folder = folderWith();
    const store = join(folder, 'store');
    const file = join(folder, 'go-on');
    await saveOld(store, 'waiting', { it: { file } });
    const { client, byName } = await cluster(store, ['a', 'b']);
    const live: HeliosEvent[] = [];
    const abort = new AbortController();
    const restoring = (async () => {
      for await (const event of client.events({ signal: abort.signal, state: 'restoring' })) {
        live.push(event);
        return event;
      }
      return undefined;
    })();
    const submission = await client.submit('it');
    const first = (await restoring)?.worker ?? '';
    expect(['a', 'b']).toContain(first);
    await byName.get(first)?.end('SIGKILL');
    writeFileSync(file, '');
    const outcome = await submission.outcome();
    expect(outcome).toMatchObject({ state: 'materialized', worker: first === 'a' ? 'b' : 'a', attempt: 2 });
    abort.abort();
    await client.close();
  });
});

describe('a call whose worker is killed', () => {
  it('is answered by another one, as attempt 2', async () => {
    const folder = folderWith();
    const store = join(folder, 'store');
    const file = join(folder, 'go-on');
    await saveOld(store, 'waiting', { it: { file } });
    const { client, byName } = await cluster(store, ['a', 'b']);
    const connection = await connect({ servers: served.server.url });
    const busy = new Promise<string>((resolve) => {
      connection.subscribe('helios.v1.worker.*.heartbeat', {
        callback: (_, { data }) => {
          const beat = heartbeatMessage.accept(decodeMessage(data)) as HeartbeatMessage;
          if (beat.inHand > 0) resolve(beat.worker);
        },
      });
    });
    const request = client.request('it', { timeoutMs: 20_000 });
    // Its main loop is held by the upgrade: the thread that beats says that it has something in hand.
    const first = await busy;
    await byName.get(first)?.end('SIGKILL');
    writeFileSync(file, '');
    expect(await request.result).toMatchObject({ worker: first === 'a' ? 'b' : 'a', attempt: 2, value: { file } });
    await connection.close();
    await client.close();
  });
});

describe('a request that kills workers', () => {
  it('is given up after three, kept as a dead letter with its reason, and harms nobody else', async () => {
    const folder = folderWith();
    const store = join(folder, 'store');
    await saveOld(store, 'poison', { bad: { number: 1 } });
    await saveOld(
      store,
      'slow',
      Object.fromEntries([1, 2, 3, 4].map((number) => [`good/${number}`, { ms: 1, number }])),
    );
    const args = [
      '--nats',
      served.server.url,
      '--store',
      store,
      '--config',
      WAITING_CONFIG,
      ...SHORT_WAITS,
      '--workers',
      '2',
    ];
    served.processes.push(await startUp(args));
    const client = await Helios.connect({ nats: served.server.url });
    const bad = await client.submit('bad');
    const good = await Promise.all([1, 2, 3, 4].map((number) => client.submit(`good/${number}`)));
    const outcome = await bad.outcome();
    expect(outcome).toMatchObject({ state: 'failed', error: { code: 'INTERNAL' } });
    for (const submission of good) expect((await submission.outcome()).state).toBe('materialized');
    await client.close();
    const listed = await helios(folder, ['dead', 'ls', '--nats', served.server.url, '--json']);
    expect(JSON.parse(listed.stdout)).toMatchObject({ id: bad.id, object: 'bad', reason: 'poison' });
    const shown = await helios(folder, ['dead', 'show', bad.id, '--nats', served.server.url]);
    expect(JSON.parse(shown.stdout).workers).toHaveLength(3);
  }, 60_000);
});

describe('kill rounds', () => {
  it('lose nothing and do nothing twice: workers, supervisors and the server killed in turn', async () => {
    const rounds = { count: 500, kills: 6, unacknowledged: 100 };
    const report = await runKillRounds(served.server, folderWith(), rounds);
    expectNothingLost(report, rounds);
  }, 180_000);
});
