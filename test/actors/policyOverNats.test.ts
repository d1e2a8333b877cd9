import { afterAll, beforeAll, expect, test } from 'vitest';
import { POLICY_KEY, PolicyRecord } from '../../src/actors/policyRecord.js';
import { HEAR_FIRST_MS, ThresholdActor } from '../../src/actors/threshold.js';
import { connectNats, createNatsBus, type Journal, openNatsJournal } from '../../src/bus/index.js';
import { LEVELS, type Level, type Policy } from '../../src/policy/index.js';
import { createSubjects, type PressureMessage } from '../../src/protocol/index.js';
import { createManualClock } from '../../src/testing/index.js';
import { type NatsServer, startNatsServer } from '../natsServer.js';

const MIB = 1_048_576;
const bounds = {
  ...{ requestBytes: MIB, outcomeBytes: MIB, eventBytes: MIB, recordBytes: MIB, deadBytes: MIB },
};
const subjects = createSubjects();
const memory = { heapLimitBytes: 1_000_000 };

let server: NatsServer;
const cleanUps: (() => Promise<void>)[] = [];
beforeAll(async () => {
  server = await startNatsServer();
});
afterAll(async () => {
  for (const cleanUp of cleanUps) await cleanUp();
  await server.stop();
});

async function connect() {
  const link = await connectNats({ servers: server.url });
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const bus = createNatsBus({ link, onError });
  const journal = await openNatsJournal({ link, subjects, bounds, timeoutMs: 500 });
  cleanUps.push(async () => {
    await journal.close();
    await bus.close();
    await link.close();
  });
  return { bus, journal, errors, onError };
}

async function supervise() {
  const ends = await connect();
  const { bus, journal, onError } = ends;
  const clock = createManualClock();
  const record = new PolicyRecord({ records: journal.records, memory, onError });
  const threshold = new ThresholdActor({ bus, subjects, clock, memory, record, onError });
  const policies: Policy[] = [threshold.policy];
  const wakes: (() => void)[] = [];
  threshold.actor.subscribe(({ context: { policy } }) => {
    if (policy !== policies.at(-1)) policies.push(policy);
    for (const wake of wakes.splice(0)) wake();
  });
  await bus.flush();
  clock.advance(HEAR_FIRST_MS);
  /** Resolves when the policy it follows is so. */
  const until = async (isSo: (policy: Policy) => boolean) => {
    while (!isSo(threshold.policy)) await new Promise<void>((resolve) => wakes.push(resolve));
  };
  cleanUps.unshift(async () => {
    threshold.stop();
    record.close();
  });
  return { ...ends, clock, threshold, policies, until };
}

const isRising = (policies: readonly Policy[]) =>
  policies.every(({ epoch }, index) => index === 0 || epoch > (policies[index - 1]?.epoch ?? -1n));

async function levelIn(journal: Journal): Promise<unknown> {
  return (await journal.records.get(POLICY_KEY))?.value;
}

test('two threshold actors at once make one policy, whose epochs only rise, and go on after the server was gone', async () => {
  const worker = await connect();
  const both = [await supervise(), await supervise()] as const;
  const say = (level: Level) => {
    const message: PressureMessage = { worker: 'w', level, score: 0.5, trend: 0, parts: {} };
    worker.bus.publish(subjects.pressure('w'), message);
  };
  for (let change = 1; change <= 40; change++) {
    const level = LEVELS[change % LEVELS.length] ?? 'normal';
    say(level);
    for (const one of both) await one.until((policy) => policy.level === level);
    // Both wrote, or tried to, and both have what one of them wrote.
    expect(both[0].threshold.policy).toEqual(both[1].threshold.policy);
    for (const { clock } of both) clock.advance(HEAR_FIRST_MS);
  }
  expect(both.map(({ policies }) => isRising(policies))).toEqual([true, true]);
  expect(both[0].policies).toEqual(both[1].policies);
  expect(both[0].policies).toHaveLength(41);
  expect(both.flatMap(({ errors }) => errors)).toEqual([]);

  await server.kill();
  say('critical');
  const last = both[0].threshold.policy;
  expect(last.level).toBe('normal');
  await server.restart();
  // What a worker says is said again and again; what was said while the connection was gone may be lost.
  const isSaid = both[0].until(({ level }) => level === 'high').then(() => true);
  while (!(await Promise.race([isSaid, worker.bus.flush().catch(() => false)]))) {
    say('high');
    for (const { clock } of both) clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await both[1].until(({ level }) => level === 'high');
  expect(both[1].threshold.policy).toEqual(both[0].threshold.policy);
  expect(both[0].threshold.policy.epoch).toBeGreaterThan(last.epoch);
  expect(await levelIn(worker.journal)).toMatchObject({ level: 'high' });
});
