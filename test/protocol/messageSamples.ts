/** At least one right message of each schema, for tests that try all of them. */
import * as messages from '../../src/protocol/messages.js';

const id = '01HNZX8JGFACFA36RBXDHEQN6E';
export const root = '0123456789abcdef'.repeat(4);
const error = { code: 'UNKNOWN_OBJECT', message: 'There is none.', retryable: false };
const timings = { queueUs: 1, restoreUs: 2.5, totalUs: 3.5 };

const version = { name: 'agents/7', version: 3, root, type: 'agent', weight: 1, at: new Date(5), message: 'why' };
const answer = { id, value: { hp: 1 }, root, mode: 'whole', source: 'block', worker: 'w', attempt: 1, timings };
const options = {
  ...{ id, paths: ['a.b', ['c', 3]], priority: 0.9, urgency: 1, timeoutMs: 100, weight: 0.5 },
  traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
};
const durable = { idempotencyKey: 'k', ttlMs: 1_000, includeValue: true };
const work = { id, request: { object: 'a' }, attempt: 1, answerTo: '_INBOX.a.1', timeoutMs: 100 };
const about = { id, type: 'agent', object: 'agents/7', at: '2026-01-31T12:00:00.000Z' };
const beat = { worker: 'w', beat: 1, progress: 2, inHand: 0, types: ['agent@1'] };
const credits = { count: 3, bytes: 1_000 };

const { MAX_INSPECT_BATCH: _, MAX_INSPECT_EVENTS_PER_SECOND: __, MAX_INSPECT_LEASE_MS: ___, ...schemas } = messages;

/** By the name that messages.ts exports: none may be without one. */
const samples: Readonly<Record<keyof typeof schemas, readonly object[]>> = {
  requestMessage: [{ object: 'agents/7' }, { object: 'ä', type: 'agent', ...options }, { root, type: 'a', ...options }],
  durableMessage: [{ object: 'a' }, { object: 'a', ...options, ...durable }, { root, type: 'a', schemaVersion: 2 }],
  answerMessage: [answer, { ...answer, state: 'materialized', version, value: null }, { id, state: 'failed', error }],
  progressMessage: [
    { id, state: 'queued', attempt: 0 },
    { id, state: 'restoring', worker: 'w', attempt: 1 },
  ],
  cancelMessage: [{ id }, { id, reason: 'enough' }],
  workMessage: [work, { ...work, takesBatches: true, isJson: false, durable: { id, type: '_', includeValue: true } }],
  workerStatus: [
    { id, worker: 'w', state: 'busy', attempt: 1, type: 'agent', credits },
    { id, worker: 'w', state: 'failed', attempt: 1, error: { ...error, retryAfterMs: 5, details: { a: 1 } } },
  ],
  heartbeatMessage: [beat, { ...beat, state: 'gone', store: 's', wire: 1, credits }],
  outcomeMessage: [
    { ...about, state: 'materialized', root, bytes: 9, worker: 'w', attempt: 1, timings },
    { ...about, state: 'materialized', root, version: 3, bytes: 9, worker: 'w', attempt: 1, timings, value: [1] },
    { ...about, state: 'failed', error, worker: 'w', attempt: 3 },
    { ...about, state: 'expired', error },
  ],
  liveMessage: [
    { ...about, state: 'queued', attempt: 0 },
    { ...about, state: 'restoring', worker: 'w', attempt: 1 },
  ],
  deadMessage: [{ ...about, reason: 'poison', error, workers: ['a', 'b'], lane: 'high', request: { object: 'a' } }],
  inspectControlMessage: [
    {
      ...{ type: 'watch', viewer: 'v', leaseMs: 500, budget: 100, replay: '*' },
      filter: { type: 'agent', id: 'agents/7', failed: true, sample: 0.01 },
    },
    { type: 'watch', viewer: 'v', leaseMs: 500, budget: 1, filter: { sample: 1 } },
    { type: 'unwatch', viewer: 'v' },
  ],
  inspectDataMessage: [
    {
      ...{ process: 'w', run: 'r', batch: 1, dropped: { events: 0, requests: 2 }, definitions: { d: '{}' } },
      events: [{ type: '@xstate.actor', sessionId: 'w:x:0', to: ['v'], definition: 'd' }],
    },
    { process: 'w', run: 'r', batch: 2, dropped: { events: 0, requests: 2 }, events: [] },
  ],
  pressureMessage: [{ worker: 'w', level: 'high', score: 0.7, trend: -0.1, parts: { heap: 0.7 } }],
  policyMessage: [{ epoch: 3n, level: 'normal', threshold: 0.2, nested: { a: 1 } }],
  policyRecord: [{ level: 'critical', threshold: 1 }],
};

/** Each sample with its schema. */
export const allSamples = Object.entries(schemas).flatMap(([name, schema]) =>
  samples[name as keyof typeof schemas].map((sample) => ({ name, schema, sample })),
);
