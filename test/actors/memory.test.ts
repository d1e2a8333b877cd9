import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test, vi } from 'vitest';
import { openMemoryReader } from '../../src/actors/memory.js';
import { createManualClock, forcePressure } from '../../src/testing/index.js';
import { openHouse } from './house.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

afterEach(() => vi.restoreAllMocks());

test('a reading has the heap, what the last major collection left, and how much time went into collecting', async () => {
  let now = 0;
  const reader = openMemoryReader(() => now);
  const first = reader.read();
  expect(first.heapUsedBytes).toBeGreaterThan(1e6);
  expect(first.heapLimitBytes).toBeGreaterThan(first.heapUsedBytes);
  expect(first).toMatchObject({ liveBytes: undefined, gcShare: undefined });
  collect();
  // The observer is told of collections in a later turn.
  await vi.waitFor(() => {
    now += 100;
    expect(reader.read().liveBytes).toBeGreaterThan(1e6);
  });
  now += 100;
  const later = reader.read();
  expect(later.liveBytes).toBeLessThanOrEqual(later.heapUsedBytes);
  expect(later.gcShare).toBeGreaterThanOrEqual(0);
  expect(later.gcShare).toBeLessThanOrEqual(1);
  expect(later.rssBytes).toBeGreaterThan(later.heapUsedBytes / 2);
  expect(later.rssBytes).toBeLessThanOrEqual(process.memoryUsage.rss() * 1.2);
  reader.close();
});

test('a reading has how long somebody waited for memory, from the first place that tells', () => {
  const folder = mkdtempSync(join(tmpdir(), 'helios-psi-'));
  const [own, other] = [join(folder, 'memory.pressure'), join(folder, 'other')];
  writeFileSync(other, 'some avg10=99.00 avg60=0.00 avg300=0.00 total=5\n');
  writeFileSync(own, 'some avg10=12.50 avg60=1.00 avg300=0.20 total=99\nfull avg10=2.00 avg60=0 avg300=0 total=9\n');
  const reader = openMemoryReader(() => 0, [join(folder, 'none'), own, other]);
  expect(reader.read().psiSome).toBeCloseTo(0.125);
  writeFileSync(own, 'gone to another format\n');
  expect(reader.read().psiSome).toBeUndefined();
  reader.close();
  const blind = openMemoryReader(() => 0, [join(folder, 'none')]);
  expect(blind.read().psiSome).toBeUndefined();
  blind.close();
  rmSync(folder, { recursive: true });
});

test('when memory fills, the level rises, a new policy holds and the cache shrinks; when it empties, all of it goes back', async () => {
  const clock = createManualClock();
  const { helios, errors } = openHouse({ clock, memoryBytes: 1_000_000 });
  const levels = [helios.policy.level];
  const release = forcePressure(helios, 0.9);
  levels.push(helios.policy.level);
  expect(helios.pressure.score).toBeCloseTo(0.9);
  expect(helios.policy).toMatchObject({ level: 'critical', epoch: 1n });
  expect(helios.stats().cache.budgetBytes).toBe(62_500);
  expect(helios.shouldMaterialize(0.5, 2_000, 0.5)).toBe(false);
  expect(helios.shouldMaterialize(1, 2_000, 1)).toBe(true);
  release();
  for (let second = 0; second < 30; second++) {
    clock.advance(1_000);
    const { level } = helios.policy;
    if (levels.at(-1) !== level) levels.push(level);
  }
  expect(levels).toEqual(['normal', 'critical', 'high', 'elevated', 'normal']);
  expect(helios.policy.epoch).toBe(4n);
  expect(helios.stats().cache.budgetBytes).toBe(1_000_000);
  expect(errors).toEqual([]);
  await helios.close();
});

test('a request that the policy holds back waits, and goes on when memory is free again or when it has aged', async () => {
  const clock = createManualClock();
  const { helios } = openHouse({ clock });
  await helios.create('record', { a: 1 }).save('one');
  const release = forcePressure(helios, 0.8);
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const low = helios.request('one', { priority: 0.3 });
  const high = helios.request('one', { priority: 1, urgency: 1 });
  await settle();
  expect(high.state).toBe('materialized');
  expect(low.state).toBe('queued');
  expect(helios.stats().requests).toMatchObject({ queued: 1, open: 1 });
  release();
  for (let second = 0; second < 10; second++) {
    clock.advance(1_000);
    await settle();
  }
  expect(low.state).toBe('materialized');

  forcePressure(helios, 0.75);
  const aged = helios.request('one', { priority: 0.4, timeoutMs: 60_000 });
  for (let half = 0; half < 4; half++) {
    clock.advance(500);
    await settle();
  }
  expect(aged.state).toBe('queued');
  for (let second = 0; second < 50; second++) {
    clock.advance(1_000);
    await settle();
  }
  expect(aged.state).toBe('materialized');
  await helios.close();
});
