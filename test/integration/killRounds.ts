/**
 * Kill rounds: durable requests are submitted while workers, supervisors and the nats-server are killed with SIGKILL in
 * turn, each time with at least so many unacknowledged. In the end each request must have one outcome, and it must be
 * the right one. Speaks NATS itself where it counts, so that nothing of ours vouches for ours.
 */
import { join } from 'node:path';
import { connect, type NatsConnection, StringCodec } from 'nats';
import { expect, onTestFinished } from 'vitest';
import { Helios } from '../../src/index.js';
import { startUp, startWorker } from '../cluster.js';
import type { NatsServer } from '../natsServer.js';
import { saveOld, WAITING_CONFIG } from './objects.js';
import { persistently } from './persistently.js';

export interface KillRounds {
  /** Requests in all, at least: as many more as it takes to have enough of them open at each kill. Distinct objects. */
  readonly count: number;
  /** Kills in all: a worker, a supervisor, the server, and again. */
  readonly kills: number;
  /** Requests without an outcome at each kill, at least. */
  readonly unacknowledged: number;
}

export interface KillReport {
  /** By id: states of all outcomes and of all events seen. */
  readonly outcomes: ReadonlyMap<string, { readonly object: string; readonly root: unknown; readonly state: string }>;
  readonly eventStates: ReadonlyMap<string, ReadonlySet<string>>;
  readonly submitted: ReadonlyMap<string, string>;
  readonly roots: ReadonlyMap<string, string>;
  readonly unacknowledgedAtKills: readonly number[];
  readonly attemptsMost: number;
}

const WORK_MS = 12;
const SHORT_WAITS = ['--wait', 'beatMs=100', '--wait', 'ackWaitMs=2000'];

export async function runKillRounds(server: NatsServer, folder: string, rounds: KillRounds): Promise<KillReport> {
  const store = join(folder, 'store');
  const names = Array.from({ length: rounds.count * 2 }, (_, number) => `things/${number}`);
  const values = Object.fromEntries(names.map((name, number) => [name, { number, ms: WORK_MS }]));
  const roots = await saveOld(store, 'slow', values);
  const args = ['--nats', server.url, '--store', store, '--config', WAITING_CONFIG, ...SHORT_WAITS];
  const supervisors = await Promise.all([0, 1].map(() => startUp([...args, '--workers', '0'])));
  const workers = await Promise.all([0, 1].map(() => startWorker(args)));
  onTestFinished(async () => {
    for (const one of [...supervisors, ...workers]) await one.end('SIGKILL');
  });
  const client = await Helios.connect({ nats: server.url });

  const submitted = new Map<string, string>();
  const ended = new Set<string>();
  let progressed = () => {};
  const abort = new AbortController();
  const reading = readEnds(client, abort.signal, (id) => {
    ended.add(id);
    progressed();
  });
  const until = (isSo: () => boolean) =>
    new Promise<void>((resolve) => {
      progressed = () => isSo() && resolve();
      progressed();
    });

  const unacknowledgedAtKills: number[] = [];
  let next = 0;
  const submitMore = async (count: number) => {
    const batch = names.slice(next, next + count);
    next += batch.length;
    await Promise.all(
      batch.map(async (name) => {
        const { id } = await persistently(() => client.submit(name, { idempotencyKey: name }));
        submitted.set(id, name);
      }),
    );
  };
  // A backlog to begin with, which is then kept up.
  await submitMore(rounds.unacknowledged * 2);
  const perKill = Math.floor((rounds.count - next) / rounds.kills);
  for (let kill = 0; kill < rounds.kills; kill++) {
    const openNow = () => submitted.size - ended.size;
    do await submitMore(perKill);
    while (openNow() < rounds.unacknowledged && next < names.length);
    const open = openNow();
    if (open < rounds.unacknowledged) throw new Error(`only ${open} are unacknowledged: the test would prove nothing`);
    unacknowledgedAtKills.push(open);
    if (kill % 3 === 2) {
      await server.restart();
    } else {
      const [processes, start] =
        kill % 3 === 0
          ? ([workers, () => startWorker(args)] as const)
          : ([supervisors, () => startUp([...args, '--workers', '0'])] as const);
      await processes.shift()?.end('SIGKILL');
      processes.push(await start());
    }
    // The backlog may shrink, but not so far that the next kill would find too little.
    const left = rounds.unacknowledged * 1.5;
    await until(() => submitted.size - ended.size <= left || kill === rounds.kills - 1);
  }
  await submitMore(Math.max(0, rounds.count - next));
  await until(() => ended.size >= submitted.size);
  abort.abort();
  await reading;
  await client.close();
  const report = await countAll(server.url);
  return { ...report, submitted, roots, unacknowledgedAtKills };
}

/** That nothing was lost and nothing was done twice; says on the console under what it was so. */
export function expectNothingLost(report: KillReport, { count, kills, unacknowledged }: KillRounds): void {
  const { outcomes, eventStates, submitted, roots, unacknowledgedAtKills, attemptsMost } = report;
  console.log(
    `${submitted.size} requests, ${kills} kills, at most ${attemptsMost} attempts at one; unacknowledged at the kills: ${unacknowledgedAtKills.join(', ')}`,
  );
  expect(unacknowledgedAtKills).toHaveLength(kills);
  expect(Math.min(...unacknowledgedAtKills)).toBeGreaterThanOrEqual(unacknowledged);
  expect(submitted.size).toBeGreaterThanOrEqual(count);
  expect(outcomes.size).toBe(submitted.size);
  for (const [id, name] of submitted) {
    expect(outcomes.get(id)).toMatchObject({ object: name, root: roots.get(name), state: 'materialized' });
    expect(eventStates.get(id)).toEqual(new Set(['materialized']));
  }
  expect(attemptsMost).toBeGreaterThan(1);
}

async function readEnds(
  client: Awaited<ReturnType<typeof Helios.connect>>,
  signal: AbortSignal,
  onEnd: (id: string) => void,
): Promise<void> {
  for await (const { id, state } of client.events({ signal })) {
    if (state !== 'queued' && state !== 'restoring') onEnd(id);
  }
}

/** What the server keeps, read with the `nats` package alone. */
async function countAll(url: string) {
  const connection = await connect({ servers: url });
  const outcomes = new Map<string, { object: string; root: unknown; state: string }>();
  const eventStates = new Map<string, Set<string>>();
  let attemptsMost = 0;
  for await (const record of messagesOf(connection, 'HELIOS_OUTCOMES')) {
    const { id, state, object, root, attempt } = record;
    if (outcomes.has(String(id))) throw new Error(`${id} has two outcomes`);
    outcomes.set(String(id), { object: String(object), root, state: String(state) });
    attemptsMost = Math.max(attemptsMost, Number(attempt ?? 0));
  }
  for await (const { id, state } of messagesOf(connection, 'HELIOS_EVENTS')) {
    const states = eventStates.get(String(id)) ?? new Set();
    eventStates.set(String(id), states.add(String(state)));
  }
  await connection.close();
  return { outcomes, eventStates, attemptsMost };
}

async function* messagesOf(connection: NatsConnection, stream: string): AsyncGenerator<Record<string, unknown>> {
  const manager = await connection.jetstreamManager();
  const { state } = await manager.streams.info(stream);
  const codec = StringCodec();
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const stored = await manager.streams.getMessage(stream, { seq }).catch(() => undefined);
    if (stored !== undefined) yield JSON.parse(codec.decode(stored.data));
  }
}
