import { describe, expect, it } from 'vitest';
import { OTHER_TYPES, TYPES_MAX, TypeMetrics } from '../../src/restore/metrics.js';

describe('the metrics of a type', () => {
  it('are nought before anything happens', () => {
    const metrics = new TypeMetrics();
    expect(metrics.snapshot()).toEqual({});
    metrics.cell('agent');
    const nought = { restored: 0, cached: 0, failed: 0, bytes: 0, p50Us: 0, p95Us: 0, p99Us: 0 };
    expect(metrics.snapshot()).toEqual({ agent: nought });
  });

  it('count what was restored, cached and failed, each type for itself', () => {
    const metrics = new TypeMetrics();
    const agent = metrics.cell('agent');
    const dog = metrics.cell('dog');
    metrics.recordRestored(agent, 5_000, 2_000);
    metrics.recordRestored(agent, 5_000, 500);
    agent.cached++;
    dog.failed++;
    expect(metrics.snapshot()).toMatchObject({
      agent: { restored: 2, cached: 1, failed: 0, bytes: 2_500 },
      dog: { restored: 0, cached: 0, failed: 1, bytes: 0 },
    });
  });

  it('are the same cell whenever a type is asked for', () => {
    const metrics = new TypeMetrics();
    expect(metrics.cell('agent')).toBe(metrics.cell('agent'));
  });

  it('tell percentiles in microseconds, to about 1 %', () => {
    const metrics = new TypeMetrics();
    const cell = metrics.cell('agent');
    for (let us = 1; us <= 1_000; us++) metrics.recordRestored(cell, us * 1_000, 0);
    const { p50Us, p95Us, p99Us } = metrics.snapshot().agent ?? expect.fail();
    for (const [found, right] of [
      [p50Us, 500],
      [p95Us, 950],
      [p99Us, 990],
    ] as const) {
      expect(Math.abs(found / right - 1)).toBeLessThan(0.011);
    }
  });

  it('tell fractions of a microsecond', () => {
    const metrics = new TypeMetrics();
    metrics.recordRestored(metrics.cell('agent'), 150.4, 0);
    expect(metrics.snapshot()).toMatchObject({ agent: { p50Us: 0.15 } });
  });

  it('take a restoration of no time at all, and one of longer than a minute for a minute', () => {
    const metrics = new TypeMetrics();
    metrics.recordRestored(metrics.cell('quick'), 0, 0);
    metrics.recordRestored(metrics.cell('quick'), -5, 0);
    metrics.recordRestored(metrics.cell('slow'), 1e15, 0);
    const { quick, slow } = metrics.snapshot();
    expect(quick).toMatchObject({ restored: 2, p99Us: 0.001 });
    expect(slow?.p50Us).toBeGreaterThan(59e6);
    expect(slow?.p50Us).toBeLessThan(61e6);
  });

  it('are those of all other types together once there are very many', () => {
    const metrics = new TypeMetrics();
    for (let index = 0; index < TYPES_MAX + 100; index++) {
      metrics.recordRestored(metrics.cell(`type-${index}`), 1_000, 1);
    }
    const snapshot = metrics.snapshot();
    expect(Object.keys(snapshot)).toHaveLength(TYPES_MAX + 1);
    expect(snapshot[OTHER_TYPES]).toMatchObject({ restored: 100, bytes: 100 });
    expect(snapshot['type-0']).toMatchObject({ restored: 1 });
  });
});
