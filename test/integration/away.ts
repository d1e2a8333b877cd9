/**
 * A NATS that goes away for a while and comes back, with everything pending: calls and durable requests that were asked
 * before and meanwhile, one that a worker is at, readers of events and of outcomes. The serving processes are real ones.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Client, Helios, type HeliosEvent, type Submission } from '../../src/index.js';
import { helios } from '../cli/terminal.js';
import { startUp } from '../cluster.js';
import type { NatsServer } from '../natsServer.js';
import { saveOld, WAITING_CONFIG } from './objects.js';
import { persistently } from './persistently.js';

export interface Away {
  readonly awayMs: number;
  /** Crashed, or there and without an answer. */
  readonly how: 'killed' | 'frozen';
}

/** So that durable requests are pending, and not all of them at workers, when the server goes. */
const COUNT = 40;
const WORK_MS = 20;
/** That a call has left when the server is back. */
const LASTING_MS = 2_000;
/** Far more than all of this may take. */
const PATIENT_MS = 300_000;
const UNANSWERED = expect.objectContaining({
  ...{ code: expect.stringMatching(/^(DEADLINE_EXCEEDED|UNAVAILABLE)$/), retryable: true },
  message: expect.stringMatching(/.{20}/),
});

/** Every pending call must end by its deadline, and every durable request must come through, once. */
export async function liveThrough(server: NatsServer, folder: string, { awayMs, how }: Away): Promise<void> {
  const store = join(folder, 'store');
  const file = join(folder, 'go-on');
  const names = Array.from({ length: COUNT }, (_, number) => `things/${number}`);
  await saveOld(store, 'slow', Object.fromEntries(names.map((name, number) => [name, { number, ms: WORK_MS }])));
  await saveOld(store, 'waiting', { held: { file } });
  const waits = ['--wait', 'beatMs=100', '--wait', 'ackWaitMs=1000'];
  const up = await startUp([
    ...['--nats', server.url, '--store', store, '--config', WAITING_CONFIG, '--workers', '2', ...waits],
  ]);
  const client = await Helios.connect({ nats: server.url });
  const events = readEvents(client);
  try {
    const held = await client.submit('held');
    await events.until(({ id, state }) => id === held.id && state === 'restoring');
    const before = await Promise.all(names.map((name) => client.submit(name)));
    const ending = endOf(client.request('held', { timeoutMs: Math.min(awayMs / 2, 1_000) }).result);
    const lasting = endOf(client.request('held', { timeoutMs: awayMs + LASTING_MS }).result);

    let isBack = false;
    if (how === 'killed') await server.kill();
    else server.freeze();
    const returns = new Promise<void>((resolve) => setTimeout(resolve, awayMs)).then(async () => {
      isBack = true;
      if (how === 'killed') await server.restart();
      else server.thaw();
    });
    // What a worker was at comes to its end while it can tell nobody.
    writeFileSync(file, '');
    const meanwhile = names.slice(0, 5).map((name) => endOf(client.request(name, { timeoutMs: 300 }).result));
    const late = persistently(() => client.submit('things/0', { idempotencyKey: 'late' }));
    for (const end of await Promise.all([ending, ...meanwhile])) expect(end).toEqual(UNANSWERED);
    if (how === 'killed') {
      for (const line of ['submit held', 'materialize held', 'watch', 'dead ls', 'worker --store other']) {
        const { code, stderr } = await helios(folder, [...line.split(' '), '--nats', server.url]);
        expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^UNAVAILABLE: No NATS at /) });
      }
    }
    // All of that before it was back.
    expect(isBack).toBe(false);
    await returns;

    const submissions = [held, ...before, await late];
    for (const submission of submissions) await expectMaterialized(submission);
    // Lost on its way, where nobody missed it, it ends by its deadline; else it is answered.
    expect(['answered', UNANSWERED]).toContainEqual(await lasting);
    await events.until(() => submissions.every(({ id }) => events.ends.includes(id)));
    expect(events.ends).toHaveLength(submissions.length);
    expect((await client.request('things/1', { timeoutMs: PATIENT_MS }).result).value).toMatchObject({ number: 1 });
    // They were the same processes all the while.
    expect(up.facts.filter(({ state }) => state === 'lost')).toEqual([]);
  } finally {
    await client.close();
    await up.end('SIGTERM');
  }
}

async function expectMaterialized(submission: Submission): Promise<void> {
  expect(await submission.outcome()).toMatchObject({ id: submission.id, state: 'materialized' });
}

async function endOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return 'answered';
  } catch (error) {
    return error;
  }
}

/** One reader all the while: what has ended, in order. */
function readEvents(client: Client) {
  const seen: HeliosEvent[] = [];
  const ends: string[] = [];
  const waiting = new Set<() => void>();
  let failure: unknown;
  const tell = () => {
    for (const look of [...waiting]) look();
  };
  const read = async () => {
    for await (const event of client.events()) {
      seen.push(event);
      if (event.state !== 'queued' && event.state !== 'restoring') ends.push(event.id);
      tell();
    }
  };
  read().catch((error: unknown) => {
    failure = error;
    tell();
  });
  return {
    ends,
    until: (isSo: (event: HeliosEvent) => boolean) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          if (failure === undefined && !seen.some(isSo)) return;
          waiting.delete(look);
          if (failure === undefined) resolve();
          else reject(failure);
        };
        waiting.add(look);
        look();
      }),
  };
}
