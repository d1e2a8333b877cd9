import { describe, expect, it } from 'vitest';
import * as limits from '../../src/protocol/limits.js';
import { createSubjects, toToken } from '../../src/protocol/subjects.js';

describe('limits', () => {
  it('fit one another', () => {
    expect(limits.DEFAULT_TIMEOUT_MS).toBeLessThanOrEqual(limits.MAX_TIMEOUT_MS);
    expect(limits.DEFAULT_TTL_MS).toBeLessThanOrEqual(limits.MAX_TIMEOUT_MS);
    expect(limits.MAX_TIMEOUT_MS).toBeLessThan(2 ** 31);
    expect(limits.MAX_OUTCOME_VALUE_BYTES).toBeLessThan(limits.JSON_LIMITS.bytes);
    expect(limits.MAX_BATCH_BYTES).toBeLessThan(limits.MESSAGE_LIMITS.bytes);
    expect(limits.MAX_BATCH).toBeLessThan(limits.MESSAGE_LIMITS.width);
    // A Map, which is three levels of JSON, at every level of a value.
    expect(limits.JSON_LIMITS.depth).toBeGreaterThanOrEqual(3 * limits.MAX_DEPTH);
  });

  it('let the longest names and ids be tokens of a subject', () => {
    const worker = toToken('ä'.repeat(limits.MAX_WORKER_NAME_LENGTH));
    expect(createSubjects('p'.repeat(128)).heartbeat(worker).length).toBeLessThanOrEqual(limits.MAX_SUBJECT_LENGTH);
    const event = createSubjects('p'.repeat(128)).event('materialized', 't'.repeat(64), 'i'.repeat(64));
    expect(event.length).toBeLessThanOrEqual(limits.MAX_SUBJECT_LENGTH);
  });

  it.each(['01HNZX8JGFACFA36RBXDHEQN6E', 'order_7-b', 'x'.repeat(64)])('take the id %s', (id) => {
    expect(limits.ID_PATTERN.test(id)).toBe(true);
  });

  it.each(['', 'a.b', 'a b', '*', '>', 'ä', 'x'.repeat(65), 'a\n'])('refuse the id %j, which is no token', (id) => {
    expect(limits.ID_PATTERN.test(id)).toBe(false);
  });
});
